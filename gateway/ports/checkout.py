"""What a checkout is asked for by whoever serves shoppers. The engine behind it belongs to a process that sells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.model.cart_faults import AnyCartFault, TooManyAttempts
from gateway.model.checkouts import Checkout, CheckoutState, JournalEntry, PaymentChoice, Submission
from gateway.model.requesters import Requester


class CheckoutDesk(Protocol):
    """No access is checked here: whoever asks has seen that the caller may open the cart. `wait` is in seconds, and how
    long an answer may take while the checkout is still under way. Everything raises StateUnavailable."""

    async def submit(self, asked: Submission, wait: float) -> Checkout | AnyCartFault:
        """A fault is why no checkout was begun. The same key again answers the same checkout."""
        ...

    async def failed_too_often(self, cart: str, requesters: Sequence[Requester]) -> TooManyAttempts | None:
        """Whether so many payments came to nothing that no processor is asked any more."""
        ...

    async def begun(self, cart: str, key: str) -> bool:
        """Whether this cart was submitted under this key before."""
        ...

    async def get(self, run: str) -> Checkout | None: ...

    async def standing(self, runs: Sequence[str]) -> Mapping[str, CheckoutState]:
        """How checkouts stand; without those that are gone."""
        ...

    async def go_on(self, run: str, details: Mapping[str, str], wait: float) -> Checkout | None:
        """The shopper is back, with what came back of what their payment asked for."""
        ...

    async def pay_rest(
        self, run: str, choice: PaymentChoice, requesters: Sequence[Requester], wait: float
    ) -> Checkout | TooManyAttempts | None:
        """What the shopper pays the rest with, where another tender is asked for. A fault is why it is not taken."""
        ...

    async def cancel(self, run: str, wait: float) -> tuple[Checkout, bool] | None:
        """And whether it can still be gone back on."""
        ...

    async def history(self, run: str) -> Sequence[JournalEntry]: ...
