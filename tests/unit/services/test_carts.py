"""Carts over the whole schema, in both executors: made, filled, changed, merged, handed on, never anybody else's."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from gateway.execution import OperationRequest
from gateway.execution.declare.checks import graphql_schema
from gateway.execution.memo.memo import Memo
from gateway.execution.run.core import complete
from gateway.model.principal import ANONYMOUS, Principal
from schema import build_schema
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import KIOSK, configuration, shop, shopper

ADA, BOB = shopper("ada@example.com"), shopper("bob@example.com", subject="bob")
FIELDS = """
  id version state country currencyCode itemCount codes note buyer { email familyName }
  lines { id sku quantity note groupId options { name value } }
  savedLines { id sku quantity }
  deliveryGroups { id fulfilment address { city lines } }
"""
ERRORS = "userErrors { __typename code path message }"
CREATE = f"mutation ($i: CartCreateInput!) {{ r: cartCreate(input: $i) {{ secret cart {{ {FIELDS} }} {ERRORS} }} }}"


def mutation(name: str, more: str = "") -> str:
    kind = f"{name[0].upper()}{name[1:]}Input"
    return f"mutation ($i: {kind}!) {{ r: {name}(input: $i) {{ cart {{ {FIELDS} }} {ERRORS} {more} }} }}"


class Hand:
    """One device: who it is, and the secret it bears."""

    def __init__(self, world: World, principal: Principal = ANONYMOUS, secret: str | None = None) -> None:
        self.world = world
        self.principal = principal
        self.secret = secret
        self.cart: dict[str, Any] = {}

    async def ask(self, query: str, variables: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
        facts = {"cart_secret": self.secret, "party": "192.0.2.1", **facts}
        return await self.world.data(query, variables, principal=self.principal, **facts)

    async def create(self, *lines: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        made = (await self.ask(CREATE, {"i": {"lines": list(lines), **more}}))["r"]
        assert made["userErrors"] == [], made
        self.cart, self.secret = made["cart"], made["secret"]
        return self.cart

    async def do(self, name: str, more: str = "", **given: Any) -> dict[str, Any]:
        given = {"cartId": self.cart["id"], **given}
        told = (await self.ask(mutation(name, more), {"i": given}))["r"]
        if told["cart"] is not None:
            self.cart = told["cart"]
        return told

    async def read(self, identifier: str | None = None) -> dict[str, Any] | None:
        query = f"query ($id: ID!) {{ cart(id: $id) {{ {FIELDS} }} }}"
        return (await self.ask(query, {"id": identifier or self.cart["id"]}))["cart"]


def wish(sku: str = "MUG", quantity: object = 1, **more: Any) -> dict[str, Any]:
    return {"variant": {"sku": sku}, "quantity": quantity, **more}


def held(cart: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    assert cart is not None
    return [(line["sku"], line["quantity"]) for line in cart["lines"]]


def kinds(told: Mapping[str, Any]) -> list[str]:
    return [error["__typename"] for error in told["userErrors"]]


@pytest.fixture
async def world(build: Build) -> World:
    return await build(configuration(), {"shop": shop("MUG", "BOWL")})


async def test_a_visitors_cart_is_opened_by_its_secret_and_by_nothing_else(world: World) -> None:
    one = Hand(world)
    await one.create(wish(quantity=2))
    assert one.secret is not None
    assert held(await one.read()) == [("MUG", "2")]
    for other in (Hand(world), Hand(world, secret="0" * 64), Hand(world, ADA), Hand(world, KIOSK)):
        assert await other.read(one.cart["id"]) is None
        other.cart = {"id": one.cart["id"]}
        assert kinds(await other.do("cartLinesAdd", lines=[wish()])) == ["CartNotFound"]
    assert held(await one.read()) == [("MUG", "2")]


async def test_a_customers_cart_needs_no_secret_and_is_nobody_elses(world: World) -> None:
    ada = Hand(world, ADA)
    await ada.create(wish())
    assert ada.secret is None
    assert held(await Hand(world, ADA).read(ada.cart["id"])) == [("MUG", "1")]
    assert await Hand(world, BOB).read(ada.cart["id"]) is None
    mine = "{ carts { nodes { id } pageInfo { hasNextPage } } }"
    assert (await Hand(world, ADA).ask(mine))["carts"]["nodes"] == [{"id": ada.cart["id"]}]
    assert (await Hand(world, BOB).ask(mine))["carts"]["nodes"] == []
    assert (await Hand(world).ask(mine))["carts"]["nodes"] == []


async def test_a_cart_is_a_node_for_whoever_may_open_it(world: World) -> None:
    node = "query ($id: ID!) { node(id: $id) { __typename id ... on Cart { itemCount } } }"
    ada, visitor = Hand(world, ADA), Hand(world)
    for hand in (ada, visitor):
        await hand.create(wish(quantity=2))
        given = {"id": hand.cart["id"]}
        found = await hand.ask(node, given)
        assert found["node"] == {"__typename": "Cart", "id": hand.cart["id"], "itemCount": 2}
        for other in (Hand(world, BOB), Hand(world), Hand(world, secret="0" * 64)):
            assert await other.ask(node, given) == {"node": None}
    assert await visitor.ask(node, {"id": "A" * 26}) == {"node": None}


async def test_what_is_wanted_alike_is_one_line_and_what_is_not_is_two(world: World) -> None:
    one = Hand(world)
    await one.create(wish(quantity=2))
    await one.do("cartLinesAdd", lines=[wish(quantity="3"), wish(quantity=1, note="For Ada"), wish("BOWL")])
    assert held(one.cart) == [("MUG", "5"), ("MUG", "1"), ("BOWL", "1")]
    assert one.cart["itemCount"] == 7
    assert one.cart["version"] == 2


@pytest.mark.parametrize("quantity", [0, -1, "1.5", 1_000_000, "999999999999999999"])
async def test_a_quantity_that_makes_no_sense_changes_nothing(world: World, quantity: object) -> None:
    one = Hand(world)
    await one.create(wish(quantity=2))
    told = await one.do("cartLinesAdd", lines=[wish("BOWL"), wish(quantity=quantity)])
    assert kinds(told) == ["InvalidQuantity"]
    assert told["userErrors"][0]["path"] == ["input", "lines", "1", "quantity"]
    line = one.cart["lines"][0]["id"]
    assert kinds(await one.do("cartLinesUpdate", lines=[{"lineId": line, "quantity": quantity}])) == ["InvalidQuantity"]
    assert (held(one.cart), one.cart["version"]) == ([("MUG", "2")], 1)


async def test_a_whole_number_however_it_is_written_is_a_quantity(world: World) -> None:
    one = Hand(world)
    assert held(await one.create(wish(quantity="2.0"))) == [("MUG", "2")]


async def test_more_pieces_than_a_line_may_have_are_refused_when_they_come_in_parts(world: World) -> None:
    one = Hand(world)
    await one.create(wish(quantity=99_999))
    assert kinds(await one.do("cartLinesAdd", lines=[wish()])) == ["InvalidQuantity"]
    assert held(one.cart) == [("MUG", "99999")]


async def test_ten_thousand_lines_are_refused_and_lose_nothing(build: Build) -> None:
    world = await build(configuration(carts={"lines": 150}), {"shop": shop("MUG")})
    one = Hand(world)
    await one.create(wish())
    assert kinds(await one.do("cartLinesAdd", lines=[wish(f"S{n}") for n in range(10_000)])) == ["CartTooLarge"]
    assert kinds(await one.do("cartLinesAdd", lines=[wish(f"S{n}") for n in range(100)])) == []
    assert kinds(await one.do("cartLinesAdd", lines=[wish(f"T{n}") for n in range(50)])) == ["CartTooLarge"]
    assert len(one.cart["lines"]) == 101


async def test_an_older_version_changes_nothing_and_reads_the_cart_as_it_is(world: World) -> None:
    one = Hand(world)
    await one.create(wish())
    await one.do("cartLinesAdd", lines=[wish("BOWL")])
    told = await one.do("cartLinesAdd", lines=[wish()], expectedVersion=1)
    assert kinds(told) == ["CartChanged"]
    assert held(told["cart"]) == [("MUG", "1"), ("BOWL", "1")]
    assert kinds(await one.do("cartLinesAdd", lines=[wish()], expectedVersion=2)) == []


async def test_a_key_does_it_once_and_another_input_under_it_is_a_conflict(world: World) -> None:
    one = Hand(world)
    await one.create()
    for quantity in (2, "2.0", 2):
        told = await one.do("cartLinesAdd", lines=[wish(quantity=quantity)], idempotencyKey="k")
        assert (kinds(told), held(told["cart"])) == ([], [("MUG", "2")])
    assert kinds(await one.do("cartLinesAdd", lines=[wish(quantity=3)], idempotencyKey="k")) == ["IdempotencyConflict"]
    assert kinds(await one.do("cartAbandon", idempotencyKey="k")) == ["IdempotencyConflict"]
    assert held(one.cart) == [("MUG", "2")]


async def test_under_one_key_what_is_left_out_is_not_what_is_null(world: World) -> None:
    one = Hand(world)
    await one.create(wish(note="For Ada"))
    line = one.cart["lines"][0]["id"]
    assert kinds(await one.do("cartLinesUpdate", lines=[{"lineId": line, "quantity": 2}], idempotencyKey="l")) == []
    cleared = [{"lineId": line, "quantity": 2, "note": None}]
    assert kinds(await one.do("cartLinesUpdate", lines=cleared, idempotencyKey="l")) == ["IdempotencyConflict"]
    assert kinds(await one.do("cartAttributesUpdate", idempotencyKey="a")) == []
    assert kinds(await one.do("cartAttributesUpdate", note=None, idempotencyKey="a")) == ["IdempotencyConflict"]


async def test_a_card_number_passes_for_no_price(world: World) -> None:
    one = Hand(world)
    for amount in ("4111111111111111", "0.4111111111111111", "4111111111111.111", "4222222222222"):
        seen = {"amount": amount, "currencyCode": "GBP", "observedAt": "2026-01-01T00:00:00Z"}
        told = (await one.ask(CREATE, {"i": {"lines": [wish(expectedPrice=seen)]}}))["r"]
        assert kinds(told) == ["InvalidInput"], amount


async def test_a_key_of_one_cart_says_nothing_of_another(world: World) -> None:
    one, other = Hand(world), Hand(world)
    await one.create()
    await other.create()
    for hand in (one, other):
        assert held((await hand.do("cartLinesAdd", lines=[wish()], idempotencyKey="k"))["cart"]) == [("MUG", "1")]


async def test_visitors_who_use_one_key_have_a_cart_each_and_a_customer_has_one(world: World) -> None:
    guests = {(await Hand(world).create(idempotencyKey="k"))["id"] for _ in range(20)}
    assert len(guests) == 20
    customers = {(await Hand(world, ADA).create(idempotencyKey="k"))["id"] for _ in range(3)}
    assert len(customers) == 1
    assert (await Hand(world, BOB).create(idempotencyKey="k"))["id"] not in customers


async def test_a_kiosk_that_asks_again_is_told_the_secret_again(world: World) -> None:
    one, again = Hand(world, KIOSK), Hand(world, KIOSK)
    await one.create(wish(), idempotencyKey="k")
    await again.create(wish(), idempotencyKey="k")
    assert (one.cart["id"], one.secret) == (again.cart["id"], again.secret)
    assert held(await again.read()) == [("MUG", "1")]


async def test_a_line_of_another_cart_is_not_there(world: World) -> None:
    one, other = Hand(world), Hand(world)
    await one.create(wish())
    await other.create(wish())
    theirs = other.cart["lines"][0]["id"]
    assert kinds(await one.do("cartLinesRemove", lineIds=[theirs])) == ["LineNotFound"]
    assert kinds(await one.do("cartLinesUpdate", lines=[{"lineId": theirs, "quantity": 2}])) == ["LineNotFound"]
    assert held(await other.read()) == [("MUG", "1")]


async def test_a_line_is_saved_for_later_and_wanted_again(world: World) -> None:
    one = Hand(world)
    await one.create(wish(quantity=2), wish("BOWL"))
    line = one.cart["lines"][0]["id"]
    await one.do("cartLinesSaveForLater", lineIds=[line])
    assert held(one.cart) == [("BOWL", "1")]
    assert [(saved["sku"], saved["quantity"]) for saved in one.cart["savedLines"]] == [("MUG", "2")]
    await one.do("cartLinesAdd", lines=[wish()])
    await one.do("cartLinesSaveForLater", lineIds=[line], saved=False)
    assert sorted(held(one.cart)) == [("BOWL", "1"), ("MUG", "3")]


async def test_a_line_is_split_over_two_ways_and_put_together_again(world: World) -> None:
    one = Hand(world)
    await one.create(wish(quantity=5))
    line = one.cart["lines"][0]["id"]
    told = await one.do("cartDeliveryUpdate", deliveries=[{"lines": [{"lineId": line, "quantity": 2}]}])
    assert kinds(told) == []
    first, second = one.cart["deliveryGroups"]
    assert [(each["quantity"], each["groupId"]) for each in one.cart["lines"]] == [
        ("3", first["id"]),
        ("2", second["id"]),
    ]
    other = one.cart["lines"][1]["id"]
    await one.do("cartDeliveryUpdate", deliveries=[{"groupId": first["id"], "lines": [{"lineId": other}]}])
    assert held(one.cart) == [("MUG", "5")]
    assert [group["id"] for group in one.cart["deliveryGroups"]] == [first["id"]]
    too_many = {"lines": [{"lineId": one.cart["lines"][0]["id"], "quantity": 6}]}
    assert kinds(await one.do("cartDeliveryUpdate", deliveries=[too_many])) == ["InvalidQuantity"]


async def test_codes_are_capitals_each_once_and_at_most_ten(world: World) -> None:
    one = Hand(world)
    await one.create(codes=[" spring10 ", "SPRING10"])
    assert one.cart["codes"] == ["SPRING10"]
    await one.do("cartCodesUpdate", add=["summer", "spring10"], remove=["Spring10"])
    assert sorted(one.cart["codes"]) == ["SPRING10", "SUMMER"]
    many = [f"code{n}" for n in range(9)]
    assert kinds(await one.do("cartCodesUpdate", add=many)) == ["CartTooLarge"]
    assert sorted(one.cart["codes"]) == ["SPRING10", "SUMMER"]


async def test_what_is_typed_is_bounded_in_bytes(world: World) -> None:
    one = Hand(world)
    await one.create(wish())
    odd: list[dict[str, Any]] = [
        {"note": "é" * 1_001},
        {"attributes": [{"name": "n" * 65, "value": "v"}]},
        {"attributes": [{"name": "n", "value": "é" * 251}]},
        {"attributes": [{"name": f"n{n}", "value": "v"} for n in range(21)]},
    ]
    for given in odd:
        assert kinds(await one.do("cartAttributesUpdate", **given)) == ["CartTooLarge"]
    assert kinds(await one.do("cartLinesAdd", lines=[wish(note="x" * 2_001)])) == ["CartTooLarge"]
    assert kinds(await one.do("cartAttributesUpdate", note="a\x00b")) == ["InvalidInput"]
    assert one.cart["version"] == 1


async def test_attributes_that_are_not_named_stay(world: World) -> None:
    one = Hand(world)
    await one.create()
    more = "cart { attributes { name value } }"
    await one.do("cartAttributesUpdate", note="Ring twice", attributes=[{"name": "a", "value": "1"}])
    told = await one.do("cartAttributesUpdate", more, attributes=[{"name": "b", "value": "2"}])
    assert told["cart"]["attributes"] == [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]
    assert told["cart"]["note"] == "Ring twice"
    told = await one.do("cartAttributesUpdate", more, note=None, attributes=[{"name": "a"}])
    assert (told["cart"]["note"], told["cart"]["attributes"]) == (None, [{"name": "b", "value": "2"}])


async def test_an_abandoned_cart_can_be_read_and_not_changed(world: World) -> None:
    one = Hand(world)
    await one.create(wish())
    assert (await one.do("cartAbandon"))["cart"]["state"] == "ABANDONED"
    assert kinds(await one.do("cartLinesAdd", lines=[wish()])) == ["CartClosed"]
    assert held(await one.read()) == [("MUG", "1")]


@pytest.mark.parametrize("odd", ["", "nobody", "x" * 26, "A" * 26, "💥" * 26, "' OR 1=1 --", "a" * 10_000])
async def test_an_id_that_is_none_reads_like_a_cart_that_is_not_there(world: World, odd: str) -> None:
    one = Hand(world)
    assert await one.read(odd or "-") is None
    one.cart = {"id": odd}
    asked: list[tuple[str, dict[str, Any]]] = [
        ("cartLinesAdd", {"lines": [wish()]}),
        ("cartAbandon", {}),
        ("cartMove", {"country": "GB"}),
        ("cartMerge", {}),
        ("cartHolderRevoke", {}),
    ]
    for name, given in asked:
        assert kinds(await one.do(name, **given)) == ["CartNotFound"]


async def test_lines_without_a_cart_make_one(world: World) -> None:
    query = (
        f"mutation ($i: CartLinesAddInput!) {{ r: cartLinesAdd(input: $i) {{ secret cart {{ {FIELDS} }} {ERRORS} }} }}"
    )
    one = Hand(world)
    made = (await one.ask(query, {"i": {"lines": [wish(quantity=2)]}}))["r"]
    one.cart, one.secret = made["cart"], made["secret"]
    assert held(await one.read()) == [("MUG", "2")]
    more = (await one.ask(query, {"i": {"cartId": one.cart["id"], "lines": [wish()]}}))["r"]
    assert (held(more["cart"]), more["secret"]) == ([("MUG", "3")], None)
    refused = (await Hand(world).ask(query, {"i": {"lines": [wish(quantity=0)]}}))["r"]
    assert (refused["cart"], refused["secret"], kinds(refused)) == (None, None, ["InvalidQuantity"])


async def test_no_more_carts_from_one_address_than_it_may_make(build: Build) -> None:
    world = await build(configuration(carts={"made_per_hour": 3}), {"shop": shop("MUG")})
    for _ in range(3):
        await Hand(world).create()
    told = (await Hand(world).ask(CREATE, {"i": {}}))["r"]
    assert (kinds(told), told["cart"], told["secret"]) == (["TooManyAttempts"], None, None)
    assert (await Hand(world).ask(CREATE, {"i": {}}, party="192.0.2.2"))["r"]["cart"] is not None
    for _ in range(3):
        await Hand(world, ADA).create()
    assert kinds((await Hand(world, ADA).ask(CREATE, {"i": {}}))["r"]) == ["TooManyAttempts"]
    assert (await Hand(world, BOB).ask(CREATE, {"i": {}}))["r"]["cart"] is not None


async def test_a_visitors_cart_goes_into_the_customers_and_its_secret_dies(world: World) -> None:
    ada = Hand(world, ADA)
    await ada.create(wish(quantity=2), wish("BOWL"))
    guest = Hand(world)
    await guest.create(wish(quantity=3), wish("CUP"))
    both = Hand(world, ADA, guest.secret)
    both.cart = guest.cart
    more = "changes { kind lineId before after }"
    told = await both.do("cartMerge", more)
    assert told["cart"]["id"] == ada.cart["id"]
    assert sorted(held(told["cart"])) == [("BOWL", "1"), ("CUP", "1"), ("MUG", "5")]
    assert [(change["kind"], change["before"], change["after"]) for change in told["changes"]] == [
        ("QUANTITY_CHANGED", "2", "5"),
        ("ADDED", None, "1"),
    ]
    both.cart = {"id": guest.cart["id"]}
    again = await both.do("cartMerge", more)
    assert (kinds(again), again["changes"], sorted(held(again["cart"]))) == ([], [], sorted(held(told["cart"])))
    assert await guest.read(guest.cart["id"]) is None


@pytest.mark.parametrize(("rule", "left"), [("KEEP_NEWEST", "7"), ("REPLACE", "7"), ("SUM", "9")])
async def test_what_both_have_goes_by_the_rule(world: World, rule: str, left: str) -> None:
    ada = Hand(world, ADA)
    await ada.create(wish(quantity=2), wish("BOWL"))
    guest = Hand(world)
    await guest.create(wish(quantity=7))
    both = Hand(world, ADA, guest.secret)
    both.cart = guest.cart
    told = await both.do("cartMerge", rule=rule, intoId=ada.cart["id"])
    bowl = [] if rule == "REPLACE" else [("BOWL", "1")]
    assert sorted(held(told["cart"])) == [*bowl, ("MUG", left)]


async def test_the_first_cart_of_a_customer_is_the_one_they_came_with(world: World) -> None:
    guest = Hand(world)
    await guest.create(wish(note="Wrap it"))
    both = Hand(world, ADA, guest.secret)
    both.cart = guest.cart
    told = await both.do("cartMerge")
    assert (kinds(told), told["cart"]["id"]) == ([], guest.cart["id"])
    assert told["cart"]["lines"][0]["note"] == "Wrap it"
    assert await guest.read() is None
    assert held(await Hand(world, ADA).read(guest.cart["id"])) == [("MUG", "1")]


async def test_nobody_takes_a_cart_that_belongs_to_somebody_who_signed_in(world: World) -> None:
    ada = Hand(world, ADA)
    await ada.create(wish())
    bob = Hand(world, BOB)
    await bob.create(wish("BOWL"))
    bob.cart = {"id": ada.cart["id"]}
    assert kinds(await bob.do("cartMerge")) == ["CartNotFound"]
    visitor = Hand(world)
    await visitor.create()
    assert kinds(await visitor.do("cartMerge")) == ["CartNotFound"]


async def test_a_root_field_of_a_mutation_reads_what_the_one_before_it_wrote(world: World) -> None:
    one = Hand(world)
    await one.create()
    query = """mutation ($id: ID!) {
      a: cartLinesAdd(input: {cartId: $id, lines: [{variant: {sku: "MUG"}}]}) { cart { version itemCount } }
      b: cartLinesAdd(input: {cartId: $id, lines: [{variant: {sku: "MUG"}}], expectedVersion: 2}) {
        cart { version itemCount totals { total { gross { amount } } } }
      }
    }"""
    told = await one.ask(query, {"id": one.cart["id"]})
    assert told["a"]["cart"] == {"version": 2, "itemCount": 1}
    assert told["b"]["cart"] == {"version": 3, "itemCount": 2, "totals": {"total": {"gross": {"amount": "24.00"}}}}


async def test_a_line_costs_what_its_owner_says_and_net_and_tax_are_the_gross(world: World) -> None:
    one = Hand(world)
    await one.create(wish(quantity=3), wish("BOWL"))
    query = """query ($id: ID!) { cart(id: $id) {
      lines { price { current { gross { amount } } freshness { source } } total { gross { amount } }
              subtotal { net { amount } tax { amount } gross { amount } } variant { sku product { title { value } } } }
      totals { total { net { amount } tax { amount } gross { amount } } discount { gross { amount } }
               rounding { amount } shipping { gross { amount } } }
      quote { id total { amount currencyCode } complete missing validUntil } parts { part complete reason }
      problems { kind remedy } warnings { kind } speakable { text } } }"""
    told = (await one.ask(query, {"id": one.cart["id"]}))["cart"]
    assert told["lines"][0]["subtotal"]["gross"]["amount"] == "36.00"
    total = {side: Decimal(told["totals"]["total"][side]["amount"]) for side in ("net", "tax", "gross")}
    assert (total["gross"], total["net"] + total["tax"]) == (Decimal("48.00"), Decimal("48.00"))
    assert told["totals"]["shipping"] is None
    assert (told["quote"]["total"], told["quote"]["complete"]) == ({"amount": "48.00", "currencyCode": "GBP"}, True)
    assert told["parts"] == [{"part": "PRICE", "complete": True, "reason": None}]
    assert told["problems"] == [{"kind": "ADDRESS_MISSING", "remedy": "GIVE_ADDRESS"}]
    assert told["speakable"]["text"].startswith("In your cart are 4 items. The total is ")
    assert told["lines"][0]["variant"]["sku"] == "MUG"


async def test_a_mutation_that_selects_no_totals_asks_no_backend(world: World) -> None:
    one = Hand(world)
    await one.create(wish())
    await one.do("cartLinesAdd", "warnings { kind }", lines=[wish("BOWL")])
    assert [call for adapter in world.adapters.values() for call in adapter.asked] == []


async def test_another_price_than_was_seen_is_a_warning_with_its_receipt(world: World) -> None:
    one = Hand(world)
    await one.create()
    seen = {"currencyCode": "GBP", "observedAt": "2026-01-01T00:00:00Z"}
    more = "warnings { kind remedy lineId expected { amount } current { amount } receipt { freshness { source } } }"
    lines = [
        wish(expectedPrice={"amount": "9.99", **seen}),
        wish("BOWL", expectedPrice={"amount": "12", **seen}),
    ]
    told = await one.do("cartLinesAdd", more, lines=lines)
    (warning,) = told["warnings"]
    assert (warning["kind"], warning["remedy"], warning["lineId"]) == (
        "PRICE_CHANGED", "ACCEPT_PRICE", one.cart["lines"][0]["id"],
    )  # fmt: skip
    assert (warning["expected"], warning["current"]) == ({"amount": "9.99"}, {"amount": "12.00"})
    assert warning["receipt"]["freshness"]["source"] == "shop"
    foreign = wish(expectedPrice={"amount": "9.99", "currencyCode": "EUR", "observedAt": "2026-01-01T00:00:00Z"})
    assert kinds(await one.do("cartLinesAdd", lines=[foreign])) == ["CurrencyMismatch"]
    net = await one.do("cartLinesUpdate", more, lines=[
        {"lineId": one.cart["lines"][0]["id"], "expectedPrice": {"amount": "10.00", **seen}}
    ])  # fmt: skip
    assert net["warnings"] == []


async def test_what_is_not_sold_is_a_problem_and_no_total_hides_it(world: World) -> None:
    one = Hand(world)
    await one.create(wish(), wish("NOBODY"))
    query = """query ($id: ID!) { cart(id: $id) { problems { kind remedy lineId } quote { complete missing }
      lines { id price { current { gross { amount } } } } totals { total { gross { amount } } } } }"""
    told = (await one.ask(query, {"id": one.cart["id"]}))["cart"]
    assert {"kind": "NOT_SOLD", "remedy": "REMOVE_LINE", "lineId": one.cart["lines"][1]["id"]} in told["problems"]
    assert told["quote"] == {"complete": False, "missing": ["PRICE"]}
    assert told["lines"][1]["price"] is None


async def test_the_owner_of_the_prices_away_is_told_with_the_rest(world: World) -> None:
    one = Hand(world)
    await one.create(wish())
    world["shop"].down = True
    query = """query ($id: ID!) { cart(id: $id) { itemCount totals { total { gross { amount } } }
      parts { part complete reason } quote { total { amount } complete } problems { kind } } }"""
    told = (await one.ask(query, {"id": one.cart["id"]}))["cart"]
    assert told["itemCount"] == 1
    assert told["parts"] == [{"part": "PRICE", "complete": False, "reason": "BACKEND_UNAVAILABLE"}]
    assert told["quote"]["complete"] is False
    assert {"kind": "PRICE_UNKNOWN"} in told["problems"]


async def test_what_is_said_in_four_languages_is_said(world: World) -> None:
    one = Hand(world)
    await one.create(wish(quantity=2))
    query = "query ($id: ID!) { cart(id: $id) { speakable { text language } } }"
    for language in ("en", "ja", "he", "ar"):
        told = (await one.ask(query, {"id": one.cart["id"]}, language=language))["cart"]["speakable"]
        assert told["language"] == language
        assert len(told["text"]) > 10


async def test_the_slow_path_writes_as_often_as_the_plan_and_says_the_same(world: World) -> None:
    one = Hand(world)
    await one.create()
    query = """mutation ($id: ID!) {
      a: cartLinesAdd(input: {cartId: $id, lines: [{variant: {sku: "MUG"}}]}) {
        cart { version itemCount totals { total { gross { amount } } } } userErrors { __typename code path } }
      b: cartLinesAdd(input: {cartId: $id, lines: [{variant: {sku: "MUG"}, quantity: 0}]}) {
        cart { version itemCount } userErrors { __typename code path ... on InvalidQuantity { maximum quantity } } }
      c: cartLinesRemove(input: {cartId: $id, lineIds: ["-"]}) { userErrors { __typename message } }
    }"""
    document = await world.engine.execute(OperationRequest(query, {"id": "-"}), world.context(secret=one.secret))
    assert document.errors is None
    node = world.engine.documents.get(query).node
    assert node is not None
    context = world.context(secret=one.secret)
    context.memo = Memo(context)
    schema = graphql_schema(build_schema())
    slow = await complete(schema, node, context, {"id": one.cart["id"]}, None)
    assert slow.errors is None
    again = await complete(schema, node, context, {"id": one.cart["id"]}, None)  # as where a plan has given up
    assert again.data == slow.data
    assert held(await one.read()) == [("MUG", "1")]
    planned = (await one.ask(query, {"id": one.cart["id"]}))["a"]["cart"]
    assert planned == {"version": 3, "itemCount": 2, "totals": {"total": {"gross": {"amount": "24.00"}}}}
    assert slow.data is not None
    assert slow.data["a"]["cart"] == {
        "version": 2, "itemCount": 1, "totals": {"total": {"gross": {"amount": "12.00"}}}
    }  # fmt: skip
    assert slow.data["b"]["userErrors"][0] == {
        "__typename": "InvalidQuantity", "code": "INVALID_QUANTITY", "path": ["input", "lines", "0", "quantity"],
        "maximum": 99_999, "quantity": "0",
    }  # fmt: skip
