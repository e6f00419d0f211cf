"""Whose word it is. An id gets no answer that browsing could not; a stand-in is asked in words it shares, or in its
own; and no internal name of a backend leaves the gateway."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, cast

import pytest
from msgspec.structs import replace

from gateway.errors import Unavailable
from gateway.execution import Result
from gateway.model.catalog import Category, Collection, Product
from gateway.model.identity import NativeRef
from gateway.model.orders import OrderOrigin
from gateway.model.principal import ANONYMOUS, Principal
from gateway.model.text import Text
from gateway.ports.order import GET_ORDERS
from gateway.ports.price import GET_PRICES, PRICE_CONTEXT
from gateway.ports.product import GET_PRODUCTS, LIST_CATEGORIES, LIST_PRODUCTS
from gateway.ports.search import SEARCH
from gateway.services.ids import NodeId, NodeType
from gateway.testing.sandbox import Seed, SeedPrice
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import (
    SEEN,
    STAFF,
    configuration,
    domains,
    erp,
    gbp,
    order,
    person,
    product,
    shop,
    shopper,
)

NODE = "query($id: ID!) { node(id: $id) { id ... on Product { slug freshness { source role reason } } } }"
ALIASES = {"shop": {"alias": "web-shop"}, "erp": {"alias": "books"}, "till": {"alias": "counter", "countries": ["JP"]}}


def forged(kind: NodeType, alias: str, native: str) -> str:
    return NodeId(kind, "native", alias, native).encode()


def codes(result: Result) -> list[str]:
    return [getattr(error.original_error, "code", str(error)) for error in result.errors or []]


def category(key: str, name: str, parent: str | None = None) -> Category:
    return Category(key, Text(name, "en"), SEEN, slug=name.lower(), parent=parent)


def within(one: Product, key: str) -> Product:
    return replace(one, category_keys=(key,), collection_keys=(f"c{key}",))


def assorted(seed: Seed, name: str) -> Seed:
    """Both systems have a category 11, and mean different things by it."""
    return replace(
        seed,
        products=(within(product("1", "MUG", slug="p1"), "11"), within(product("2", "BOWL", slug="p2"), "11")),
        categories=(category("10", "Everything"), category("11", name, parent="10")),
        collections=(Collection("c11", Text(name, "en"), SEEN, slug=name.lower()),),
    )


def owned(**orders: Any) -> dict[str, Any]:
    """Systems of record: all is the shop's unless said otherwise."""
    return {
        **domains(),
        **{name: said if isinstance(said, dict) else {"order": list(said)} for name, said in orders.items()},
    }


CHANNELS = {"web": {"countries": ["GB", "JP"], "currencies": {"GB": ["GBP"], "JP": ["GBP"]}}}


@dataclass
class Systems:
    world: World

    def down(self, name: str) -> None:
        self.world[name].down = True

    def asked(self, name: str, operation: str) -> list[Any]:
        return [key for asked in self.world[name].asked if asked.operation == operation for key in asked.keys]


async def systems(build: Build, **sections: Any) -> Systems:
    base: dict[str, Any] = {"product": {"order": ["shop", "erp"], "fallback": True}}
    base["search"] = base["price"] = base["product"]
    world = await build(
        configuration(domains=owned(**{**base, **sections}), backends=ALIASES, channels=CHANNELS),
        {
            "shop": assorted(shop("MUG", "BOWL"), "Mugs"),
            "erp": assorted(erp("MUG", "BOWL"), "Weapons"),
            "till": assorted(shop("MUG", "BOWL"), "Tills"),
        },
    )
    return Systems(world)


# --- ids that nobody issued here -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in NodeType if kind is not NodeType.VARIANT])
@pytest.mark.parametrize("alias", ["counter", "nowhere", "shop", "erp"])
async def test_a_backend_out_of_the_order_answers_nothing_by_id(build: Build, kind: NodeType, alias: str) -> None:
    """`counter` serves another market, `shop` and `erp` are internal names."""
    world = (await systems(build, product={"order": ["shop", "till"], "fallback": True})).world
    native = kind not in (NodeType.STORE, NodeType.CUSTOMER)
    scheme = {NodeType.STORE: "name", NodeType.CUSTOMER: "gateway"}.get(kind, "native")
    for value in ("1", "11", "c11", "none"):
        asked = NodeId(kind, scheme, alias if native else "", value).encode()
        for principal in (ANONYMOUS, STAFF, shopper("ada@example.com")):
            result = await world.ask("query($id: ID!) { node(id: $id) { id } }", {"id": asked}, principal=principal)
            assert (result.data, codes(result)) == ({"node": None}, [])
    assert world["till"].asked == []


