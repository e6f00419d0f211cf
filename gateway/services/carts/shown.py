"""What a cart looks like: its money, stock, problems and quote, each asked of its owner when it is selected."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from gateway.errors import AdapterError
from gateway.model.cart_answers import CartAnswer, CartProblem, GroupAnswer, Quote
from gateway.model.carts import Cart, CartLine, CartState, GroupOfCart, LineOfCart
from gateway.model.catalog import Product, Variant
from gateway.model.identity import VariantKey, canonical_key
from gateway.model.stock import Fulfilment
from gateway.model.tenders import planned
from gateway.ports.product import ProductKey, ProductKeyKind
from gateway.services import Services
from gateway.services.carts.carts import Carts
from gateway.services.carts.evaluation import once
from gateway.services.carts.problems import StockAnswer, found, price_changed
from gateway.services.carts.quotes import Quotes
from gateway.services.carts.summing import PriceAnswer
from gateway.services.fulfilment.together import OnePlace
from gateway.services.scope import Scope
from gateway.state.ledger import HoldState, Ledger, StockSpot


class Shown:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._evaluation = services.of(Carts).evaluation

    async def answer(self, cart: Cart, scope: Scope) -> CartAnswer:
        return await self._evaluation.answer(cart, scope)

    async def answers(self, carts: Sequence[Cart], scope: Scope) -> list[CartAnswer]:
        return list(await asyncio.gather(*(self.answer(cart, scope) for cart in carts)))

    async def prices(self, lines: Sequence[LineOfCart], scope: Scope) -> list[PriceAnswer]:
        """Of each line at its quantity, in its cart's own market. No promotion is asked for."""
        carts = {line.cart.id: line.cart for line in lines}
        told = await asyncio.gather(*(self._evaluation.prices(cart, scope) for cart in carts.values()))
        by_cart = dict(zip(carts, told, strict=True))
        return [by_cart[line.cart.id].get(line.line.id) for line in lines]

    async def groups(self, groups: Sequence[GroupOfCart], scope: Scope) -> list[GroupAnswer]:
        """Of each delivery group the options; nobody is asked what is taken off."""
        answers: list[GroupAnswer] = []
        for each in groups:
            shipped = await self._evaluation.shipping(each.cart, scope)
            mine = next(one for one in shipped if one.group.id == each.group.id)
            answers.append(GroupAnswer(group=each.group.id, options=mine.options, chosen=mine.chosen))
        return answers

    async def quote(self, cart: Cart, scope: Scope, *, fresh: bool = False) -> Quote:
        """`fresh`: past every cache, and as long as the call may for an owner that is slow."""
        answer = await self._evaluation.answer(cart, scope, fresh=fresh)
        sealing = self._services.kept_carts.sealing
        quote = Quotes(sealing).of(answer, cart.currency, answer.valid_until or scope.now)
        return quote if quote.total is None else replace(quote, tenders=planned(cart.gift_cards, quote.total))

    async def problems(self, cart: Cart, scope: Scope) -> tuple[CartProblem, ...]:
        lines = [LineOfCart(cart, line) for line in cart.active]
        answer, stock, told, apart = await asyncio.gather(
            self.answer(cart, scope),
            self.stock(cart, scope),
            self.variants(lines, scope),
            self._services.of(OnePlace).problems(cart, self._evaluation.within(cart, scope)),
        )
        known = {
            line.line.id: variant for line, variant in zip(lines, told, strict=True) if isinstance(variant, Variant)
        }
        orders_of = self._services.ownership.orders_of
        owners = {
            group.id: orders_of(
                cart.country, cart.channel, group.store if group.fulfilment is Fulfilment.PICKUP else None
            ).owner
            for group in cart.groups
        }
        return (*found(cart, answer, stock, known, owners), *apart)

    async def prices_changed(self, cart: Cart, lines: Sequence[str], scope: Scope) -> list[CartProblem]:
        """Of these lines those whose price is not the one that was seen. Asks for prices only where there are any."""
        seen = [line for line in cart.lines if line.id in lines and line.expected is not None]
        if not seen:
            return []
        prices = await self._evaluation.prices(cart, scope)
        changed: list[CartProblem] = []
        for line in seen:
            price = prices.get(line.id)
            told = None if price is None or isinstance(price, AdapterError) else price_changed(line, price)
            if told is not None:
                changed.append(told)
        return changed

    async def stock(self, cart: Cart, scope: Scope) -> Mapping[str, StockAnswer]:
        """By line, the way each goes: all that go one way in one question."""
        return await once(scope, ("stock", cart.id, cart.version), lambda: self._stock(cart, scope))

    async def availabilities(self, lines: Sequence[LineOfCart], scope: Scope) -> list[StockAnswer]:
        carts = {line.cart.id: line.cart for line in lines}
        told = await asyncio.gather(*(self.stock(cart, scope) for cart in carts.values()))
        by_cart = dict(zip(carts, told, strict=True))
        return [by_cart[line.cart.id].get(line.line.id) for line in lines]

    async def variants(self, lines: Sequence[LineOfCart], scope: Scope) -> list[Variant | AdapterError | None]:
        """What each line is, as the catalogue of its cart's market knows it."""
        answers: dict[tuple[str, int, str], Variant | AdapterError | None] = {}
        carts = {line.cart.id: line.cart for line in lines}
        for cart in carts.values():
            mine = [line for line in lines if line.cart.id == cart.id]
            within = self._evaluation.within(cart, scope)
            by_sku = [line for line in mine if line.line.sku is not None]
            keys = [ProductKey(ProductKeyKind.SKU, line.line.sku or "") for line in by_sku]
            found = await self._services.catalog.products(keys, within) if keys else []
            answers |= {line.key: _variant(product, line.line) for line, product in zip(by_sku, found, strict=True)}
            others = [(line, line.line.product) for line in mine if line.line.sku is None]
            refs = [ref for _, ref in others if ref is not None]
            known = dict(zip(refs, await self._services.catalog.by_ref(refs, within), strict=True)) if refs else {}
            for line, ref in others:
                answers[line.key] = None if ref is None else _variant(known[ref], line.line)
        return [answers[line.key] for line in lines]

    async def _stock(self, cart: Cart, scope: Scope) -> Mapping[str, StockAnswer]:
        within = self._evaluation.within(cart, scope)
        ways: dict[str | None, list[CartLine]] = {}
        for line in cart.active:
            group = cart.group_of(line)
            ways.setdefault(group.store if group.fulfilment is Fulfilment.PICKUP else None, []).append(line)

        own = await self._own(cart)

        async def asked(store: str | None, lines: Sequence[CartLine]) -> list[StockAnswer]:
            variants: list[VariantKey] = [line.variant for line in lines]
            way, stores = (Fulfilment.DELIVERY, None) if store is None else (Fulfilment.PICKUP, (store,))
            try:
                return list(await self._services.availability.of(variants, way, None, stores, within, own))
            except AdapterError as error:
                return [error] * len(lines)

        told = await asyncio.gather(*(asked(store, lines) for store, lines in ways.items()))
        return {
            line.id: answer
            for lines, answers in zip(ways.values(), told, strict=True)
            for line, answer in zip(lines, answers, strict=True)
        }

    async def _own(self, cart: Cart) -> Mapping[StockSpot, int]:
        """What its own checkout keeps back: who is paying for the last piece is not told that it is gone."""
        if cart.state is not CartState.FROZEN or cart.checkout is None:
            return {}
        held = await Ledger(self._services.kept_carts.database).of_run(cart.checkout)
        return {hold.spot: hold.quantity for hold in held if hold.state is HoldState.HELD}


def _variant(product: Product | AdapterError | None, line: CartLine) -> Variant | AdapterError | None:
    if not isinstance(product, Product):
        return product
    if line.sku is not None:
        wanted = canonical_key(line.sku)
        return next((v for v in product.variants if v.sku is not None and canonical_key(v.sku) == wanted), None)
    return next((v for v in product.variants if v.ref == line.variant), None)
