"""A running sandbox Odoo, and adapters in front of it over the real wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from adapters.odoo.adapter import OdooAdapter
from adapters.odoo.config import OdooConfig
from adapters.odoo.manifest import MANIFEST
from adapters.odoo.sandbox import OdooSandbox
from adapters.odoo.sandbox.seeding.prices import RULE
from gateway.calls.wire.aiohttp_client import AiohttpWire
from gateway.errors import AdapterError
from gateway.model.context import CallContext, CommerceContext
from gateway.model.identity import KeyRule
from gateway.model.pricing import Price, PriceKey
from gateway.ports.manifest import AdapterEnvironment, Secret
from gateway.ports.transport import Request, Response, Transport
from gateway.testing.conformance.control import ControlledTransport
from gateway.testing.sandbox import Seed

PATIENCE = 60.0
"""Seconds, where nothing is slow but the machine."""
SECRETS = ("api_key", "webhook_token")


class OneAttempt:
    """The real wire to a backend, without the policies around it."""

    def __init__(self, url: str) -> None:
        self._wire = AiohttpWire(url, connections=8, allow_private_network=True)

    async def send(self, request: Request, call: CallContext) -> Response:
        return await self._wire.exchange(request, call, request.timeout or PATIENCE, request.max_response_bytes)

    async def close(self) -> None:
        await self._wire.close()


class Remembered:
    """An identifier cache in memory."""

    def __init__(self) -> None:
        self.spaces: dict[str, dict[str, str]] = {}

    async def get_many(self, space: str, keys: Sequence[str]) -> Mapping[str, str]:
        kept = self.spaces.get(space, {})
        return {key: kept[key] for key in keys if key in kept}

    async def set_many(self, space: str, entries: Mapping[str, str], ttl: float) -> None:
        self.spaces.setdefault(space, {}).update(entries)

    async def drop(self, space: str, keys: Sequence[str] | None = None) -> None:
        self.spaces.pop(space, None)


class Running:
    """A started sandbox and what it takes to put adapters in front of it."""

    def __init__(self, sandbox: OdooSandbox, url: str, stack: AsyncExitStack) -> None:
        self.sandbox = sandbox
        self.store = sandbox.store
        self.url = url
        self.now = datetime(2026, 7, 1, 10, tzinfo=UTC)
        self._stack = stack

    def controlled(self) -> ControlledTransport:
        """A transport that counts at the sandbox's socket and can be taken down."""
        wire = OneAttempt(self.url)
        self._stack.push_async_callback(wire.close)
        return ControlledTransport(wire, lambda: len(self.sandbox.requests))

    def adapter(self, key_rule: KeyRule | None = None, transport: Transport | None = None, **keys: Any) -> OdooAdapter:
        """As the configuration reader would make it from the sandbox's settings."""
        read: dict[str, Any] = {**self.sandbox.settings, **keys}
        for name in SECRETS:
            if isinstance(read.get(name), str):
                read[name] = Secret((read[name],))
        wire = OneAttempt(self.url)
        environment = AdapterEnvironment(
            name="erp",
            alias="ERP",
            url=self.url,
            config=msgspec.convert(read, OdooConfig, strict=False),
            transport=transport or wire,
            identifiers=Remembered(),
            key_rule=key_rule or KeyRule(),
            clock=lambda: self.now,
        )
        adapter = OdooAdapter(environment)
        self._stack.push_async_callback(wire.close)
        self._stack.push_async_callback(adapter.close)
        return adapter

    def operations(self) -> list[str]:
        return [request.operation for request in self.sandbox.requests]

    def pricelist(self, currency: str, rules: Sequence[Mapping[str, Any]] = (), **values: Any) -> int:
        row = self.store.find("res.currency", name=currency)
        assert row is not None
        head = {"name": f"list {currency}", "sequence": 16, "currency_id": row["id"], "company_id": None}
        added = self.store.add("product.pricelist", {**head, **values})
        for rule in rules:
            self.store.add("product.pricelist.item", {**RULE, "pricelist_id": added, **rule})
        return added

    def product(self, sku: str | None, *, price: float = 10.0, cost: float = 0.0, **values: Any) -> int:
        """A product with one variant. `template` puts the variant beside others."""
        template = values.pop("template", None)
        if template is None:
            category = values.pop("categ_id", None) or self.store.add(
                "product.category", {"name": f"of {sku}", "parent_id": None}
            )
            template = self.store.add(
                "product.template",
                {
                    "name": sku,
                    "sale_ok": True,
                    "type": "consu" if self.sandbox.version >= 18 else "product",
                    "is_storable": True,
                    "list_price": price,
                    "categ_id": category,
                    "uom_id": 1,
                    "taxes_id": [],
                    **values,
                },
            )
        extra = price - self.store.browse("product.template", template)["list_price"]
        return self.store.add(
            "product.product",
            {
                "product_tmpl_id": template,
                "default_code": sku,
                "price_extra": extra,
                "standard_price": cost,
                "active": True,
            },
        )


BOTH_WAYS = pytest.mark.parametrize("fresh", [False, True], ids=["rules", "dry run"])
PRICED = MANIFEST.operations["price.get_prices"].vary_on


async def price(
    adapter: OdooAdapter,
    sku: str,
    quantity: str = "1",
    currency: str = "USD",
    *,
    country: str = "US",
    unit: str | None = None,
    fresh: bool = False,
    group: str | None = None,
    channel: str | None = None,
) -> Price | AdapterError | None:
    context = CommerceContext(country, currency, "en", channel=channel, price_group=group).only(PRICED)
    key = PriceKey(sku, Decimal(quantity), unit)
    return (await adapter.get_prices([key], context, CallContext.within(PATIENCE, fresh=fresh))).get(key)


def stated(answer: object) -> str:
    """The amount of a price, written out."""
    assert isinstance(answer, Price), answer
    return f"{answer.current.stated.amount:f}"


async def run(stack: AsyncExitStack, seed: Seed, version: int) -> Running:
    sandbox = OdooSandbox(seed, version)
    url = await sandbox.start()
    stack.push_async_callback(sandbox.stop)
    return Running(sandbox, url, stack)
