"""PromotionPort: discounts and codes, as the vendor applies them to a draft order with the basket's own lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from adapters.shopify.basket.documents import (
    CODE_POINTS,
    MOST_CODES,
    PROMOTIONS,
    Bag,
    Calculated,
    Code,
    CodeNode,
    LineTarget,
    PlatformDiscount,
    Target,
    codes_document,
)
from adapters.shopify.basket.drafts import Drafts, draft_of, line_id, money_input, pieces
from adapters.shopify.client import Client
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.shapes import taxed
from gateway.errors import InvalidAnswer, RequestRefused
from gateway.kit.readings import Reading
from gateway.model.baskets import Basket, BasketLine, CodeRefusal, Discount, Promotions, RefusedCode
from gateway.model.context import CallContext, ContextView
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.ports.manifest import AdapterEnvironment

_STATUSES = {"EXPIRED": CodeRefusal.EXPIRED, "SCHEDULED": CodeRefusal.NOT_YET}


class Offers:
    def __init__(self, env: AdapterEnvironment[ShopifyConfig], client: Client, drafts: Drafts) -> None:
        self._env = env
        self._client = client
        self._drafts = drafts

    async def evaluate(self, query: Basket, context: ContextView, call: CallContext) -> Promotions:
        variants = await self._drafts.variants(query.lines, call)
        known = {line_id(line): line for line in query.lines if line.variant in variants}
        if not known:
            refused = tuple(RefusedCode(code, CodeRefusal.NOT_FOR_THESE_GOODS) for code in query.codes)
            return Promotions((), Reading.now(self._env).freshness, (), refused)
        rows = [
            {"uuid": native, "variantId": variants[line.variant], "quantity": pieces(line), **self._price(line)}
            for native, line in known.items()
        ]
        draft = draft_of(query, rows, context)
        draft |= {"acceptAutomaticDiscounts": True, "discountCodes": list(query.codes)}
        if query.shipping is not None:
            draft["shippingLine"] = {"shippingRateHandle": query.shipping}
        found = await self._drafts.calculate(PROMOTIONS, draft, context, call)
        self._require_same_prices(found, known)
        discounts = tuple(part for each in found.platform_discounts for part in _discounts(each, known, found))
        applied = {code.upper() for code in found.discount_codes}
        accepted = tuple(code for code in query.codes if code in applied)
        refused = await self._refusals([code for code in query.codes if code not in applied], query, call)
        return Promotions(discounts, Reading.now(self._env).freshness, accepted, refused)

    def _price(self, line: BasketLine) -> dict[str, object]:
        if not self._env.config.foreign_prices:
            return {}
        return {"priceOverride": money_input(line.unit.stated.quantized())}

    def _require_same_prices(self, found: Calculated, known: Mapping[str, BasketLine]) -> None:
        """A discount of another price than the shopper was told is another discount. Raises RequestRefused."""
        if {line.uuid for line in found.line_items} != set(known):
            raise InvalidAnswer(detail=f"{PROMOTIONS.name}: other lines than were asked for")
        for line in found.line_items:
            ours, theirs = known[line.uuid].unit, line.original_unit_price_set
            if theirs is None or theirs.presentment_money.money.quantized() != ours.stated.quantized():
                raise RequestRefused(detail="the shop has other prices than the basket (foreign_prices)")
            included = TaxTreatment.INCLUDED if found.taxes_included else TaxTreatment.EXCLUDED
            if ours.treatment is not TaxTreatment.EXEMPT and ours.treatment is not included:
                raise RequestRefused(detail="the shop's prices are taxed otherwise than the basket's")

    async def _refusals(self, codes: Sequence[str], basket: Basket, call: CallContext) -> tuple[RefusedCode, ...]:
        """The calculation passes over a code without a word: what the vendor knows of the code says why."""
        if not codes:
            return ()
        known = await self._client.by_alias(
            codes_document,
            codes,
            lambda place, code: {f"c{place}": code},
            CodeNode,
            call,
            points=CODE_POINTS,
            most=MOST_CODES,
        )
        return tuple(
            RefusedCode(code, _reason(known[code].code_discount, basket) if code in known else CodeRefusal.UNKNOWN)
            for code in codes
        )


def _reason(code: Code, basket: Basket) -> CodeRefusal:
    if code.status in _STATUSES:
        return _STATUSES[code.status]
    if code.usage_limit is not None and code.async_usage_count >= code.usage_limit:
        return CodeRefusal.USED_UP
    least = code.minimum_requirement and code.minimum_requirement.greater_than_or_equal_to_subtotal
    if least:
        worth = sum((line.unit.stated.amount * line.quantity for line in basket.lines), Decimal(0))
        if worth < least.amount:
            return CodeRefusal.MINIMUM_NOT_REACHED
    return CodeRefusal.REFUSED


def _discounts(found: PlatformDiscount, known: Mapping[str, BasketLine], draft: Calculated) -> Iterator[Discount]:
    code = found.code.upper() if found.code else None
    for part in found.allocations:
        amount = _money(part.reduction_amount_set)
        if amount.amount <= 0:
            continue
        if isinstance(part.target, LineTarget):
            line = known.get(part.target.uuid)
            if line is None:
                raise InvalidAnswer(detail=f"{PROMOTIONS.name}: a discount of a line that nobody asked about")
            yield Discount(found.title, _as_line(amount, line.unit), line.id, code)
        else:
            money = taxed(amount, included=draft.taxes_included, taxable=True)
            yield Discount(found.title, money, None, code, isinstance(part.target, Target))
    if not found.allocations and (amount := _money(found.total_amount_price_set)).amount > 0:
        yield Discount(found.title, taxed(amount, included=draft.taxes_included, taxable=True), None, code)


def _as_line(amount: Money, unit: TaxedMoney) -> TaxedMoney:
    return taxed(
        amount, included=unit.treatment is TaxTreatment.INCLUDED, taxable=unit.treatment is not TaxTreatment.EXEMPT
    )


def _money(bag: Bag) -> Money:
    return bag.presentment_money.money.quantized()
