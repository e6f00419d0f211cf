"""Promotions of the reference adapter, from the seed's: automatic ones first, then codes in the basket's order, each of
what the ones before it left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from gateway.model.baskets import (
    Basket,
    BasketLine,
    CodeRefusal,
    Discount,
    Promotions,
    RefusedCode,
)
from gateway.model.context import CallContext, ContextView
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.ports.promotion import EVALUATE
from gateway.testing.reference.amounts import ZERO, line_total, part_of, worth_of
from gateway.testing.reference.catalog import Catalog
from gateway.testing.sandbox import SeedPromotion


class Offers(Catalog):
    """PromotionPort."""

    async def evaluate(self, query: Basket, context: ContextView, call: CallContext) -> Promotions:
        await self._request(EVALUATE.name, (query,))
        query = replace(query, lines=tuple(line for line in query.lines if self._bearing(line.variant)))
        reckoning = _Reckoning(query, context.currency, self._delivery_of(query))
        for promotion in self.seed.promotions:
            if not promotion.code and self._refusal(promotion, query, context) is None:
                reckoning.take(promotion)
        accepted: list[SeedPromotion] = []
        refused: list[RefusedCode] = []
        for code in query.codes:
            promotion = next((each for each in self.seed.promotions if each.code == code), None)
            reason = CodeRefusal.UNKNOWN if promotion is None else self._refusal(promotion, query, context)
            if reason is None and promotion is not None and not _combines(promotion, accepted):
                reason = CodeRefusal.NOT_COMBINABLE
            if reason is not None:
                refused.append(RefusedCode(code, reason))
            elif promotion is not None:
                reckoning.take(promotion)
                accepted.append(promotion)
        return Promotions(
            tuple(reckoning.discounts),
            self._freshness(),
            tuple(promotion.code for promotion in accepted),
            tuple(refused),
        )

    def _refusal(self, promotion: SeedPromotion, basket: Basket, context: ContextView) -> CodeRefusal | None:
        now = self.clock()
        if promotion.starts is not None and now < promotion.starts:
            return CodeRefusal.NOT_YET
        if promotion.ends is not None and now > promotion.ends:
            return CodeRefusal.EXPIRED
        if promotion.used_up:
            return CodeRefusal.USED_UP
        customer = basket.customer
        if promotion.groups:
            groups = next((each.groups for each in self.seed.customers if customer and each.ref.id == customer.id), ())
            if set(promotion.groups).isdisjoint(groups):
                return CodeRefusal.NOT_FOR_THIS_CUSTOMER
        if any(amount and amount.currency != context.currency for amount in (promotion.amount, promotion.minimum)):
            return CodeRefusal.REFUSED
        if not promotion.shipping and not any(_covers(promotion, line) for line in basket.lines):
            return CodeRefusal.NOT_FOR_THESE_GOODS
        if promotion.minimum is not None and worth_of(basket.lines) < promotion.minimum.amount:
            return CodeRefusal.MINIMUM_NOT_REACHED
        return None

    def _delivery_of(self, basket: Basket) -> TaxedMoney | None:
        """What the chosen option costs."""
        chosen = next((option for option in self.seed.shipping if option.id == basket.shipping), None)
        if chosen is None:
            return None
        price = chosen.price_for(worth_of(basket.lines))
        if self.seed.prices_include_tax:
            return TaxedMoney(gross=price, treatment=TaxTreatment.INCLUDED)
        return TaxedMoney(net=price, treatment=TaxTreatment.EXCLUDED)


def _combines(promotion: SeedPromotion, others: Sequence[SeedPromotion]) -> bool:
    return not others or not (promotion.exclusive or any(each.exclusive for each in others))


def _covers(promotion: SeedPromotion, line: BasketLine) -> bool:
    return not promotion.skus or line.sku in promotion.skus


class _Reckoning:
    """What is left of each line while one promotion after another takes its part."""

    def __init__(self, basket: Basket, currency: str, delivery: TaxedMoney | None) -> None:
        self.discounts: list[Discount] = []
        self._totals: Mapping[str, TaxedMoney] = {line.id: line_total(line) for line in basket.lines}
        self._left = {line: total.stated.amount for line, total in self._totals.items()}
        self._basket = basket
        self._currency = currency
        self._delivery = delivery
        self._delivery_left = delivery.stated.amount if delivery else ZERO
        self._whole = ZERO

    def take(self, promotion: SeedPromotion) -> None:
        if promotion.shipping:
            self._take_of_delivery(promotion)
        elif promotion.amount is not None and not promotion.skus:
            self._take_of_all(promotion, promotion.amount.amount)
        else:
            budget = promotion.amount.amount if promotion.amount is not None else None
            for line in self._basket.lines:
                if _covers(promotion, line):
                    wanted = budget if budget is not None else self._percent(promotion, self._left[line.id])
                    taken = self._take_of_line(promotion, line.id, wanted)
                    budget = None if budget is None else budget - taken

    def _take_of_line(self, promotion: SeedPromotion, line: str, wanted: Decimal) -> Decimal:
        amount = min(wanted, self._left[line], sum(self._left.values(), ZERO) - self._whole)
        if amount > 0:
            self._left[line] -= amount
            self._note(promotion, part_of(self._totals[line], Money(amount, self._currency)), line=line)
            return amount
        return ZERO

    def _take_of_all(self, promotion: SeedPromotion, wanted: Decimal) -> None:
        amount = min(wanted, sum(self._left.values(), ZERO) - self._whole)
        if amount > 0:
            self._whole += amount
            money, treatment = Money(amount, self._currency), self._basket.lines[0].unit.treatment
            net_first = treatment is TaxTreatment.EXCLUDED
            self._note(
                promotion,
                TaxedMoney(net=money if net_first else None, gross=None if net_first else money, treatment=treatment),
            )

    def _take_of_delivery(self, promotion: SeedPromotion) -> None:
        if self._delivery is None:
            return
        wanted = promotion.amount.amount if promotion.amount else self._percent(promotion, self._delivery_left)
        amount = min(wanted, self._delivery_left)
        if amount > 0:
            self._delivery_left -= amount
            self._note(promotion, part_of(self._delivery, Money(amount, self._currency)), shipping=True)

    def _percent(self, promotion: SeedPromotion, of: Decimal) -> Decimal:
        return Money(of * (promotion.percent or ZERO), self._currency).quantized().amount

    def _note(
        self, promotion: SeedPromotion, amount: TaxedMoney, *, line: str | None = None, shipping: bool = False
    ) -> None:
        self.discounts.append(Discount(promotion.label, amount, line, promotion.code or None, shipping))
