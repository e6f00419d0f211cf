"""Checkouts as their shoppers ask for them: whose cart it is, what they were shown, how they pay. What happens then is
the desk's (`ports/checkout.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from msgspec import Struct
from msgspec.structs import replace

from gateway.errors import StateUnavailable, Unavailable
from gateway.model.cart_answers import ProblemKind, Quote
from gateway.model.cart_faults import (
    AnyCartFault,
    CartChanged,
    CartFault,
    CartNotFound,
    CartNotReady,
    CheckoutNotFound,
    InvalidInput,
    QuoteExpired,
    QuoteIncomplete,
)
from gateway.model.carts import Cart
from gateway.model.checkouts import Checkout, CheckoutState, JournalEntry, PaymentChoice, Submission, VerifiedBuyer
from gateway.model.identity import is_plain
from gateway.model.money import Money
from gateway.model.payments import ANOTHER_TENDER, PaymentSession
from gateway.model.requesters import Requester
from gateway.model.tenders import rest_of
from gateway.ports.checkout import CheckoutDesk
from gateway.services import Services
from gateway.services.carts import Carts, Shown
from gateway.services.carts.carts import KEY_LENGTH, is_id
from gateway.services.carts.quotes import Quotes
from gateway.services.paying import Paying
from gateway.services.requesters import requesters_of
from gateway.services.scope import Scope
from gateway.state.carts import frozen

WAIT_SECONDS = 8.0
_ENDED = (CheckoutState.COMPLETED, CheckoutState.FAILED)
_MARGIN = 0.3
"""Seconds that are left of the operation's deadline for its answer."""
_LONGEST_TOKEN, _MOST_DETAILS, _LONGEST_DETAILS = 4_096, 20, 8_192
_UNREADY = frozenset(
    {
        ProblemKind.ADDRESS_MISSING,
        ProblemKind.DELIVERY_NOT_CHOSEN,
        ProblemKind.NOT_DELIVERED_THERE,
        ProblemKind.BELOW_MINIMUM,
        ProblemKind.ABOVE_MAXIMUM,
        ProblemKind.ORDERED_ELSEWHERE,
    }
)
"""What no run finds out. Stock is not among them: it counts that itself, past every cache."""


class PaymentWish(Struct, frozen=True, kw_only=True):
    """What a client says of how it pays: public ids of a method and a session, and what the processor gave it."""

    method: str
    session: str | None = None
    token: str | None = None
    return_url: str | None = None
    store: bool = False
    """The shopper agreed that it is kept for their next purchase."""


class PurchaseWish(Struct, frozen=True, kw_only=True):
    """What a shopper asks for: the quote they saw, at the version of the cart it is of."""

    cart: str
    quote: str
    version: int
    key: str
    payment: PaymentWish | None = None
    wait: float | None = None


class SessionWish(Struct, frozen=True, kw_only=True):
    """What a client says of a payment to be prepared in its frontend, by public ids."""

    cart: str
    method: str
    quote: str | None = None
    checkout: str | None = None
    """Of which the rest is to be paid, in place of a quote."""
    return_url: str | None = None
    store: bool = False


class CheckoutOutcome(Struct, frozen=True, kw_only=True):
    """`checkout` None: none was begun, and `faults` say why. `quoted` is the total that was shown."""

    checkout: Checkout | None = None
    faults: tuple[AnyCartFault, ...] = ()
    quoted: Money | None = None


class OpenedSession(Struct, frozen=True):
    """`id` is what `PaymentWish.session` names: good for the cart it was opened for, and no other."""

    id: str
    session: PaymentSession


class SessionOutcome(Struct, frozen=True, kw_only=True):
    """`opened` None: `faults` say why."""

    opened: OpenedSession | None = None
    faults: tuple[AnyCartFault, ...] = ()


