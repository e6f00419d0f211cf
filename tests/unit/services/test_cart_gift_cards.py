"""What becomes of gift cards when carts are made one, or go to another market."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from gateway.model.carts import Cart, CartGiftCard, CartState, ChangeKind, MergeRule
from gateway.model.context import CommerceContext
from gateway.model.gift_cards import GiftCard
from gateway.model.money import Money
from gateway.services.carts.editing import adding_gift_card, removing_gift_card
from gateway.services.carts.merging import merging
from gateway.services.carts.moving import Move
from gateway.services.carts.wishes import Bounds
from gateway.state.carts import Refused

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def card(name: str, *, holder: str | None = None, number: str | None = None) -> CartGiftCard:
    secret = GiftCard(brand="mug_card", number=number or f"60362800000{name:0>5}", pin="1")
    return CartGiftCard(
        id=name, backend="pay", label="Mug Card", card=secret, balance=Money(Decimal(5), "GBP"), checked=NOW, by=holder
    )


def cart(*cards: CartGiftCard, holder: str | None = None) -> Cart:
    return Cart(
        id="C", version=1, state=CartState.OPEN, country="GB", currency="GBP", created=NOW, changed=NOW,
        gift_cards=cards, holder=holder,
    )  # fmt: skip


def test_merged_carts_have_each_card_once_and_no_more_than_a_cart_may() -> None:
    combine = merging(MergeRule.SUM, Bounds(100, 1_000))
    twin = card("9", number=card("1").card.number)
    edit = combine(cart(twin, card("2"), card("3"), card("4")), cart(card("1")), NOW)
    assert [each.id for each in edit.cart.gift_cards] == ["1", "2", "3"]
    lost = [change.gift_card for change in edit.changes if change.kind is ChangeKind.GIFT_CARD_LOST]
    assert lost == ["Mug Card **** 0004"]


def test_a_moved_cart_leaves_what_pays_nothing_there() -> None:
    there = CommerceContext("FR", "EUR", "fr")
    edit = Move(there, (), frozenset(), frozenset({"1"})).edit(cart(card("1"), card("2")), NOW)
    assert [each.id for each in edit.cart.gift_cards] == ["2"]


def test_a_card_is_whose_device_it_was_typed_on_and_stands_once() -> None:
    first = adding_gift_card(card("1"))(cart(holder="kiosk"), NOW).cart
    assert [each.by for each in first.gift_cards] == ["kiosk"]
    worth_less = replace(card("7", number=card("1").card.number), balance=Money(Decimal(1), "GBP"))
    again = adding_gift_card(worth_less)(first, NOW).cart
    assert [(each.id, each.balance.amount) for each in again.gift_cards] == [("1", Decimal(1))]
    assert removing_gift_card("1")(again, NOW).cart.gift_cards == ()
    with pytest.raises(Refused):
        removing_gift_card("2")(again, NOW)
