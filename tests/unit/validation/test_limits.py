"""Numbers that leave nothing to serve, and roles that nobody can have."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import parse
from graphql.language import Lexer, OperationDefinitionNode, Source, TokenKind
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.security.cost import CHEAPEST, PLAIN, compile_cost
from gateway.security.limits import check_document
from gateway.settings import LimitsSection
from gateway.validation.limits import SMALLEST, SMALLEST_DEPTH, SMALLEST_TOKENS
from schema import build_schema
from tests.unit.validation.reference import changed, mistakes, names
from tests.unit.validation.test_every_key import EXCEPTIONS, KEYS, wrong_values

PROFILE = ("profiles", "web")
POLICY = ("backends", "shop", "policy")


def tokens(text: str) -> int:
    lexer = Lexer(Source(text))
    count = 0
    while lexer.advance().kind is not TokenKind.EOF:
        count += 1
    return count


@pytest.mark.parametrize(("text", "points"), [("{__typename}", CHEAPEST), (SMALLEST, PLAIN)])
def test_the_least_that_an_operation_costs_is_what_the_schema_makes_of_it(text: str, points: int) -> None:
    schema: Any = build_schema()
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert compile_cost(schema._schema, operation, {}, tokens(text)).of({}) == points


def test_the_smallest_document_is_as_small_as_it_is_said_to_be() -> None:
    assert check_document(parse(SMALLEST), LimitsSection())[None].depth == SMALLEST_DEPTH
    assert tokens(SMALLEST) == SMALLEST_TOKENS


@pytest.mark.parametrize(
    ("path", "value", "grave", "right"),
    [
        ((*PROFILE, "cost_limit"), CHEAPEST - 1, True, "20000"),
        ((*PROFILE, "cost_limit"), 1, True, "20000"),
        ((*PROFILE, "cost_limit"), PLAIN - 1, False, "20000"),
        ((*PROFILE, "deadline"), 0.05, True, None),
        ((*POLICY, "timeout"), 10.5, False, "10"),
        ((*POLICY, "timeout"), 0.001, True, None),
        ((*POLICY, "retry_budget"), 0.0, False, "0.1"),
        (("limits", "document_bytes"), 131_072, False, "65536"),
        (("limits", "body_bytes"), 16_384, False, None),
        (("limits", "depth"), 5, False, "20"),
        (("limits", "tokens"), 26, False, "1500"),
        (("server", "connections_per_address"), 2_049, False, "256"),
    ],
)
def test_a_number_that_leaves_nothing_is_told_with_one_that_works(
    path: tuple[str, ...], value: float, grave: bool, right: str | None
) -> None:
    (found,) = mistakes(changed(path, value))
    assert (found.grave, found.nearest if path[-1] != "body_bytes" else None) == (grave, right)
    assert found.place == ".".join(path) if path[-1] != "body_bytes" else "limits.document_bytes"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*PROFILE, "cost_limit"), 1_000),
        ((*PROFILE, "deadline"), 40.0),
        ((*PROFILE, "page_limit"), 1),
        ((*POLICY, "timeout"), 10.0),
        ((*POLICY, "retries"), 0),
        (("limits", "depth"), SMALLEST_DEPTH),
        (("limits", "aliases"), 0),
        (("limits", "failures_per_minute"), 0),
        (("server", "connections_per_address"), 2_048),
        (("server", "drain_accept_seconds"), 0.0),
    ],
)
def test_a_number_that_serves_somebody_is_taken(path: tuple[str, ...], value: float) -> None:
    assert mistakes(changed(path, value)) == ()


def test_a_deadline_beyond_what_a_stop_waits_for_is_told_with_the_seconds_that_are_missing() -> None:
    (found,) = mistakes(changed((*PROFILE, "deadline"), 60.0))
    assert (found.place, found.nearest, found.grave) == ("server.drain_seconds", "30", False)


def test_a_page_that_no_client_may_pay_for_is_told() -> None:
    raw = changed((*PROFILE, "cost_limit"), 450)
    raw["profiles"]["web"]["page_limit"] = 1_000
    (found,) = mistakes(raw)
    assert found.place == "profiles.web.page_limit"
    raw["profiles"]["web"]["page_limit"] = int(found.nearest or 0)
    assert mistakes(raw) == ()


def test_a_document_that_fills_the_cache_of_plans_is_told() -> None:
    raw = changed(("limits", "document_bytes"), 8 << 20)
    raw["limits"]["body_bytes"] = 64 << 20
    (found,) = mistakes(raw)
    raw["limits"]["document_cache_bytes"] = int(found.nearest or 0)
    assert (found.place, mistakes(raw)) == ("limits.document_cache_bytes", ())


# --- who owns, stands in, is compared ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "key", "value", "place", "grave"),
    [
        ("price", "compare", ["erp"], "compare[0]", False),
        ("price", "compare", ["shop", "erp"], "compare[1]", False),
        ("stock", "compare", ["shop"], "compare", False),
        ("price", "fallback", False, "order[1]", False),
        ("product", "fallback", True, "fallback", False),
        ("product", "on_missing", "fallback", "on_missing", False),
    ],
)
def test_a_role_that_nobody_can_have_is_told(domain: str, key: str, value: Any, place: str, grave: bool) -> None:
    (found,) = mistakes(changed(("domains", domain, key), value))
    assert (found.place, found.grave) == (f"domains.{domain}.{place}", grave)


def test_an_owner_of_one_market_may_be_compared_in_another() -> None:
    raw = changed(("channels", "retail", "countries"), ["GB", "IE"])
    raw["channels"]["retail"]["currencies"]["IE"] = ["EUR"]
    raw["backends"]["erp"]["countries"] = ["GB"]
    raw["domains"]["price"] = {"order": ["erp", "shop"], "compare": ["shop"]}
    assert mistakes(raw) == ()  # the shop owns Ireland's prices, and is compared in Britain
    raw["domains"]["price"]["compare"] = ["erp"]
    (found,) = mistakes(raw)
    assert found.place == "domains.price.compare[0]"


# --- one cause, one finding ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({("stores", "covent_garden", "country"): "UK"}, ["stores.covent_garden.country"]),
        ({("channels", "retail", "countries"): ["UK"]}, ["channels.retail.countries[0]"]),
        ({("channels", "retail", "countries"): ["XX"]}, ["channels.retail.countries[0]"]),
        (
            {("channels", "retail", "countries"): ["UK"], ("channels", "retail", "currencies"): {"UK": ["GPB"]}},
            ["channels.retail.countries[0]", "channels.retail.currencies.UK", "channels.retail.currencies.UK[0]"],
        ),
        (
            {("stores", "covent_garden", "channel"): "retial", ("stores", "covent_garden", "address", "country"): "FR"},
            ["stores.covent_garden.channel", "stores.covent_garden.address.country"],
        ),
        ({("limits", "depth"): -3}, ["limits.depth"]),
        ({("domains", "price", "order"): ["epr", "shop"]}, ["domains.price.order[0]"]),
        ({("locations", "london", "refs"): {"epr": "WH/LON"}}, ["locations.london.refs.epr"]),
    ],
)
def test_one_cause_is_one_finding_and_hides_no_other(changes: dict[tuple[str, ...], Any], places: list[str]) -> None:
    raw = changed(("limits", "aliases"), 60)
    for path, value in changes.items():
        place = raw
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
    assert [mistake.place for mistake in mistakes(raw)] == places


@pytest.mark.parametrize(
    ("backend", "places"),
    [
        (
            {"adapter": "vendure", "username": "u", "phone_country": "UK", "chanel_token": "x"},
            ["chanel_token", "phone_country", "password"],
        ),
        (
            {"adapter": "vendure", "api_key": "shop_admin", "channels": {"retial": "x"}, "barcode_field": "a b"},
            ["channels.retial", "barcode_field", "channels"],
        ),
        (
            {
                "adapter": "hubspot", "access_token": "shop_admin", "phone_country": "UK", "birth_date_property": "No",
                "phone_search_properties": ["a", "b", "c", "d", "e", "f"],
            },
            ["birth_date_property", "phone_country", "phone_search_properties"],
        ),
        (
            {"adapter": "square", "acces_token": "shop_admin", "country": "UK", "table_seconds": -1.0},
            ["acces_token", "access_token", "country", "table_seconds"],
        ),
        (
            {"adapter": "shopify", "admin_token": "shop_admn", "language": "german", "query_cost_limit": 5},
            ["admin_token", "language", "query_cost_limit"],
        ),
        (
            {"adapter": "odoo", "api_key": "shop_admin", "version": "18", "tables_ttl": 0.0, "origin_field": "a b"},
            ["database", "login", "origin_field", "tables_ttl"],
        ),
        (
            {
                "adapter": "odoo", "api_key": "shop_admin", "company": 0, "default_pricelist": -1,
                "pricelists": [{"pricelist": 1, "country": "UK"}, {"pricelist": 2, "country": "GB"}, {"pricelist": 0}],
                "fiscal_positions": [{"country": "FR", "position": 1}, {"country": "FR", "position": 2}],
            },
            ["company", "pricelists[0].country", "pricelists[2].pricelist", "default_pricelist", "pricelists[1]",
             "fiscal_positions[1]"],
        ),
    ],
)  # fmt: skip
def test_all_mistakes_of_a_backend_are_told_at_once(backend: dict[str, Any], places: list[str]) -> None:
    raw = changed(("backends", "crm"), {"url": "https://crm.example", "alias": "crm", **backend})
    found = [mistake.place for mistake in mistakes(raw)]
    assert sorted(str(place) for place in found) == sorted(f"backends.crm.{place}" for place in places)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_of_two_mistakes_neither_hides_the_other(data: st.DataObject) -> None:
    """Whatever they are: only what a wrong value is compared with follows from it."""
    raw = changed(("limits", "aliases"), 60)
    chosen: list[tuple[str, ...]] = data.draw(
        st.lists(st.sampled_from(list(KEYS)), min_size=2, max_size=3, unique=True)
    )
    told: list[tuple[str, ...]] = []
    for path in chosen:
        kind, wrong = data.draw(st.sampled_from(list(wrong_values(path, KEYS[path]))))
        if (".".join(path), kind) not in EXCEPTIONS:
            told.append(path)
        place = raw
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = wrong
    found = mistakes(raw)
    assert [path for path in told if not names(found, path)] == []
