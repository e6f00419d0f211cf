"""What a purchase is paid with: gift cards first, each as far as it goes, and what the shopper chose for the rest.
Amounts are fixed before anybody is asked for any of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import Enum

from msgspec import Struct

from gateway.model.carts import CartGiftCard
from gateway.model.money import Money


class TenderKind(Enum):
    GIFT_CARD = "GIFT_CARD"
    """Stored value: what is not there is not lent."""
    PAYMENT = "PAYMENT"
    """A card, a wallet, an invoice: whatever the shopper chose of `paymentOptions`."""


class TenderProcessor(Enum):
    """Who has the money and gives it back: by our payment port, or by the order's owner through its own."""

    GATEWAY = "GATEWAY"
    OWNER = "OWNER"


class PlannedTender(Struct, frozen=True):
    """`card` of a GIFT_CARD. `amount` positive."""

    kind: TenderKind
    amount: Money
    card: CartGiftCard | None = None


def planned(cards: Iterable[CartGiftCard], total: Money) -> tuple[PlannedTender, ...]:
    """In the order of the cart, to the minor unit. A card in another currency pays nothing: no amount is converted."""
    tenders: list[PlannedTender] = []
    rest = total.amount
    for card in cards:
        covers = min(worth(card, total.currency), rest)
        if covers > 0:
            tenders.append(PlannedTender(TenderKind.GIFT_CARD, Money(covers, total.currency), card))
            rest -= covers
    if rest > 0:
        tenders.append(PlannedTender(TenderKind.PAYMENT, Money(rest, total.currency)))
    return tuple(tenders)


def worth(card: CartGiftCard, currency: str) -> Decimal:
    """What one purchase can take of it, as it was when its processor was asked."""
    known = (card.balance, card.balance if card.most is None else card.most)
    if any(money.currency != currency for money in known):
        return Decimal(0)
    return max(Decimal(0), min(money.amount for money in known))


def rest_of(cards: Iterable[CartGiftCard], total: Money) -> Money:
    """What the gift cards do not cover; zero: nothing else is needed."""
    rests = (tender.amount for tender in planned(cards, total) if tender.kind is TenderKind.PAYMENT)
    return next(rests, Money(Decimal(0), total.currency))
