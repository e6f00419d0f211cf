"""The schema's authorisation table again, through the door: eight principals with real tokens ask the whole gateway for
whole objects, their own and somebody else's, and what belongs to another appears nowhere in the answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio
from authorisation import everything, fields_of, is_non_null, reached, refused, table
from graphql import GraphQLField
from msgspec import Struct

from gateway.demo.answers import ask
from gateway.demo.retailer import disagreements as planted
from gateway.demo.run import RunningDemo, running_demo
from gateway.execution import GatewayField
from gateway.execution.declare.checks import declared, graphql_schema
from gateway.security.issuer import LocalIssuer
from schema import build_schema

in_module = pytest.mark.asyncio(loop_scope="module")
SCHEMA = graphql_schema(build_schema())
TABLE = table()
PRINCIPALS = ("anonymous", "owner", "other", "stranger", "kiosk", "voice", "staff", "trainee")


class House(Struct, frozen=True):
    """The whole demo, a token for each principal, and the ids of what belongs to the owner."""

    demo: RunningDemo
    tokens: dict[str, str | None]
    customer: str
    order: str
    secrets: tuple[str, ...]

    async def ask(self, principal: str, text: str) -> dict[str, Any]:
        answer = await ask(self.demo.url, text, {}, self.tokens[principal])
        return answer.body


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncGenerator[House]:
    async with running_demo(sells=False) as demo:
        issuers = {
            name: LocalIssuer.load(demo.folder / name, section.issuer, section.audience)
            for name, section in demo.settings.issuers.items()
        }
        tokens = {
            "anonymous": None,
            "owner": demo.tokens.shopper,
            "other": demo.tokens.vip,
            "stranger": issuers["customers"].token("nobody", client_profile="web", roles=["staff"]),
            "kiosk": demo.tokens.kiosks["GB"],
            "voice": demo.tokens.voice,
            "staff": demo.tokens.staff,
            "trainee": issuers["staff"].token("new", client_profile="staff", roles=["trainee"]),
        }
        query = "{ me { id givenName familyName emails phones orders(first: 1) { nodes { id number } } } }"
        me = (await ask(demo.url, query, {}, tokens["owner"])).body["data"]["me"]
        order = me["orders"]["nodes"][0]
        secrets = (*me["emails"], *me["phones"], me["familyName"], order["number"])
        yield House(demo, tokens, me["id"], order["id"], tuple(secret for secret in secrets if secret))


def is_guarded(field: GraphQLField) -> bool:
    source = declared(field)
    return isinstance(source, GatewayField) and bool(source.guard.requires)


def test_a_guarded_field_may_be_null() -> None:
    """Refusing a field that may not be null would take the whole object away."""
    guarded = {name: field for name, field in fields_of(SCHEMA).items() if is_guarded(field)}
    assert {name for name in guarded if TABLE[name] == "staff"}
    assert [name for name, field in guarded.items() if is_non_null(field)] == []


def of_type(name: str) -> str:
    return everything(SCHEMA, SCHEMA.type_map[name])


PUBLIC = {
    "product": ('product(by: {slug: "harbour-stoneware-mug"})', "Product"),
    "products": ("products(first: 1)", "ProductConnection"),
    "search": ('search(query: "mug", first: 1)', "SearchConnection"),
    "stores": ("stores(first: 2)", "StoreConnection"),
    "store": ('store(id: "covent_garden")', "Store"),
    "categories": ("categories", "Category"),
    "collections": ("collections", "Collection"),
    "context": ("context", "CommerceContext"),
}


@pytest.mark.parametrize("root", PUBLIC)
@in_module
async def test_public_facts_are_for_everyone_but_what_is_for_staff(house: House, root: str) -> None:
    field, kind = PUBLIC[root]
    query = f"{{ {field} {{ {of_type(kind)} }} }}"
    for principal in PRINCIPALS:
        answer = await house.ask(principal, query)
        shown = reached(answer["data"])
        wanted: set[str] = set() if principal == "staff" else {name for name in shown if TABLE[name] == "staff"}
        assert refused(answer) == wanted, principal
        assert not any(TABLE[name] == "owner" for name in shown), principal
        assert not any(secret in str(answer) for secret in house.secrets), principal


@in_module
async def test_everybody_sees_their_own_and_nobody_elses(house: House) -> None:
    query = f"{{ me {{ {of_type('Customer')} }} }}"
    for principal in PRINCIPALS:
        answer = await house.ask(principal, query)
        if principal == "kiosk":
            assert refused(answer) == {"Query.me"}
            assert answer["data"] == {"me": None}
        else:
            assert refused(answer) <= {name for name in TABLE if TABLE[name] == "staff"}, principal
        seen = [secret for secret in house.secrets if secret in str(answer)]
        assert bool(seen) == (principal == "owner"), principal
        if principal == "owner":
            assert "Customer.orders" in reached(answer["data"])


@in_module
async def test_only_staff_look_up_customers(house: House) -> None:
    query = f'{{ customer(by: {{email: "{planted.ADA_EMAIL}"}}) {{ {of_type("Customer")} }} }}'
    for principal in PRINCIPALS:
        answer = await house.ask(principal, query)
        if principal == "staff":
            assert "Customer.orders" in reached(answer["data"])
            assert refused(answer) == set()
        else:
            assert refused(answer) == {"Query.customer"}, principal
            assert answer["data"] == {"customer": None}


@pytest.mark.parametrize("kind", ["Customer", "Order"])
@in_module
async def test_an_id_of_somebody_else_reads_like_one_that_is_not_there(house: House, kind: str) -> None:
    def query(identity: str) -> str:
        return f'{{ node(id: "{identity}") {{ __typename ... on {kind} {{ {of_type(kind)} }} }} }}'

    identity = house.customer if kind == "Customer" else house.order
    missing = identity[:-4] + ("AAAA" if identity[-4:] != "AAAA" else "BBBB")
    for principal in PRINCIPALS:
        answer = await house.ask(principal, query(identity))
        node = answer["data"]["node"]
        if principal == "owner":
            assert node["__typename"] == kind
        elif principal != "staff":
            assert node is None, principal
            absent = await house.ask(principal, query(missing))
            assert absent["data"] == answer["data"], principal
            assert not any(secret in str(answer) for secret in house.secrets), principal


@in_module
async def test_what_is_refused_is_refused_under_any_other_name(house: House) -> None:
    asked = (
        '{ x: product(by: {slug: "harbour-stoneware-mug"}) { y: status } }',
        '{ product(by: {slug: "harbour-stoneware-mug"}) { ...F } } fragment F on Product { status }',
        'query ($yes: Boolean = true) { product(by: {slug: "harbour-stoneware-mug"}) '
        "{ ... @include(if: $yes) { status } } }",
        '{ product(by: {slug: "harbour-stoneware-mug"}) { ... on Node { ... on Product { status } } } }',
    )
    for query in asked:
        codes = [error["extensions"]["code"] for error in (await house.ask("other", query))["errors"]]
        assert codes == ["FORBIDDEN"], query
        assert "errors" not in await house.ask("staff", query), query
