"""Sandbox Odoos of several versions on real sockets."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import date

import pytest

from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import Running, run


@pytest.fixture
async def stack() -> AsyncGenerator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture(params=[18, 19])
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
async def vector_odoo(stack: AsyncExitStack, version: int) -> Running:
    """The company of the price vectors: USD, four categories, a shirt in three sizes, a mug and a pen."""
    odoo = await run(stack, Seed(currency="USD", country="US", currencies=("EUR", "JPY", "KWD")), version)
    currencies = {row["name"]: row["id"] for row in odoo.store.all("res.currency")}
    rates = [("EUR", (2026, 1, 1), 0.9), ("EUR", (2026, 6, 1), 0.8), ("JPY", (2026, 1, 1), 150.0)]
    for name, day, rate in [*rates, ("KWD", (2026, 1, 1), 0.3075)]:
        odoo.store.add("res.currency.rate", {"name": date(*day), "rate": rate, "currency_id": currencies[name]})
    parent: int | None = None
    categories: dict[str, int] = {}
    for name in ("A", "B", "C"):
        parent = categories[name] = odoo.store.add("product.category", {"name": name, "parent_id": parent})
    categories["Z"] = odoo.store.add("product.category", {"name": "Z", "parent_id": None})
    small = odoo.product("S", price=100.0, cost=40.0, categ_id=categories["C"])
    shirt = odoo.store.browse("product.product", small)["product_tmpl_id"]
    odoo.product("M", price=105.0, cost=41.0, template=shirt)
    odoo.product("L", price=110.5, cost=0.0, template=shirt)
    odoo.product("MUG", price=19.99, cost=7.77, categ_id=categories["B"])
    odoo.product("PEN", price=0.35, cost=0.1, categ_id=categories["Z"])
    return odoo