async def test_the_same_backend_answers_in_its_own_market(build: Build) -> None:
    world = (await systems(build, product=("till", "shop"))).world
    mug = forged(NodeType.PRODUCT, "counter", "1")
    assert (await world.data(NODE, {"id": mug}))["node"] is None
    assert (await world.data(NODE, {"id": mug}, country="JP"))["node"]["id"] == mug


async def test_no_stand_in_answers_by_id_where_none_is_allowed(build: Build) -> None:
    world = (await systems(build, product={"order": ["shop", "erp"], "fallback": False}, search=("shop",))).world
    for kind, native in ((NodeType.PRODUCT, "1"), (NodeType.CATEGORY, "11"), (NodeType.COLLECTION, "c11")):
        assert (await world.data(NODE, {"id": forged(kind, "books", native)}))["node"] is None
    assert world["erp"].asked == []


async def test_a_stand_in_named_by_id_answers_as_a_stand_in(build: Build) -> None:
    world = (await systems(build)).world
    node = (await world.data(NODE, {"id": forged(NodeType.PRODUCT, "books", "1")}))["node"]
    assert node["freshness"] == {"source": "books", "role": "FALLBACK", "reason": "NAMED_BY_CLIENT"}
    named = "query($id: ID!) { node(id: $id) { ... on Category { name { value } freshness { role } } } }"
    found = (await world.data(named, {"id": forged(NodeType.CATEGORY, "books", "11")}))["node"]
    assert found == {"name": {"value": "Weapons"}, "freshness": {"role": "FALLBACK"}}


async def test_a_searched_product_is_found_by_its_id_though_another_owns_the_assortment(build: Build) -> None:
    world = (await systems(build, product=("shop",), search=("erp",))).world
    (hit, *_) = (await world.data('{ search(query: "mug") { nodes { id } } }'))["search"]["nodes"]
    assert (await world.data(NODE, {"id": hit["id"]}))["node"]["id"] == hit["id"]


async def test_an_alias_makes_an_id_of_a_system_that_went_work(build: Build) -> None:
    world = (await systems(build, product=("shop",))).world
    old, new = forged(NodeType.CATEGORY, "books", "11"), forged(NodeType.CATEGORY, "web-shop", "11")
    await world.aliases.add(old, new)
    listed = "query($category: String!) { products(category: $category) { nodes { slug } } node(id: $category) { id } }"
    found = await world.data(listed.replace("node(id: $category)", f'node(id: "{old}")'), {"category": old})
    assert [node["slug"] for node in found["products"]["nodes"]] == ["p1", "p2"]
    assert found["node"] == {"id": new}


@pytest.mark.parametrize("kind", [NodeType.PRODUCT, NodeType.VARIANT, NodeType.ORDER, NodeType.CATEGORY])
async def test_a_backend_that_has_no_such_thing_is_not_asked_for_it(build: Build, kind: NodeType) -> None:
    """It is in the order of other domains only."""
    world = (await systems(build, product=("shop",), search=("shop",), order=("shop",), price=("erp",))).world
    native = "1\x1e10" if kind is NodeType.VARIANT else "1"
    for principal in (ANONYMOUS, STAFF):
        result = await world.ask(NODE, {"id": forged(kind, "books", native)}, principal=principal)
        assert (result.data, codes(result)) == ({"node": None}, [])
    assert world["erp"].asked == []


async def test_a_variant_with_a_sku_has_no_second_id(build: Build) -> None:
    world = (await systems(build)).world
    assert (await world.data(NODE, {"id": forged(NodeType.VARIANT, "web-shop", "1\x1e10")}))["node"] is None


async def test_an_order_is_asked_of_no_system_that_does_not_know_the_caller(build: Build) -> None:
    world = await build(
        configuration(domains=owned(customer=["shop", "erp"], order=["shop", "erp"])),
        {
            "shop": shop("MUG", customers=(person("1", "ada@example.com"),), orders=(order("50", "1", 1),)),
            "erp": erp("MUG", orders=(order("60", "9", 1),)),
        },
    )
    ask = "query($id: ID!) { node(id: $id) { id } }"
    own, foreign = forged(NodeType.ORDER, "shop", "50"), forged(NodeType.ORDER, "erp", "60")
    for who in (ANONYMOUS, shopper("bob@example.com", subject="bob")):
        for asked in (own, foreign):
            assert await world.data(ask, {"id": asked}, principal=who) == {"node": None}
    assert world["shop"].requests[GET_ORDERS.name] == world["erp"].requests[GET_ORDERS.name] == 0
    ada: Principal = shopper("ada@example.com")
    assert await world.data(ask, {"id": own}, principal=ada) == {"node": {"id": own}}
    assert await world.data(ask, {"id": foreign}, principal=ada) == {"node": None}
    assert world["erp"].requests[GET_ORDERS.name] == 0
    assert await world.data(ask, {"id": foreign}, principal=STAFF) == {"node": {"id": foreign}}


