"""Counts and tracking marks to stock levels."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from adapters.square.wire.catalog import CatalogObject
from adapters.square.wire.places import Count
from gateway.kit.money import decimal_of
from gateway.model.freshness import Freshness
from gateway.model.stock import StockLevel, Tracking

ZERO = Decimal(0)


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


def marked_until(locations: Iterable[str], known: Facts, now: datetime) -> datetime | None:
    """When the first sold-out mark at these places ends that holds now."""
    marks = (known.marks.get(location) for location in locations)
    ends = [mark.sold_out_until for mark in marks if mark and mark.sold_out and mark.sold_out_until]
    return min((end for end in ends if end > now), default=None)


def level(location: str, known: Facts, count: Count | None, now: datetime, freshness: Freshness) -> StockLevel | None:
    """None: never counted there, so unknown. A sold-out mark counts as zero whatever the count says (vendor's text);
    a mark whose time has passed no longer holds. Square counts what can be sold; what lies there reserved is other
    states, which are not asked for, so `on_hand` is unknown."""
    if location in known.not_at or (known.only_at is not None and location not in known.only_at):
        return StockLevel(location, Tracking.NOT_STOCKED, freshness)
    mark = known.marks.get(location)
    if mark and mark.sold_out and (mark.sold_out_until is None or mark.sold_out_until > now):
        return StockLevel(location, Tracking.TRACKED, freshness, available=ZERO)
    tracked = known.tracked if mark is None or mark.tracked is None else mark.tracked
    if tracked is False:
        return StockLevel(location, Tracking.UNTRACKED, freshness)
    if count is None:
        return None
    return StockLevel(location, Tracking.TRACKED, freshness, available=decimal_of(count.quantity, "counts[].quantity"))
