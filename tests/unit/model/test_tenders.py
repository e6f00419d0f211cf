"""What pays a purchase: whatever the cards are worth, all of it is paid and nothing twice."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from gateway.model.carts import Cart, CartGiftCard, CartState
from gateway.model.gift_cards import GiftCard
from gateway.model.money import Money
from gateway.model.tenders import TenderKind, planned, rest_of, worth

NOW = datetime(2026, 11, 30, tzinfo=UTC)
AMOUNTS = some.integers(0, 10_000).map(lambda pence: Decimal(pence).scaleb(-2))


def card(
    name: str, balance: Decimal, most: Decimal | None, currency: str = "GBP", by: str | None = None
) -> CartGiftCard:
    return CartGiftCard(
        id=name,
        backend="pay",
        label="Mug Card",
        card=GiftCard(brand="mug_card", number=f"60362800000{name:>05}", pin="1"),
        balance=Money(balance, currency),
        most=None if most is None else Money(most, currency),
        checked=NOW,
        by=by,
    )


CARDS = some.lists(
    some.tuples(AMOUNTS, some.none() | AMOUNTS, some.sampled_from(["GBP", "GBP", "EUR"])), max_size=4
).map(lambda all_of: [card(str(place), *each) for place, each in enumerate(all_of)])


@given(CARDS, AMOUNTS)
def test_all_is_paid_in_order_and_no_card_pays_more_than_it_is_worth(cards: list[CartGiftCard], total: Decimal) -> None:
    tenders = planned(cards, Money(total, "GBP"))
    assert sum((tender.amount.amount for tender in tenders), Decimal(0)) == total
    assert all(tender.amount.amount > 0 and tender.amount.currency == "GBP" for tender in tenders)
    drawn = [tender for tender in tenders if tender.card is not None]
    assert [tender.card for tender in drawn] == [each for each in cards if each in [one.card for one in drawn]]
    assert all(tender.amount.amount <= worth(tender.card, "GBP") for tender in drawn if tender.card is not None)
    assert [tender.kind for tender in tenders[:-1]] == [TenderKind.GIFT_CARD] * (len(tenders) - 1)
    rest = total - sum((tender.amount.amount for tender in drawn), Decimal(0))
    assert rest_of(cards, Money(total, "GBP")).amount == rest
    assert rest == 0 or rest == total - sum((worth(each, "GBP") for each in cards), Decimal(0))


def test_a_shared_device_is_given_only_the_cards_that_were_typed_on_it() -> None:
    cards = (card("1", Decimal(5), None, by=None), card("2", Decimal(5), None, by="kiosk"))
    cart = Cart(
        id="C", version=1, state=CartState.OPEN, country="GB", currency="GBP", created=NOW, changed=NOW,
        gift_cards=cards,
    )  # fmt: skip
    assert cart.authors == {None, "kiosk"}
    assert cart.typed_by("kiosk").gift_cards == cards[1:]


def test_a_number_stands_in_no_record_that_is_printed() -> None:
    assert "60362800000" not in repr(card("1", Decimal(5), None))
