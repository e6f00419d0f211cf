"""Documents, hostile and ordinary, and what each takes of a processor for each point of its cost: costs are right when
no document takes much more than the usual one.

In one process over the in-memory adapter, with warm caches, so that nothing but the gateway is on the scale, from a
request's bytes to its answer's. `seen` is a document that was asked before, `new` one that nobody asked yet.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from statistics import median
from typing import Any

from msgspec import Struct

from gateway.app import Gateway
from gateway.http.app import Doors
from gateway.settings import decode
from gateway.testing.reference.manifest import manifest_of
from gateway.testing.sandbox import SeedPrice, SeedStock
from tests.bench.corpus_documents import CORPUS, PRODUCTS, STORES
from tests.unit.services.retailer import domains, gbp, product, shop


class Weighed(Struct, frozen=True):
    """One document: its points, and microseconds of processor time."""

    name: str
    cost: int
    seen: float
    new: float


class Asker:
    """Asks a gateway's doors in this process, without a socket."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def ask(self, query: str) -> tuple[float, dict[str, Any]]:
        """Seconds of processor time from bytes to bytes, and the answer."""
        body = json.dumps({"query": query}).encode()
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            if not sent and not asked:
                asked.append(True)
                return {"type": "http.request", "body": body, "more_body": False}
            return await asyncio.Future()

        async def send(message: Any) -> None:
            sent.append(message)

        asked: list[bool] = []
        headers = [(b"content-type", b"application/json"), (b"x-commerce-cost", b"1")]
        scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
        before = time.process_time()
        await self._doors({**scope, "client": ("127.0.0.1", 1)}, receive, send)
        spent = time.process_time() - before
        return spent, json.loads(sent[1]["body"])


@asynccontextmanager
async def asker(**limits: int) -> AsyncGenerator[Asker]:
    """Before a gateway with a shop of 300 products of three variants, and 60 stores."""
    names = range(1, PRODUCTS + 1)
    items = tuple(product(str(n), f"S{n}A", f"S{n}B", f"S{n}C", title=f"Product number {n}") for n in names)
    skus = [variant.sku or "" for item in items for variant in item.variants]
    prices = tuple(SeedPrice(sku, gbp(f"{9 + place % 90}.{place % 100:02d}")) for place, sku in enumerate(skus))
    stock = tuple(SeedStock(sku, "L0", gbp("5").amount) for sku in skus)
    configuration: dict[str, Any] = {
        "backends": {"shop": {"adapter": "seeded", "url": "http://127.0.0.1:9", "allow_private_network": True}},
        "domains": domains(),
        "locations": {f"l{n}": {"refs": {"shop": f"L{n}"}, "stock": "shop"} for n in range(STORES)},
        "stores": {
            f"s{n}": {
                "name": f"Store {n}",
                "locations": [f"l{n}"],
                "country": "GB",
                "timezone": "Europe/London",
                "point": {"latitude": 51.0 + n / 100, "longitude": -0.1},
                "hours": {"mon-sat": "09:00-18:00", "sun": "11:00-17:00"},
                "channel": "web",
            }
            for n in range(STORES)
        },
        "channels": {"web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}, "locations": ["l0"]}},
        "profiles": {"anonymous": {"touchpoint": "web", "default_country": "GB"}},
        "server": {"response_cache": False},
        "limits": limits,
    }
    with tempfile.TemporaryDirectory(prefix="bench-state-") as folder:
        configuration["gateway"] = {"state": f"sqlite+aiosqlite:///{folder}/state.sqlite"}
        manifests = {"seeded": manifest_of({"shop": shop(products=items, prices=prices, stock=stock)})}
        gateway = await Gateway.open(decode(configuration, {}), manifests)
        try:
            yield Asker(gateway.doors())
        finally:
            await gateway.close()


async def weigh(name: str, query: str, asking: Asker, rounds: int = 5) -> Weighed:
    """Raises AssertionError for a document that is not answered."""
    told = (await asking.ask(query))[1]
    assert told.get("data") is not None, f"{name}: {str(told)[:300]}"
    seen = min([(await asking.ask(query))[0] for _ in range(rounds)])
    new = min([(await asking.ask(renamed(query, number)))[0] for number in range(rounds)])
    return Weighed(name, told["extensions"]["cost"]["requested"], seen * 1e6, new * 1e6)


def renamed(query: str, number: int) -> str:
    """A document that nobody asked yet and that says the same."""
    name = f"N{number}"
    if re.match(r"query\s+[A-Z]", query):
        return re.sub(r"query\s+\w+", f"query {name}", query, count=1)
    return f"query {name} {query.removeprefix('query')}"


def ratios(weighed: list[Weighed]) -> tuple[dict[str, float], dict[str, float]]:
    """How many times the usual each takes of a processor for a point: seen before, and new."""
    usual = median(one.seen / one.cost for one in weighed), median(one.new / one.cost for one in weighed)
    return (
        {one.name: one.seen / one.cost / usual[0] for one in weighed},
        {one.name: one.new / one.cost / usual[1] for one in weighed},
    )


async def main() -> None:
    async with asker() as asking:
        weighed = [await weigh(name, query, asking) for name, query in CORPUS.items()]
    seen, new = ratios(weighed)
    print(f"{'document':34} {'points':>7} {'us seen':>9} {'times usual':>11} {'us new':>9} {'times usual':>11}")
    for one in sorted(weighed, key=lambda one: -max(seen[one.name], new[one.name])):
        times = f"{one.seen:9.0f} {seen[one.name]:11.2f} {one.new:9.0f} {new[one.name]:11.2f}"
        print(f"{one.name:34} {one.cost:7} {times}")


if __name__ == "__main__":
    asyncio.run(main())