# --- a stand-in is asked in words it shares --------------------------------------------------------------------------


async def test_a_category_of_the_owner_is_never_looked_for_in_a_stand_in(build: Build) -> None:
    """Its 11 are the Mugs; the stand-in's 11 are the Weapons."""
    found = await systems(build)
    found.down("shop")
    for query in (
        '{ products(category: "11") { nodes { slug } } }',
        '{ products(collection: "c11") { nodes { slug } } }',
        '{ category(key: "11") { name { value } } }',
        '{ category(key: "weapons") { name { value } } }',
        '{ collection(key: "c11") { name { value } } }',
    ):
        result = await found.world.ask(query)
        assert list((result.data or {}).values()) == [None], query
        assert codes(result) == ["BACKEND_UNAVAILABLE"], query
    assert [query for query in found.asked("erp", LIST_PRODUCTS.name) if query.category or query.collection] == []


async def test_the_lists_of_a_stand_in_say_so_and_can_be_gone_on_with(build: Build) -> None:
    found = await systems(build)
    found.down("shop")
    listed = """{ products(first: 1) { freshness { source role reason } pageInfo { endCursor }
        nodes { slug freshness { role } variants { freshness { role } } categories { name { value } } } }
      categories { id key freshness { source role reason } children { id key name { value } parent { key } } }
      collections { key freshness { role } } }"""
    data = await found.world.data(listed)
    stands_in = {"source": "books", "role": "FALLBACK", "reason": "BACKEND_UNAVAILABLE"}
    (shown,) = data["products"]["nodes"]
    assert data["products"]["freshness"] == data["categories"][0]["freshness"] == stands_in
    assert (shown["freshness"]["role"], shown["variants"][0]["freshness"]["role"]) == ("FALLBACK", "FALLBACK")
    assert shown["categories"] == [{"name": {"value": "Weapons"}}]
    (child,) = data["categories"][0]["children"]
    assert child["name"] == {"value": "Weapons"}
    assert child["parent"] == {"key": data["categories"][0]["key"]}
    assert data["collections"][0]["freshness"] == {"role": "FALLBACK"}
    found.world["shop"].down = False  # the owner is back, and has an 11 of its own
    query = "query($key: String!) { products(category: $key) { nodes { id freshness { source } } } }"
    again = await found.world.data(query, {"key": child["key"]})
    assert {node["freshness"]["source"] for node in again["products"]["nodes"]} == {"books"}
    assert child["key"] == child["id"] == forged(NodeType.CATEGORY, "books", "11")
    on = """query($after: String!) {
      products(first: 1, after: $after) { nodes { slug } freshness { source role reason } } }"""
    rest = (await found.world.data(on, {"after": data["products"]["pageInfo"]["endCursor"]}))["products"]
    assert rest["nodes"] == [{"slug": "p2"}]
    assert rest["freshness"] == {"source": "books", "role": "FALLBACK", "reason": "NAMED_BY_CLIENT"}


async def test_an_empty_list_of_a_stand_in_says_so_too(build: Build) -> None:
    world = await build(
        configuration(domains=owned(product={"order": ["shop", "erp"], "fallback": True})),
        {"shop": shop("MUG"), "erp": erp(products=())},
    )
    world["shop"].down = True
    data = await world.data("{ products { nodes { id } freshness { source role } } }")
    assert data["products"] == {"nodes": [], "freshness": {"source": "erp", "role": "FALLBACK"}}


async def test_a_position_of_the_owner_is_never_said_to_a_stand_in(build: Build) -> None:
    found = await systems(build)
    for name, query in (
        (
            "products",
            "query($after: String) { products(first: 1, after: $after) { nodes { slug } pageInfo { endCursor } } }",
        ),
        (
            "search",
            'query($after: String) { search(query: "mug", first: 1, after: $after)'
            " { nodes { slug } pageInfo { endCursor } } }",
        ),
    ):
        found.world["shop"].down = False
        cursor = (await found.world.data(query))[name]["pageInfo"]["endCursor"]
        found.down("shop")
        result = await found.world.ask(query, {"after": cursor})
        assert (result.data, codes(result)) == ({name: None}, ["BACKEND_UNAVAILABLE"])
    for operation in (LIST_PRODUCTS.name, SEARCH.name):
        assert [query for query in found.asked("erp", operation) if query.after] == []


