"""`gateway check` at an Odoo, one thing wrong at a time: each is named, with what to do, and all at once."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import pytest

from adapters.odoo.errors import ForeignCompany, UnknownDatabase, UnknownLanguage
from adapters.odoo.sandbox.rights import ALL_DOCUMENTS, INTERNAL, INVENTORY, OWN_DOCUMENTS, TILL
from gateway.errors import AdapterError, CredentialsRefused, Mistake
from gateway.model.context import CallContext
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import Running, run


@pytest.fixture
async def odoo(stack: AsyncExitStack, version: int) -> Running:
    return await run(stack, Seed(currency="EUR", country="DE"), version)


def soon() -> CallContext:
    return CallContext.within(10)


async def problems(odoo: Running, **keys: Any) -> list[tuple[str, str]]:
    """Of keys, by place, and of rights, by data domain."""
    probe = await odoo.adapter(**keys).probe(soon())
    told: list[tuple[str, str]] = []
    for problem in probe.problems:
        assert isinstance(problem, Mistake)
        told.append((problem.place or "", problem.text))
    return [*told, *((domain, text) for domain, texts in probe.lacking.items() for text in texts)]


async def test_the_rights_of_the_page_and_a_right_configuration_leave_nothing_to_say(odoo: Running) -> None:
    odoo.sandbox.grant(INTERNAL, ALL_DOCUMENTS, INVENTORY, TILL)
    assert await problems(odoo, default_pricelist=odoo.pricelist("EUR"), origin_field="x_web_order") == []
    odoo.sandbox.grant(INTERNAL, ALL_DOCUMENTS, INVENTORY)
    assert await problems(odoo, orders="sale") == []
    odoo.sandbox.grant(INTERNAL, ALL_DOCUMENTS)
    assert await problems(odoo, orders="sale", kits=False) == []


@pytest.mark.parametrize(
    ("keys", "place", "named"),
    [
        ({"default_pricelist": 9999}, "default_pricelist", "no price list 9999"),
        ({"pricelists": [{"country": "DE", "pricelist": 77}]}, "pricelists[0].pricelist", "no price list 77"),
        ({"fiscal_positions": [{"country": "FR", "position": 99}]}, "fiscal_positions[0].position", "position 99"),
        ({"units": {"crate": 88}}, "units.crate", "no unit of measure 88"),
        ({"quotation_partner": 66}, "quotation_partner", "no contact 66"),
        ({"line_discounts": True}, "line_discounts", "is off in Odoo; did you mean `false`?"),
        ({"origin_field": "x_gone"}, "origin_field", "a sales order has no such field"),
        ({"unassigned_locations": {"Moon/Base": "MOON"}}, "unassigned_locations.Moon/Base", "no internal location"),
        ({"language": "xx_XX"}, "language", "`xx_XX` is not installed (allowed: en_US)"),
        ({"languages": {"fr": "fr_XX"}}, "languages.fr", "`fr_XX` is not installed"),
        ({"company": 42}, "company", "may not work for it"),
    ],
)
async def test_what_odoo_does_not_have_is_named(odoo: Running, keys: dict[str, Any], place: str, named: str) -> None:
    found = await problems(odoo, **keys)
    assert [where for where, _ in found] == [place]
    assert named in found[0][1]


async def test_lists_that_are_there_are_offered_and_people_are_not(odoo: Running) -> None:
    listed = odoo.pricelist("EUR", name="Retail")
    odoo.store.add("res.partner", {"name": "Ada Example"})
    found = dict(await problems(odoo, default_pricelist=9999, quotation_partner=66))
    assert f"{listed} (Retail)" in found["default_pricelist"]
    assert "Ada" not in " ".join(found.values())


async def test_a_website_that_is_not_installed_is_named(odoo: Running) -> None:
    odoo.sandbox.store.without_website = True
    assert await problems(odoo) == [("website", "website: the website shop is not installed here")]
    assert await problems(odoo, website=False) == []


async def test_a_module_that_is_not_installed_says_which_key_leaves_it_out(odoo: Running) -> None:
    for name in ("pos.order", "pos.order.line", "pos.config"):
        del odoo.store.models[name]
    found = await problems(odoo)
    assert {domain for domain, _ in found} == {"order"}
    assert all('orders = "sale"' in text for _, text in found)
    assert await problems(odoo, orders="sale") == []


@pytest.mark.parametrize(
    ("groups", "refused"),
    [
        ((INTERNAL,), {"mrp.bom", "mrp.bom.line", "sale.order", "sale.order.line", "loyalty.card", "pos.order.line"}),
        ((INTERNAL, ALL_DOCUMENTS, INVENTORY), {"pos.order.line", "pos.config"}),
        ((INTERNAL, INVENTORY, TILL), set[str]()),
    ],
)
async def test_each_right_that_is_missing_names_the_model_and_where_to_grant_it(
    odoo: Running, groups: tuple[str, ...], refused: set[str]
) -> None:
    odoo.sandbox.grant(*groups)
    found = {text for _, text in await problems(odoo)}
    assert all("(Settings / Users)" in text for text in found)
    for model in refused:
        assert any(f"to read `{model}`" in text for text in found), model
    if not refused:
        assert found == set()


async def test_own_documents_are_a_problem_of_orders(odoo: Running) -> None:
    odoo.sandbox.grant(INTERNAL, OWN_DOCUMENTS, INVENTORY, TILL)
    ((domain, text),) = await problems(odoo)
    assert domain == "order"
    assert "own documents only" in text
    assert "Sales / User: All Documents" in text


async def test_another_version_than_configured_is_named_before_anything_fails(stack: AsyncExitStack) -> None:
    odoo = await run(stack, Seed(currency="EUR", country="DE"), 18)
    for redirecting in (False, True):
        odoo.sandbox.redirecting = redirecting
        probe = await odoo.adapter(version="19").probe(soon())
        assert [problem.text for problem in probe.problems if isinstance(problem, Mistake)] == [
            "version: this server is an Odoo 18; did you mean `18`?"
        ]


async def test_everything_that_is_wrong_is_said_at_once(odoo: Running) -> None:
    odoo.sandbox.grant(INTERNAL)
    found = await problems(odoo, default_pricelist=9999, language="xx_XX", origin_field="x_gone")
    said = " ".join(text for _, text in found)
    for word in ("9999", "xx_XX", "origin_field", "sale.order", "loyalty.card"):
        assert word in said


async def test_a_wrong_company_hides_nothing_and_what_it_hinders_is_not_tried(odoo: Running) -> None:
    wrong: dict[str, Any] = {
        "default_pricelist": 9999,
        "language": "xx_XX",
        "origin_field": "x_gone",
        "units": {"a": 8},
    }
    probe = await odoo.adapter(company=42, **wrong).probe(soon())
    places = [problem.place for problem in probe.problems if isinstance(problem, Mistake)]
    assert places == ["company", "language", "origin_field", "default_pricelist", "units.a"]
    assert probe.hinders[0] == "*"
    company = probe.problems[0]
    assert isinstance(company, Mistake)
    assert company.nearest == "1"


@pytest.mark.parametrize(
    ("keys", "hindered"),
    [
        ({"default_pricelist": 9999}, ("price",)),
        ({"fiscal_positions": [{"country": "FR", "position": 99}]}, ("price",)),
        ({"languages": {"fr": "fr_XX"}}, ()),
        ({"units": {"crate": 88}}, ()),
        ({"language": "xx_XX"}, ("*",)),
    ],
)
async def test_what_a_wrong_key_hinders_is_told(odoo: Running, keys: dict[str, Any], hindered: tuple[str, ...]) -> None:
    assert (await odoo.adapter(**keys).probe(soon())).hinders == hindered


@pytest.mark.parametrize(
    ("keys", "error", "named"),
    [
        ({"database": "elsewhere"}, UnknownDatabase, "`database`"),
        ({"login": "nobody"}, CredentialsRefused, ""),
        ({"company": 42}, ForeignCompany, "`company`"),
        ({"language": "xx_XX"}, UnknownLanguage, "xx_XX"),
    ],
)
async def test_a_refusal_names_the_key_that_is_wrong(
    odoo: Running, keys: dict[str, Any], error: type[AdapterError], named: str
) -> None:
    if "login" in keys and odoo.sandbox.version >= 19:
        await odoo.adapter(**keys).audit(soon())  # 19 knows a user by the key alone
        return
    with pytest.raises(error) as refused:
        await odoo.adapter(**keys).audit(soon())
    assert named in str(refused.value.detail)
    assert not refused.value.retryable


async def test_a_user_that_was_deleted_is_a_refused_credential(stack: AsyncExitStack) -> None:
    odoo = await run(stack, Seed(currency="EUR", country="DE"), 18)
    adapter = odoo.adapter()
    await adapter.audit(soon())
    odoo.sandbox.user.id = 9
    with pytest.raises(CredentialsRefused):
        await adapter.audit(soon())
    assert (await adapter.audit(soon())).records == 0
