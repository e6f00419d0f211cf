"""An adapter is what it says it is, or the gateway does not open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.errors import AdapterError, Mistake
from gateway.model.context import CallContext, ContextView
from gateway.model.operation import OperationSpec
from gateway.model.pricing import Price, PriceKey
from gateway.ports.agreement import disagreements, undeclared, unserved
from gateway.ports.backend import Backend
from gateway.ports.manifest import Manifest
from gateway.ports.order import PLACE_ORDER
from gateway.ports.price import GET_PRICES, PRICE
from gateway.ports.stock import GET_STOCK
from gateway.ports.webhooks import WebhookDelivery, WebhookEvent
from gateway.ports.writes import FindKind, WriteSpec
from gateway.testing.reference import ReferenceAdapter
from gateway.testing.reference.manifest import MANIFEST, MemoryConfig
from gateway.testing.sandbox import Seed

SPEC = OperationSpec()


def adapter() -> ReferenceAdapter:
    return ReferenceAdapter("shop", Seed(currency="GBP", country="GB"))


def told(manifest: Manifest, backend: Backend | None = None) -> list[Mistake]:
    made = backend or adapter().backend
    return [*undeclared(manifest, "x"), *disagreements(manifest, made, MemoryConfig(), "x")]


def without(name: str, **more: OperationSpec) -> dict[str, OperationSpec]:
    return {each: spec for each, spec in MANIFEST.operations.items() if each != name} | more


def test_what_fits_is_no_mistake() -> None:
    assert told(MANIFEST) == []


def test_a_misspelt_operation_is_told_from_both_sides_with_the_right_name() -> None:
    misspelt = replace(MANIFEST, operations=without("stock.get_stock") | {"stock.get_stok": SPEC})
    declared, there = told(misspelt)
    assert (declared.message, declared.nearest) == (
        "the manifest of adapter `memory` declares `stock.get_stok`, which is no operation",
        "stock.get_stock",
    )
    assert (there.message, there.nearest) == (
        "the adapter `memory` has `get_stock`, and its manifest does not declare `stock.get_stock`",
        "stock.get_stok",
    )


def test_a_misspelt_write_is_told_with_the_right_name() -> None:
    others = {name: spec for name, spec in MANIFEST.writes.items() if name != PLACE_ORDER.name}
    misspelt = replace(MANIFEST, writes={**others, "order.place_ordr": WriteSpec()})
    declared, there = told(misspelt)
    assert declared.nearest == PLACE_ORDER.name
    assert there.message.endswith("does not declare `order.place_order`")


def test_a_domain_that_needs_a_key_is_a_real_one_and_so_is_the_key() -> None:
    domain, key = told(replace(MANIFEST, needs={"serch": "seed", "search": "sed"}))
    assert (domain.nearest, key.nearest) == ("search", "seed")


def test_an_answer_varies_on_parts_of_the_context_only() -> None:
    spec = OperationSpec(vary_on=frozenset({"curency"}))
    (mistake,) = told(replace(MANIFEST, operations=without("x") | {GET_PRICES.name: spec}))
    assert mistake.nearest == "currency"


class Prices:
    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        return {}


class MisspeltStock:
    async def get_stok(self, keys: Sequence[Any], context: ContextView, call: CallContext) -> Mapping[Any, Any]:
        return {}


class HalfACatalogue:
    async def get_products(self, keys: Sequence[Any], context: ContextView, call: CallContext) -> Mapping[Any, Any]:
        return {}


class Placing:
    """Without a way to find what was placed."""

    async def place_order(self, command: Any, context: ContextView, call: CallContext) -> Any:
        return None


class Cards:
    gift_cards = ()

    async def check_gift_card(self, command: Any, context: Any, call: Any) -> None:
        return None


class Hooks:
    def receive(self, delivery: WebhookDelivery) -> tuple[WebhookEvent, ...]:
        return ()


def only(*names: str, **changes: Any) -> Manifest:
    return replace(MANIFEST, **{"operations": dict.fromkeys(names, SPEC), "writes": {}, **changes})


def made(*ports: object, **parts: Any) -> Backend:
    return Backend(ports=ports, probe=adapter(), **parts)


CASES: Mapping[str, Callable[[], tuple[Manifest, Backend, list[str]]]] = {
    "declared and not there, with what was probably meant": lambda: (
        only(GET_PRICES.name, GET_STOCK.name),
        made(Prices(), MisspeltStock()),
        [
            "`MisspeltStock` implements none of the ports",
            "declares `stock.get_stock`, and no port of it has `get_stock`; did you mean `get_stok`?",
        ],
    ),
    "there and not declared": lambda: (
        only(),
        made(Prices()),
        ["has `get_prices`, and its manifest does not declare `price.get_prices`"],
    ),
    "two ports that are the same": lambda: (
        only(GET_PRICES.name),
        made(Prices(), Prices()),
        ["`Prices` and `Prices` both implement PricePort"],
    ),
    "half a port": lambda: (
        only(),
        made(HalfACatalogue()),
        ["`HalfACatalogue` has no `list_products`, which CatalogPort has"],
    ),
    "a write that cannot be found again": lambda: (
        only(writes={PLACE_ORDER.name: WriteSpec()}),
        made(Placing()),
        ["declares `order.place_order`, and no port of it has `find_order`"],
    ),
    "a write that need not be found, for its key is known": lambda: (
        only(writes={PLACE_ORDER.name: WriteSpec(find=FindKind.REPLAY, by_key=86_400.0)}),
        made(Placing()),
        [],
    ),
    "webhook topics that nobody receives": lambda: (
        only(GET_PRICES.name, webhook_topics=("prices/update",)),
        made(Prices()),
        ["declares the webhook topic `prices/update` and receives no webhooks"],
    ),
    "gift cards that nobody is told of": lambda: (
        only(errands=()),
        made(Cards()),
        ["takes gift cards and does not declare `payment.check_gift_card`"],
    ),
    "webhooks of no topic": lambda: (
        only(GET_PRICES.name),
        made(Prices(), webhooks=Hooks()),
        ["receives webhooks and declares no `webhook_topics`"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_backend_that_is_not_what_its_manifest_says_is_a_mistake(case: str) -> None:
    manifest, backend, expected = CASES[case]()
    found = [mistake.text for mistake in told(manifest, backend)]
    assert len(found) == len(expected), found
    for said, wanted in zip(found, expected, strict=True):
        assert wanted in said


def test_what_needs_a_key_may_lack_its_port_while_the_key_is_not_there() -> None:
    manifest = only(GET_PRICES.name, needs={"price": "seed"})
    assert told(manifest, made()) == []
    assert list(disagreements(manifest, made(), MemoryConfig(seed="x.json"), "x")) != []


def test_a_domain_is_not_served_without_its_essential_operations() -> None:
    assert unserved(only("price.price_context"), PRICE) == (GET_PRICES.name,)
    assert unserved(MANIFEST, PRICE) == ()