async def test_a_slug_and_a_native_id_are_never_said_to_a_stand_in(build: Build) -> None:
    found = await systems(build)
    found.down("shop")
    mug = forged(NodeType.PRODUCT, "web-shop", "1")
    for query in ('{ product(by: {slug: "p1"}) { id } }', f'{{ product(by: {{id: "{mug}"}}) {{ id }} }}'):
        result = await found.world.ask(query)
        assert (result.data, codes(result)) == ({"product": None}, ["BACKEND_UNAVAILABLE"])
    assert found.asked("erp", GET_PRODUCTS.name) == []
    by_sku = await found.world.data('{ product(by: {sku: "MUG"}) { freshness { source role reason } } }')
    assert by_sku["product"]["freshness"] == {"source": "books", "role": "FALLBACK", "reason": "BACKEND_UNAVAILABLE"}


async def test_filters_and_facets_are_the_words_of_one_index(build: Build) -> None:
    found = await systems(build)
    plain = '{ search(query: "mug") { freshness { source role } facets { name } nodes { slug } } }'
    narrowed = '{ search(query: "mug", filters: [{facet: "category", values: ["11"]}]) { nodes { slug } } }'
    whole = (await found.world.data(plain))["search"]
    assert whole["freshness"] == {"source": "web-shop", "role": "PRIMARY"}
    assert whole["facets"]
    found.down("shop")
    stood_in = (await found.world.data(plain))["search"]
    assert (stood_in["freshness"], stood_in["facets"]) == ({"source": "books", "role": "FALLBACK"}, [])
    assert [node["slug"] for node in stood_in["nodes"]] == ["p1", "p2"]
    result = await found.world.ask(narrowed)
    assert (result.data, codes(result)) == ({"search": None}, ["BACKEND_UNAVAILABLE"])
    assert [query for query in found.asked("erp", SEARCH.name) if query.filters] == []


PRICE = """query($unit: String) { product(by: {sku: "MUG"}) { variants { sku
  price(unit: $unit) { current { net { amount } gross { amount } } freshness { source role reason } } } } }"""


def grouped(seed: Seed, *people: Any, **groups: str) -> Seed:
    rows = tuple(SeedPrice("MUG", gbp(amount), price_group=group) for group, amount in groups.items())
    return replace(seed, prices=(*seed.prices, *rows), customers=people)


async def vip(build: Build, shop_seed: Seed) -> World:
    """The ERP knows Ada as one of its list 5, where a mug is 9.00."""
    ada = person("7", "ada@example.com", groups=("5",))
    return await build(
        configuration(domains=owned(price={"order": ["erp", "shop"], "fallback": True}, customer=["erp", "shop"])),
        {"erp": grouped(erp("MUG"), ada, **{"5": "9.00"}), "shop": shop_seed},
    )


async def test_a_price_group_is_never_said_to_a_stand_in(build: Build) -> None:
    """The shop has a list 5 of its own, for staff, at 2.00; Ada is not on it."""
    world = await vip(build, grouped(shop("MUG", price="20.00"), person("1", "ada@example.com"), **{"5": "2.00"}))
    ada = shopper("ada@example.com")
    own = (await world.data(PRICE, principal=ada))["product"]["variants"][0]["price"]
    assert own["current"]["net"]["amount"] == "9.00"
    world["erp"].failing[GET_PRICES.name] = Unavailable()
    stood_in = (await world.data(PRICE, principal=ada))["product"]["variants"][0]["price"]
    assert stood_in["current"]["gross"]["amount"] == "20.00"
    assert stood_in["freshness"] == {"source": "shop", "role": "FALLBACK", "reason": "BACKEND_UNAVAILABLE"}


async def test_a_stand_in_has_price_groups_of_its_own(build: Build) -> None:
    """At the shop Ada is on the list 7."""
    ada_there = person("1", "ada@example.com", groups=("7",))
    world = await vip(build, grouped(shop("MUG", price="20.00"), ada_there, **{"5": "2.00", "7": "18.00"}))
    ada = shopper("ada@example.com")
    assert await world.data(PRICE, principal=ada)
    assert world["shop"].requests[PRICE_CONTEXT.name] == 0, "nobody stands in yet"
    world["erp"].failing[GET_PRICES.name] = Unavailable()
    stood_in = (await world.data(PRICE, principal=ada))["product"]["variants"][0]["price"]
    assert stood_in["current"]["gross"]["amount"] == "18.00"


