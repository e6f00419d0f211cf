"""Gift cards of a cart: put into it once their processor has said what they are worth, taken out again.

A number with its PIN is money, so that guesses are counted, by all processes together: of a cart, of whoever asks, and
of the number itself, whoever asks. A count stays for its window whatever else becomes of the request; it is taken back
where the card was a good one, or where nobody could say.
"""

from __future__ import annotations

import re
import unicodedata

from gateway.calls.operation.errands import check_gift_card
from gateway.errors import AdapterError, RequestRefused
from gateway.model.cart_faults import (
    AnyCartFault,
    AttemptKind,
    CartNotFound,
    GiftCardRefusal,
    GiftCardRefused,
    InvalidInput,
    TooManyAttempts,
)
from gateway.model.carts import Cart, CartGiftCard
from gateway.model.gift_cards import CheckGiftCard, GiftCard, GiftCardStanding, OfferedGiftCard
from gateway.security.card_numbers import is_payment_card
from gateway.services import Services
from gateway.services.carts import editing
from gateway.services.carts.carts import Carts, unchangeable
from gateway.services.carts.outcomes import CartOutcome, Keyed
from gateway.services.paying import Paying
from gateway.services.scope import Scope
from gateway.state.cart_rows import new_id
from gateway.state.counters import Counters

WINDOW_SECONDS = 3_600.0
OF_CART, OF_PARTY, OF_NUMBER = 5, 20, 5
"""Wrong guesses in a window, after which none is asked about."""
_NUMBER, _PIN = re.compile(r"[A-Za-z0-9]{6,32}"), re.compile(r"[A-Za-z0-9]{1,12}")
_BETWEEN = re.compile(r"[\s\-.]")


class GiftCards:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._carts = services.of(Carts)

    async def add(
        self, cart_id: str, kind: str, number: str, pin: str | None, scope: Scope, keyed: Keyed
    ) -> CartOutcome:
        """Raises AdapterError where its processor could not be asked, StateUnavailable."""
        cart = await self._carts.get(cart_id, scope)
        if cart is None:
            return CartOutcome(faults=(CartNotFound(),))
        if (fault := unchangeable(cart, keyed)) is not None:
            return await self._carts.refused(cart_id, fault, scope)
        chosen = self._chosen(kind, cart)
        if isinstance(chosen, InvalidInput):
            return await self._carts.refused(cart_id, chosen, scope)
        card = _read(chosen.kind.brand, number, pin)
        if isinstance(card, InvalidInput):
            return await self._carts.refused(cart_id, card, scope)
        told = await self._standing(cart, chosen.backend, card, scope)
        if not isinstance(told, GiftCardStanding):
            return await self._carts.refused(cart_id, told, scope)
        entry = CartGiftCard(
            id=new_id(),
            backend=chosen.backend,
            label=chosen.kind.label,
            card=card,
            balance=told.balance,
            most=told.most,
            checked=told.freshness.as_of,
        )
        return await self._carts.write(cart_id, editing.adding_gift_card(entry), scope, keyed)

    async def remove(self, cart_id: str, gift_card: str, scope: Scope, keyed: Keyed) -> CartOutcome:
        return await self._carts.write(cart_id, editing.removing_gift_card(gift_card), scope, keyed)

    def secret_digest(self, *secret: str | None) -> str:
        """What stands for a number and a PIN in an idempotency key's content: nobody finds them by trying."""
        return self._services.kept_carts.sealing.digest("gift card", "\x1f".join(part or "" for part in secret))

    def _chosen(self, kind: str, cart: Cart) -> OfferedGiftCard | InvalidInput:
        paying = self._services.of(Paying)
        return next((each for each in paying.gift_cards(cart) if paying.gift_card_id(each) == kind), _NO_KIND)

    async def _standing(
        self, cart: Cart, backend: str, card: GiftCard, scope: Scope
    ) -> GiftCardStanding | AnyCartFault:
        """Not one guess beyond the budget is asked about."""
        kept = self._services.kept_carts
        guesses = Counters(kept.database, "gift card guesses", WINDOW_SECONDS, kept.sealing)
        budgets = {
            f"cart|{cart.id}": OF_CART,
            f"party|{scope.principal.key or scope.party}": OF_PARTY,
            f"number|{self.secret_digest(backend, card.brand, card.number)}": OF_NUMBER,
        }
        counted = await guesses.add_all(dict.fromkeys(budgets, 1))
        over = [counted[key].left for key, most in budgets.items() if counted[key].value > most]
        if over:
            return TooManyAttempts(kind=AttemptKind.GIFT_CARDS_GUESSED, retry_after=int(max(over)) + 1)
        commerce = self._carts.evaluation.within(cart, scope).commerce
        bound = self._services.caller.backend(backend)
        command = CheckGiftCard(card, cart.currency)
        try:
            told = await check_gift_card(bound, command, commerce, scope.personal())
        except RequestRefused:
            told = None
        except AdapterError:
            await guesses.add_all(dict.fromkeys(budgets, -1))
            raise
        if told is None:
            return GiftCardRefused(reason=GiftCardRefusal.INVALID)
        await guesses.add_all(dict.fromkeys(budgets, -1))
        if told.balance.currency != cart.currency:
            return GiftCardRefused(reason=GiftCardRefusal.OTHER_CURRENCY)
        return told if told.balance.amount > 0 else GiftCardRefused(reason=GiftCardRefusal.EMPTY)


_NO_KIND = InvalidInput(message="Gift cards of this kind are not taken here.", path=("input", "kindId"))


def _read(brand: str, number: str, pin: str | None) -> GiftCard | InvalidInput:
    """Without what people put between groups of digits."""
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", number))
    secret = _BETWEEN.sub("", unicodedata.normalize("NFKC", pin or "")) or None
    if is_payment_card(plain):
        message = "This looks like a card number. Card numbers are never accepted here."
        return InvalidInput(message=message, path=("input", "number"))
    if not _NUMBER.fullmatch(plain):
        return InvalidInput(message="That is no number of a gift card.", path=("input", "number"))
    if secret is not None and not _PIN.fullmatch(secret):
        return InvalidInput(message="That is no PIN of a gift card.", path=("input", "pin"))
    return GiftCard(brand=brand, number=plain, pin=secret)
