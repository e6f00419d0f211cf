"""`UserError`: why a mutation did nothing, as data a client can go on with. Each domain brings its members."""

from __future__ import annotations

import re

import strawberry

from gateway.execution import computed
from gateway.model.cart_faults import CartFault

_WORDS = re.compile(r"(?<!^)(?=[A-Z])")


@strawberry.interface(
    name="UserError",
    description="Why a mutation did nothing: an outcome of its domain, with what is needed to go on. Which one it is "
    "says `__typename`; new members may be added.",
)
class UserErrorView:
    message: str = strawberry.field(description="For developers, in English. Show words of your own.")
    path: list[str] = strawberry.field(description="Where in the mutation's arguments, such as input, lines, 0.")

    @computed(str, description="The name of this member in capitals, such as CART_CHANGED.")
    @staticmethod
    def code(record: CartFault) -> str:
        return _WORDS.sub("_", type(record).__name__).upper()
