"""The reference adapter with one fault each, as owners of promotions, shipping and tax have them."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from gateway.errors import RequestRefused
from gateway.model.baskets import (
    Basket,
    BasketTax,
    CodeRefusal,
    Discount,
    Promotions,
    RefusedCode,
    ShippingOptions,
    TaxQuery,
)
from gateway.model.context import CallContext, ContextView
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.testing.reference import ReferenceAdapter


class Spoilt(ReferenceAdapter):
    """Every answer about promotions made anew."""

    def change(self, answer: Promotions, query: Basket) -> Promotions:
        raise NotImplementedError

    async def evaluate(self, query: Basket, context: ContextView, call: CallContext) -> Promotions:
        return self.change(await super().evaluate(query, context, call), query)


class ForgetsRefusedCodes(Spoilt):
    def change(self, answer: Promotions, query: Basket) -> Promotions:
        return replace(answer, refused=())


class AcceptsAndRefuses(Spoilt):
    def change(self, answer: Promotions, query: Basket) -> Promotions:
        return replace(answer, accepted=query.codes)


class NeverSaysWhy(Spoilt):
    def change(self, answer: Promotions, query: Basket) -> Promotions:
        refused = tuple(RefusedCode(each.code, CodeRefusal.REFUSED) for each in answer.refused)
        return replace(answer, refused=refused)


class OneBadCodeSpoilsAll(Spoilt):
    """As a vendor that refuses the whole calculation."""

    def change(self, answer: Promotions, query: Basket) -> Promotions:
        if not answer.refused:
            return answer
        refused = {each.code: each for each in answer.refused}
        everything = tuple(refused.get(code, RefusedCode(code, CodeRefusal.REFUSED)) for code in query.codes)
        return Promotions((), answer.freshness, (), everything)


class GivesMoneyAway(Spoilt):
    def change(self, answer: Promotions, query: Basket) -> Promotions:
        amount = TaxedMoney(gross=Money(Decimal(100_000), "GBP"), treatment=TaxTreatment.INCLUDED)
        return replace(answer, discounts=(*answer.discounts, Discount("All of it", amount)))


class NegativeDiscounts(Spoilt):
    def change(self, answer: Promotions, query: Basket) -> Promotions:
        return replace(
            answer,
            discounts=tuple(
                replace(each, amount=TaxedMoney(gross=each.amount.stated.times(-1), treatment=each.amount.treatment))
                for each in answer.discounts
            ),
        )


class DiscountOfAnotherKind(Spoilt):
    """The vendor's own net amounts, of lines that include the tax."""

    def change(self, answer: Promotions, query: Basket) -> Promotions:
        return replace(
            answer,
            discounts=tuple(
                replace(each, amount=TaxedMoney(net=each.amount.stated, treatment=TaxTreatment.EXCLUDED))
                for each in answer.discounts
            ),
        )


class UsesCodesUp(ReferenceAdapter):
    async def evaluate(self, query: Basket, context: ContextView, call: CallContext) -> Promotions:
        answer = await super().evaluate(query, context, call)
        used = [replace(each, used_up=each.used_up or each.code in answer.accepted) for each in self.seed.promotions]
        self.seed = replace(self.seed, promotions=tuple(used))
        return answer


class AsksForEachLine(ReferenceAdapter):
    async def evaluate(self, query: Basket, context: ContextView, call: CallContext) -> Promotions:
        for _ in query.lines:
            await self._request("each")
        return await super().evaluate(query, context, call)

    async def list_options(self, query: Basket, context: ContextView, call: CallContext) -> ShippingOptions:
        for _ in query.lines:
            await self._request("each")
        return await super().list_options(query, context, call)

    async def calculate(self, query: TaxQuery, context: ContextView, call: CallContext) -> BasketTax:
        for _ in query.basket.lines:
            await self._request("each")
        return await super().calculate(query, context, call)


class CarriesEverywhere(ReferenceAdapter):
    async def list_options(self, query: Basket, context: ContextView, call: CallContext) -> ShippingOptions:
        home = query.destination and replace(query.destination, country="GB")
        return await super().list_options(replace(query, destination=home), context, call)


class DearestFirst(ReferenceAdapter):
    async def list_options(self, query: Basket, context: ContextView, call: CallContext) -> ShippingOptions:
        answer = await super().list_options(query, context, call)
        return replace(answer, options=answer.options[::-1])


class GuessesWeights(ReferenceAdapter):
    async def list_options(self, query: Basket, context: ContextView, call: CallContext) -> ShippingOptions:
        return await super().list_options(replace(query, lines=query.lines[:1]), context, call)


class TaxesBeforeDiscounts(ReferenceAdapter):
    async def calculate(self, query: TaxQuery, context: ContextView, call: CallContext) -> BasketTax:
        return await super().calculate(replace(query, discounts=()), context, call)


class ForgetsDelivery(ReferenceAdapter):
    async def calculate(self, query: TaxQuery, context: ContextView, call: CallContext) -> BasketTax:
        return await super().calculate(replace(query, shipping_price=None), context, call)


class TotalOfItsOwn(ReferenceAdapter):
    async def calculate(self, query: TaxQuery, context: ContextView, call: CallContext) -> BasketTax:
        answer = await super().calculate(query, context, call)
        if answer.total.net is None:
            raise RequestRefused
        return replace(answer, total=replace(answer.total, net=answer.total.net.plus(Money(Decimal(1), "GBP"))))
