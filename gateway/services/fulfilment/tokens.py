"""A plan's id bears the plan and is signed with our own key: nobody keeps what was merely looked at, and none can be
made up. It is of a cart's lines as they were, whatever else of the cart is changed meanwhile.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from gateway.model.carts import Cart
from gateway.model.fulfilment import PlanPart, PlanWay
from gateway.state.sealing import Sealing

_LONGEST = 64_000
"""More than the id of a cart with the most lines, each of them split."""
_PURPOSE = "fulfilment plan"


class ChosenPart(Struct, frozen=True, array_like=True):
    """`pieces` by the line's place among those that are bought."""

    way: PlanWay
    store: str | None
    location: str | None
    option: str | None
    pieces: tuple[tuple[int, int], ...]


class ChosenPlan(Struct, frozen=True, array_like=True):
    cart: str
    lines: str
    parts: tuple[ChosenPart, ...]

    def fits(self, cart: Cart) -> bool:
        """Whether it is of this cart with the lines it has now."""
        return self.cart == cart.id and self.lines == digest_of(cart)


def digest_of(cart: Cart) -> str:
    """Of what is bought, in which market: what a plan depends on."""
    content = [
        cart.country,
        cart.channel or "",
        *(f"{line.id}|{line.variant}|{int(line.quantity)}" for line in cart.active),
    ]
    return hashlib.sha256("\n".join(content).encode()).hexdigest()[:24]


class PlanTokens:
    def __init__(self, sealing: Sealing) -> None:
        self._sealing = sealing

    def of(self, cart: Cart, parts: Sequence[PlanPart]) -> str:
        rank = {line.id: index for index, line in enumerate(cart.active)}
        chosen = tuple(
            ChosenPart(
                part.way,
                part.store,
                part.location,
                None if part.option is None else part.option.id,
                tuple((rank[each.line], each.quantity) for each in part.pieces),
            )
            for part in parts
        )
        raw = msgspec.msgpack.encode(ChosenPlan(cart.id, digest_of(cart), chosen))
        body = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        return f"{body}.{self._sealing.digest(_PURPOSE, body)}"

    def open(self, identifier: str) -> ChosenPlan | None:
        """None for an id that was never given: nothing in it is believed."""
        body, _, mark = identifier.partition(".")
        if len(identifier) > _LONGEST or not identifier.isascii():
            return None
        if not any(hmac.compare_digest(mark, known) for known in self._sealing.digests(_PURPOSE, body)):
            return None
        try:
            raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
            return msgspec.msgpack.decode(raw, type=ChosenPlan)
        except (binascii.Error, ValueError, msgspec.DecodeError):
            return None
