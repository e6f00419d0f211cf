"""The gateway as it ships: its own server, pipeline, executor and schema; only the adapter is the benchmark's. Caches
of answers are off, and coalescing unless `COALESCE` is set. `HELD`: checkouts hold a piece of everything everywhere."""

from __future__ import annotations

import logging
import os
import tempfile
from typing import Any

from gateway.app import Application, Gateway
from gateway.http.serve import listen, work
from gateway.services.availability import AvailabilityService
from gateway.settings import Settings, decode
from gateway.state.held_stock import HeldStock, KeptBack
from tests.bench.adapter import MANIFEST
from tests.bench.canned import PRODUCTS, STORES, VARIANTS, sku


def settings(upstream: str, port: int) -> Settings:
    policy: dict[str, Any] = {"cache": False, "connections": 64, "concurrency_limit": 512}
    policy |= {"coalesce": bool(os.environ.get("COALESCE")), "client": os.environ.get("HTTP_CLIENT", "aiohttp")}
    backend = {"adapter": "canned", "url": upstream, "allow_private_network": True, "policy": policy}
    locations = {
        "warehouse": {"refs": {"pos": "warehouse"}, "stock": "pos"},
        **{
            name: {"refs": {owner: name}, "stock": owner}
            for place, name in enumerate(STORES)
            for owner in (("pos",) if place < 3 else ("erp",))
        },
    }
    hours = {"mon-sun": "00:00-24:00"}
    return decode(
        {
            "gateway": {"state": f"sqlite+aiosqlite:///{tempfile.mkdtemp()}/bench.sqlite"},
            "backends": {"shop": backend, "pos": backend, "erp": {**backend, "stock": "stock-b"}},
            "domains": {
                "product": {"order": ["shop"]},
                "price": {"order": ["erp"]},
                "stock": {"order": ["pos", "erp"]},
            },
            "locations": locations,
            "stores": {
                name: {"name": name, "locations": [name], "country": "GB", "timezone": "Europe/London", "hours": hours}
                for name in STORES
            },
            "channels": {"web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}, "locations": ["warehouse"]}},
            "profiles": {"anonymous": {"touchpoint": "web", "default_country": "GB", "cost_limit": 1_000_000}},
            "server": {"port": port, "response_cache": bool(os.environ.get("CACHED")), "drain_accept_seconds": 0.0},
        },
        {},
    )


class Holding(Application):
    async def start(self) -> Gateway:
        gateway = await super().start()
        held = HeldStock(gateway.database, lambda _: None)
        kept = {sku(product, variant): KeptBack(1, (), 9) for product in range(PRODUCTS) for variant in range(VARIANTS)}
        held.spots = {(owner, place): kept for owner in ("pos", "erp") for place in ("warehouse", *STORES)}
        services = gateway.services
        services.availability = AvailabilityService(services.systems, services.stores, held)
        return gateway


def factory(configured: Settings) -> Application:
    kind = Holding if os.environ.get("HELD") else Application
    return kind(configured, manifests={"canned": MANIFEST})


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    chosen = settings(os.environ["UPSTREAM"], int(os.environ["PORT"]))
    work(factory, chosen, listen("127.0.0.1", chosen.server.port))
