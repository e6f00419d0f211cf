"""Quotes: what a cart costs, as a checkout names it. The id bears all of it and is signed with our own key, so that no
total can be made up and nobody keeps what was merely looked at.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
from msgspec import Struct

from gateway.model.cart_answers import CartAnswer, CartPart, Quote
from gateway.model.money import Money
from gateway.state.sealing import Sealing

_LONGEST = 1_024


class _Signed(Struct, frozen=True, array_like=True):
    cart: str
    version: int
    amount: str | None
    currency: str
    until: int
    complete: bool
    missing: tuple[CartPart, ...]


class Quotes:
    def __init__(self, sealing: Sealing) -> None:
        self._sealing = sealing

    def of(self, answer: CartAnswer, currency: str, until: datetime) -> Quote:
        """`total` is what is to be paid: with tax, or without where the order's owner adds it."""
        missing = tuple(part.part for part in answer.parts if not part.complete)
        total = answer.totals.total if answer.totals is not None else None
        amount = None if total is None else total.gross or total.net
        # Nothing is held for longer than until the whole second: the id says it in seconds.
        signed = _Signed(
            answer.cart,
            answer.version,
            None if amount is None else str(amount.amount),
            currency,
            int(until.timestamp()),
            not missing and amount is not None,
            missing,
        )
        return _quote(self._written(signed), signed)

    def open(self, identifier: str) -> Quote | None:
        """None for an id that was never given: nothing in it is believed."""
        body, _, mark = identifier.partition(".")
        if len(identifier) > _LONGEST or not identifier.isascii():
            return None
        if not any(hmac.compare_digest(mark, known) for known in self._sealing.digests("quote", body)):
            return None
        try:
            raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
            return _quote(identifier, msgspec.msgpack.decode(raw, type=_Signed))
        except (binascii.Error, ValueError, msgspec.DecodeError):
            return None

    def _written(self, signed: _Signed) -> str:
        body = base64.urlsafe_b64encode(msgspec.msgpack.encode(signed)).decode().rstrip("=")
        return f"{body}.{self._sealing.digest('quote', body)}"


def _quote(identifier: str, signed: _Signed) -> Quote:
    return Quote(
        id=identifier,
        cart=signed.cart,
        version=signed.version,
        total=None if signed.amount is None else Money(Decimal(signed.amount), signed.currency),
        valid_until=datetime.fromtimestamp(signed.until, UTC),
        complete=signed.complete,
        missing=signed.missing,
    )
