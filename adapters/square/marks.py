"""What variations say of themselves about being counted."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from adapters.square.catalog import CatalogObject
from gateway.model.stock import Tracking


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


def tracking_at(location: str, known: Facts) -> Tracking | None:
    """None where nobody says: what was ever counted is tracked then."""
    if location in known.not_at or (known.only_at is not None and location not in known.only_at):
        return Tracking.NOT_STOCKED
    mark = known.marks.get(location)
    tracked = known.tracked if mark is None or mark.tracked is None else mark.tracked
    if tracked is None:
        return None
    return Tracking.TRACKED if tracked else Tracking.UNTRACKED


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
