"""Prices: the owner's, in the customer's price context; others are compared, never mixed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace
from prometheus_client import Counter

from gateway.errors import AdapterError
from gateway.model.context import CommerceContext
from gateway.model.customers import LinkedCustomer
from gateway.model.identity import VariantKey, is_plain
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.pricing import Price, PriceComparison, PriceDisagreement, PriceExplanation, PriceKey
from gateway.ports.price import GET_PRICES, PRICE, PRICE_CONTEXT
from gateway.services.customers import CustomerLinks
from gateway.services.scope import Scope
from gateway.services.systems import SystemsOfRecord, fallback_freshness

DISAGREEMENTS = Counter(
    "gateway_price_disagreements_total",
    "Prices of which another system states a different amount for the same: the same quantity, unit, currency, tax "
    "treatment and customer",
    ["owner", "compared"],
)


class Pricing:
    def __init__(self, systems: SystemsOfRecord, links: CustomerLinks) -> None:
        self._systems = systems
        self._links = links

    async def prices(
        self, variants: Sequence[VariantKey], quantity: Decimal, unit: str | None, scope: Scope
    ) -> list[Price | AdapterError | None]:
        """In the order of `variants`. None: not sold here; or without a SKU, and the owner is another system than the
        one that knows the variant."""
        if unit is not None and not is_plain(unit):
            return [None] * len(variants)
        return await self.of_keys([PriceKey(variant, quantity, unit) for variant in variants], scope)

    async def of_keys(
        self, keys: Sequence[PriceKey], scope: Scope, known: LinkedCustomer | None = None
    ) -> list[Price | AdapterError | None]:
        """In the order of `keys`, all in one question. `known`: the customer whose prices these are, where that is not
        who asks; only what is linked already counts then."""
        owner = next(iter(self._systems.ownership.serving(PRICE, scope.commerce.country)), None)
        if owner is None:
            return [None] * len(keys)

        async def as_known_to(backend: str) -> CommerceContext:
            """A price group is one backend's own word: each is asked for the customer's by its own."""
            group = await self.group(scope, backend, known)
            return scope.commerce if group is None else replace(scope.commerce, price_group=group)

        asked = list(dict.fromkeys(keys))
        commerce = await as_known_to(owner)
        found = await self._systems.keyed(GET_PRICES, asked, commerce, scope.call, _stand_in, as_known_to)
        return [
            replace(price, key=key) if isinstance(price := found.get(key), Price) and price.key is None else price
            for key in keys
        ]

    async def group(self, scope: Scope, backend: str | None = None, known: LinkedCustomer | None = None) -> str | None:
        """The customer's price context at a backend (the owner, unless said), derived here because identity providers
        do not know price lists. None: the public one. A system that cannot say does not make the price fail: it is then
        the public price, as for any visitor."""
        owner = backend or next(iter(self._systems.ownership.serving(PRICE, scope.commerce.country)), None)
        if owner is None or (known is None and scope.principal.kind != "customer"):
            return None
        if not self._systems.ownership.offers(owner, PRICE_CONTEXT.name):
            return None
        refs = await self._links.references(owner, scope) if known is None else list(known.refs(owner))
        if len(refs) != 1:
            return None
        call = scope.personal() if known is None else replace(scope.call, person=f"customer|{known.id}")
        found = await self._systems.caller.keyed(owner, PRICE_CONTEXT, refs, scope.commerce, call)
        group = found.get(refs[0])
        return group if isinstance(group, str) else None

    async def explanations(self, prices: Sequence[Price], scope: Scope) -> list[PriceExplanation]:
        """Why each price is what it is, and what the compared systems say, in the order of `prices`."""
        keys = [price.key for price in prices if price.key is not None and understands_all(price.key)]
        others: dict[str, Mapping[PriceKey, Price | AdapterError]] = {}
        for name in self._systems.ownership.comparing(PRICE, scope.commerce.country):
            others[name] = await self._systems.caller.keyed(name, GET_PRICES, keys, scope.commerce, scope.call)
        group = await self.group(scope)
        owner = next(iter(self._systems.ownership.serving(PRICE, scope.commerce.country)), None)
        # A stand-in is never told the owner's group: its price is the one of everybody.
        return [self._explained(price, group if price.freshness.source == owner else None, others) for price in prices]

    def _explained(
        self, price: Price, group: str | None, others: Mapping[str, Mapping[PriceKey, Price | AdapterError]]
    ) -> PriceExplanation:
        """The others are asked for the price of everybody: nobody's group is known beyond its own system."""
        owner = price.freshness.source
        comparisons: list[PriceComparison] = []
        disagreements: list[PriceDisagreement] = []
        for name, answers in others.items():
            if name == owner or price.key is None:
                continue
            if not understands_all(price.key):
                comparisons.append(PriceComparison(name, None, comparable=False, reason="NOT_JOINED"))
                continue
            answer = answers.get(price.key)
            comparison, difference = compare(name, price, answer, own_price=group is not None)
            comparisons.append(comparison)
            if difference is not None:
                disagreements.append(difference)
                DISAGREEMENTS.labels(owner, name).inc()
        return PriceExplanation(owner, price.rule, group, tuple(comparisons), tuple(disagreements))


