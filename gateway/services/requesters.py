"""To whom something is counted that strangers can hold, try or guess: the address, the device and the customer, as far
as the client profile says so. Signing out, another cart or a code handed on changes none of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.model.requesters import Requester, RequesterKind
from gateway.services.scope import Scope
from gateway.state.sealing import Sealing


def requesters_of(scope: Scope, sealing: Sealing, person: str | None = None) -> tuple[Requester, ...]:
    """`person` is whose the cart is: what is bought for them is theirs, whoever bears its secret. Empty where the
    profile counts nobody, or nobody is known."""
    counted = frozenset(scope.profile.counted_by)
    found = dict.fromkeys(
        Requester(kind, sealing.digest("requester", f"{kind.value}|{word}"))
        for kind, word in _known(scope, person)
        if kind in counted
    )
    return tuple(found)


def _known(scope: Scope, person: str | None) -> Iterator[tuple[RequesterKind, str]]:
    principal = scope.principal
    if scope.party:
        yield RequesterKind.ADDRESS, scope.party
    if principal.key is not None and principal.kind == "device":
        yield RequesterKind.DEVICE, principal.key
    if principal.key is not None and principal.kind == "customer":
        yield RequesterKind.CUSTOMER, principal.key
    if person is not None:
        yield RequesterKind.CUSTOMER, person
