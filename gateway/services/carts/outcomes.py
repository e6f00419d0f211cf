"""What a cart's mutation came to."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from gateway.model.cart_faults import AnyCartFault
from gateway.model.carts import Cart, CartChange


class Keyed(Struct, frozen=True, kw_only=True):
    """What every mutation may carry: `expected` is the version the client saw; `key` makes it happen once; `digest` is
    of its canonical input."""

    expected: int | None = None
    key: str | None = None
    digest: str = ""


class CartOutcome(Struct, frozen=True, kw_only=True):
    """`cart` as it is now, None where this caller cannot open it. Where there are `faults`, nothing was changed.
    `changes` lists what a merge or a move did; `seen` are the lines whose expected price the client told."""

    cart: Cart | None = None
    faults: tuple[AnyCartFault, ...] = ()
    changes: tuple[CartChange, ...] = ()
    seen: tuple[str, ...] = ()


class CartMade(CartOutcome, frozen=True, kw_only=True):
    """`secret` is told this once (and to whoever repeats the request with its key); None for a customer's own cart."""

    secret: str | None = None


class HandOffOffered(CartOutcome, frozen=True, kw_only=True):
    """`code` for the one who takes the cart over; `expires` is aware UTC."""

    code: str | None = None
    expires: datetime | None = None
