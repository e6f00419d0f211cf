"""SKUs as real catalogues have them: missing, twice, and different only by case."""

from __future__ import annotations

from tests.unit.services.conftest import Build
from tests.unit.services.retailer import configuration, domains, erp, product, shop, stock

BY_SLUG = """{ product(by: {slug: "p1"}) { variants {
  id sku price { current { net { amount } } } availability { quantity status } } } }"""


async def test_a_variant_without_a_sku_is_shown_and_not_joined(build: Build) -> None:
    world = await build(
        configuration(domains=domains(price=["erp"])),
        {"shop": shop(products=(product("1", None, "MUG"),), prices=()), "erp": erp("MUG")},
    )
    data = await world.data(BY_SLUG)
    nameless, mug = data["product"]["variants"]
    assert (nameless["sku"], nameless["price"], nameless["availability"]) == (None, None, None)
    assert mug["price"]["current"]["net"]["amount"] == "10.00"
    again = await world.data("query($id: ID!) { node(id: $id) { id ... on Variant { sku } } }", {"id": nameless["id"]})
    assert again["node"] == {"id": nameless["id"], "sku": None}


async def test_a_sku_borne_twice_is_ambiguous_and_neither_is_used(build: Build) -> None:
    twice = (product("1", "MUG"), product("2", "MUG"))
    world = await build(
        configuration(domains=domains(price=["erp"])), {"shop": shop("MUG"), "erp": erp("MUG", products=twice)}
    )
    result = await world.ask(BY_SLUG)
    assert result.data is not None
    assert result.data["product"]["variants"][0]["price"] is None
    assert [getattr(error.original_error, "code", None) for error in result.errors or []] == ["AMBIGUOUS_KEY"]


async def test_an_ambiguous_sku_of_the_assortment_names_no_product(build: Build) -> None:
    world = await build(configuration(), {"shop": shop("MUG", products=(product("1", "MUG"), product("2", "MUG")))})
    result = await world.ask('{ product(by: {sku: "MUG"}) { slug } }')
    assert result.data == {"product": None}
    assert [getattr(error.original_error, "code", None) for error in result.errors or []] == ["AMBIGUOUS_KEY"]


async def test_codes_that_differ_only_by_case_stay_two(build: Build) -> None:
    seed = shop("gw-s", "GW-S", stock=(stock("gw-s", "L1", 1), stock("GW-S", "L1", 7)))
    places = {"locations": {"london": {"refs": {"shop": "L1"}}}}
    channels = {"web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}, "locations": ["london"]}}
    world = await build(configuration(channels=channels, **places), {"shop": seed})
    data = await world.data('{ product(by: {slug: "p1"}) { variants { sku availability { quantity } } } }')
    counted = {variant["sku"]: variant["availability"]["quantity"] for variant in data["product"]["variants"]}
    assert counted == {"gw-s": 1, "GW-S": 7}


async def test_an_old_id_goes_on_working(build: Build) -> None:
    world = await build(configuration(), {"shop": shop("MUG")})
    new = (await world.data('{ product(by: {sku: "MUG"}) { id } }'))["product"]["id"]
    gone = (await world.data('{ product(by: {slug: "p1"}) { id variants { id } } }'))["product"]["variants"][0]["id"]
    old = world.services.ids.product(product("999", "OLD"))
    await world.aliases.add(old, new)
    query = "query($id: ID!) { node(id: $id) { id } product(by: {id: $id}) { slug } }"
    assert (await world.data(query, {"id": old}))["product"] == {"slug": "p1"}
    assert (await world.data(query, {"id": gone}))["product"] == {"slug": "p1"}


async def test_an_unknown_sku_is_null_without_an_error(build: Build) -> None:
    world = await build(configuration(), {"shop": shop("MUG")})
    assert await world.data('{ product(by: {sku: "NOPE"}) { slug } }') == {"product": None}


async def test_bad_questions_get_clear_codes(build: Build) -> None:
    world = await build(configuration(), {"shop": shop("MUG")})
    store = world.services.ids.store("nowhere")
    for query, code in (
        ('{ node(id: "not-an-id") { id } }', "MALFORMED_ID"),
        (f'{{ product(by: {{id: "{store}"}}) {{ id }} }}', "MALFORMED_ID"),
        ('{ product(by: {barcode: "4006381333932"}) { id } }', "BAD_USER_INPUT"),
        ("{ products(first: 101) { nodes { id } } }", "PAGE_TOO_LARGE"),
        ("{ products(first: 0) { nodes { id } } }", "BAD_USER_INPUT"),
        ('{ products(after: "AAAA") { nodes { id } } }', "INVALID_CURSOR"),
        ('{ search(query: "x", filters: [{facet: "nope", values: ["1"]}]) { totalCount } }', "UNSUPPORTED_FILTER"),
    ):
        result = await world.ask(query)
        codes = [getattr(error.original_error, "code", None) for error in result.errors or []]
        assert codes == [code], query


async def test_a_backend_that_knows_nothing_answers_empty_lists(build: Build) -> None:
    world = await build(configuration(), {"shop": shop()})
    seed = shop(products=())
    empty = await build(configuration(), {"shop": seed})
    query = """{ products { nodes { id } pageInfo { hasNextPage endCursor } }
      search(query: "mug") { nodes { id } } categories { key } }"""
    assert await empty.data(query) == {
        "products": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}},
        "search": {"nodes": []},
        "categories": [],
    }
    assert world is not empty
