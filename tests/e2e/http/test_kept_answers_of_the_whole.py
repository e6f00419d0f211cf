"""The whole gateway keeps public answers, and a change at any backend that had a part in one is seen at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from adapters.odoo.sandbox.seeding.prices import RULE
from gateway.demo.run import RunningDemo, running_demo

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAGE = """{ product(by: {slug: "harbour-stoneware-mug"}) {
  title { value }
  variants { sku price { current { gross { amount } } } availability(fulfilment: PICKUP) { status } }
} }"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo() -> AsyncGenerator[RunningDemo]:
    async with running_demo(sells=False) as running:
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


SALE = """{ product(by: {sku: "MUG-HAR-S"}) {
  variants { sku price { current { net { amount } } validUntil freshness { stale } } } } }"""


async def watched(demo: RunningDemo) -> tuple[list[tuple[timedelta, str, bool]], set[int]]:
    """What a client that asks again and again is told: how long after the end it asked, the amount, whether dated."""
    erp: Any = demo.sandboxes.running["erp"].sandbox
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=4)
    variant = erp.variant("MUG-HAR-S")
    for pricelist in erp.seeded.pricelists.values():
        rule = {**RULE, "pricelist_id": pricelist, "product_id": variant["id"], "date_end": ends, "fixed_price": 6.0}
        erp.store.add("product.pricelist.item", {**rule, "product_tmpl_id": variant["product_tmpl_id"]})
    seen: list[tuple[timedelta, str, bool]] = []
    statuses: set[int] = set()
    etag = ""
    told: Any = None
    async with aiohttp.ClientSession() as session:
        while datetime.now(UTC) < ends + timedelta(seconds=2):
            headers = {"x-commerce-client": "test", "if-none-match": etag}
            at = datetime.now(UTC)
            async with session.get(f"{demo.url}/graphql", params={"query": SALE}, headers=headers) as answer:
                statuses.add(answer.status)
                if answer.status == 200:
                    etag = answer.headers["etag"]
                    told = await answer.json()
            variants: list[Any] = told["data"]["product"]["variants"]
            price: Any = next(each["price"] for each in variants if each["sku"] == "MUG-HAR-S")
            assert not price["freshness"]["stale"]
            seen.append((at - ends, price["current"]["net"]["amount"], price["validUntil"] is not None))
            await asyncio.sleep(0.05)
    return seen, statuses


async def test_a_sale_ends_at_its_second_for_everybody_whoever_kept_it() -> None:
    """The answer at the door, the one in the call cache, and what a client with its ETag is told."""
    async with running_demo(sells=False) as demo:
        seen, statuses = await watched(demo)
    assert statuses == {200, 304}
    on_sale = [since for since, amount, dated in seen if amount == "6" and dated]
    after = [amount for since, amount, _ in seen if since >= timedelta(0)]
    assert len(on_sale) > 3
    assert after
    assert "6" not in after
