"""What variations say of themselves about being counted."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from adapters.square.catalog import CatalogObject


class Mark(Struct, frozen=True, omit_defaults=True):
    """What is marked at one location."""

    tracked: bool | None = None
    sold_out: bool = False
    sold_out_until: datetime | None = None


class Facts(Struct, frozen=True, omit_defaults=True):
    """What a variation itself says about being counted, kept between reads. `only_at` lists where it is present when
    it is not present everywhere, `not_at` where it is absent. `key` is the business key it bore when this was read;
    `gone`, that it was deleted."""

    key: str | None = None
    gone: bool = False
    tracked: bool | None = None
    marks: dict[str, Mark] = {}
    only_at: tuple[str, ...] | None = None
    not_at: tuple[str, ...] = ()


def facts(variation: CatalogObject, key: str | None) -> Facts:
    data = variation.item_variation_data
    overrides = (data.location_overrides if data else None) or ()
    marks = {
        each.location_id: Mark(each.track_inventory, bool(each.sold_out), each.sold_out_valid_until)
        for each in overrides
        if each.location_id and (each.track_inventory is not None or each.sold_out)
    }
    everywhere = variation.present_at_all_locations is not False
    return Facts(
        key=None if variation.is_deleted else key,
        gone=bool(variation.is_deleted),
        tracked=data.track_inventory if data else None,
        marks=marks,
        only_at=None if everywhere else variation.present_at_location_ids or (),
        not_at=(variation.absent_at_location_ids or ()) if everywhere else (),
    )