class Purchasing:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._carts = services.of(Carts)
        self._paying = services.of(Paying)

    async def submit(self, asked: PurchaseWish, scope: Scope) -> CheckoutOutcome:
        """Raises StateUnavailable; Unavailable where nothing is sold; AdapterError where the shopper agrees that their
        method is stored, and its processor cannot be told who they are."""
        cart = await self._carts.get(asked.cart, scope)
        if cart is None:
            return _refused(CartNotFound())
        if not (0 < len(asked.key) <= KEY_LENGTH and asked.key.isprintable()):
            message = f"A key has 1 to {KEY_LENGTH} printable characters."
            return _refused(InvalidInput(message=message, path=("input", "idempotencyKey")))
        quote = self._quote(asked.quote, cart)
        if isinstance(quote, CartFault):
            return _refused(quote)
        wait = _patience(asked.wait, scope)
        if not await self._desk.begun(cart.id, asked.key):
            fault = await self._unready(cart, quote, asked.version, scope, wait)
            if fault is not None:
                return _refused(fault)
        if quote.total is None:
            return _refused(_NO_QUOTE)
        choice = await self._choice(asked.payment, cart, quote.total, scope)
        if isinstance(choice, CartFault):
            return _refused(choice)
        submission = Submission(
            cart=cart,
            quoted=quote.total,
            version=asked.version,
            key=asked.key,
            language=scope.commerce.language,
            choice=choice,
            email_proven=_proven(cart, scope),
            requesters=self._requesters(cart, scope),
            buyer=_buyer(cart, scope),
            another_tender=scope.profile.another_tender,
        )
        answer = await self._desk.submit(submission, wait)
        if isinstance(answer, CartFault):
            return _refused(answer)
        return await self._told(answer, quoted=quote.total)

    async def get(self, checkout_id: str, scope: Scope) -> Checkout | None:
        """None where there is none, or none of a cart that this caller may open."""
        if not is_id(checkout_id) or self._services.desk is None:
            return None
        checkout = await self._services.desk.get(checkout_id)
        if checkout is None or await self._carts.get(checkout.cart, scope) is None:
            return None
        return checkout

    async def go_on(
        self,
        checkout_id: str,
        details: Mapping[str, str],
        wait: float | None,
        scope: Scope,
        payment: PaymentWish | None = None,
    ) -> CheckoutOutcome:
        """After the shopper did what their payment asked for; with a `payment`, what they pay the rest with. Without
        either: look how it stands."""
        known = await self.get(checkout_id, scope)
        if known is None:
            return _refused(CheckoutNotFound())
        if payment is not None and details:
            return _refused(InvalidInput(message="Either what came back, or another payment.", path=_PAYMENT))
        if payment is not None:
            return await self._pay_rest(known, payment, wait, scope)
        size = sum(len(name) + len(text) for name, text in details.items())
        plain = all(map(is_plain, (*details.keys(), *details.values())))
        if len(details) > _MOST_DETAILS or size > _LONGEST_DETAILS or not plain:
            return _refused(InvalidInput(message="That did not come back from a payment.", path=("input", "details")))
        return await self._told(await self._desk.go_on(checkout_id, details, _patience(wait, scope)))

    async def _pay_rest(
        self, known: Checkout, payment: PaymentWish, wait: float | None, scope: Scope
    ) -> CheckoutOutcome:
        cart = await self._carts.get(known.cart, scope)
        if cart is None:
            return _refused(CheckoutNotFound())
        if known.state is CheckoutState.ACTION_REQUIRED and not _asks_for_another(known):
            return _refused(InvalidInput(message="No other payment is asked for.", path=_PAYMENT))
        choice = await self._chosen(payment, cart, scope)
        if isinstance(choice, CartFault):
            return _refused(choice)
        answer = await self._desk.pay_rest(known.id, choice, self._requesters(cart, scope), _patience(wait, scope))
        if isinstance(answer, CartFault):
            return _refused(replace(answer, path=("input", "checkoutId")))
        return _refused(CheckoutNotFound()) if answer is None else await self._told(answer)

    async def cancel(self, checkout_id: str, wait: float | None, scope: Scope) -> CheckoutOutcome:
        """As it stands then: one whose money was asked for goes on, and says so."""
        if await self.get(checkout_id, scope) is None:
            return _refused(CheckoutNotFound())
        answer = await self._desk.cancel(checkout_id, _patience(wait, scope))
        return _refused(CheckoutNotFound()) if answer is None else await self._told(answer[0])

    async def history(self, checkout_id: str) -> Sequence[JournalEntry] | None:
        """For staff. None where there is no such checkout."""
        if not is_id(checkout_id) or await self._desk.get(checkout_id) is None:
            return None
        return await self._desk.history(checkout_id)

    async def session(self, asked: SessionWish, scope: Scope) -> SessionOutcome:
        """For the total that was quoted, or for the rest that a checkout of the cart asks another tender for. Raises
        AdapterError for what its processor does."""
        if (asked.quote is None) == (asked.checkout is None):
            return SessionOutcome(faults=(InvalidInput(message="Name a quote, or a checkout.", path=_QUOTE),))
        if asked.checkout is None:
            opened = await self._session(asked, asked.quote or "", scope)
        else:
            opened = await self._session_of_rest(asked, asked.checkout, scope)
        return SessionOutcome(faults=(opened,)) if isinstance(opened, CartFault) else SessionOutcome(opened=opened)

    # --- inside -------------------------------------------------------------------------------------------------

    @property
    def _desk(self) -> CheckoutDesk:
        desk = self._services.desk
        if desk is None:
            raise Unavailable("Nothing is sold here: see `gateway check`.", domain="order")
        return desk

    async def _told(self, checkout: Checkout | None, quoted: Money | None = None) -> CheckoutOutcome:
        """Whoever is told that it has ended is not shown its pieces as held by it any more."""
        held = self._services.held
        if held is not None and checkout is not None and checkout.state in _ENDED:
            with suppress(StateUnavailable):  # seen at the next look
                await held.refresh()
        return CheckoutOutcome(checkout=checkout, quoted=quoted)

    async def _session(self, asked: SessionWish, quote_id: str, scope: Scope) -> OpenedSession | AnyCartFault:
        cart = await self._carts.get(asked.cart, scope)
        if cart is None:
            return CartNotFound()
        quote = self._quote(quote_id, cart)
        if isinstance(quote, CartFault):
            return quote
        if (fault := await self._unready(cart, quote, cart.version, scope, 0.0)) is not None:
            return fault
        rest = None if quote.total is None else rest_of(cart.gift_cards, quote.total)
        if rest is None or rest.amount <= 0:
            return InvalidInput(message="There is nothing to pay.", path=_QUOTE)
        return await self._opened(cart, rest, asked, scope)

    async def _session_of_rest(
        self, asked: SessionWish, checkout_id: str, scope: Scope
    ) -> OpenedSession | AnyCartFault:
        known, cart = await self.get(checkout_id, scope), await self._carts.get(asked.cart, scope)
        if known is None or cart is None or known.cart != cart.id:
            return CheckoutNotFound()
        rest = None if known.action is None else known.action.amount
        if not _asks_for_another(known) or rest is None:
            return InvalidInput(message="No other payment is asked for.", path=("input", "checkoutId"))
        return await self._opened(cart, rest, asked, scope)

    async def _opened(
        self, cart: Cart, amount: Money, asked: SessionWish, scope: Scope
    ) -> OpenedSession | AnyCartFault:
        if (fault := await self._desk.failed_too_often(cart.id, self._requesters(cart, scope))) is not None:
            return fault
        session = await self._paying.session(cart, amount, asked.method, asked.return_url, asked.store, scope)
        if isinstance(session, CartFault):
            return session
        return OpenedSession(self._paying.session_id(session, cart, asked.store, scope), session)

    def _requesters(self, cart: Cart, scope: Scope) -> tuple[Requester, ...]:
        return requesters_of(scope, self._services.kept_carts.sealing, cart.person)

    def _quote(self, identifier: str, cart: Cart) -> Quote | InvalidInput:
        quote = Quotes(self._services.kept_carts.sealing).open(identifier)
        return quote if quote is not None and quote.cart == cart.id else _NO_QUOTE

    async def _unready(self, cart: Cart, quote: Quote, version: int, scope: Scope, wait: float) -> AnyCartFault | None:
        """Why no checkout is begun of what was shown. Who was shown an incomplete quote, or one that is over, is shown
        another first: nobody pays a total they did not see."""
        if (closed := frozen(cart)) is not None:
            return closed
        if quote.version != cart.version or version != cart.version:
            return CartChanged(version=cart.version, path=("input", "expectedVersion"))
        if not cart.active:
            return InvalidInput(message="There is nothing in the cart.", path=("input", "cartId"))
        shown, over = self._services.of(Shown), quote.valid_until <= scope.now
        if over or not quote.complete:
            patient = replace(scope, call=replace(scope.call.at_most(wait), fresh=True), kept={})
            now = await (shown.quote(cart, patient, fresh=True) if wait > 0 else shown.quote(cart, scope))
            return QuoteExpired(quote=now, path=_QUOTE) if over else QuoteIncomplete(quote=now, path=_QUOTE)
        problems = tuple(each for each in await shown.problems(cart, scope) if each.kind in _UNREADY)
        return CartNotReady(problems=problems, path=("input", "cartId")) if problems else None

    async def _choice(
        self, wish: PaymentWish | None, cart: Cart, total: Money, scope: Scope
    ) -> PaymentChoice | AnyCartFault | None:
        """None where there is nothing to pay, or nothing but with gift cards. Raises AdapterError, StateUnavailable."""
        if rest_of(cart.gift_cards, total).amount <= 0:
            return None
        if wish is None:
            return InvalidInput(message="Say how it is paid.", path=_PAYMENT)
        return await self._chosen(wish, cart, scope)

    async def _chosen(self, wish: PaymentWish, cart: Cart, scope: Scope) -> PaymentChoice | AnyCartFault:
        """Raises AdapterError, StateUnavailable."""
        path = _PAYMENT
        method = self._paying.named(wish.method, cart, scope, (*path, "methodId"))
        if isinstance(method, InvalidInput):
            return method
        session, consented = None, scope.now if wish.store else None
        if wish.session is not None:
            session = self._paying.session_of(wish.session, cart, scope)
            if session is None or session.backend != method.backend:
                return InvalidInput(message="There is no such session for this cart.", path=(*path, "sessionId"))
            if wish.store is not (session.consented is not None):
                message = "A session stores what it was opened for: say the same, or open another."
                return InvalidInput(message=message, path=(*path, "storeMethod"))
            consented = session.consented
        if wish.token is not None and not (0 < len(wish.token) <= _LONGEST_TOKEN and is_plain(wish.token)):
            message = f"A token has 1 to {_LONGEST_TOKEN} characters, none of them a control."
            return InvalidInput(message=message, path=(*path, "token"))
        wrong = self._paying.wrong_return(wish.return_url, scope)
        if wrong is not None:
            return InvalidInput(message=wrong.message, path=(*path, "returnUrl"))
        token = wish.token
        if token is None and (session is None or method.stored):
            token = method.id  # one of the shopper's own, or one that needs nothing of them
        payer = await self._paying.payer(method, cart, scope, store=wish.store, place=path)
        if isinstance(payer, CartFault):
            return payer
        return PaymentChoice(
            backend=method.backend,
            token=token,
            session=None if session is None else session.id,
            return_url=wish.return_url,
            customer=None if payer is None else payer.id,
            consented=consented,
        )


