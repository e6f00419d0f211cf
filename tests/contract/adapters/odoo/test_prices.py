"""Prices: which list answers, taxes and fiscal positions, what is refused, and how many requests it takes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.odoo.manifest import MANIFEST
from gateway.errors import AmbiguousKey, ConfigurationError, CurrencyNotSold, RequestRefused, UnsupportedPriceRule
from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.pricing import Price, PriceKey
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import BOTH_WAYS, PRICED, Running, price, run, stated

EVERYWHERE = {"applied_on": "3_global"}


@pytest.fixture
async def odoo(stack: AsyncExitStack, version: int) -> Running:
    return await run(stack, Seed(currency="EUR", country="DE", currencies=("USD", "JPY", "KWD")), version)


async def test_the_customers_group_decides_before_the_country(odoo: Running) -> None:
    odoo.product("MUG")
    lists = {name: odoo.pricelist("EUR", [{**EVERYWHERE, "fixed_price": float(n)}]) for n, name in enumerate("abcd", 1)}
    adapter = odoo.adapter(
        pricelists=[
            {"pricelist": lists["a"], "country": "DE"},
            {"pricelist": lists["b"], "group": "vip"},
            {"pricelist": lists["c"], "country": "FR", "channel": "outlet"},
        ],
        default_pricelist=lists["d"],
    )
    assert stated(await price(adapter, "MUG", country="DE", currency="EUR")) == "1"
    assert stated(await price(adapter, "MUG", country="DE", currency="EUR", group="vip")) == "2"
    assert stated(await price(adapter, "MUG", country="FR", currency="EUR", channel="outlet")) == "3"
    assert stated(await price(adapter, "MUG", country="FR", currency="EUR")) == "4"
    assert stated(await price(adapter, "MUG", country="FR", currency="EUR", group=f"list:{lists['b']}")) == "2"


async def test_without_a_list_for_the_context_nothing_is_sold(odoo: Running) -> None:
    odoo.product("MUG")
    adapter = odoo.adapter(pricelists=[{"pricelist": odoo.pricelist("EUR"), "country": "DE"}])
    assert await price(adapter, "MUG", country="FR", currency="EUR") is None


async def test_without_any_list_the_sales_price_is_the_price(odoo: Running) -> None:
    odoo.product("MUG", price=12.5)
    adapter = odoo.adapter()
    assert stated(await price(adapter, "MUG", currency="EUR")) == "12.5"
    assert isinstance(await price(adapter, "MUG", currency="USD"), CurrencyNotSold)


async def test_another_currency_is_refused_for_every_key(odoo: Running) -> None:
    odoo.product("MUG")
    adapter = odoo.adapter(default_pricelist=odoo.pricelist("EUR"))
    assert isinstance(await price(adapter, "MUG", currency="USD"), CurrencyNotSold)


@BOTH_WAYS
async def test_archived_and_unsold_products_have_no_price_and_an_archived_list_still_prices(
    odoo: Running, fresh: bool
) -> None:
    odoo.product("MUG", price=9.0)
    odoo.store.write("product.product", odoo.product("OLD"), {"active": False})
    odoo.product("PART", sale_ok=False)
    adapter = odoo.adapter(default_pricelist=odoo.pricelist("EUR", active=False))
    answers = [await price(adapter, sku, currency="EUR", fresh=fresh) for sku in ("MUG", "OLD", "PART", "mug")]
    assert stated(answers[0]) == "9"
    assert answers[1:] == [None, None, None]


@BOTH_WAYS
async def test_a_sku_borne_twice_is_ambiguous_and_disturbs_no_other(odoo: Running, fresh: bool) -> None:
    for sku in ("TWIN", "TWIN", "twin"):
        odoo.product(sku, price=3.0)
    adapter = odoo.adapter(default_pricelist=odoo.pricelist("EUR"))
    assert isinstance(await price(adapter, "TWIN", currency="EUR", fresh=fresh), AmbiguousKey)
    assert stated(await price(adapter, "twin", currency="EUR", fresh=fresh)) == "3"


@BOTH_WAYS
async def test_lists_that_refer_to_each_other_are_unsupported_and_never_the_sales_price(
    odoo: Running, fresh: bool
) -> None:
    odoo.product("MUG")
    first, second = odoo.pricelist("EUR"), odoo.pricelist("EUR")
    for own, other in ((first, second), (second, first)):
        chain = {"compute_price": "percentage", "base": "pricelist", "base_pricelist_id": other}
        odoo.store.add(
            "product.pricelist.item",
            {**dict.fromkeys(("min_quantity", "percent_price"), 0.0), **EVERYWHERE, **chain, "pricelist_id": own},
        )
    adapter = odoo.adapter(default_pricelist=first)
    assert isinstance(await price(adapter, "MUG", currency="EUR", fresh=fresh), UnsupportedPriceRule)


@BOTH_WAYS
async def test_a_combo_is_priced_by_what_is_chosen_in_it(odoo: Running, fresh: bool) -> None:
    odoo.product("MENU", type="combo")
    for adapter in (odoo.adapter(), odoo.adapter(default_pricelist=odoo.pricelist("EUR"))):
        assert isinstance(await price(adapter, "MENU", currency="EUR", fresh=fresh), UnsupportedPriceRule)


@BOTH_WAYS
async def test_a_rule_rounds_halves_up(odoo: Running, fresh: bool) -> None:
    odoo.product("LAMP", price=12.5)
    rule = {**EVERYWHERE, "compute_price": "formula", "price_round": 5.0}
    adapter = odoo.adapter(default_pricelist=odoo.pricelist("EUR", [rule]))
    assert stated(await price(adapter, "LAMP", currency="EUR", fresh=fresh)) == "15"


@BOTH_WAYS
@pytest.mark.parametrize(
    ("markup", "charged"), [(10, "60"), (60, "64"), (100, "70")], ids=["raised", "as it is", "capped"]
)
async def test_margins_are_on_the_cost_and_not_on_the_marked_up_price(
    odoo: Running, markup: float, charged: str, fresh: bool
) -> None:
    odoo.product("LAMP", price=200.0, cost=40.0)
    rule = {"compute_price": "formula", "base": "standard_price", "price_markup": markup, "price_discount": -markup}
    margins = {"price_min_margin": 20.0, "price_max_margin": 30.0}
    adapter = odoo.adapter(default_pricelist=odoo.pricelist("EUR", [{**EVERYWHERE, **rule, **margins}]))
    assert stated(await price(adapter, "LAMP", currency="EUR", fresh=fresh)) == charged


@pytest.mark.parametrize(
    "rule",
    [{"compute_price": "by_moon"}, {"compute_price": "percentage", "base": "weather"}, {"applied_on": "4_mood"}],
    ids=["way", "base", "scope"],
)
async def test_a_rule_that_is_not_known_here_is_unsupported(odoo: Running, rule: dict[str, Any]) -> None:
    odoo.product("MUG")
    adapter = odoo.adapter(default_pricelist=odoo.pricelist("EUR", [{**EVERYWHERE, **rule}]))
    assert isinstance(await price(adapter, "MUG", currency="EUR"), UnsupportedPriceRule)


async def test_a_price_holds_until_any_rule_it_is_made_from_ends(odoo: Running) -> None:
    odoo.product("MUG", price=20.0)
    sooner, later = datetime(2026, 7, 2, 22, tzinfo=UTC), datetime(2026, 7, 31, 22, tzinfo=UTC)
    base = odoo.pricelist("EUR", [{**EVERYWHERE, "fixed_price": 16.0, "date_end": sooner}])
    rule = {**EVERYWHERE, "compute_price": "percentage", "percent_price": 50.0, "date_end": later}
    chained = odoo.pricelist("EUR", [{**rule, "base": "pricelist", "base_pricelist_id": base}])
    adapter = odoo.adapter(default_pricelist=chained)
    answer = await price(adapter, "MUG", currency="EUR")
    assert isinstance(answer, Price)
    assert (stated(answer), answer.valid_until) == ("8", sooner)
    odoo.now = sooner + timedelta(seconds=1)
    answer = await price(adapter, "MUG", currency="EUR")
    assert isinstance(answer, Price)
    assert (stated(answer), answer.valid_until) == ("10", later)


@BOTH_WAYS
async def test_a_price_says_when_it_will_be_another_though_no_rule_of_it_ends(odoo: Running, fresh: bool) -> None:
    odoo.product("MUG", price=20.0)
    starts, ends = odoo.now + timedelta(hours=1), odoo.now + timedelta(hours=3)
    sale = {**EVERYWHERE, "compute_price": "percentage", "percent_price": 25.0, "date_start": starts, "date_end": ends}
    adapter = odoo.adapter(default_pricelist=odoo.pricelist("EUR", [sale]))
    told: list[tuple[str | None, datetime | None, datetime | None]] = []
    for hours in (0, 2, 4):
        odoo.now += timedelta(hours=hours and 2)
        answer = await price(adapter, "MUG", currency="EUR", fresh=fresh)
        assert isinstance(answer, Price)
        told.append((stated(answer), answer.valid_until, answer.horizon))
    assert told == [("20", None, starts), ("15", ends, ends), ("20", None, None)]


async def test_a_price_in_another_currency_changes_with_the_next_rate(odoo: Running) -> None:
    odoo.product("MUG", price=20.0)
    row = odoo.store.find("res.currency", name="USD")
    assert row is not None
    tomorrow = date(2026, 7, 2)
    odoo.store.add("res.currency.rate", {"name": tomorrow, "rate": 2.0, "currency_id": row["id"], "company_id": 1})
    answer = await price(odoo.adapter(default_pricelist=odoo.pricelist("USD")), "MUG", currency="USD")
    assert isinstance(answer, Price)
    assert answer.horizon == datetime(2026, 7, 2, tzinfo=UTC)


async def test_a_rule_that_cannot_be_evaluated_is_refused_no_longer_than_it_lasts(odoo: Running) -> None:
    odoo.product("MUG")
    ends = odoo.now + timedelta(hours=1)
    odd = {**EVERYWHERE, "compute_price": "roulette", "date_end": ends}
    answer = await price(odoo.adapter(default_pricelist=odoo.pricelist("EUR", [odd])), "MUG", currency="EUR")
    assert isinstance(answer, UnsupportedPriceRule)
    assert answer.horizon == ends


async def test_a_break_is_taxed_as_the_price_and_says_how_long_it_holds(odoo: Running) -> None:
    odoo.product("MUG", price=20.0)
    ends = odoo.now + timedelta(days=1)
    rule = {**EVERYWHERE, "fixed_price": 12.0, "min_quantity": 10.0, "date_end": ends}
    answer = await price(odoo.adapter(default_pricelist=odoo.pricelist("EUR", [rule])), "MUG", currency="EUR")
    assert isinstance(answer, Price)
    (step,) = answer.breaks
    assert (step.minimum_quantity, step.valid_until) == (10, ends)
    assert step.price.treatment is answer.current.treatment
    assert step.price.stated.amount == 12
    at_ten = await price(odoo.adapter(default_pricelist=odoo.pricelist("EUR", [rule])), "MUG", "10", currency="EUR")
    assert isinstance(at_ten, Price)
    assert step.price == at_ten.current
    assert answer.horizon == ends


async def test_a_reduced_price_names_what_it_is_reduced_from_and_until_when(odoo: Running) -> None:
    odoo.product("MUG", price=20.0)
    ends = datetime(2026, 7, 31, 22, tzinfo=UTC)
    sale = {**EVERYWHERE, "compute_price": "percentage", "percent_price": 25.0, "date_end": ends}
    answer = await price(odoo.adapter(default_pricelist=odoo.pricelist("EUR", [sale])), "MUG", currency="EUR")
    assert isinstance(answer, Price)
    assert answer.list is not None
    assert (answer.current.stated.amount, answer.list.stated.amount) == (15, 20)
    assert answer.valid_until == ends
    assert answer.rule is not None


async def test_a_unit_that_measures_something_else_is_not_sold(odoo: Running) -> None:
    odoo.product("MUG")
    adapter = odoo.adapter()
    assert await price(adapter, "MUG", currency="EUR", unit="gallon") is None
    assert odoo.sandbox.version == 19 or await price(adapter, "MUG", currency="EUR", unit="kg") is None


async def test_the_configured_unit_is_found_by_its_id(odoo: Running) -> None:
    odoo.product("MUG", price=2.0)
    many = odoo.store.find("uom.uom", name="Pack of 6" if odoo.sandbox.version >= 19 else "Dozens")
    assert many is not None
    answer = await price(odoo.adapter(units={"case": many["id"]}), "MUG", currency="EUR", unit="case")
    assert Decimal(stated(answer)) == pytest.approx(Decimal(12 if odoo.sandbox.version >= 19 else 24))


@BOTH_WAYS
@pytest.mark.parametrize("count", [1, 24, 100])
async def test_warm_prices_cost_one_request_and_fresh_ones_two(odoo: Running, count: int, fresh: bool) -> None:
    for number in range(count):
        odoo.product(f"P{number}")
    adapter = odoo.adapter(default_pricelist=odoo.pricelist("EUR"))
    await price(adapter, "P0", currency="EUR")
    odoo.sandbox.requests.clear()
    keys = [PriceKey(f"P{number}") for number in range(count)]
    context = CommerceContext("DE", "EUR", "en").only(PRICED)
    answers = await adapter.get_prices(keys, context, CallContext.within(10, fresh=fresh))
    assert len(answers) == count
    expected = ["product.product.web_search_read"] + (["sale.order.onchange"] if fresh else [])
    assert odoo.operations() == expected
    spec = MANIFEST.operations["price.get_prices"]
    assert len(odoo.sandbox.requests) == spec.requests(count, {"fresh": int(fresh)})


async def test_static_tables_are_read_once_by_all_who_ask_together(odoo: Running) -> None:
    odoo.product("MUG")
    adapter = odoo.adapter(default_pricelist=odoo.pricelist("EUR"))
    await asyncio.gather(*(price(adapter, "MUG", currency="EUR") for _ in range(8)))
    tables = [name for name in odoo.operations() if not name.startswith("product.product.")]
    expected = {f"{model}.web_search_read" for model in ("product.pricelist", "res.currency.rate", "res.company")}
    if odoo.sandbox.version < 19:
        tables.remove("common.authenticate")
    assert sorted(tables) == sorted({*expected, "sale.order.line.fields_get"})


async def test_a_changed_rule_is_seen_when_the_tables_are_old(odoo: Running) -> None:
    odoo.product("MUG")
    listed = odoo.pricelist("EUR", [{**EVERYWHERE, "fixed_price": 5.0}])
    adapter = odoo.adapter(default_pricelist=listed, tables_ttl=0.05)
    assert stated(await price(adapter, "MUG", currency="EUR")) == "5"
    odoo.sandbox.set_price("MUG", Decimal(4), listed)
    assert stated(await price(adapter, "MUG", currency="EUR", fresh=True)) == "4"
    odoo.now += timedelta(seconds=1)
    assert stated(await price(adapter, "MUG", currency="EUR")) == "4"


@BOTH_WAYS
async def test_the_companys_own_rate_counts_before_a_shared_one_and_no_other_companys(
    odoo: Running, fresh: bool
) -> None:
    odoo.product("MUG", price=10.0)
    dollar = odoo.sandbox.seeded.currencies["USD"]
    for company, day, rate in ((None, 20, 1.5), (1, 10, 1.25), (2, 25, 9.0)):
        row = {"name": date(2026, 6, day), "rate": rate, "currency_id": dollar, "company_id": company}
        odoo.store.add("res.currency.rate", row)
    adapter = odoo.adapter(default_pricelist=odoo.pricelist("USD"))
    assert stated(await price(adapter, "MUG", fresh=fresh)) == "12.5"


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
async def test_a_line_has_the_digits_of_its_currency(odoo: Running, currency: str) -> None:
    odoo.product("MUG")
    listed = odoo.pricelist(currency, [{**EVERYWHERE, "fixed_price": 3.3335}])
    for fresh in (False, True):
        answer = await price(odoo.adapter(default_pricelist=listed), "MUG", "3", currency, fresh=fresh)
        assert isinstance(answer, Price)
        assert answer.line is not None
        exact = {"JPY": "10", "KWD": "10.001" if odoo.sandbox.version >= 19 else "9.990"}[currency]
        assert answer.line.stated == Money(Decimal(exact), currency)


async def test_a_customers_tag_is_his_price_context_and_else_the_list_odoo_chose(odoo: Running) -> None:
    listed = odoo.pricelist("EUR")
    tag = odoo.store.add("res.partner.category", {"name": "vip"})
    vip = odoo.store.add("res.partner", {"name": "Vera", "category_id": [tag], "property_product_pricelist": listed})
    other = odoo.store.add("res.partner", {"name": "Otto", "category_id": [], "property_product_pricelist": listed})
    bare = odoo.store.add("res.partner", {"name": "Bea", "category_id": []})
    adapter = odoo.adapter(pricelists=[{"pricelist": listed, "group": "vip"}], partner_pricelists=True)
    refs = [NativeRef("erp", str(one)) for one in (vip, other, bare)]
    answers = await adapter.price_context(refs, market("DE"), CallContext.within(10))
    assert answers == {refs[0]: "vip", refs[1]: f"list:{listed}"}


def market(country: str) -> ContextView:
    return CommerceContext(country, "EUR", "en").only(MANIFEST.operations["price.price_context"].vary_on)


async def test_of_two_tags_the_one_with_a_list_in_this_market_decides(odoo: Running) -> None:
    tags = [odoo.store.add("res.partner.category", {"name": name}) for name in ("trade", "staff", "gold")]
    ada = odoo.store.add("res.partner", {"name": "Ada", "category_id": tags})
    entries = [
        {"pricelist": odoo.pricelist("EUR"), "group": "trade", "country": "DE"},
        {"pricelist": odoo.pricelist("EUR"), "group": "staff"},
        {"pricelist": odoo.pricelist("EUR"), "group": "gold", "country": "FR"},
    ]
    adapter = odoo.adapter(pricelists=entries)
    ref = NativeRef("erp", str(ada))
    for country, group, entry in (("DE", "trade", 0), ("GB", "staff", 1), ("FR", "gold", 2)):
        assert await adapter.price_context([ref], market(country), CallContext.within(10)) == {ref: group}
        assert adapter.config.pricelist_for(country, "EUR", None, group) == entries[entry]["pricelist"]


@BOTH_WAYS
async def test_a_list_a_position_or_a_unit_that_odoo_lacks_is_an_error_that_names_it(
    odoo: Running, fresh: bool
) -> None:
    odoo.product("MUG", price=10.0)
    listed = odoo.pricelist("EUR")
    nowhere = odoo.adapter(default_pricelist=9999)
    elsewhere = odoo.adapter(default_pricelist=listed, fiscal_positions=[{"country": "FR", "position": 99}])
    crates = odoo.adapter(default_pricelist=listed, units={"crate": 77})
    answers = [
        await price(nowhere, "MUG", currency="EUR", fresh=fresh),
        await price(elsewhere, "MUG", currency="EUR", country="FR", fresh=fresh),
        await price(crates, "MUG", currency="EUR", unit="crate", fresh=fresh),
    ]
    for answer, named in zip(answers, ("9999", "99", "77"), strict=True):
        assert isinstance(answer, RequestRefused)
        assert named in str(answer.detail)
    assert stated(await price(elsewhere, "MUG", currency="EUR", country="DE", fresh=fresh)) == "10"


async def test_a_key_rule_on_another_field_is_refused(odoo: Running) -> None:
    from gateway.model.identity import KeyRule

    with pytest.raises(ConfigurationError):
        odoo.adapter(key_rule=KeyRule(field="x_studio_code"))
    odoo.store.write("product.product", odoo.product(None, price=4.0), {"barcode": "4006381333931"})
    answer = await price(odoo.adapter(key_rule=KeyRule(field="barcode")), "4006381333931", currency="EUR")
    assert stated(answer) == "4"