def compare(
    source: str, owned: Price, other: Price | AdapterError | None, *, own_price: bool = False
) -> tuple[PriceComparison, PriceDisagreement | None]:
    """Like for like only: the same quantity, unit and currency, gross against gross or net against net, and never a
    customer's `own_price` beside the one of everybody. Both amounts are quantised, since an ERP keeps digits that a
    shop never shows."""
    if other is None:
        return PriceComparison(source, None, comparable=False, reason="NOT_SOLD_THERE"), None
    if isinstance(other, AdapterError):
        return PriceComparison(source, None, comparable=False, reason=other.code), None
    stated = other.current
    pair = _alike(owned.current, stated)
    reason = _unlike(owned, other, own_price)
    if reason is None and pair is None:
        reason = "TAX_TREATMENT_DIFFERS"
    if pair is None or reason is not None:
        return PriceComparison(source, stated, comparable=False, reason=reason), None
    mine, theirs = (money.quantized() for money in pair)
    comparison = PriceComparison(source, stated, comparable=True)
    if mine == theirs:
        return comparison, None
    return comparison, PriceDisagreement(source, theirs, Money(theirs.amount - mine.amount, theirs.currency))


def _unlike(owned: Price, other: Price, own_price: bool) -> str | None:
    """Why the two prices are not for the same."""
    if own_price:
        return "PRICE_GROUP_DIFFERS"
    if other.current.currency != owned.current.currency:
        return "CURRENCY_DIFFERS"
    if other.quantity != owned.quantity:
        return "QUANTITY_DIFFERS"
    unit = None if owned.key is None else owned.key.unit
    if other.key is not None and other.key.unit != unit:
        return "UNIT_DIFFERS"
    return None


def _alike(owned: TaxedMoney, other: TaxedMoney) -> tuple[Money, Money] | None:
    """The amounts of the same side of the tax."""
    if not (_sides_known(owned) and _sides_known(other)):
        return None
    if owned.gross is not None and other.gross is not None:
        return owned.gross, other.gross
    if owned.net is not None and other.net is not None:
        return owned.net, other.net
    return None


def _sides_known(money: TaxedMoney) -> bool:
    """A lone amount whose treatment nobody knows stands on one side of the tax by a guess."""
    return money.treatment is not TaxTreatment.UNKNOWN or (money.net is not None and money.gross is not None)


def understands_all(key: PriceKey) -> bool:
    """Whether a price can be asked of any backend: of a variant by its SKU, for a piece."""
    return isinstance(key.variant, str) and key.unit is None


def _stand_in(price: Price, reason: str) -> Price:
    return replace(price, freshness=fallback_freshness(price.freshness, reason))
