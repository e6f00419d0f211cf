"""The whole gateway keeps public answers, and a change at any backend that had a part in one is seen at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from gateway.demo.run import RunningDemo, running_demo

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAGE = """{ product(by: {slug: "harbour-stoneware-mug"}) {
  title { value }
  variants { sku price { current { gross { amount } } } availability(fulfilment: PICKUP) { status } }
} }"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo() -> AsyncGenerator[RunningDemo]:
    async with running_demo() as running:
        yield running


class Shopper:
    """Asks again and again, and says whether an answer was made anew."""

    def __init__(self, demo: RunningDemo, session: aiohttp.ClientSession) -> None:
        self._demo = demo
        self._session = session

    async def kept(self, query: str = PAGE, token: str | None = None, **headers: str) -> bool:
        before = self._figure("gateway_response_cache_hits_total")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            named["authorization"] = f"Bearer {token}"
        async with self._session.post(f"{self._demo.url}/graphql", json={"query": query}, headers=named) as answer:
            told: dict[str, Any] = await answer.json()
            assert "errors" not in told
        return self._figure("gateway_response_cache_hits_total") > before

    def _figure(self, name: str) -> float:
        body, _ = self._demo.gateway.exposition()
        return next(float(line.split()[-1]) for line in body.decode().splitlines() if line.startswith(f"{name} "))


@pytest_asyncio.fixture(loop_scope="module")
async def shopper(demo: RunningDemo) -> AsyncGenerator[Shopper]:
    async with aiohttp.ClientSession() as session:
        yield Shopper(demo, session)


async def test_the_second_shopper_is_answered_from_what_is_kept(demo: RunningDemo, shopper: Shopper) -> None:
    await shopper.kept()
    assert await shopper.kept()
    assert not await shopper.kept(x_commerce_country="JP")
    assert not await shopper.kept(token=demo.tokens.shopper)
    assert not await shopper.kept(token=demo.tokens.shopper)
    assert not await shopper.kept("{ me { givenName } }")
    assert not await shopper.kept("{ me { givenName } }")


@pytest.mark.parametrize(
    ("backend", "tag"),
    [("erp", "price:MUG-HAR-S"), ("till_uk", "stock:MUG-HAR-M"), ("shop", "product:MUG-HAR-L"), ("erp", "price")],
)
async def test_a_change_of_any_of_its_facts_ends_it(
    demo: RunningDemo, shopper: Shopper, backend: str, tag: str
) -> None:
    await shopper.kept()
    assert await shopper.kept()
    await demo.gateway.changed(backend, [f"{tag.partition(':')[0]}:ANOTHER-SKU"])
    assert await shopper.kept()
    await demo.gateway.changed(backend, [tag])
    assert not await shopper.kept()
