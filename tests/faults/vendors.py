"""Four real adapters before their vendors' sandboxes, each behind a fault server: the composition a gateway has, but
for the clients."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import msgspec

from gateway.calls.metrics import CallMetrics
from gateway.calls.operation.caller import BackendCaller
from gateway.model.catalog import ProductKey, ProductKeyKind
from gateway.model.context import CallContext, CommerceContext
from gateway.model.customers import CustomerKey, CustomerKeyKind
from gateway.model.pricing import PriceKey
from gateway.model.stock import StockKey
from gateway.ports.customer import FIND_CUSTOMERS
from gateway.ports.domain import KeyedOperation
from gateway.ports.manifest import Manifest, Secret
from gateway.ports.price import GET_PRICES
from gateway.ports.product import GET_PRODUCTS
from gateway.ports.stock import GET_STOCK
from gateway.registry import Registry, manifest_of
from gateway.settings import decode
from gateway.state.database import Database
from gateway.testing.conformance.example import example_seed
from gateway.testing.faults import Fault, FaultProxy

GB = CommerceContext(country="GB", currency="GBP", language="en")
SEED = example_seed()
_SKU = next(variant.sku for product in SEED.products for variant in product.variants if variant.sku)
_EMAIL = next(email for customer in SEED.customers for email in customer.emails)
_PLACE = SEED.stock[0].location

ROLES: Mapping[str, tuple[str, KeyedOperation[Any, Any], Any]] = {
    "erp": ("odoo", GET_PRICES, PriceKey(_SKU)),
    "shop": ("shopify", GET_PRODUCTS, ProductKey(ProductKeyKind.SKU, _SKU)),
    "till": ("square", GET_STOCK, StockKey(_SKU, (_PLACE,))),
    "crm": ("hubspot", FIND_CUSTOMERS, CustomerKey(CustomerKeyKind.EMAIL, _EMAIL)),
}


class Stack:
    """`open`, `compose`, read, `close`."""

    def __init__(self) -> None:
        self.proxies: dict[str, FaultProxy] = {}
        self._sandboxes: dict[str, Any] = {}
        self._database: Database | None = None
        self._registry: Registry | None = None
        self.caller: BackendCaller | None = None

    async def open(self, folder: Path) -> None:
        """Start the sandboxes and the fault servers."""
        self._database = await Database.open(f"sqlite+aiosqlite:///{folder}/state.sqlite")
        factories = {entry.name: entry for entry in entry_points(group="commerce_gateway.sandboxes")}
        for role, (adapter, _, _) in ROLES.items():
            sandbox: Any = factories[adapter].load()(SEED)
            self.proxies[role] = FaultProxy(await sandbox.start())
            self._sandboxes[role] = sandbox
            await self.proxies[role].start()

    async def compose(self, **policies: Mapping[str, Any]) -> None:
        """A gateway without a past before the servers as they are now."""
        await self._part()
        raw: dict[str, Any] = {"backends": {}, "secrets": {}}
        environment: dict[str, str] = {}
        for role, (adapter, _, _) in ROLES.items():
            sandbox = self._sandboxes[role]
            raw["backends"][role] = {
                "adapter": adapter,
                "url": self.proxies[role].url,
                "allow_private_network": True,
                "policy": {"cache": False, "breaker_open_for": 60.0, **policies.get(role, {})},
                **_options(role, manifest_of(adapter, place=role), sandbox.settings, raw["secrets"], environment),
            }
        settings = decode(raw, environment)
        metrics = CallMetrics()
        assert self._database is not None
        self._registry = Registry.open(settings, self._database, metrics)
        self.caller = BackendCaller(self._registry.backends, metrics=metrics)

    async def read(self, role: str, *, seconds: float = 20.0) -> Any:
        """The answer for the role's key; None when it is absent."""
        _, operation, key = ROLES[role]
        assert self.caller is not None
        call = CallContext.within(seconds, person="ann", fresh=True)
        return (await self.caller.keyed(role, operation, [key], GB, call)).get(key)

    async def fault(self, role: str, fault: Fault) -> None:
        await self.proxies[role].set(fault)
        for proxy in self.proxies.values():
            proxy.requests = proxy.forwarded = 0

    def is_up(self, role: str) -> bool:
        assert self.caller is not None
        transport = self.caller.backend(role).transport
        return transport is not None and transport.health.is_up

    async def _part(self) -> None:
        if self.caller is not None:
            await self.caller.close()
        if self._registry is not None:
            await self._registry.close()

    async def close(self) -> None:
        await self._part()
        if self._database is not None:
            await self._database.close()
        for proxy in self.proxies.values():
            await proxy.stop()
        for sandbox in self._sandboxes.values():
            await sandbox.stop()


def _options(
    role: str,
    manifest: Manifest,
    settings: Mapping[str, str],
    secrets: dict[str, Any],
    environment: dict[str, str],
) -> dict[str, Any]:
    """A sandbox's settings as they stand in the configuration file: credentials by the name of a secret."""
    kinds = {field.name: field.type for field in msgspec.structs.fields(manifest.config)}
    options: dict[str, Any] = {}
    for name, value in settings.items():
        if Secret in (kinds.get(name), *getattr(kinds.get(name), "__args__", ())):
            variable = f"{role}_{name}".upper()
            environment[variable] = value
            secrets[f"{role}_{name}"] = {"env": [variable]}
            options[name] = f"{role}_{name}"
        else:
            options[name] = msgspec.convert(value, kinds.get(name, str), strict=False)
    return options
