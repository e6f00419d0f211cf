"""The example's facts in the ids of this vendor, and what it cannot have."""

from __future__ import annotations

from msgspec.structs import replace

from adapters.square.sandbox.account import native_id
from gateway.model.customers import CustomerKey, CustomerKeyKind
from gateway.model.identity import NativeRef
from gateway.testing.conformance import ConformanceFacts
from gateway.testing.conformance.example import HIDDEN, NAMELESS, SHOPPER, example_facts
from tests.contract.adapters.square.connected import BACKEND

IMPOSSIBLE = {
    "net": "a price with its tax in it is not taken apart",
    "slug": "Square has no slugs",
    "collection": "Square has no collections",
    "translated": "an account has one language",
    "group_price": "Square has no price lists",
    "grouped_customer": "Square has no price lists",
    "quantity_price": "a till has one price for any quantity",
    "kit": "each variation is counted by itself",
}


def square_facts() -> ConformanceFacts:
    facts = example_facts(BACKEND)
    assert facts.nameless is not None
    shopper = native_id("CUST", SHOPPER)
    return replace(
        facts,
        category=native_id("CATG", "11"),
        shopper=NativeRef(BACKEND, shopper),
        same_customer=(facts.same_customer[0], CustomerKey(CustomerKeyKind.NATIVE, shopper)),
        nameless=(NativeRef(BACKEND, native_id("VARI", NAMELESS.id)), *facts.nameless[1:]),
        hidden=replace(HIDDEN, native=native_id("ITEM", HIDDEN.native), slug=None),
        unknown_ids=("ZZZZZZZZZZZZZZZZZZZZZZZZ",),
        impossible=IMPOSSIBLE,
    )
