"""The reference adapter with one fault each, as adapters have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from gateway.errors import AdapterError, CredentialsRefused, RequestRefused, Unavailable
from gateway.model.catalog import Product, ProductKey
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import CustomerKey, CustomerKeyKind, CustomerRecord
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.pricing import Price, PriceKey
from gateway.model.stock import StockKey, StockLevels
from gateway.testing.reference import ReferenceAdapter

SECRET = "shpat_planted_0123456789"

Prices = Mapping[PriceKey, Price | AdapterError]


class Repriced(ReferenceAdapter):
    """Every amount of a price for one piece made anew."""

    def change(self, money: TaxedMoney) -> TaxedMoney:
        raise NotImplementedError

    async def get_prices(self, keys: Sequence[PriceKey], context: ContextView, call: CallContext) -> Prices:
        found = await super().get_prices(keys, context, call)
        return {
            key: replace(price, current=self.change(price.current)) if isinstance(price, Price) else price
            for key, price in found.items()
        }


def sides(money: TaxedMoney, change: Callable[[Decimal], Decimal]) -> TaxedMoney:
    def one(side: Money | None) -> Money | None:
        return None if side is None else Money(change(side.amount), side.currency)

    return replace(money, net=one(money.net), gross=one(money.gross), tax=one(money.tax))


class BinaryTail(Repriced):
    """`Decimal(19.99)`."""

    def change(self, money: TaxedMoney) -> TaxedMoney:
        return sides(money, lambda amount: Decimal(float(amount) + 0.1) - Decimal("0.1"))


class TooManyDigits(Repriced):
    """A division that nobody rounded."""

    def change(self, money: TaxedMoney) -> TaxedMoney:
        return sides(money, lambda amount: amount + Decimal("0.00012345"))


class DoesNotAddUp(Repriced):
    def change(self, money: TaxedMoney) -> TaxedMoney:
        return replace(money, tax=Money(Decimal("0.99"), "GBP"))


class TaxTwice(Repriced):
    """The gross amount taken for the net one."""

    def change(self, money: TaxedMoney) -> TaxedMoney:
        return replace(money, net=money.gross, tax=None)


class WrongTreatment(Repriced):
    def change(self, money: TaxedMoney) -> TaxedMoney:
        return replace(money, treatment=TaxTreatment.EXCLUDED, net=money.gross, gross=None)


class MixedTreatment(ReferenceAdapter):
    async def get_prices(self, keys: Sequence[PriceKey], context: ContextView, call: CallContext) -> Prices:
        found = await super().get_prices(keys, context, call)
        return {
            key: replace(price, line=replace(price.line, treatment=TaxTreatment.UNKNOWN))
            if isinstance(price, Price) and price.line
            else price
            for key, price in found.items()
        }


class LongLine(ReferenceAdapter):
    """What is charged, with a tenth of a penny."""

    async def get_prices(self, keys: Sequence[PriceKey], context: ContextView, call: CallContext) -> Prices:
        found = await super().get_prices(keys, context, call)
        return {
            key: replace(price, line=sides(price.line, lambda amount: amount + Decimal("0.001")))
            if isinstance(price, Price) and price.line
            else price
            for key, price in found.items()
        }


class OnePieceAlways(ReferenceAdapter):
    """Quantities are not looked at."""

    async def get_prices(self, keys: Sequence[PriceKey], context: ContextView, call: CallContext) -> Prices:
        found = await super().get_prices([*{PriceKey(key.variant) for key in keys}], context, call)
        return {key: found[one] for key in keys if (one := PriceKey(key.variant)) in found}


class BySkuAlone(ReferenceAdapter):
    """Two quantities of one SKU in one call: the last wins."""

    async def get_prices(self, keys: Sequence[PriceKey], context: ContextView, call: CallContext) -> Prices:
        found = await super().get_prices(keys, context, call)
        last = {key.variant: price for key, price in found.items()}
        return {key: last[key.variant] for key in found}


class UnknownIsAnError(ReferenceAdapter):
    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        found = await super().get_stock(keys, context, call)
        return {key: found.get(key) or RequestRefused() for key in keys}


class OneKindOfCustomer(ReferenceAdapter):
    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        known = [key for key in keys if key.kind is not CustomerKeyKind.PHONE]
        return await super().find_customers(known, context, call)


class ByPosition(ReferenceAdapter):
    """Answers put to keys by their place in the call, though the backend sorts them."""

    async def get_prices(self, keys: Sequence[PriceKey], context: ContextView, call: CallContext) -> Prices:
        found = await super().get_prices(keys, context, call)
        known = [key for key in keys if key in found]
        rising = sorted((found[key] for key in known), key=lambda price: str(getattr(price, "current", "")))
        return dict(zip(known, rising, strict=True))


class AllFailuresAlike(ReferenceAdapter):
    """Whatever happens, the backend is down."""

    async def get_prices(self, keys: Sequence[PriceKey], context: ContextView, call: CallContext) -> Prices:
        try:
            return await super().get_prices(keys, context, call)
        except AdapterError:
            raise Unavailable from None


class FailureIsNothing(ReferenceAdapter):
    """What cannot be read is taken for "not there"."""

    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        try:
            return await super().get_products(keys, context, call)
        except AdapterError as error:
            if isinstance(error, Unavailable):
                raise
            return {}


class SaysItsToken(ReferenceAdapter):
    """`in_detail`: where only operators read it."""

    in_detail = False

    async def get_prices(self, keys: Sequence[PriceKey], context: ContextView, call: CallContext) -> Prices:
        try:
            return await super().get_prices(keys, context, call)
        except AdapterError as error:
            said = f"asked with {SECRET}"
            raise type(error)(detail=said) if self.in_detail else type(error)(said) from None


class SaysItsTokenToOperators(SaysItsToken):
    in_detail = True


class AnyCredentialDoes(ReferenceAdapter):
    """The impostor that is let in."""


class ImpostorUnavailable(ReferenceAdapter):
    async def get_prices(self, keys: Sequence[PriceKey], context: ContextView, call: CallContext) -> Prices:
        raise Unavailable


class ImpostorRefused(ReferenceAdapter):
    """As it should be."""

    async def _request(self, operation: str, keys: Any = ()) -> None:
        raise CredentialsRefused
