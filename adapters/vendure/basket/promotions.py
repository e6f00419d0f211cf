"""PromotionPort: what Vendure takes off a draft order, which is filled, read and deleted in one request. A draft books
no stock and uses up no code; where that request fails, another deletes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Raw, Struct, field

from adapters.vendure.basket.lines import Bought, address, bought
from adapters.vendure.facts import ChannelFacts, taxed
from adapters.vendure.ids import is_id
from adapters.vendure.rows import Camel
from adapters.vendure.shop import Shop
from adapters.vendure.variants import Variants
from gateway.errors import AdapterError, CurrencyNotSold, InvalidAnswer, RequestRefused
from gateway.kit.decoding import decoded
from gateway.kit.money import minor_units
from gateway.model.baskets import Basket, BasketLine, CodeRefusal, Discount, Promotions, RefusedCode
from gateway.model.context import CallContext, ContextView
from gateway.model.money import Money, TaxedMoney

CREATE = "mutation CreateDraft { createDraftOrder { id } }"
DELETE = "mutation DeleteDraft($order: ID!) { deleteDraftOrder(orderId: $order) { result } }"
_OUTCOME = "{ __typename ... on ErrorResult { errorCode } }"
_ORDER = """currencyCode couponCodes promotions { id couponCode }
  lines { quantity unitPrice unitPriceWithTax productVariant { id } discounts { ...D } }
  shippingLines { discounts { ...D } }"""
_DISCOUNT = "fragment D on Discount { adjustmentSource description amount amountWithTax }"
REFUSALS: Mapping[str, CodeRefusal] = {
    "COUPON_CODE_INVALID_ERROR": CodeRefusal.UNKNOWN,
    "COUPON_CODE_EXPIRED_ERROR": CodeRefusal.EXPIRED,
    "COUPON_CODE_LIMIT_ERROR": CodeRefusal.USED_UP,
}


class WireDraft(Camel, frozen=True):
    id: str


class CreatedData(Camel, frozen=True):
    create_draft_order: WireDraft


class WireOutcome(Camel, frozen=True):
    typename: str = field(name="__typename")
    error_code: str = ""


class WireDiscount(Camel, frozen=True):
    adjustment_source: str
    description: str
    amount: int
    amount_with_tax: int


class WirePromotion(Camel, frozen=True):
    id: str
    coupon_code: str | None = None


class WireLine(Camel, frozen=True):
    quantity: int
    unit_price: int
    unit_price_with_tax: int
    product_variant: WireDraft
    discounts: tuple[WireDiscount, ...]


class WireShippingLine(Camel, frozen=True):
    discounts: tuple[WireDiscount, ...]


class WireOrder(Camel, frozen=True):
    currency_code: str
    promotions: tuple[WirePromotion, ...]
    lines: tuple[WireLine, ...]
    shipping_lines: tuple[WireShippingLine, ...]


class Asked(Struct, frozen=True):
    document: str
    variables: Mapping[str, object]


class Offers:
    def __init__(self, shop: Shop, variants: Variants) -> None:
        self._shop = shop
        self._variants = variants

    async def evaluate(self, query: Basket, context: ContextView, call: CallContext) -> Promotions:
        """Three requests however many lines: their variants, a draft, all the rest."""
        where = await self._shop.where(context, call)
        if context.currency not in where.facts.currencies:
            raise CurrencyNotSold(source=self._shop.env.name)
        found = await bought(query.lines, self._shop, self._variants, where.channel, call)
        if not found:
            refused = tuple(RefusedCode(code, CodeRefusal.NOT_FOR_THESE_GOODS) for code in query.codes)
            return Promotions((), self._shop.reading().freshness, (), refused)
        sent: Any = {"channel": where.channel, "language": where.language, "currency": context.currency}
        made = await self._shop.client.ask(CREATE, CreatedData, call, guarded=False, **sent)
        order = made.create_draft_order.id
        asked = _filled(order, found, query)
        try:
            data = await self._shop.client.ask(
                asked.document, dict[str, Raw], call, asked.variables, guarded=False, **sent
            )
        except BaseException:
            # A refused line ends the request before it comes to the deletion.
            with suppress(AdapterError):
                await self._shop.client.ask(DELETE, dict[str, Raw], call, {"order": order}, guarded=False, **sent)
            raise
        return self._answer(data, found, query, where.facts)

    def _answer(
        self, data: Mapping[str, Raw], found: Sequence[Bought], query: Basket, facts: ChannelFacts
    ) -> Promotions:
        source = self._shop.env.name
        for place in range(len(found)):
            self._require_added(decoded(data[f"l{place}"], WireOutcome, source=source))
        order = decoded(data["order"], WireOrder, source=source)
        lines = {line.product_variant.id: line for line in order.lines}
        for each in found:
            self._require_same(each, lines.get(each.variant), order.currency_code, facts)
        codes = {promotion.id: (promotion.coupon_code or "").upper() for promotion in order.promotions}
        discounts: list[Discount] = []
        for each in found:
            for taken in lines[each.variant].discounts:
                code = codes.get(taken.adjustment_source.rpartition(":")[2]) or None
                amount = _amount(taken, order.currency_code, facts)
                discounts.extend(
                    Discount(taken.description, part, line.id, code) for line, part in _shared(amount, each.lines)
                )
        for shipping in order.shipping_lines:
            for taken in shipping.discounts:
                code = codes.get(taken.adjustment_source.rpartition(":")[2]) or None
                discounts.append(
                    Discount(taken.description, _amount(taken, order.currency_code, facts), None, code, shipping=True)
                )
        applied = set(codes.values())
        refused = tuple(
            RefusedCode(code, self._refusal(decoded(data[f"c{place}"], WireOutcome, source=source)))
            for place, code in enumerate(query.codes)
            if code not in applied
        )
        accepted = tuple(code for code in query.codes if code in applied)
        kept = tuple(each for each in discounts if each.amount.stated.amount > 0)
        return Promotions(kept, self._shop.reading().freshness, accepted, refused)

    def _require_added(self, outcome: WireOutcome) -> None:
        if outcome.typename != "Order":
            raise RequestRefused(detail=f"a line: {outcome.error_code or outcome.typename}", source=self._shop.env.name)

    def _require_same(self, each: Bought, line: WireLine | None, currency: str, facts: ChannelFacts) -> None:
        """A discount of another price than the shopper was told is another discount. Raises RequestRefused."""
        if line is None or line.quantity != each.quantity:
            raise RequestRefused(detail="a line is not there whole", source=self._shop.env.name)
        stated = line.unit_price_with_tax if facts.prices_include_tax else line.unit_price
        theirs = minor_units(stated, currency, facts.precision).quantized()
        for ours in each.lines:
            if ours.unit.stated.quantized() != theirs:
                raise RequestRefused(detail="Vendure has another price than the basket", source=self._shop.env.name)

    @staticmethod
    def _refusal(outcome: WireOutcome) -> CodeRefusal:
        """A code that Vendure took and that does nothing: its conditions are not met, which ones it does not say."""
        return REFUSALS.get(outcome.error_code, CodeRefusal.REFUSED)


def _filled(order: str, found: Sequence[Bought], basket: Basket) -> Asked:
    """Mutations run one after another: the order is read before it is deleted."""
    variables: dict[str, object] = {"order": order}
    declared = ["$order: ID!"]
    steps: list[str] = []
    for place, each in enumerate(found):
        declared.append(f"$v{place}: ID!")
        variables[f"v{place}"] = each.variant
        steps.append(
            f"l{place}: addItemToDraftOrder(orderId: $order, "
            f"input: {{ productVariantId: $v{place}, quantity: {each.quantity} }}) {_OUTCOME}"
        )
    if basket.customer is not None and is_id(basket.customer.id):
        declared.append("$customer: ID!")
        variables["customer"] = basket.customer.id
        steps.append(f"customer: setCustomerForDraftOrder(orderId: $order, customerId: $customer) {_OUTCOME}")
    if basket.destination is not None:
        declared.append("$address: CreateAddressInput!")
        variables["address"] = address(basket.destination)
        steps.append("place: setDraftOrderShippingAddress(orderId: $order, input: $address) { id }")
    if basket.shipping is not None and is_id(basket.shipping):
        declared.append("$method: ID!")
        variables["method"] = basket.shipping
        steps.append(f"method: setDraftOrderShippingMethod(orderId: $order, shippingMethodId: $method) {_OUTCOME}")
    for place, code in enumerate(basket.codes):
        declared.append(f"$c{place}: String!")
        variables[f"c{place}"] = code
        steps.append(f"c{place}: applyCouponCodeToDraftOrder(orderId: $order, couponCode: $c{place}) {_OUTCOME}")
    steps.append(f"order: unsetDraftOrderBillingAddress(orderId: $order) {{ {_ORDER} }}")
    steps.append("gone: deleteDraftOrder(orderId: $order) { result }")
    document = f"mutation EvaluateDraft({', '.join(declared)}) {{\n  " + "\n  ".join(steps) + f"\n}}\n{_DISCOUNT}"
    return Asked(document, variables)


def _amount(taken: WireDiscount, currency: str, facts: ChannelFacts) -> TaxedMoney:
    """Vendure writes a discount as a negative amount."""
    return taxed(-taken.amount, -taken.amount_with_tax, currency, facts.precision, included=facts.prices_include_tax)


def _shared(amount: TaxedMoney, lines: Sequence[BasketLine]) -> Iterator[tuple[BasketLine, TaxedMoney]]:
    """By pieces, to the minor unit: the last line gets what is left."""
    if amount.net is None or amount.gross is None:
        raise InvalidAnswer(detail="a discount without its amounts")
    pieces = sum(line.quantity for line in lines)
    net, gross = amount.net, amount.gross
    for line in lines[:-1]:
        part = line.quantity / pieces
        own_net, own_gross = amount.net.times(part).quantized(), amount.gross.times(part).quantized()
        net, gross = _less(net, own_net), _less(gross, own_gross)
        yield line, TaxedMoney(own_net, own_gross, _less(own_gross, own_net), amount.treatment)
    yield lines[-1], TaxedMoney(net, gross, _less(gross, net), amount.treatment)


def _less(money: Money, other: Money) -> Money:
    return money.plus(other.times(-1))
