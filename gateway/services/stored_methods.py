"""A signed-in customer's own ways to pay, as processors keep them: who the customer is there, what they agreed to,
which of them is theirs.

Who somebody is at a processor is an identity link of ours (`NativeRef(processor, its id)`), made with their first
consent and not before: nobody is told of a person who stores nothing. The link goes by the person of the token, never
by an e-mail, so that whoever comes to bear an e-mail later finds no cards of who bore it before.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from msgspec import Struct

from gateway.errors import IdempotencyConflict
from gateway.model.cart_faults import (
    AnyCartFault,
    InvalidInput,
    KeyConflict,
    PaymentMethodNotFound,
    PaymentMethodNotStored,
    StoringRefusal,
)
from gateway.model.context import CommerceContext
from gateway.model.identity import NativeRef
from gateway.model.payments import DeleteMethod, EnsurePayer, OfferedMethod
from gateway.ports.payment import DELETE_METHOD, ENSURE_PAYER
from gateway.services import Services
from gateway.services.carts.carts import KEY_LENGTH
from gateway.services.paying_ids import AtProcessor, opened, public_id
from gateway.services.scope import Scope

STORED = "stored:"
_PATH = ("input", "id")


class DeletionOutcome(Struct, frozen=True, kw_only=True):
    """`deleted`: the id that was asked for, and is nobody's any more; None: `faults` say why not."""

    deleted: str | None = None
    faults: tuple[AnyCartFault, ...] = ()


class StoredMethods:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def payer(self, backend: str, scope: Scope) -> NativeRef | None:
        """Who the signed-in customer is at a processor, where that is known and this client may use it."""
        person = _person(scope)
        return None if person is None else await self._known(backend, person)

    async def consented(
        self, backend: str, scope: Scope, commerce: CommerceContext, path: tuple[str, ...]
    ) -> NativeRef | PaymentMethodNotStored:
        """The same, of who agrees that their method is kept: made known there if they are not yet. Raises AdapterError,
        StateUnavailable."""
        if (refusal := self._refusal(backend, scope)) is not None:
            return PaymentMethodNotStored(reason=refusal, path=path)
        person = _person(scope)
        if person is None:
            return PaymentMethodNotStored(reason=StoringRefusal.GUEST, path=path)
        if (known := await self._known(backend, person)) is not None:
            return known
        named = self._shortened(self._digest("payer", backend, person))
        record = NativeRef(backend, named)
        if self._makes_records(backend):
            email = (scope.principal.email or "").lower()
            reference = self._shortened(self._digest("payer made", backend, person, email))
            command = EnsurePayer(reference, named, email)
            writes = self._services.systems.writes
            made = await writes.perform(backend, ENSURE_PAYER, command, commerce, scope.personal())
            record = made.ref
        await self._services.customer_links.recognise(person, record)
        theirs = await self._known(backend, person)
        return theirs or PaymentMethodNotStored(reason=StoringRefusal.PROCESSOR, path=path)

    def id_of(self, offered: OfferedMethod, scope: Scope) -> str:
        """Of a stored one: good for who is asking, and for nobody else."""
        public = public_id(offered.backend, f"{STORED}{offered.method.id}", self._services.ownership)
        return f"{public}.{self._mark(public, scope.principal.key or '')[0]}"

    def opened(self, identifier: str, scope: Scope) -> AtProcessor | None:
        """None for what was never given, for somebody else's, and where this client may use none."""
        public, _, mark = identifier.partition(".")
        person = _person(scope)
        if person is None or not mark.isascii() or not public.isascii():
            return None
        if not any(hmac.compare_digest(mark, each) for each in self._mark(public, person)):
            return None
        found = opened(public, self._services.ownership)
        if found is None or not found.id.startswith(STORED):
            return None
        return AtProcessor(found.backend, found.id.removeprefix(STORED))

    async def delete(self, identifier: str, key: str, scope: Scope) -> DeletionOutcome:
        """The same key again is answered the same; what is gone already is deleted. Raises AdapterError,
        StateUnavailable."""
        if not (0 < len(key) <= KEY_LENGTH and key.isprintable()):
            message = f"A key has 1 to {KEY_LENGTH} printable characters."
            return _refused(InvalidInput(message=message, path=("input", "idempotencyKey")))
        chosen = self.opened(identifier, scope)
        payer = None if chosen is None else await self.payer(chosen.backend, scope)
        if chosen is None or payer is None or not self._keeps(chosen.backend):
            return _refused(PaymentMethodNotFound(path=_PATH))
        reference = self._shortened(self._digest("method deleted", scope.principal.key or "", key))
        command = DeleteMethod(reference, payer, chosen.id)
        writes = self._services.systems.writes
        try:
            await writes.perform(chosen.backend, DELETE_METHOD, command, scope.commerce, scope.personal())
        except IdempotencyConflict:
            return _refused(KeyConflict(path=("input", "idempotencyKey")))
        return DeletionOutcome(deleted=identifier)

    # --- inside -------------------------------------------------------------------------------------------------

    def _refusal(self, backend: str, scope: Scope) -> StoringRefusal | None:
        if scope.principal.kind != "customer" or scope.principal.key is None:
            return StoringRefusal.GUEST
        if not scope.profile.keeps_methods:
            return StoringRefusal.CLIENT
        if not self._keeps(backend):
            return StoringRefusal.PROCESSOR
        if self._makes_records(backend) and not scope.principal.email:
            return StoringRefusal.EMAIL_UNVERIFIED
        return None

    def _keeps(self, backend: str) -> bool:
        """Whoever cannot forget a method is given none to keep."""
        return DELETE_METHOD.name in self._services.caller.backend(backend).manifest.writes

    def _makes_records(self, backend: str) -> bool:
        return ENSURE_PAYER.name in self._services.caller.backend(backend).manifest.writes

    async def _known(self, backend: str, person: str) -> NativeRef | None:
        known = await self._services.customer_links.known(person)
        refs = () if known is None else known.refs(backend)
        return refs[0] if len(refs) == 1 else None

    def _mark(self, public: str, person: str) -> list[str]:
        return self._services.kept_carts.sealing.digests("stored method", f"{person}\x1f{public}")

    def _digest(self, purpose: str, *words: str) -> str:
        return self._services.kept_carts.sealing.digest(purpose, "\x1f".join(words))

    def _shortened(self, digest: str) -> str:
        """26 characters that every processor takes."""
        return base64.b32encode(hashlib.sha256(digest.encode()).digest()).decode()[:26]


def _person(scope: Scope) -> str | None:
    """Whose stored methods this operation may see; None for guests, devices, staff, and clients that may not."""
    who = scope.principal
    return who.key if who.kind == "customer" and scope.profile.keeps_methods else None


def _refused(fault: AnyCartFault) -> DeletionOutcome:
    return DeletionOutcome(faults=(fault,))
