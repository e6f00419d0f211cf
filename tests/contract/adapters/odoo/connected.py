"""A running sandbox Odoo, and adapters in front of it over the real wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

import pytest

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.manifest import MANIFEST
from adapters.odoo.sandbox import OdooSandbox
from adapters.odoo.sandbox.seeding.prices import RULE
from gateway.errors import AdapterError
from gateway.model.context import CallContext, CommerceContext
from gateway.model.identity import KeyRule
from gateway.model.pricing import Price, PriceKey
from gateway.ports.backend import Probed
from gateway.ports.customer import CustomerPort
from gateway.ports.identity import IdentityPort
from gateway.ports.loyalty import LoyaltyEntryPort, LoyaltyPort, LoyaltyProgramPort
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.order import OrderOriginPort, OrdersPort
from gateway.ports.price import PriceAuditPort, PriceContextPort, PricePort
from gateway.ports.product import CatalogPort, CategoryPort
from gateway.ports.stock import StockPort
from gateway.ports.store import StorePort
from gateway.ports.webhooks import ForgetsChanges, WebhookPort
from gateway.settings import PolicyNumbers
from gateway.testing import attached, running
from gateway.testing.sandbox import Seed

ONE_ATTEMPT = PolicyNumbers(retry_budget=0.0)


class OdooAdapter(
    CatalogPort,
    CategoryPort,
    PricePort,
    PriceContextPort,
    PriceAuditPort,
    StockPort,
    StorePort,
    CustomerPort,
    LoyaltyPort,
    LoyaltyEntryPort,
    LoyaltyProgramPort,
    OrdersPort,
    OrderOriginPort,
    IdentityPort,
    WebhookPort,
    ForgetsChanges,
    Probed,
    Protocol,
):
    """All that the manifest makes, as one object; and what tests look into besides, of their own."""

    client: OdooClient
    config: OdooConfig
    made_of: AdapterEnvironment[Any]

    async def close(self) -> None: ...


class Running:
    """A started sandbox and what it takes to put adapters in front of it."""

    def __init__(self, sandbox: OdooSandbox, url: str, stack: AsyncExitStack) -> None:
        self.sandbox = sandbox
        self.store = sandbox.store
        self.url = url
        self.now = datetime(2026, 7, 1, 10, tzinfo=UTC)
        self._stack = stack

    def adapter(self, key_rule: KeyRule | None = None, **keys: Any) -> OdooAdapter:
        """As the configuration reader would make it from the sandbox's settings."""
        target = running(self.sandbox, self.url)
        connected = attached(
            MANIFEST, target, keys, name="erp", key_rule=key_rule, clock=lambda: self.now, policies=ONE_ATTEMPT
        )
        self._stack.push_async_callback(connected.close)
        adapter, made_of = connected.adapter, connected.environment
        config: Any = made_of.config
        adapter.made_of = made_of
        adapter.config, adapter.client = config, OdooClient(config, made_of.transport, made_of.clock)
        self._stack.push_async_callback(adapter.client.close)
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
    return (await adapter.get_prices([key], context, CallContext.within(10, fresh=fresh))).get(key)


def stated(answer: object) -> str:
    """The amount of a price, written out."""
    assert isinstance(answer, Price), answer
    return f"{answer.current.stated.amount:f}"


async def run(stack: AsyncExitStack, seed: Seed, version: int) -> Running:
    sandbox = OdooSandbox(seed, version)
    url = await sandbox.start()
    stack.push_async_callback(sandbox.stop)
    return Running(sandbox, url, stack)
