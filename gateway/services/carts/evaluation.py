"""A cart with its owners' answers: what each field selects is asked for, nothing else, and once for an operation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from gateway.errors import InvalidAnswer
from gateway.model.baskets import (
    BasketTax,
    CodeRefusal,
    Destination,
    Promotions,
    RefusedCode,
    ShippingOption,
    ShippingOptions,
)
from gateway.model.cart_answers import CartAnswer, CartPart, GroupAnswer, PartAnswer
from gateway.model.carts import Cart, CartLine, DeliveryGroup
from gateway.model.context import CommerceContext, Priority
from gateway.model.customers import LinkedCustomer
from gateway.model.identity import NativeRef
from gateway.model.pricing import PriceKey
from gateway.model.principal import ANONYMOUS
from gateway.model.stock import Fulfilment
from gateway.ports.domain import PagedOperation
from gateway.ports.price import PRICE
from gateway.ports.promotion import EVALUATE
from gateway.ports.shipping import LIST_OPTIONS
from gateway.ports.tax import CALCULATE
from gateway.services import Services
from gateway.services.carts.baskets import NamedBasket, basket_of, destination_of, first_destination
from gateway.services.carts.guessing import CodeGuesses
from gateway.services.carts.owners import Owners, Said, Silent
from gateway.services.carts.summing import CartSum, PriceAnswer, oldest, sound
from gateway.services.scope import Scope

T = TypeVar("T")

NOT_SOLD, NOT_CHOSEN, NOT_DELIVERED, TAX_UNKNOWN = "NOT_SOLD", "NOT_CHOSEN", "NOT_DELIVERED", "TAX_UNKNOWN"
"""Reasons of a part that is not complete though its owner answered."""


class Shipped(Struct, frozen=True):
    """One delivery group and what its owner offers; None: nobody serves shipping, or it is collected."""

    group: DeliveryGroup
    said: Said[ShippingOptions] | Silent | None

    @property
    def options(self) -> tuple[ShippingOption, ...]:
        return self.said.answer.options if isinstance(self.said, Said) else ()

    @property
    def chosen(self) -> ShippingOption | None:
        return next((option for option in self.options if option.id == self.group.option), None)


class Promoted(Struct, frozen=True):
    basket: NamedBasket
    said: Said[Promotions] | Silent | None


async def once(scope: Scope, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
    """What `make` answers, asked once in an operation however many of its fields ask."""
    known: asyncio.Future[Any] | None = scope.kept.get(key)
    if known is not None:
        return await asyncio.shield(known)
    waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    scope.kept[key] = waiting
    try:
        answer = await make()
    except BaseException as error:
        del scope.kept[key]
        if isinstance(error, Exception):
            waiting.set_exception(error)
            waiting.exception()  # somebody has seen it, whether or not anybody waits
        else:
            waiting.cancel()
        raise
    waiting.set_result(answer)
    return answer


class Evaluation:
    """`fresh`: past every cache and with all the patience of the call, as a checkout asks."""

    def __init__(self, services: Services, owners: Owners) -> None:
        self._services = services
        self._owners = owners

    def within(self, cart: Cart, scope: Scope) -> Scope:
        """The cart's own market, whatever the operation's is; of that only the language counts."""
        commerce = CommerceContext(
            country=cart.country,
            currency=cart.currency,
            language=scope.commerce.language,
            channel=cart.channel,
            store=cart.store,
        )
        return replace(
            scope, commerce=commerce, call=replace(scope.call, priority=min(scope.call.priority, Priority.CART))
        )

    async def prices(self, cart: Cart, scope: Scope) -> Mapping[str, PriceAnswer]:
        """By line, those kept for later too: in one question, and in the price group of whoever the cart belongs to."""
        return await once(scope, ("prices", *_key(cart, scope)), lambda: self._prices(cart, scope))

    async def promotions(self, cart: Cart, scope: Scope, *, fresh: bool = False) -> Promoted:
        key = ("promotions", fresh, *_key(cart, scope))
        return await once(scope, key, lambda: self._promotions(cart, scope, fresh=fresh))

    async def shipping(self, cart: Cart, scope: Scope, *, fresh: bool = False) -> Sequence[Shipped]:
        key = ("shipping", fresh, *_key(cart, scope))
        return await once(scope, key, lambda: self._shipping(cart, scope, fresh=fresh))

    async def options(
        self, cart: Cart, lines: Sequence[CartLine], destination: Destination, scope: Scope
    ) -> Said[ShippingOptions] | Silent | None:
        """Of some lines of a cart (or of some of their pieces) on their own, to a destination; None where nobody
        serves shipping, or none of them has a price."""
        total = CartSum(cart, await self.prices(cart, scope))
        commerce = self.within(cart, scope).commerce
        cart = await self._with_codes(cart, scope)
        customer = await self._customer(cart, LIST_OPTIONS, commerce)
        basket = basket_of(cart, lines, total.prices, destination=destination, customer=customer)
        if not basket.lines:
            return None
        return await self._owners.ask(LIST_OPTIONS, basket.basket, commerce, scope.call, cart=cart.id)

    async def answer(self, cart: Cart, scope: Scope, *, fresh: bool = False) -> CartAnswer:
        """Everything that the owners say of a cart. Never raises for what one of them does."""
        return await once(scope, ("answer", fresh, *_key(cart, scope)), lambda: self._answer(cart, scope, fresh=fresh))

    async def _prices(self, cart: Cart, scope: Scope) -> Mapping[str, PriceAnswer]:
        within = self.within(cart, scope)
        known: LinkedCustomer | None = None
        if cart.person is None:
            within = replace(within, principal=ANONYMOUS)
        elif cart.person != scope.principal.key:
            known = await self._services.customer_links.known(cart.person)
            within = replace(within, principal=ANONYMOUS)
        keys = [PriceKey(line.variant, line.quantity) for line in cart.lines]
        found = await self._services.pricing.of_keys(keys, within, known)
        return {line.id: price for line, price in zip(cart.lines, found, strict=True)}

    async def _promotions(self, cart: Cart, scope: Scope, *, fresh: bool) -> Promoted:
        total = CartSum(cart, await self.prices(cart, scope))
        commerce = self.within(cart, scope).commerce
        cart = await self._with_codes(cart, scope)
        customer = await self._customer(cart, EVALUATE, commerce)
        option = next((group.option for group in cart.groups if group.option), None)
        basket = basket_of(
            cart, cart.active, total.prices, destination=first_destination(cart), customer=customer, shipping=option
        )
        if not basket.lines:
            return Promoted(basket, None)
        said = await self._owners.ask(EVALUATE, basket.basket, commerce, scope.call, cart=cart.id, fresh=fresh)
        if cart.codes and isinstance(said, Said):
            await self._guesses.answered(cart, said.answer)
        return Promoted(basket, said)

    async def _shipping(self, cart: Cart, scope: Scope, *, fresh: bool) -> Sequence[Shipped]:
        total = CartSum(cart, await self.prices(cart, scope))
        commerce = self.within(cart, scope).commerce
        cart = await self._with_codes(cart, scope)
        customer = await self._customer(cart, LIST_OPTIONS, commerce)

        async def asked(group: DeliveryGroup) -> Shipped:
            destination = destination_of(cart, group)
            basket = basket_of(
                cart, cart.lines_of(group), total.prices, destination=destination, customer=customer,
                shipping=group.option,
            )  # fmt: skip
            if destination is None or not basket.lines:
                return Shipped(group, None)
            said = await self._owners.ask(LIST_OPTIONS, basket.basket, commerce, scope.call, cart=cart.id, fresh=fresh)
            return Shipped(group, _offered(said, cart.currency))

        return await asyncio.gather(*(asked(group) for group in cart.groups))

    async def _answer(self, cart: Cart, scope: Scope, *, fresh: bool) -> CartAnswer:
        prices = await self.prices(cart, scope)
        total = CartSum(cart, prices)
        promoted, shipped = await asyncio.gather(
            self.promotions(cart, scope, fresh=fresh), self.shipping(cart, scope, fresh=fresh)
        )
        for each in shipped:
            if each.chosen is not None:
                total.ship(each.group.id, each.chosen)
        promotions = promoted.said.answer if isinstance(promoted.said, Said) else None
        if promotions is not None:
            total.let_off(promotions, promoted.basket)
        parts = [self._price_part(cart, total, scope)]
        if promoted.said is not None:
            parts.append(_promotion_part(promoted.said, total))
        if (delivery := _shipping_part(cart, shipped, total)) is not None:
            parts.append(delivery)
        if (tax := await self._tax(cart, total, promoted, scope, fresh=fresh)) is not None:
            parts.append(tax)
        horizons = [price.horizon for price in total.prices.values()]
        section = self._services.settings.carts
        until = min(
            [scope.now + timedelta(minutes=section.quote_minutes), *(end for end in horizons if end is not None)]
        )
        return CartAnswer(
            cart=cart.id,
            version=cart.version,
            lines=total.lines(),
            parts=tuple(parts),
            groups=tuple(_group(each, total) for each in shipped),
            discounts=tuple(total.discounts),
            accepted=promotions.accepted if promotions is not None else (),
            refused=_refused(cart, promoted.basket.basket.codes, promotions),
            totals=total.totals(),
            valid_until=until,
        )

    def _price_part(self, cart: Cart, total: CartSum, scope: Scope) -> PartAnswer:
        lacking = [total.errors[line.id] for line in cart.active if line.id in total.errors]
        reason = next((code for code in lacking if code != NOT_SOLD), lacking[0] if lacking else None)
        if lacking and not self._services.ownership.serving(PRICE, cart.country):
            reason = "NOT_SERVED"
        fresh = oldest(total.prices[line].freshness for line in total.bought)
        return PartAnswer(part=CartPart.PRICE, complete=not lacking, reason=reason, freshness=fresh)

    @property
    def _guesses(self) -> CodeGuesses:
        return self._services.of(CodeGuesses)

    async def _with_codes(self, cart: Cart, scope: Scope) -> Cart:
        """With those codes only that somebody may be asked about. Where nobody evaluates codes none is guessed."""
        if not (cart.codes and cart.active) or self._owners.owner(EVALUATE, self.within(cart, scope).commerce) is None:
            return cart
        key = ("codes", cart.id, cart.version, cart.codes)
        asked = await once(scope, key, lambda: self._guesses.asked(cart, scope))
        return cart if asked == cart.codes else replace(cart, codes=asked)

    async def _tax(
        self, cart: Cart, total: CartSum, promoted: Promoted, scope: Scope, *, fresh: bool
    ) -> PartAnswer | None:
        """None where the owners of the prices said all there is to say."""
        query = total.tax_query(promoted.basket) if total.rows else None
        if query is None:
            return None
        commerce = self.within(cart, scope).commerce
        later = self._services.ownership.markets.of(cart.country).tax_at_order
        said: Said[BasketTax] | Silent | None = await self._owners.ask(
            CALCULATE, query, commerce, scope.call, cart=cart.id, fresh=fresh
        )
        if isinstance(said, Said) and total.taxed(said.answer, promoted.basket):
            return PartAnswer(part=CartPart.TAX, complete=True, freshness=(said.answer.freshness,))
        if isinstance(said, Silent):
            return PartAnswer(part=CartPart.TAX, complete=later, reason=said.reason)
        if total.certain:
            return None  # what is to be paid is known, though not how much of it is tax
        return PartAnswer(part=CartPart.TAX, complete=later, reason=TAX_UNKNOWN)

    async def _customer(
        self, cart: Cart, operation: PagedOperation[Any, Any], commerce: CommerceContext
    ) -> NativeRef | None:
        """The buyer's own record at the owner, where it is linked already."""
        owner = self._owners.owner(operation, commerce)
        if cart.person is None or owner is None:
            return None
        known = await self._services.customer_links.known(cart.person)
        refs = () if known is None else known.refs(owner)
        return refs[0] if len(refs) == 1 else None


