"""Shipping by the tables of the configuration (`[shipping.x]`), for retailers none of whose systems knows what delivery
costs. They stand behind the same port as a backend's: whoever asks for options never learns the difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct

from gateway.calls.operation.bound import BoundBackend
from gateway.markets import MarketPlan, Markets
from gateway.model.baskets import Basket, BasketLine, ShippingOption, ShippingOptions
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.languages import lookup
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.operation import OperationSpec
from gateway.model.working_days import WorkingDays
from gateway.model.written_hours import clock_of, days_of
from gateway.ownership import SHIPPING_TABLES
from gateway.ports.backend import Backend, Probe
from gateway.ports.manifest import AdapterConfig, Manifest
from gateway.ports.shipping import LIST_OPTIONS
from gateway.settings import Settings, ShippingSection

_ZERO = Decimal(0)
_TREATMENTS = {
    "included": TaxTreatment.INCLUDED,
    "excluded": TaxTreatment.EXCLUDED,
    "exempt": TaxTreatment.EXEMPT,
}


class ShippingTables:
    """ShippingPort. A row is offered where its country, currency, value and weight fit; its instants are told in the
    market's zone, by its holidays."""

    name = SHIPPING_TABLES

    def __init__(
        self,
        rows: Mapping[str, ShippingSection],
        markets: Markets,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rows = rows
        self._markets = markets
        self._clock = clock

    async def probe(self, call: CallContext) -> Probe:
        return Probe("1", notes=(f"{len(self._rows)} rows of [shipping]",))

    async def list_options(self, query: Basket, context: ContextView, call: CallContext) -> ShippingOptions:
        now = self._clock()
        shipped = tuple(line for line in query.lines if line.requires_shipping)
        if query.destination is None or not shipped:
            return ShippingOptions((), Freshness(self.name, now))
        country = query.destination.country
        value = sum((_stated(line) for line in shipped), _ZERO)
        options = [
            _option(name, row, country, value, context.language, _arrival(row, self._markets.of(country), now))
            for name, row in self._rows.items()
            if country in row.countries
            and row.currency == context.currency
            and _fits(row, value, shipped_weight(query, row))
        ]
        options.sort(key=lambda option: (option.price.stated.amount, option.id))
        return ShippingOptions(tuple(options), Freshness(self.name, now))


class Arrival(Struct, frozen=True):
    """Aware UTC, from the beginning of the first day to the end of the last."""

    earliest: datetime | None = None
    latest: datetime | None = None
    cut_off: datetime | None = None


def tables_of(settings: Settings) -> Mapping[str, BoundBackend]:
    """The tables as a backend among the others, where there are any."""
    if not settings.shipping:
        return {}
    tables = ShippingTables(settings.shipping, Markets(settings))
    return {
        SHIPPING_TABLES: BoundBackend(
            name=SHIPPING_TABLES, alias="gateway", backend=Backend(ports=(tables,), probe=tables), manifest=MANIFEST
        )
    }


def _stated(line: BasketLine) -> Decimal:
    """What all pieces cost, as the price owner states it."""
    whole = line.line.stated if line.line is not None else line.unit.stated.times(line.quantity).quantized()
    return whole.amount


def shipped_weight(basket: Basket, row: ShippingSection) -> Decimal:
    """Kilograms; what nobody weighed weighs what the row assumes."""
    return sum(
        (
            (line.weight if line.weight is not None else row.assumed_weight or _ZERO) * line.quantity
            for line in basket.lines
            if line.requires_shipping
        ),
        _ZERO,
    )


def _fits(row: ShippingSection, value: Decimal, weight: Decimal) -> bool:
    return (
        (row.from_value is None or value >= row.from_value)
        and (row.below_value is None or value < row.below_value)
        and (row.above_weight is None or weight > row.above_weight)
        and (row.up_to_weight is None or weight <= row.up_to_weight)
    )


def _option(
    name: str, row: ShippingSection, country: str, value: Decimal, language: str, arrival: Arrival
) -> ShippingOption:
    free = row.free_from is not None and value >= row.free_from
    tag = lookup(language, tuple(row.labels))
    return ShippingOption(
        name,
        row.labels[tag] if tag else row.label,
        _taxed(Money(_ZERO if free else row.price, row.currency).quantized(), row, country),
        row.carrier or None,
        arrival.earliest,
        arrival.latest,
        arrival.cut_off,
        row.tax_class or None,
    )


def _taxed(stated: Money, row: ShippingSection, country: str) -> TaxedMoney:
    """Without a rate for the country, the other side stays unknown: the tax owner says it, by the class."""
    treatment, rate = _TREATMENTS[row.tax], row.tax_rates.get(country)
    if treatment is TaxTreatment.EXEMPT:
        return TaxedMoney(stated, stated, Money(_ZERO, stated.currency), treatment)
    if treatment is TaxTreatment.EXCLUDED:
        tax = None if rate is None else stated.times(rate).quantized()
        return TaxedMoney(stated, None if tax is None else stated.plus(tax), tax, treatment)
    tax = None if rate is None else Money(stated.amount - stated.amount / (1 + rate), stated.currency).quantized()
    return TaxedMoney(None if tax is None else stated.plus(tax.times(-1)), stated, tax, treatment)


def _arrival(row: ShippingSection, market: MarketPlan, now: datetime) -> Arrival:
    """Days count from today where the order is there before the cut-off of a day that counts, else from the next."""
    zone = ZoneInfo(market.timezone)
    local = now.astimezone(zone)
    days = WorkingDays(_weekdays(row.weekdays), market.holidays)
    cutoff = clock_of(row.cutoff, place="") if row.cutoff else None
    today = local.date()
    late = days.counts(today) and cutoff is not None and local.time() >= cutoff
    first = days.on_or_after(today + timedelta(days=1) if late else today)
    if first is None:
        return Arrival()
    cut_off = None if cutoff is None else datetime.combine(first, cutoff, zone).astimezone(UTC)
    if row.days is None:
        return Arrival(cut_off=cut_off)
    earliest, latest = (days.after(first, count) for count in row.days)
    return Arrival(
        None if earliest is None else max(now, _midnight(earliest, zone)),
        None if latest is None else _midnight(latest + timedelta(days=1), zone),
        cut_off,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _weekdays(written: str) -> frozenset[int]:
    return frozenset(day for part in written.split(",") for day in days_of(part, place=""))


def _not_made(environment: object) -> Backend:
    raise NotImplementedError("made of the settings: `tables_of`")


MANIFEST = Manifest(
    name="shipping-tables",
    title="Tables of the configuration",
    api_version="1",
    config=AdapterConfig,
    create=_not_made,
    operations={LIST_OPTIONS.name: OperationSpec(vary_on=frozenset({"currency", "language"}), personal=True)},
)
