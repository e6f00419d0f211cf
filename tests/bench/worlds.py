"""Gateways in this process over in-memory backends of any size, for the growth of the cost."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from gateway.app import Gateway
from gateway.execution import OperationRequest
from gateway.model.principal import ANONYMOUS
from gateway.security.profiles import RequestFacts
from gateway.settings import decode
from gateway.testing.reference.manifest import manifest_of
from gateway.testing.sandbox import Seed, SeedPrice, SeedStock
from tests.unit.services.retailer import gbp, product, shop


class World:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def ask(self, query: str) -> Callable[[], Awaitable[object]]:
        """A call that executes the operation and fails on any error."""
        gateway = self._gateway
        profile = gateway.profiles.of(ANONYMOUS)

        async def asked() -> object:
            context = gateway.contexts(ANONYMOUS, profile, RequestFacts())
            result = await gateway.engine.execute(OperationRequest(query), context)
            if result.errors:
                raise RuntimeError(str(result.errors[0]))
            return result.answer

        return asked


@asynccontextmanager
async def many_products(count: int) -> AsyncGenerator[World]:
    products = tuple(
        product(str(number), f"S{number}A", f"S{number}B", f"S{number}C") for number in range(1, count + 1)
    )
    skus = [variant.sku or "" for one in products for variant in one.variants]
    async with _world(
        {"shop": shop(products=products, prices=tuple(SeedPrice(sku, gbp("9.99")) for sku in skus))}
    ) as world:
        yield world


@asynccontextmanager
async def many_backends(count: int) -> AsyncGenerator[World]:
    """One product whose stock lies at as many backends."""
    names = [f"b{number}" for number in range(count)]
    seeds: dict[str, Seed] = {"shop": shop("MUG")}
    for name in names:
        stock = SeedStock("MUG", "L1", gbp("5").amount)
        seeds[name] = shop("MUG", stock=(stock,))
    async with _world(seeds, names) as world:
        yield world


@asynccontextmanager
async def _world(seeds: Mapping[str, Seed], counting: list[str] | None = None) -> AsyncGenerator[World]:
    places = counting or ["shop"]
    configuration: dict[str, Any] = {
        "backends": {
            name: {
                "adapter": "seeded",
                "url": "http://127.0.0.1:9",
                "allow_private_network": True,
                "policy": {"cache": False, "coalesce": False},
            }
            for name in seeds
        },
        "domains": {name: {"order": ["shop"]} for name in ("product", "price")} | {"stock": {"order": places}},
        "locations": {name: {"refs": {name: "L1"}, "stock": name} for name in places},
        "channels": {"web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}, "locations": places}},
        "profiles": {"anonymous": {"touchpoint": "web", "default_country": "GB", "page_limit": 10_000}},
        "limits": {"document_bytes": 1_000_000, "tokens": 1_000_000},
    }
    with tempfile.TemporaryDirectory(prefix="bench-state-") as folder:
        configuration["gateway"] = {"state": f"sqlite+aiosqlite:///{folder}/state.sqlite"}
        gateway = await Gateway.open(decode(configuration, {}), {"seeded": manifest_of(seeds)})
        try:
            yield World(gateway)
        finally:
            await gateway.close()
