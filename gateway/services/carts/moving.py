"""A cart moved to another market: what each line costs there, what is not sold there, which code does nothing there.

The owners are asked before anything is changed; then the cart is moved in one transaction, unless it was changed
meanwhile.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from gateway.errors import BadInput, ContextNotAllowed, CurrencyNotSold
from gateway.model.cart_faults import MarketNotSold
from gateway.model.carts import Cart, CartChange, ChangeKind, DeliveryGroup
from gateway.model.context import CommerceContext
from gateway.model.money import Money
from gateway.model.pricing import Price
from gateway.model.stock import Fulfilment
from gateway.ports.payment import PAYMENT
from gateway.security.profiles import Profiles, RequestFacts
from gateway.services import Services
from gateway.services.carts.evaluation import Evaluation
from gateway.services.carts.owners import Said
from gateway.services.carts.summing import PriceAnswer
from gateway.services.scope import Scope
from gateway.state.carts import Edit


class Move(Struct, frozen=True):
    """What was found out, to be made true by `edit`."""

    commerce: CommerceContext
    changes: tuple[CartChange, ...]
    lost: frozenset[str]
    cards_lost: frozenset[str] = frozenset()

    def edit(self, cart: Cart, now: datetime) -> Edit:
        if (cart.country, cart.channel, cart.currency) == _market(self.commerce):
            return Edit(cart)
        groups = tuple(_group(group, cart, self.commerce) for group in cart.groups)
        lines = tuple(
            line
            if line.expected is None or line.expected.amount.currency == self.commerce.currency
            else replace(line, expected=None)
            for line in cart.lines
        )
        moved = replace(
            cart,
            country=self.commerce.country,
            channel=self.commerce.channel,
            currency=self.commerce.currency,
            store=self.commerce.store,
            codes=tuple(code for code in cart.codes if code not in self.lost),
            gift_cards=tuple(card for card in cart.gift_cards if card.id not in self.cards_lost),
            groups=groups,
            lines=lines,
        )
        return Edit(moved, self.changes)


class Moving:
    def __init__(self, services: Services, evaluation: Evaluation) -> None:
        self._services = services
        self._profiles = Profiles(services.settings)
        self._evaluation = evaluation

    async def plan(self, cart: Cart, country: str, channel: str | None, scope: Scope) -> Move | MarketNotSold:
        """Within what the client profile lists."""
        commerce = scope.commerce
        store = commerce.store
        facts = RequestFacts(country=country[:8], channel=None if channel is None else channel[:128], store=store)
        try:
            there = self._profiles.select(scope.profile, replace(facts, language=None))
        except (ContextNotAllowed, BadInput):
            return MarketNotSold(path=("input", "country"))
        there = replace(there, language=commerce.language)
        moved = replace(
            cart, country=there.country, channel=there.channel, currency=there.currency, store=there.store,
            version=-cart.version,
        )  # fmt: skip
        before, after = await asyncio.gather(
            self._evaluation.prices(cart, scope), self._evaluation.prices(moved, scope)
        )
        promoted = await self._evaluation.promotions(moved, scope) if cart.codes else None
        lost: frozenset[str] = frozenset()
        if promoted is not None and isinstance(promoted.said, Said):
            lost = frozenset(refused.code for refused in promoted.said.answer.refused) & frozenset(cart.codes)
        changes = [
            change
            for line in cart.lines
            if (change := _change(line.id, before.get(line.id), after.get(line.id))) is not None
        ]
        changes += [CartChange(kind=ChangeKind.CODE_LOST, code=code) for code in cart.codes if code in lost]
        if any(_group(group, cart, there) != group for group in cart.groups):
            changes.append(CartChange(kind=ChangeKind.DELIVERY_RESET))
        serving = self._services.ownership.serving(PAYMENT, there.country)
        cards = [
            card for card in cart.gift_cards if card.balance.currency != there.currency or card.backend not in serving
        ]
        changes += [CartChange(kind=ChangeKind.GIFT_CARD_LOST, gift_card=card.shown) for card in cards]
        return Move(there, tuple(changes), lost, frozenset(card.id for card in cards))


def _change(line: str, before: PriceAnswer, after: PriceAnswer) -> CartChange | None:
    """None for what costs the same, and for what nobody can price at the moment: that is a problem of the cart."""
    was = _stated(before)
    if after is None or isinstance(after, CurrencyNotSold):
        return CartChange(kind=ChangeKind.NOT_SOLD_THERE, line=line, price_before=was)
    now = _stated(after)
    if now is None or now == was:
        return None
    return CartChange(kind=ChangeKind.PRICE_CHANGED, line=line, price_before=was, price_after=now)


def _stated(price: PriceAnswer) -> Money | None:
    return None if not isinstance(price, Price) else price.current.gross or price.current.stated


def _group(group: DeliveryGroup, cart: Cart, there: CommerceContext) -> DeliveryGroup:
    """Nothing chosen in one market is offered in another."""
    if (cart.country, cart.channel, cart.currency) == _market(there):
        return group
    return replace(group, fulfilment=Fulfilment.DELIVERY, store=None, location=None, option=None)


def _market(commerce: CommerceContext) -> tuple[str, str | None, str]:
    return commerce.country, commerce.channel, commerce.currency
