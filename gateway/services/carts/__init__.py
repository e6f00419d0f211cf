"""Carts: who may open which, what is changed in them, and what their owners say of them.

`Carts` changes and finds, `Shown` is what a cart looks like, `FollowedCarts` tells when one changed. All are had by
`services.of(...)`.
"""

from gateway.services.carts.carts import Carts
from gateway.services.carts.carts import is_id as is_cart_id
from gateway.services.carts.following import FollowedCarts
from gateway.services.carts.outcomes import CartMade, CartOutcome, HandOffOffered, Keyed
from gateway.services.carts.shown import Shown
from gateway.state.cart_keys import canonical_digest
from gateway.state.carts import Refused

__all__ = [
    "CartMade",
    "CartOutcome",
    "Carts",
    "FollowedCarts",
    "HandOffOffered",
    "Keyed",
    "Refused",
    "Shown",
    "canonical_digest",
    "is_cart_id",
]
