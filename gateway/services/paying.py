"""How a cart can be paid: what the processors of its market offer, and what a shopper's frontend needs of
one of them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from msgspec import Struct

from gateway.calls.operation.errands import open_session
from gateway.errors import AdapterError
from gateway.model.cart_answers import CartTotals
from gateway.model.cart_faults import AnyCartFault, CartFault, InvalidInput
from gateway.model.carts import Cart
from gateway.model.gift_cards import OfferedGiftCard
from gateway.model.identity import NativeRef, is_plain
from gateway.model.money import Money
from gateway.model.paging import Gap
from gateway.model.payments import OfferedMethod, OfferedMethods, OpenSession, PaymentOptionsQuery, PaymentSession
from gateway.model.tenders import rest_of
from gateway.ports.payment import LIST_METHODS, PAYMENT, GiftCardPort
from gateway.runtime.side_by_side import side_by_side
from gateway.services import Services
from gateway.services.carts import Carts
from gateway.services.paying_ids import LONGEST, opened, public_id
from gateway.services.scope import Scope
from gateway.services.stored_methods import STORED, StoredMethods
from gateway.settings import Settings

_LONGEST_URL = 2_048
_GIFT_CARD = "gift-card:"


class Paying:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._stored = services.of(StoredMethods)

    async def options(self, cart: Cart, scope: Scope) -> OfferedMethods:
        """For what the cart costs now and its gift cards do not cover; no methods while nobody can say that, or where
        there is nothing to pay. Raises AdapterError only where no processor was heard."""
        evaluation = self._services.of(Carts).evaluation
        total = to_pay((await evaluation.answer(cart, scope)).totals)
        amount = None if total is None else rest_of(cart.gift_cards, total)
        serving = self._services.ownership.serving(PAYMENT, cart.country)
        cards = tuple(self.gift_cards(cart))
        if amount is None or amount.amount <= 0 or not serving:
            return OfferedMethods(gift_cards=cards)
        commerce = evaluation.within(cart, scope).commerce

        async def asked(backend: str) -> list[OfferedMethod] | AdapterError:
            payer = await self._stored.payer(backend, scope)
            query = PaymentOptionsQuery(amount, cart.country, cart.channel, payer)
            try:
                options = await self._services.caller.paged(backend, LIST_METHODS, query, commerce, scope.personal())
            except AdapterError as error:
                return error
            return [OfferedMethod(backend, method) for method in options.methods]

        told = dict(zip(serving, await side_by_side(asked, serving), strict=True))
        failed = {name: answer for name, answer in told.items() if isinstance(answer, AdapterError)}
        if len(failed) == len(told):
            raise next(iter(failed.values())).fresh()
        methods = [method for answer in told.values() if not isinstance(answer, AdapterError) for method in answer]
        gaps = tuple(Gap(name, error.code, error.retryable) for name, error in failed.items())
        return OfferedMethods(tuple(methods), gaps, cards)

    def gift_cards(self, cart: Cart) -> Sequence[OfferedGiftCard]:
        """Those that the processors of its market take; asks nobody."""
        found: list[OfferedGiftCard] = []
        for backend in self._services.ownership.serving(PAYMENT, cart.country):
            port = self._services.caller.backend(backend).backend.port(GiftCardPort)
            found += [] if port is None else [OfferedGiftCard(backend, kind) for kind in port.gift_cards]
        return found

    def gift_card_id(self, offered: OfferedGiftCard) -> str:
        return public_id(offered.backend, f"{_GIFT_CARD}{offered.kind.brand}", self._services.ownership)

    def method_id(self, offered: OfferedMethod, scope: Scope) -> str:
        if offered.method.stored:
            return self._stored.id_of(offered, scope)
        return public_id(offered.backend, offered.method.id, self._services.ownership)

    async def session(
        self, cart: Cart, amount: Money, method: str, return_url: str | None, store: bool, scope: Scope
    ) -> PaymentSession | AnyCartFault:
        """The same cart at the same version, for the same amount, method and consent, has the same session. Raises
        AdapterError, StateUnavailable."""
        chosen = self.named(method, cart, scope)
        if isinstance(chosen, InvalidInput):
            return chosen
        if (fault := self.wrong_return(return_url, scope)) is not None:
            return fault
        payer = await self.payer(chosen, cart, scope, store=store)
        if isinstance(payer, CartFault):
            return payer
        whose = None if payer is None else payer.id
        asked = f"{cart.id}.{cart.version}.{amount.amount}.{amount.currency}.{method}.{return_url}.{whose}.{store}"
        command = OpenSession(
            reference=base64.b32encode(hashlib.sha256(asked.encode()).digest()).decode()[:26],
            amount=amount,
            country=cart.country,
            return_url=return_url,
            method=chosen.id,
            customer=payer,
            stored=chosen.stored,
            store=store,
        )
        commerce = self._services.of(Carts).evaluation.within(cart, scope).commerce
        bound = self._services.caller.backend(chosen.backend)
        return await open_session(bound, command, commerce, scope.personal())

    async def payer(
        self, chosen: ChosenMethod, cart: Cart, scope: Scope, *, store: bool, place: tuple[str, ...] = ("input",)
    ) -> NativeRef | AnyCartFault | None:
        """Whom the processor is told of: who agreed that this is stored, or has stored it. Raises AdapterError,
        StateUnavailable."""
        if store and chosen.stored:
            return InvalidInput(message="It is stored already.", path=(*place, "storeMethod"))
        if store:
            commerce = self._services.of(Carts).evaluation.within(cart, scope).commerce
            return await self._stored.consented(chosen.backend, scope, commerce, (*place, "storeMethod"))
        payer = await self._stored.payer(chosen.backend, scope) if chosen.stored else None
        return _no_way((*place, "methodId")) if chosen.stored and payer is None else payer

    def named(
        self, identifier: str, cart: Cart, scope: Scope, path: tuple[str, ...] = ("input", "methodId")
    ) -> ChosenMethod | InvalidInput:
        """A method by its public id, of a processor of the cart's market; of stored ones the caller's own."""
        stored = self._stored.opened(identifier, scope)
        found = stored or opened(identifier, self._services.ownership)
        if found is None or found.backend not in self._services.ownership.serving(PAYMENT, cart.country):
            return _no_way(path)
        if stored is None and found.id.startswith((STORED, _GIFT_CARD)):  # somebody else's, or no method at all
            return _no_way(path)
        return ChosenMethod(found.backend, found.id, stored is not None)

    def session_id(self, session: PaymentSession, cart: Cart, consented: bool, scope: Scope) -> str:
        """Signed with the cart it was opened for: what was paid by one purchase pays for no other. One that stores says
        when that was agreed to, and is good for who agreed."""
        public = public_id(session.ref.backend, session.ref.id, self._services.ownership)
        when = str(int(scope.now.timestamp())) if consented else ""
        mark = self._session_marks(public, cart, when, scope)[0]
        return f"{public}.{mark}.{when}" if consented else f"{public}.{mark}"

    def session_of(self, identifier: str, cart: Cart, scope: Scope) -> KnownSession | None:
        """None for what was never given, or for another cart, or stores for somebody else."""
        public, _, rest = identifier.partition(".")
        mark, _, when = rest.partition(".")
        if not identifier.isascii() or len(identifier) > LONGEST:
            return None
        if not any(hmac.compare_digest(mark, each) for each in self._session_marks(public, cart, when, scope)):
            return None
        found = opened(public, self._services.ownership)
        if found is None:
            return None
        return KnownSession(found.backend, found.id, datetime.fromtimestamp(int(when), UTC) if when else None)

    def _session_marks(self, public: str, cart: Cart, when: str, scope: Scope) -> list[str]:
        agreed = f".{when}.{scope.principal.key}" if when else ""
        return self._services.kept_carts.sealing.digests("session", f"{cart.id}.{public}{agreed}")

    def wrong_return(self, url: str | None, scope: Scope) -> InvalidInput | None:
        """Shoppers are sent back to where this client's frontends are, and nowhere else."""
        allowed = scope.profile.return_origins or own_origins(self._services.settings)
        if url is None or (len(url) <= _LONGEST_URL and is_plain(url) and _origin(url) in set(map(_origin, allowed))):
            return None
        message = "Shoppers are not sent back there: see `return_origins` of the client profile."
        return InvalidInput(message=message, path=("input", "returnUrl"))


class ChosenMethod(Struct, frozen=True):
    """`id` is the processor's own; `stored`: one of the customer's who is asking."""

    backend: str
    id: str
    stored: bool = False


class KnownSession(Struct, frozen=True):
    """`consented` (aware UTC): when it was agreed that what it is paid with is stored; None: it was not."""

    backend: str
    id: str
    consented: datetime | None = None


def _no_way(path: tuple[str, ...]) -> InvalidInput:
    return InvalidInput(message="There is no such way to pay here.", path=path)


def to_pay(totals: CartTotals | None) -> Money | None:
    """With tax, or without where the order's owner adds it."""
    return None if totals is None else totals.total.gross or totals.total.net


def own_origins(settings: Settings) -> Iterable[str]:
    return (*settings.server.cors_origins, settings.gateway.public_url or "")


def _origin(url: str) -> tuple[str, str, int | None] | None:
    """None for what is no absolute address of the web."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return None
    return (parts.scheme, parts.hostname, port or {"http": 80, "https": 443}[parts.scheme])
