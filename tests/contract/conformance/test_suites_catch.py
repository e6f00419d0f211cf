"""The suites notice what they are for: each broken adapter below fails the test that is about its fault."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.errors import AdapterError, Unavailable
from gateway.model.catalog import Product, ProductKey, ProductKeyKind
from gateway.model.context import CallContext, ContextView, UndeclaredContext
from gateway.model.orders import OrdersPage, OrdersQuery
from gateway.model.pricing import Price, PriceKey
from gateway.ports.order import LIST_ORDERS
from gateway.ports.price import GET_PRICES
from gateway.ports.product import GET_PRODUCTS
from gateway.testing.conformance import (
    CatalogConformance,
    OrdersConformance,
    PriceConformance,
    ReferenceControl,
)
from gateway.testing.conformance.example import example_facts, example_seed
from gateway.testing.reference import OPERATIONS, ReferenceAdapter
from gateway.testing.reference.manifest import MANIFEST

FACTS = example_facts("broken")
CATALOG, PRICES, ORDERS = (OPERATIONS[operation.name] for operation in (GET_PRODUCTS, GET_PRICES, LIST_ORDERS))


class FirstWins(ReferenceAdapter):
    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        await self._request("product.get_products", keys)
        return {key: self._shown(found[0], context.language) for key in keys if (found := self._bearers(key))}


class OneRequestEach(ReferenceAdapter):
    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        answer: dict[ProductKey, Product | AdapterError] = {}
        for key in keys:
            answer |= await super().get_products((key,), context, call)
        return answer


class CountsOnDigits(ReferenceAdapter):
    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        for key in keys:
            if key.value.isdigit():
                int(key.value)
        return await super().get_products(keys, context, call)


class ReadsNumbers(ReferenceAdapter):
    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        (known,) = (await super().get_products((ProductKey(ProductKeyKind.NATIVE, "100"),), context, call)).values()
        found = {key: known for key in keys if key.value.strip() == "1"}
        return {**(await super().get_products(keys, context, call)), **found}


class TakesAnybodysWord(ReferenceAdapter):
    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        own = {replace(key, variant=self._own(key.variant)): key for key in keys if not isinstance(key.variant, str)}
        found = await super().get_prices([*own, *(key for key in keys if key.sku)], context, call)
        return {own.get(key, key): price for key, price in found.items()}


class SwallowsEverything(ReferenceAdapter):
    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        try:
            return await super().get_prices(keys, context, call)
        except (asyncio.CancelledError, Unavailable):
            return {}


class ReadsTheChannel(ReferenceAdapter):
    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        assert context.channel != "outlet"
        return await super().get_prices(keys, context, call)


class PagesByInstantAlone(ReferenceAdapter):
    async def list_orders(self, query: OrdersQuery, context: ContextView, call: CallContext) -> OrdersPage:
        after = query.after and replace(query.after, id="")
        return await super().list_orders(replace(query, after=after), context, call)


async def test_first_wins_is_caught() -> None:
    adapter = FirstWins("broken", example_seed())
    with pytest.raises(AssertionError):
        await CatalogConformance().test_two_bearers_of_a_sku_are_ambiguous(adapter, FACTS, CATALOG)


async def test_a_request_for_each_key_is_caught() -> None:
    adapter = OneRequestEach("broken", example_seed())
    with pytest.raises(AssertionError):
        await CatalogConformance().test_makes_as_many_requests_as_declared(
            adapter, FACTS, CATALOG, ReferenceControl(adapter), 24
        )


async def test_swallowed_cancellation_is_caught() -> None:
    adapter = SwallowsEverything("broken", example_seed())
    with pytest.raises(pytest.fail.Exception):
        await PriceConformance().test_cancellation_reaches_the_call(adapter, FACTS, MANIFEST, ReferenceControl(adapter))


async def test_a_swallowed_outage_is_caught() -> None:
    adapter = SwallowsEverything("broken", example_seed())
    with pytest.raises(pytest.fail.Exception):
        await PriceConformance().test_a_backend_that_is_down_raises_an_adapter_error(
            adapter, FACTS, MANIFEST, ReferenceControl(adapter)
        )


async def test_an_undeclared_context_part_is_caught() -> None:
    adapter = ReadsTheChannel("broken", example_seed())
    with pytest.raises(UndeclaredContext):
        await PriceConformance().test_known_keys_are_answered(adapter, FACTS, PRICES)


async def test_paging_that_loses_orders_of_one_instant_is_caught() -> None:
    adapter = PagesByInstantAlone("broken", example_seed())
    with pytest.raises(AssertionError):
        await OrdersConformance().test_pages_neither_lose_nor_double(adapter, FACTS, ORDERS, ReferenceControl(adapter))


async def test_an_id_that_only_looks_like_a_number_and_breaks_the_call_is_caught() -> None:
    adapter = CountsOnDigits("broken", example_seed())
    with pytest.raises(ValueError, match="²"):
        await CatalogConformance().test_what_is_no_id_is_absent_and_harms_nothing_beside_it(adapter, FACTS, CATALOG)


async def test_another_spelling_of_an_id_is_caught() -> None:
    adapter = ReadsNumbers("broken", example_seed())
    with pytest.raises(AssertionError):
        await CatalogConformance().test_what_is_no_id_is_absent_and_harms_nothing_beside_it(adapter, FACTS, CATALOG)


async def test_a_reference_of_another_backend_that_is_answered_is_caught() -> None:
    adapter = TakesAnybodysWord("broken", example_seed())
    with pytest.raises(AssertionError):
        await PriceConformance().test_a_reference_of_another_backend_means_nothing(adapter, FACTS, PRICES)


def test_an_inherited_test_cannot_be_dropped_without_a_reason() -> None:
    async def pass_over(self: Any) -> None: ...

    name = "test_two_bearers_of_a_sku_are_ambiguous"
    with pytest.raises(TypeError, match="xfail"):
        type("Quiet", (CatalogConformance,), {name: pass_over})
    type("Honest", (CatalogConformance,), {name: pytest.mark.xfail(reason="keys are unique there")(pass_over)})
