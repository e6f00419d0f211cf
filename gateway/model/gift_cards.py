"""Gift cards of a payment processor: stored value that pays for a part of a purchase, or all of it."""

from __future__ import annotations

from msgspec import Struct

from gateway.model.freshness import Freshness
from gateway.model.money import Money


class GiftCardKind(Struct, frozen=True, gc=False):
    """A brand of gift cards as its processor calls it (`givex`), and what it is called to shoppers."""

    brand: str
    label: str


class OfferedGiftCard(Struct, frozen=True, gc=False):
    """A kind of gift card that is taken, and the processor's configured name."""

    backend: str
    kind: GiftCardKind


class GiftCard(Struct, frozen=True, kw_only=True):
    """What a gift card is paid with, in clear: only ever in a command and under a seal. `number` and `pin` without
    blanks."""

    brand: str
    number: str
    pin: str | None = None

    def __repr__(self) -> str:
        return f"GiftCard(brand={self.brand!r}, last_four={self.last_four!r})"

    @property
    def last_four(self) -> str:
        """All of it that is ever shown."""
        return self.number[-4:]


class CheckGiftCard(Struct, frozen=True):
    """A question about one card: what it is worth in `currency`."""

    card: GiftCard
    currency: str


class GiftCardStanding(Struct, frozen=True):
    """What a card was worth; `most` is what one payment may take of it, where it says so. The currency is the card's
    own, whatever was asked."""

    balance: Money
    freshness: Freshness
    most: Money | None = None
