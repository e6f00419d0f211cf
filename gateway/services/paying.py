"""How a cart can be paid: what the processors of its market offer, and what a shopper's frontend needs of
one of them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from gateway.calls.operation.errands import open_session
from gateway.errors import AdapterError
from gateway.model.cart_answers import CartTotals
from gateway.model.cart_faults import AnyCartFault, InvalidInput
from gateway.model.carts import Cart
from gateway.model.gift_cards import OfferedGiftCard
from gateway.model.identity import NativeRef, is_plain
from gateway.model.money import Money
from gateway.model.paging import Gap
from gateway.model.payments import OfferedMethod, OfferedMethods, OpenSession, PaymentOptionsQuery, PaymentSession
from gateway.model.tenders import rest_of
from gateway.ownership import Ownership
from gateway.ports.payment import LIST_METHODS, PAYMENT, GiftCardPort
from gateway.runtime.side_by_side import side_by_side
from gateway.services import Services
from gateway.services.carts import Carts
from gateway.services.scope import Scope
from gateway.settings import Settings

_LONGEST = 1_024
_LONGEST_URL = 2_048
_GIFT_CARD = "gift-card:"


class Paying:
    def __init__(self, services: Services) -> None:
        self._services = services

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
            customer = await self._customer(backend, scope)
            query = PaymentOptionsQuery(amount, cart.country, cart.channel, customer)
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

    async def session(
        self, cart: Cart, amount: Money, method: str, return_url: str | None, scope: Scope
    ) -> PaymentSession | AnyCartFault:
        """The same cart at the same version, for the same amount and method, has the same session. Raises
        AdapterError."""
        chosen = self.named(method, cart)
        if isinstance(chosen, InvalidInput):
            return chosen
        if (fault := self.wrong_return(return_url, scope)) is not None:
            return fault
        asked = f"{cart.id}.{cart.version}.{amount.amount}.{amount.currency}.{method}.{return_url}"
        command = OpenSession(
            reference=base64.b32encode(hashlib.sha256(asked.encode()).digest()).decode()[:26],
            amount=amount,
            country=cart.country,
            return_url=return_url,
            method=chosen.id,
            customer=await self._customer(chosen.backend, scope),
        )
        commerce = self._services.of(Carts).evaluation.within(cart, scope).commerce
        bound = self._services.caller.backend(chosen.backend)
        return await open_session(bound, command, commerce, scope.personal())

    def named(
        self, identifier: str, cart: Cart, path: tuple[str, ...] = ("input", "methodId")
    ) -> AtProcessor | InvalidInput:
        """A method or a session by its public id, of a processor of the cart's market."""
        found = opened(identifier, self._services.ownership)
        if found is None or found.backend not in self._services.ownership.serving(PAYMENT, cart.country):
            return InvalidInput(message="There is no such way to pay here.", path=path)
        return found

    def session_id(self, session: PaymentSession, cart: Cart) -> str:
        """Signed with the cart it was opened for: what was paid by one purchase pays for no other."""
        public = public_id(session.ref.backend, session.ref.id, self._services.ownership)
        return f"{public}.{self._services.kept_carts.sealing.digest('session', f'{cart.id}.{public}')}"

    def session_of(self, identifier: str, cart: Cart) -> AtProcessor | None:
        """None for what was never given, or for another cart."""
        public, _, mark = identifier.partition(".")
        if not mark.isascii() or not public.isascii() or len(identifier) > _LONGEST:
            return None
        known = self._services.kept_carts.sealing.digests("session", f"{cart.id}.{public}")
        mine = any(hmac.compare_digest(mark, each) for each in known)
        return opened(public, self._services.ownership) if mine else None

    def wrong_return(self, url: str | None, scope: Scope) -> InvalidInput | None:
        """Shoppers are sent back to where this client's frontends are, and nowhere else."""
        allowed = scope.profile.return_origins or own_origins(self._services.settings)
        if url is None or (len(url) <= _LONGEST_URL and is_plain(url) and _origin(url) in set(map(_origin, allowed))):
            return None
        message = "Shoppers are not sent back there: see `return_origins` of the client profile."
        return InvalidInput(message=message, path=("input", "returnUrl"))

    async def _customer(self, backend: str, scope: Scope) -> NativeRef | None:
        """The shopper's own record at a processor, where they are linked to one."""
        person = scope.principal.key if scope.principal.kind == "customer" else None
        known = None if person is None else await self._services.customer_links.known(person)
        refs = () if known is None else known.refs(backend)
        return refs[0] if len(refs) == 1 else None


class AtProcessor(Struct, frozen=True):
    """Something of a processor's: its configured name, and its own id."""

    backend: str
    id: str


def to_pay(totals: CartTotals | None) -> Money | None:
    """With tax, or without where the order's owner adds it."""
    return None if totals is None else totals.total.gross or totals.total.net


def public_id(backend: str, identifier: str, ownership: Ownership) -> str:
    """Opaque to clients, and the same for the same."""
    text = f"1\x1f{ownership.alias(backend)}\x1f{identifier}"
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def opened(identifier: str, ownership: Ownership) -> AtProcessor | None:
    """None for what was never given."""
    if len(identifier) > _LONGEST:
        return None
    try:
        raw = base64.urlsafe_b64decode(identifier.encode("ascii") + b"=" * (-len(identifier) % 4)).decode()
    except (ValueError, binascii.Error):
        return None
    version, _, rest = raw.partition("\x1f")
    alias, _, native = rest.partition("\x1f")
    backend = ownership.backend_of_alias(alias)
    if version != "1" or backend is None or not native or not is_plain(native):
        return None
    return AtProcessor(backend, native) if public_id(backend, native, ownership) == identifier else None


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