def _refused(cart: Cart, asked: Sequence[str], promotions: Promotions | None) -> tuple[RefusedCode, ...]:
    """A code that its owner does not mention does nothing either, and is said so."""
    unasked = tuple(RefusedCode(code, CodeRefusal.NOT_ASKED) for code in cart.codes if code not in asked)
    if promotions is None:
        return unasked
    mentioned = {code.upper() for code in (*promotions.accepted, *(one.code for one in promotions.refused))}
    silent = (RefusedCode(code, CodeRefusal.REFUSED) for code in asked if code not in mentioned)
    return (*promotions.refused, *silent, *unasked)


def _offered(said: Said[ShippingOptions] | Silent | None, currency: str) -> Said[ShippingOptions] | Silent | None:
    """Without what nobody may have meant; where nothing else is left, as if the owner had said nothing."""
    if not isinstance(said, Said):
        return said
    good = tuple(option for option in said.answer.options if sound(option.price, currency) is not None)
    if said.answer.options and not good:
        return Silent(said.owner, InvalidAnswer.code)
    return said if good == said.answer.options else Said(said.owner, replace(said.answer, options=good))


def _promotion_part(said: Said[Promotions] | Silent, total: CartSum) -> PartAnswer:
    if isinstance(said, Silent):
        return PartAnswer(part=CartPart.PROMOTION, complete=False, reason=said.reason)
    reason = InvalidAnswer.code if total.unsound else TAX_UNKNOWN if total.unspread else None
    fresh = (said.answer.freshness,)
    return PartAnswer(part=CartPart.PROMOTION, complete=reason is None, reason=reason, freshness=fresh)


