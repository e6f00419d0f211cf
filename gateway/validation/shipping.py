"""Tables of what delivery costs: what no single key shows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from gateway.errors import Mistake
from gateway.model.currencies import fraction_digits, is_currency
from gateway.ports.shipping import SHIPPING
from gateway.settings import Settings, ShippingSection


def check_shipping(settings: Settings) -> Iterator[Mistake]:
    for name, row in settings.shipping.items():
        yield from _row(row, f"shipping.{name}")
        yield from _sold(row, f"shipping.{name}", settings)
    yield from _unasked(settings)


def _row(row: ShippingSection, place: str) -> Iterator[Mistake]:
    if not row.countries:
        yield Mistake(message="is empty: nothing is carried anywhere", place=f"{place}.countries")
    yield from _digits(row, place)
    for low, high in (("from_value", "below_value"), ("above_weight", "up_to_weight")):
        least, most = getattr(row, low), getattr(row, high)
        if _finite(least, most) and least >= most:
            yield Mistake(message=f"{most} is not above `{low}` ({least}): no basket fits", place=f"{place}.{high}")
    if row.assumed_weight is None and (row.above_weight is not None or row.up_to_weight is not None):
        yield Mistake(
            message="is missing: what a piece weighs that nobody weighed, in kg", place=f"{place}.assumed_weight"
        )
    if _finite(row.free_from, row.below_value) and row.free_from >= row.below_value:  # type: ignore[operator]
        yield Mistake(
            message=f"{row.free_from} is not below `below_value` ({row.below_value}): no basket would be carried free",
            place=f"{place}.free_from",
        )
    if row.days is not None and row.days[0] > row.days[1]:
        earliest, latest = row.days
        yield Mistake(
            message=f"the earliest day ({earliest}) is after the latest ({latest})",
            place=f"{place}.days",
            value=f"[{earliest}, {latest}]",
            nearest=f"[{latest}, {earliest}]",
        )
    for country in row.tax_rates:
        if country not in row.countries:
            yield Mistake(
                message=f"`{country}` is none of this row's countries",
                place=f"{place}.tax_rates.{country}",
                allowed=row.countries,
            )
    if row.tax == "exempt" and row.tax_rates:
        yield Mistake(message="what is exempt has no rate", place=f"{place}.tax_rates")


def _digits(row: ShippingSection, place: str) -> Iterator[Mistake]:
    if not is_currency(row.currency):
        return
    most = fraction_digits(row.currency)
    for key in ("price", "free_from", "from_value", "below_value"):
        amount: Decimal | None = getattr(row, key)
        if _finite(amount) and -int(amount.normalize().as_tuple().exponent) > most:  # type: ignore[union-attr]
            yield Mistake(message=f"{amount} has more digits than {row.currency} has", place=f"{place}.{key}")


def _sold(row: ShippingSection, place: str, settings: Settings) -> Iterator[Mistake]:
    """A row that no cart can ever fit."""
    if not settings.channels:
        return
    sold: dict[str, set[str]] = {}
    for channel in settings.channels.values():
        for country in channel.countries:
            sold.setdefault(country, set()).update(channel.currencies.get(country, ()))
    for index, country in enumerate(row.countries):
        if country not in sold:
            yield Mistake(
                message=f"no channel sells to `{country}`",
                place=f"{place}.countries[{index}]",
                value=country,
                allowed=tuple(sorted(sold)),
                grave=False,
            )
        elif row.currency not in sold[country]:
            yield Mistake(
                message=f"no channel sells in `{row.currency}` to `{country}`",
                place=f"{place}.currency",
                value=row.currency,
                allowed=tuple(sorted(sold[country])),
                grave=False,
            )


def _unasked(settings: Settings) -> Iterator[Mistake]:
    """Backends go first: one that knows every market leaves the tables nothing to say."""
    section = settings.domains.get(SHIPPING.name)
    if not settings.shipping or section is None or section.fallback:
        return
    for name in section.order:
        backend = settings.backends.get(name)
        if backend is not None and not backend.countries:
            yield Mistake(
                message=f"is never asked: `{name}` owns shipping in every market ([domains.shipping])",
                place="shipping",
                grave=False,
            )
            return


def _finite(*amounts: Decimal | None) -> bool:
    return all(amount is not None and amount.is_finite() for amount in amounts)