_QUOTE, _PAYMENT = ("input", "quoteId"), ("input", "payment")
_NO_QUOTE = InvalidInput(message="That is no quote of this cart.", path=_QUOTE)


def _asks_for_another(checkout: Checkout) -> bool:
    """Whether another tender is what its shopper is asked for."""
    return checkout.action is not None and checkout.action.kind == ANOTHER_TENDER


def _proven(cart: Cart, scope: Scope) -> bool:
    """Whether the buyer's email is the one that the shopper's credential says is theirs."""
    email, typed = scope.principal.email, None if cart.buyer is None else cart.buyer.email
    return scope.principal.kind == "customer" and email is not None and typed is not None and email.lower() == typed


def _refused(fault: AnyCartFault) -> CheckoutOutcome:
    return CheckoutOutcome(faults=(fault,))


def _buyer(cart: Cart, scope: Scope) -> VerifiedBuyer | None:
    """Whoever is signed in with an e-mail that their issuer verified, and buys a cart of theirs or nobody's."""
    who = scope.principal
    if who.kind != "customer" or who.key is None or not who.email or cart.person not in (None, who.key):
        return None
    return VerifiedBuyer(person=who.key, email=who.email.lower())


def _patience(wait: float | None, scope: Scope) -> float:
    """Seconds: what the client wants, within what its profile gives an operation."""
    wanted = WAIT_SECONDS if wait is None else max(0.0, wait)
    return max(0.0, min(wanted, scope.call.remaining() - _MARGIN))
