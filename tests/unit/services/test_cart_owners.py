"""What a cart's owners answer: discounts, delivery, tax, together to the minor unit; slow, silent, asked once."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from gateway.model.baskets import (
    Basket,
    BasketTax,
    CodeRefusal,
    Discount,
    Promotions,
    RefusedCode,
    ShippingOption,
    ShippingOptions,
    TaxedLine,
    TaxQuery,
)
from gateway.model.context import CallContext, ContextView
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.ports.promotion import EVALUATE
from gateway.ports.shipping import LIST_OPTIONS
from gateway.ports.tax import CALCULATE
from gateway.services.carts import Carts
from gateway.testing.reference import ReferenceAdapter
from gateway.testing.sandbox import SeedPrice
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import configuration, domains, erp, gbp, shop, shopper
from tests.unit.services.test_carts import Hand, kinds, wish

ADA = shopper("ada@example.com")
VIEW = """query ($id: ID!) { cart(id: $id) {
  lines { id sku subtotal { net { amount } tax { amount } gross { amount } }
          total { net { amount } tax { amount } gross { amount } }
          discounts { label code amount { gross { amount } } } }
  totals { subtotal { net { amount } tax { amount } gross { amount } } discount { gross { amount } }
           shipping { net { amount } tax { amount } gross { amount } } rounding { amount }
           total { net { amount } tax { amount } gross { amount } } }
  discounts { label source code shipping amount { gross { amount } } }
  refusedCodes { code reason } parts { part complete reason freshness { source } }
  quote { id total { amount } complete missing } problems { kind remedy groupId } warnings { kind code refusal part }
  deliveryGroups { id optionId price { gross { amount } } options { id label price { gross { amount } } } }
} }"""


def gross(amount: str) -> TaxedMoney:
    return TaxedMoney(gross=gbp(amount), treatment=TaxTreatment.INCLUDED)


def both(net: str, with_tax: str) -> TaxedMoney:
    return TaxedMoney(gbp(net), gbp(with_tax), treatment=TaxTreatment.INCLUDED)


class BasketOwner(ReferenceAdapter):
    """A tenth off for `TENTH`, 5.00 off the basket for `FIVE`, delivery free with `FREE`; two ways to deliver."""

    tax_total: str | None = None
    late: dict[str, float]

    async def evaluate(self, query: Basket, context: ContextView, call: CallContext) -> Promotions:
        await self._ask(EVALUATE.name, query)
        found: list[Discount] = []
        if "TENTH" in query.codes:
            for line in query.lines:
                amount = line.unit.gross or line.unit.stated
                off = Money((amount.amount * line.quantity / 10).quantize(Decimal("0.01")), "GBP")
                found.append(
                    Discount("A tenth", TaxedMoney(gross=off, treatment=TaxTreatment.INCLUDED), line.id, "TENTH")
                )
        if "FIVE" in query.codes:
            found.append(Discount("Five pounds", gross("5.00"), code="FIVE"))
        if "FREE" in query.codes:
            found.append(Discount("Delivery on us", gross("4.80"), code="FREE", shipping=True))
        known = {"TENTH", "FIVE", "FREE"}
        refused = tuple(RefusedCode(code, CodeRefusal.EXPIRED) for code in query.codes if code not in known)
        accepted = tuple(code for code in query.codes if code in known)
        return Promotions(tuple(found), self._freshness(), accepted, refused)

    async def list_options(self, query: Basket, context: ContextView, call: CallContext) -> ShippingOptions:
        await self._ask(LIST_OPTIONS.name, query)
        if query.destination is None or query.destination.country != "GB":
            return ShippingOptions((), self._freshness())
        options = (
            ShippingOption("post", "Post", both("4.00", "4.80"), "Royal Mail"),
            ShippingOption("van", "Our van", both("10.00", "12.00")),
        )
        return ShippingOptions(options, self._freshness())

    async def calculate(self, query: TaxQuery, context: ContextView, call: CallContext) -> BasketTax:
        await self._ask(CALCULATE.name, query)
        lines: list[TaxedLine] = []
        total = Decimal(0)
        for line, off in zip(query.basket.lines, query.discounts, strict=True):
            net = (line.unit.net or line.unit.stated).amount * line.quantity - (off.amount if off else 0)
            tax = (net / 5).quantize(Decimal("0.01"))
            total += net + tax
            lines.append(TaxedLine(line.id, TaxedMoney(Money(net, "GBP"), Money(net + tax, "GBP"))))
        stated = Money(Decimal(self.tax_total) if self.tax_total else total, "GBP")
        return BasketTax(tuple(lines), TaxedMoney(gross=stated, treatment=TaxTreatment.INCLUDED), self._freshness())

    async def _ask(self, name: str, query: object) -> None:
        await asyncio.sleep(getattr(self, "late", {}).get(name, 0.0))
        await self._request(name, [query])


async def served(build: Build, *prices: SeedPrice, seed: Any = None, **sections: Any) -> World:
    owned = {name: {"order": ["offers"]} for name in ("promotion", "shipping", "tax")}
    settings = configuration(domains={**domains(), **owned}, **sections)
    more: dict[str, Any] = {"prices": prices} if prices else {}
    seeds = {
        "shop": seed or shop("MUG", "BOWL", **more),
        "offers": shop("MUG", "BOWL"),
    }
    return await build(settings, seeds, {"offers": BasketOwner})


@pytest.fixture
async def world(build: Build) -> World:
    return await served(build)


async def view(hand: Hand, **facts: Any) -> dict[str, Any]:
    return (await hand.ask(VIEW, {"id": hand.cart["id"]}, **facts))["cart"]


def asked(world: World, name: str) -> list[Basket]:
    return [one.keys[0] for one in world["offers"].asked if one.operation == name]  # pyright: ignore[reportReturnType]


def adds_up(*rows: Any) -> None:
    for row in rows:
        sides = [Decimal(row[side]["amount"]) for side in ("net", "tax", "gross")]
        assert sides[0] + sides[1] == sides[2], row


async def chosen(hand: Hand, option: str = "post") -> None:
    await hand.do("cartAddressUpdate", address={"country": "GB", "city": "London"})
    group = hand.cart["deliveryGroups"][0]["id"]
    assert kinds(await hand.do("cartDeliveryUpdate", deliveries=[{"groupId": group, "optionId": option}])) == []


async def test_a_basket_discount_is_spread_to_the_minor_unit(build: Build) -> None:
    world = await served(build, SeedPrice("MUG", gbp("9.99")), SeedPrice("BOWL", gbp("3.33")))
    one = Hand(world)
    await one.create(wish(quantity=2), wish("BOWL", quantity=1), codes=["five"])
    cart = await view(one)
    shares = [Decimal(line["discounts"][0]["amount"]["gross"]["amount"]) for line in cart["lines"]]
    assert shares == [Decimal("4.29"), Decimal("0.71")]
    adds_up(*(line["total"] for line in cart["lines"]), *(line["subtotal"] for line in cart["lines"]))
    adds_up(cart["totals"]["total"], cart["totals"]["subtotal"])
    assert cart["totals"]["discount"]["gross"]["amount"] == "5.00"
    assert cart["totals"]["total"]["gross"]["amount"] == "18.31"
    assert cart["discounts"] == [
        {"label": "Five pounds", "source": "offers", "code": "FIVE", "shipping": False,
         "amount": {"gross": {"amount": "5.00"}}}
    ]  # fmt: skip


async def test_codes_stack_and_no_line_costs_less_than_nothing(world: World) -> None:
    one = Hand(world)
    await one.create(wish(), codes=["tenth", "five"])
    assert (await view(one))["totals"]["total"]["gross"]["amount"] == "5.80"
    await one.do("cartCodesUpdate", add=["free"])
    assert (await view(one))["totals"]["total"]["gross"]["amount"] == "5.80"


async def test_more_taken_off_than_there_is_leaves_nothing_to_pay(build: Build) -> None:
    world = await served(build, SeedPrice("MUG", gbp("1.50")))
    one = Hand(world)
    await one.create(wish(quantity=2), codes=["five"])
    cart = await view(one)
    assert cart["totals"]["total"]["gross"]["amount"] == "0.00"
    assert cart["totals"]["discount"]["gross"]["amount"] == "3.00"
    adds_up(cart["totals"]["total"])


async def test_a_code_that_does_nothing_is_a_warning_with_its_owners_reason(world: World) -> None:
    one = Hand(world)
    await one.create(wish(), codes=["lastyear", "tenth"])
    cart = await view(one)
    assert cart["refusedCodes"] == [{"code": "LASTYEAR", "reason": "EXPIRED"}]
    told = [(warning["kind"], warning["code"], warning["refusal"]) for warning in cart["warnings"]]
    assert told == [("CODE_REFUSED", "LASTYEAR", "EXPIRED")]


async def test_delivery_is_chosen_and_free_delivery_taken_from_it(world: World) -> None:
    one = Hand(world)
    await one.create(wish(), codes=["free"])
    cart = await view(one)
    assert [problem["kind"] for problem in cart["problems"]] == ["ADDRESS_MISSING", "DELIVERY_NOT_CHOSEN"]
    assert (cart["quote"]["complete"], cart["quote"]["missing"]) == (False, ["SHIPPING"])
    assert [option["id"] for option in cart["deliveryGroups"][0]["options"]] == ["post", "van"]
    await chosen(one, "van")
    cart = await view(one)
    assert (cart["problems"], cart["quote"]["complete"]) == ([], True)
    assert cart["deliveryGroups"][0]["price"]["gross"]["amount"] == "7.20"
    assert cart["totals"]["total"]["gross"]["amount"] == "19.20"
    assert cart["discounts"][0]["shipping"] is True
    assert cart["lines"][0]["discounts"] == []
    adds_up(cart["totals"]["total"], cart["totals"]["shipping"])


async def test_an_option_that_is_not_offered_any_more_is_to_be_chosen_anew(world: World) -> None:
    one = Hand(world)
    await one.create(wish())
    await chosen(one, "airship")
    cart = await view(one)
    assert [problem["kind"] for problem in cart["problems"]] == ["DELIVERY_NOT_CHOSEN"]
    assert (cart["totals"]["shipping"], cart["quote"]["complete"]) == (None, False)


async def test_nobody_delivers_there(world: World) -> None:
    one = Hand(world)
    await one.create(wish())
    await one.do("cartAddressUpdate", address={"country": "FR", "city": "Paris"})
    cart = await view(one)
    assert [(each["kind"], each["remedy"]) for each in cart["problems"]] == [("NOT_DELIVERED_THERE", "CHANGE_ADDRESS")]


async def test_tax_that_the_prices_owner_does_not_know_is_asked_of_its_owner(build: Build) -> None:
    net_only = erp("MUG", "BOWL", tax_rates={}, price="10.00")
    world = await served(build, seed=net_only)
    one = Hand(world)
    await one.create(wish(quantity=2))
    await chosen(one)
    cart = await view(one)
    assert [part["part"] for part in cart["parts"]] == ["PRICE", "PROMOTION", "SHIPPING", "TAX"]
    assert cart["lines"][0]["total"] == {
        "net": {"amount": "20.00"}, "tax": {"amount": "4.00"}, "gross": {"amount": "24.00"}
    }  # fmt: skip
    adds_up(cart["totals"]["total"])
    assert (cart["totals"]["total"]["gross"]["amount"], cart["totals"]["rounding"]["amount"]) == ("28.80", "0.00")
    assert cart["quote"]["complete"] is True


async def test_what_the_owners_sum_differs_by_is_the_rounding(build: Build) -> None:
    world = await served(build, seed=erp("MUG", tax_rates={}, price="10.00"))
    world["offers"].tax_total = "12.01"  # type: ignore[attr-defined]
    one = Hand(world)
    await one.create(wish())
    cart = await view(one)
    assert cart["totals"]["rounding"]["amount"] == "0.01"
    assert cart["totals"]["total"]["gross"]["amount"] == "12.01"
    adds_up(cart["totals"]["total"])


@pytest.mark.parametrize("later", [False, True])
async def test_tax_that_nobody_knows_keeps_a_cart_from_being_bought_unless_the_market_says_later(
    build: Build, later: bool
) -> None:
    markets = {"GB": {"tax": "owner_at_order"}} if later else {}
    settings = configuration(markets=markets)
    world = await build(settings, {"shop": erp("MUG", tax_rates={}, price="10.00")})
    one = Hand(world)
    await one.create(wish())
    cart = await view(one)
    assert cart["totals"]["total"]["gross"] is None
    assert ("TAX_UNKNOWN" in [problem["kind"] for problem in cart["problems"]]) is not later
    assert (cart["quote"]["complete"], cart["quote"]["total"]) == (later, {"amount": "10.00"})


async def test_equal_baskets_of_two_carts_are_one_question(world: World) -> None:
    one, other = Hand(world), Hand(world)
    await one.create(wish(), wish("BOWL", 2), codes=["tenth"])
    await other.create(wish("BOWL", 2), wish(), codes=["TENTH"])
    world["offers"].delay = 0.05
    mine, theirs = await asyncio.gather(view(one), view(other))
    assert mine["totals"] == theirs["totals"]
    assert [len(asked(world, name)) for name in (EVALUATE.name, LIST_OPTIONS.name)] == [1, 1]
    await view(one)
    assert len(asked(world, EVALUATE.name)) == 1
    await one.do("cartLinesAdd", lines=[wish()])
    await view(one)
    assert len(asked(world, EVALUATE.name)) == 2


async def test_only_what_is_selected_is_asked_for(world: World) -> None:
    one = Hand(world)
    await one.create(wish())
    await one.ask("query ($id: ID!) { cart(id: $id) { lines { price { current { gross { amount } } } } } }",
                  {"id": one.cart["id"]})  # fmt: skip
    assert world["offers"].asked == []
    await one.ask("query ($id: ID!) { cart(id: $id) { deliveryGroups { options { id } } } }", {"id": one.cart["id"]})
    assert [each.operation for each in world["offers"].asked] == [LIST_OPTIONS.name]


async def test_a_basket_tells_its_owners_nobodys_name(world: World) -> None:
    one = Hand(world)
    await one.create(wish(note="For Ada"))
    await one.do("cartBuyerUpdate", buyer={"email": "ada@example.com"})
    address = {"country": "GB", "city": "London", "lines": ["1 Secret Row"], "name": "Ada Byron"}
    await one.do("cartAddressUpdate", address=address)
    await view(one)
    seen = str(world["offers"].asked)
    assert "London" in seen
    assert all(word not in seen for word in ("Ada", "ada@", "Secret"))


def late(world: World, **seconds: float) -> None:
    names = {"promotion": EVALUATE.name, "shipping": LIST_OPTIONS.name, "tax": CALCULATE.name}
    world["offers"].late = {names[name]: value for name, value in seconds.items()}  # type: ignore[attr-defined]


async def test_saleor_18063_a_slow_owner_does_not_hold_the_cart_and_is_not_waited_for_again(build: Build) -> None:
    world = await served(build, carts={"owner_seconds": 0.1})
    late(world, promotion=0.6)
    one = Hand(world)
    await one.create(wish(), codes=["tenth"])
    loop = asyncio.get_running_loop()
    times: list[float] = []
    for _ in range(3):
        begun = loop.time()
        cart = await view(one)
        times.append(loop.time() - begun)
        promotion = next(part for part in cart["parts"] if part["part"] == "PROMOTION")
        assert (promotion["complete"], promotion["reason"]) == (False, "SLOW")
        assert (cart["quote"]["complete"], "PROMOTION" in cart["quote"]["missing"]) == (False, True)
        assert [warning["kind"] for warning in cart["warnings"]] == ["OWNER_SILENT"]
    assert len(asked(world, EVALUATE.name)) == 0  # the one question is still on its way
    other = Hand(world)
    await other.create(wish("BOWL"))
    assert (await view(other))["quote"]["missing"] == ["PROMOTION", "SHIPPING"]
    async with asyncio.timeout(10):
        while not asked(world, EVALUATE.name):  # noqa: ASYNC110  it comes in its own time
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.05)
    cart = await view(one)
    assert cart["totals"]["discount"]["gross"]["amount"] == "1.20"
    assert len(asked(world, EVALUATE.name)) == 1


async def test_an_owner_that_is_down_is_told_and_the_rest_is_there(world: World) -> None:
    world["offers"].down = True
    one = Hand(world)
    await one.create(wish(), codes=["tenth"])
    cart = await view(one)
    assert {part["part"]: part["reason"] for part in cart["parts"]} == {
        "PRICE": None, "PROMOTION": "BACKEND_UNAVAILABLE", "SHIPPING": "BACKEND_UNAVAILABLE",
    }  # fmt: skip
    assert cart["totals"]["total"]["gross"]["amount"] == "12.00"
    assert cart["quote"]["complete"] is False


async def test_a_newer_change_ends_what_was_asked_for_the_cart_before_it(build: Build) -> None:
    world = await served(build, carts={"owner_seconds": 30.0})
    late(world, promotion=5.0)
    one = Hand(world)
    await one.create(wish(), codes=["tenth"])
    older = asyncio.create_task(view(one))
    await asyncio.sleep(0.2)
    again = Hand(world, secret=one.secret)
    again.cart = one.cart
    await again.do("cartLinesAdd", lines=[wish("BOWL")])
    async with asyncio.timeout(3):
        cart = await older
    promotion = next(part for part in cart["parts"] if part["part"] == "PROMOTION")
    assert (promotion["complete"], promotion["reason"]) == (False, "SUPERSEDED")
    await asyncio.sleep(0)
    owners = world.services.of(Carts)._owners  # pyright: ignore[reportPrivateUsage]
    assert not [flight for flight in owners._flights.values() if not flight.task.cancelled()]  # pyright: ignore[reportPrivateUsage]


async def test_a_cart_moved_to_another_market_is_priced_there_and_every_change_listed(build: Build) -> None:
    usd = SeedPrice("MUG", Money(Decimal("15.00"), "USD"))
    channels = {
        "web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}},
        "us": {"countries": ["US"], "currencies": {"US": ["USD"]}},
    }
    prices = (SeedPrice("MUG", gbp("12.00")), SeedPrice("BOWL", gbp("7.00")), usd)
    world = await served(build, *prices, channels=channels)
    one = Hand(world)
    await one.create(wish(), wish("BOWL"), codes=["lastyear", "tenth"])
    more = "changes { kind lineId code priceBefore { amount currencyCode } priceAfter { amount currencyCode } }"
    told = await one.do("cartMove", more, country="US")
    assert kinds(told) == []
    cart = told["cart"]
    assert (cart["country"], cart["currencyCode"], cart["codes"]) == ("US", "USD", ["TENTH"])
    changes = {change["kind"]: change for change in told["changes"]}
    assert changes["PRICE_CHANGED"]["priceAfter"] == {"amount": "15.00", "currencyCode": "USD"}
    assert changes["NOT_SOLD_THERE"]["lineId"] == one.cart["lines"][1]["id"]
    assert changes["CODE_LOST"]["code"] == "LASTYEAR"
    assert len(cart["lines"]) == 2
    assert kinds(await one.do("cartMove", country="FR")) == ["MarketNotSold"]
    assert kinds(await one.do("cartMove", country="GB", expectedVersion=1)) == ["CartChanged"]


async def test_a_quote_that_nobody_gave_is_none(world: World) -> None:
    from gateway.services.carts.quotes import Quotes

    one = Hand(world)
    await one.create(wish())
    await chosen(one)
    store = world.services.stored_carts
    assert store is not None
    quotes = Quotes(store.sealing)
    quote = (await view(one))["quote"]
    opened = quotes.open(quote["id"])
    assert opened is not None
    assert (opened.cart, opened.total, opened.complete) == (one.cart["id"], gbp("16.80"), True)
    body, _, mark = quote["id"].partition(".")
    for forged in ("", "x", body, f"{body}.{'0' * 64}", f"{body[:-2]}AA.{mark}", quote["id"] + "0", "é" * 30):
        assert quotes.open(forged) is None
