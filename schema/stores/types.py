"""Stores: where customers go."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.errors import BadInput
from gateway.execution import computed, records
from gateway.model import stores as model
from gateway.model.identity import NativeRef
from gateway.model.opening_hours import next_opening, open_at, steady_opening
from gateway.model.paging import StoreEdge, StoreList
from gateway.model.text import SpeakableText
from gateway.model.touched import collecting, holds_until
from schema.node import Node
from schema.scalars import LocalTime
from schema.values import ExternalIdView, FreshnessView, GeoPointView, PageInfoView, SpeakableTextView, TextView

WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


@strawberry.type(name="Address", description="A postal address.")
class AddressView:
    is_type_of = records(model.Address)

    lines: list[str] = strawberry.field(description="Street and house, as written locally.")
    city: str | None = strawberry.field(description="City or town.")
    region: str | None = strawberry.field(description="State, prefecture or province.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    country: str | None = strawberry.field(description="ISO 3166-1 alpha-2.")


@strawberry.type(name="OpeningPeriod", description="One period of the usual week, in the store's own time zone.")
class OpeningPeriodView:
    is_type_of = records(model.OpeningPeriod)

    @computed(str, description="MONDAY to SUNDAY: the day it opens.")
    @staticmethod
    def weekday(record: model.OpeningPeriod) -> str:
        return WEEKDAYS[record.weekday]

    @computed(LocalTime, description="Opens at.")
    @staticmethod
    def opens(record: model.OpeningPeriod) -> time:
        return record.opens

    @computed(LocalTime, description="Closes at; at or before `opens` means after midnight.")
    @staticmethod
    def closes(record: model.OpeningPeriod) -> time:
        return record.closes


@strawberry.type(name="SpecialHours", description="Hours of one date, in place of the usual ones.")
class SpecialHoursView:
    is_type_of = records(model.SpecialHours)

    date: date = strawberry.field(description="The store's local date.")
    name: str | None = strawberry.field(description="Why, such as a holiday's name.")

    @computed(bool, description="True when the store does not open at all on that date.")
    @staticmethod
    def closed(record: model.SpecialHours) -> bool:
        return not record.periods

    @computed("list[str]", description="Periods as HH:MM-HH:MM, in the store's own time zone.")
    @staticmethod
    def periods(record: model.SpecialHours) -> list[str]:
        return [f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in record.periods]


@strawberry.type(name="Store", description="A place where customers go. Where stock lies is another matter.")
class StoreView(Node):
    is_type_of = records(model.Store)

    @computed(strawberry.ID, description="Opaque and stable.")
    @staticmethod
    def id(record: model.Store, ctx: OperationContext) -> str:
        return ctx.services.ids.store(record.name)

    @computed(str, description="The key that `@inContext(store:)` takes.")
    @staticmethod
    def key(record: model.Store) -> str:
        return record.name

    @computed(TextView, description="Its name, in the operation's language where it has one.")
    @staticmethod
    def name(record: model.Store) -> object:
        return record.title

    address: AddressView | None = strawberry.field(description="Null where nobody knows it.")
    country: str = strawberry.field(description="ISO 3166-1 alpha-2.")
    point: GeoPointView | None = strawberry.field(description="Where it is; null where nobody knows.")
    phone: str | None = strawberry.field(description="E.164, such as +442079460000.")
    timezone: str = strawberry.field(description="IANA name; all its hours are in this zone.")
    currency: str | None = strawberry.field(description="ISO 4217: what its till takes.")
    services: list[str] = strawberry.field(description="What it offers, such as pickup, returns.")
    hours: list[OpeningPeriodView] = strawberry.field(description="The usual week; empty where unknown.")
    special_hours: list[SpecialHoursView] = strawberry.field(description="Dates that differ from the usual week.")
    unparsed_hours: str | None = strawberry.field(description="Hours as people wrote them, where unreadable.")
    distance_km: float | None = strawberry.field(description="From the asked point; null when none was asked.")
    freshness: list[FreshnessView] = strawberry.field(
        description="Systems that completed it; empty when all of it is configuration."
    )

    @computed("bool | None", description="Whether it is open at an instant; null where its hours are unknown.")
    @staticmethod
    def open_at(
        record: model.Store,
        ctx: OperationContext,
        at: Annotated[datetime | None, strawberry.argument(description="Default: now.")] = None,
    ) -> bool | None:
        if at is None:
            _until_the_next_change(record, ctx)
        return open_at(at or ctx.now, record.timezone, record.hours, record.special_hours)

    @computed("datetime | None", description="When it is next open (now, if it is open); null where unknown or never.")
    @staticmethod
    def next_opening(record: model.Store, ctx: OperationContext) -> datetime | None:
        if not record.hours and not record.special_hours:
            return None
        opening = next_opening(ctx.now, record.timezone, record.hours, record.special_hours)
        if opening == ctx.now:
            holds_until(ctx.now)  # another instant each time, while it is open
        else:
            _until_the_next_change(record, ctx)
        return opening

    @computed(list[ExternalIdView], description="What the systems call its places.")
    @staticmethod
    def external_ids(record: model.Store) -> list[NativeRef]:
        return list(record.refs)

    @computed(SpeakableTextView, description="Name, address and hours, as a voice assistant says them.")
    @staticmethod
    def speakable(record: model.Store, ctx: OperationContext) -> SpeakableText:
        _until_the_next_change(record, ctx)
        return ctx.services.speech.store(record, ctx.now, ctx.language)


def _until_the_next_change(record: model.Store, ctx: OperationContext) -> None:
    """What is said of its hours now holds until it opens or closes next."""
    if collecting() and (record.hours or record.special_hours):
        steady = steady_opening(ctx.now, record.timezone, record.hours, record.special_hours)
        holds_until(steady.until)


@strawberry.type(name="StoreEdge", description="A store in a list, with the position after it.")
class StoreEdgeView:
    is_type_of = records(StoreEdge)

    node: StoreView = strawberry.field(description="The store.")
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this store.")


@strawberry.type(name="StoreConnection", description="A page of stores.")
class StoreConnectionView:
    is_type_of = records(StoreList)

    @computed("list[StoreView]", description="The stores of this page, without their cursors.")
    @staticmethod
    def nodes(record: StoreList) -> list[model.Store]:
        return [edge.node for edge in record.edges]

    edges: list[StoreEdgeView] = strawberry.field(description="The stores of this page, each with its cursor.")
    page_info: PageInfoView = strawberry.field(description="Where this page ends.")
    total_count: int | None = strawberry.field(description="How many there are in all.")


def service_names(services: list[str] | None) -> tuple[str, ...]:
    """Raises BadInput beyond 20 services."""
    if services is not None and len(services) > 20:
        raise BadInput("At most 20 services at once.")
    return tuple(sorted(set(services or [])))
