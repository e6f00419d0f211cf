"""The sandbox as the demo and other tests find it: by entry point, seeded with model records."""

from __future__ import annotations

from contextlib import AsyncExitStack
from decimal import Decimal
from importlib.metadata import entry_points
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.odoo.errors import RightMissing
from adapters.odoo.manifest import MANIFEST
from adapters.odoo.sandbox import OdooSandbox, create
from adapters.odoo.sandbox.rights import INTERNAL
from adapters.odoo.values import CodeRow
from gateway.errors import RequestRefused
from gateway.model.context import CallContext, CommerceContext
from gateway.model.money import Money, TaxTreatment
from gateway.model.pricing import Price, PriceKey
from gateway.testing.conformance.example import example_seed
from gateway.testing.sandbox import Seed, SeedPrice
from tests.contract.adapters.odoo.connected import PRICED, Running, price, run

SEED = replace(
    example_seed(),
    currencies=("JPY", "KWD"),
    prices_include_tax=False,
    tax_rates={"GB": Decimal("0.2"), "JP": Decimal("0.1"), "KW": Decimal(0)},
    prices=(
        SeedPrice("MUG-01-S", Money(Decimal("7.49"), "GBP"), list=Money(Decimal("9.99"), "GBP"), country="GB"),
        SeedPrice("MUG-01-M", Money(Decimal("10.00"), "GBP"), country="GB"),
        SeedPrice("MUG-01-M", Money(Decimal("9.00"), "GBP"), country="GB", minimum_quantity=Decimal(5)),
        SeedPrice("MUG-01-M", Money(Decimal("8.00"), "GBP"), country="GB", minimum_quantity=Decimal(12)),
        SeedPrice("MUG-01-M", Money(Decimal("9.50"), "GBP"), country="GB", price_group="VIP"),
        SeedPrice("MUG-01-M", Money(Decimal(1900), "JPY"), country="JP"),
        SeedPrice("MUG-01-M", Money(Decimal("3.755"), "KWD"), country="KW"),
        SeedPrice("MUG-01-M", Money(Decimal(99), "GBP"), location="1001"),
    ),
)


@pytest.fixture
async def odoo(stack: AsyncExitStack, version: int) -> Running:
    return await run(stack, SEED, version)


@pytest.mark.parametrize("domain", [[["id", "in", ["1"]]], [["id", "=", 2**63]], [["default_code", "in", ["MUG\x00"]]]])
async def test_what_the_database_refuses_fails_the_whole_call(odoo: Running, domain: list[Any]) -> None:
    """So that an id or a key that is none must never be sent."""
    client, within = odoo.adapter().client, CallContext.within(20)
    with pytest.raises(RequestRefused):
        await client.search(CodeRow, "product.product", domain, within)


def test_adapter_and_sandbox_are_found_by_entry_point() -> None:
    (adapter,) = entry_points(group="commerce_gateway.adapters", name="odoo")
    (sandbox,) = entry_points(group="commerce_gateway.sandboxes", name="odoo")
    assert adapter.load() is MANIFEST
    assert isinstance(sandbox.load()(Seed(currency="EUR", country="DE")), OdooSandbox)


def test_lists_and_positions_are_numbered_in_order(version: int) -> None:
    seeded = create(SEED, version).seeded
    assert seeded.pricelists == {
        ("GB", "", "GBP"): 1,
        ("GB", "VIP", "GBP"): 2,
        ("JP", "", "JPY"): 3,
        ("KW", "", "KWD"): 4,
    }
    assert seeded.positions == {"JP": 1, "KW": 2}