def _shipping_part(cart: Cart, shipped: Sequence[Shipped], total: CartSum) -> PartAnswer | None:
    """None where nothing is shipped, or nobody says what it costs."""
    asked = [each for each in shipped if each.said is not None]
    if not asked:
        return None
    reasons: list[str] = []
    fresh = [each.said.answer.freshness for each in asked if isinstance(each.said, Said)]
    for each in asked:
        if isinstance(each.said, Silent):
            reasons.append(each.said.reason)
        elif not each.options:
            reasons.append(NOT_DELIVERED)
        elif each.chosen is None or each.group.id not in total.shipping:
            reasons.append(NOT_CHOSEN)
    return PartAnswer(
        part=CartPart.SHIPPING, complete=not reasons, reason=reasons[0] if reasons else None, freshness=oldest(fresh)
    )


def _group(each: Shipped, total: CartSum) -> GroupAnswer:
    price = total.shipping.get(each.group.id)
    return GroupAnswer(
        group=each.group.id,
        options=each.options,
        chosen=each.chosen,
        price=None if price is None else price.money(total.cart.currency),
        freshness=each.said.answer.freshness if isinstance(each.said, Said) else None,
    )


def is_collected(group: DeliveryGroup) -> bool:
    return group.fulfilment is Fulfilment.PICKUP


def _key(cart: Cart, scope: Scope) -> tuple[Hashable, ...]:
    return (cart.id, cart.version, scope.commerce.language)