async def test_a_sales_unit_is_the_word_of_one_system(build: Build) -> None:
    world = await vip(build, shop("MUG"))
    world["erp"].failing[GET_PRICES.name] = Unavailable()
    result = await world.ask(PRICE, {"unit": "Dozens"})
    assert result.data is not None
    assert result.data["product"]["variants"][0]["price"] is None
    assert codes(result) == ["BACKEND_UNAVAILABLE"]
    assert world["shop"].requests[GET_PRICES.name] == 0
    compared = await build(
        configuration(domains=owned(price={"order": ["erp"], "compare": ["shop"]})),
        {"erp": erp("MUG"), "shop": shop("MUG")},
    )
    asked = """{ product(by: {sku: "MUG"}) { variants { price(unit: "Dozens") {
      explanation { comparisons { comparable reason } } } } } }"""
    (variant,) = (await compared.data(asked))["product"]["variants"]
    assert variant["price"]["explanation"]["comparisons"] == [{"comparable": False, "reason": "NOT_JOINED"}]
    assert compared["shop"].requests[GET_PRICES.name] == 0


async def test_what_a_client_writes_that_is_no_text_is_asked_of_nobody(build: Build) -> None:
    found = await systems(build)
    wanted: tuple[tuple[str, Any], ...] = (
        ('{ product(by: {slug: "p1\\u0000"}) { id } }', None),
        ('{ product(by: {sku: "MUG\\u0007"}) { id } }', None),
        ('{ category(key: "11\\u0000") { id } }', None),
        ('{ products(category: "11\\u0000") { nodes { id } } }', {"nodes": []}),
    )
    for query, answer in wanted:
        data = await found.world.data(query)
        assert list(data.values()) == [answer], query
    assert found.world["shop"].asked == []
    searched = await found.world.ask('{ search(query: "mug\\u0000") { totalCount } }')
    assert codes(searched) == ["BAD_USER_INPUT"]


# --- nothing that leaves names a backend -----------------------------------------------------------------------------


async def test_no_id_and_no_cursor_bears_an_internal_name(build: Build) -> None:
    world = await build(
        configuration(
            domains=domains("intern-7", order=["intern-7", "intern-8"], customer=["intern-7", "intern-8"]),
            backends={"intern-7": {"alias": "web-shop"}, "intern-8": {"alias": "books"}},
        ),
        {
            "intern-7": replace(
                assorted(shop("MUG", "BOWL"), "Mugs"),
                products=(within(product("1", "MUG", None), "11"), within(product("2", "BOWL"), "11")),
                customers=(person("1", "ada@example.com"),),
                orders=(order("50", "1", 1), order("51", "1", 2)),
            ),
            "intern-8": erp(
                "MUG",
                customers=(person("1", "ada@example.com"),),
                orders=(order("90", "1", 3, origin=OrderOrigin("x", "elsewhere")), order("91", "1", 4)),
            ),
        },
    )
    everything = """{ products(first: 1) {
        edges { cursor node { id variants { id product { id } } } } pageInfo { endCursor } }
      search(query: "mug", first: 1) { edges { cursor } pageInfo { endCursor } }
      categories { id key children { id key } } collections { id key }
      me { id orders(first: 2) { edges { cursor node { id } } pageInfo { endCursor } } } }"""
    data = await world.data(everything, principal=shopper("ada@example.com"))
    texts = [text for text in _texts(data) if len(text) > 8]
    assert len(texts) > 15
    for text in texts:
        inside = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        assert b"intern" not in inside, inside
        assert "intern" not in text
    cursor = data["me"]["orders"]["edges"][0]["cursor"]
    rest = "query($after: String) { me { orders(after: $after) { nodes { number } } } }"
    again = await world.data(rest, {"after": cursor}, principal=shopper("ada@example.com"))
    assert [node["number"] for node in again["me"]["orders"]["nodes"]] == ["N51", "N91"]
    assert LIST_CATEGORIES.name in world["intern-7"].requests


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in cast("dict[str, object]", value).values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in cast("list[object]", value) for text in _texts(each)]
    return [value] if isinstance(value, str) else []


def test_a_reference_names_its_backend() -> None:
    mugs = category("11", "Mugs", parent="10")
    assert (mugs.ref, mugs.above) == (NativeRef("seed", "11"), NativeRef("seed", "10"))