@pytest.mark.parametrize("fresh", [False, True], ids=["rules", "dry run"])
async def test_seeded_prices_are_answered_in_every_country(odoo: Running, fresh: bool) -> None:
    adapter = odoo.adapter(
        pricelists=[
            {"country": "GB", "pricelist": 1},
            {"country": "GB", "group": "VIP", "pricelist": 2},
            {"country": "JP", "pricelist": 3},
            {"country": "KW", "pricelist": 4},
        ],
        fiscal_positions=[{"country": "JP", "position": 1}, {"country": "KW", "position": 2}],
    )
    expected = {
        ("GB", "GBP", None): ("10.00", "12.00"),
        ("GB", "GBP", "VIP"): ("9.50", "11.40"),
        ("JP", "JPY", None): ("1900", "2090"),
        # 18 stores unit prices at two digits, whatever the currency
        ("KW", "KWD", None): ("3.755", "3.755") if odoo.sandbox.version >= 19 else ("3.760", "3.760"),
    }
    for (country, currency, group), (net, gross) in expected.items():
        answer = await price(adapter, "MUG-01-M", currency=currency, country=country, group=group, fresh=fresh)
        assert isinstance(answer, Price)
        assert answer.current.treatment is TaxTreatment.EXCLUDED
        assert answer.line is not None
        assert answer.line.net == Money(Decimal(net), currency)
        assert answer.line.gross == Money(Decimal(gross), currency)


async def test_a_reduced_seed_price_has_its_regular_one_beside_it(odoo: Running) -> None:
    answer = await price(odoo.adapter(default_pricelist=1), "MUG-01-S", currency="GBP", country="GB")
    assert isinstance(answer, Price)
    assert answer.list is not None
    assert (answer.current.stated.amount, answer.list.stated.amount) == (Decimal("7.49"), Decimal("9.99"))


async def test_breaks_say_where_more_pieces_cost_less_each(odoo: Running) -> None:
    adapter = odoo.adapter(default_pricelist=1)
    five, twelve = (Decimal(5), Decimal(9)), (Decimal(12), Decimal(8))
    for quantity, breaks in (("1", [five, twelve]), ("5", [twelve]), ("12", [])):
        answer = await price(adapter, "MUG-01-M", quantity, "GBP")
        assert isinstance(answer, Price)
        assert [(step.minimum_quantity, step.price.stated.amount) for step in answer.breaks] == breaks
        for step in answer.breaks:
            there = await price(adapter, "MUG-01-M", str(step.minimum_quantity), "GBP")
            assert isinstance(there, Price)
            assert step.price == there.current


async def test_a_product_that_goes_between_the_two_requests_is_not_sold(odoo: Running) -> None:
    """A dry run fails whole when one product is gone; the call looks again, once."""
    adapter = odoo.adapter(default_pricelist=1)
    gone = odoo.sandbox.variant("MUG-01-M")["id"]
    await price(adapter, "MUG-01-S", currency="GBP")
    read = odoo.sandbox.quotations.onchange

    def vanishing(*args: object, **keys: object) -> object:
        odoo.store.delete("product.product", gone)
        return read(*args, **keys)  # pyright: ignore

    odoo.sandbox.quotations.onchange = vanishing  # pyright: ignore
    keys = [PriceKey("MUG-01-S"), PriceKey("MUG-01-M")]
    odoo.sandbox.requests.clear()
    context = CommerceContext("GB", "GBP", "en").only(PRICED)
    answer = await adapter.get_prices(keys, context, CallContext.within(10, fresh=True))
    assert set(answer) == {keys[0]}
    assert len(odoo.sandbox.requests) == 4


async def test_with_internal_rights_18_lets_dry_runs_happen_and_19_does_not(odoo: Running) -> None:
    odoo.sandbox.grant(INTERNAL)
    adapter = odoo.adapter(default_pricelist=1)
    assert isinstance(await price(adapter, "MUG-01-M", currency="GBP"), Price)
    if odoo.sandbox.version >= 19:
        with pytest.raises(RightMissing):
            await price(adapter, "MUG-01-M", currency="GBP", fresh=True)
    else:
        assert isinstance(await price(adapter, "MUG-01-M", currency="GBP", fresh=True), Price)


@pytest.mark.parametrize("version", [17])
async def test_17_is_asked_only_for_what_it_has(odoo: Running, version: int) -> None:
    """Not verified on a real 17: the sandbox lacks what 17 lacks, and refuses unknown fields as every Odoo does."""
    adapter = odoo.adapter(default_pricelist=1)
    for fresh in (False, True):
        answer = await price(adapter, "MUG-01-M", currency="GBP", fresh=fresh)
        assert isinstance(answer, Price)
        assert answer.current.stated.amount == 10
    assert "no Odoo 17 was tried" in " ".join((await adapter.probe(CallContext.within(5))).notes)
