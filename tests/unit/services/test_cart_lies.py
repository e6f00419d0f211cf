"""Owners that lie: below nothing, in another currency, sums that do not add up. None of it becomes a total."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from gateway.model.baskets import (
    Basket,
    BasketTax,
    Discount,
    Promotions,
    ShippingOption,
    ShippingOptions,
    TaxedLine,
    TaxQuery,
)
from gateway.model.context import CallContext, ContextView
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.testing.sandbox import SeedPrice
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import configuration, domains, erp, gbp, shop
from tests.unit.services.test_cart_owners import BasketOwner, both, chosen, gross, view
from tests.unit.services.test_carts import Hand, wish


def usd(amount: str) -> TaxedMoney:
    return TaxedMoney(gross=Money(Decimal(amount), "USD"), treatment=TaxTreatment.INCLUDED)


def mixed(net: str, with_tax: str) -> TaxedMoney:
    """Each side in a currency of its own."""
    return TaxedMoney(Money(Decimal(net), "USD"), Money(Decimal(with_tax), "GBP"), treatment=TaxTreatment.INCLUDED)


class Liar(BasketOwner):
    discounts: tuple[Discount, ...] | None = None
    options: tuple[ShippingOption, ...] | None = None
    rows: Mapping[str, TaxedMoney] | None = None
    whole: TaxedMoney | None = None
    posted: TaxedMoney | None = None

    async def evaluate(self, query: Basket, context: ContextView, call: CallContext) -> Promotions:
        if self.discounts is None:
            return await super().evaluate(query, context, call)
        return Promotions(self.discounts, self._freshness())

    async def list_options(self, query: Basket, context: ContextView, call: CallContext) -> ShippingOptions:
        if self.options is None:
            return await super().list_options(query, context, call)
        return ShippingOptions(self.options, self._freshness())

    async def calculate(self, query: TaxQuery, context: ContextView, call: CallContext) -> BasketTax:
        if self.rows is None or self.whole is None:
            return await super().calculate(query, context, call)
        lines = tuple(TaxedLine(line, total) for line, total in self.rows.items())
        return BasketTax(lines, self.whole, self._freshness(), self.posted)


async def lying(build: Build, *, taxed: bool = True, **lies: Any) -> World:
    owned = {name: {"order": ["offers"]} for name in ("promotion", "shipping", "tax")}
    settings = configuration(domains={**domains(), **owned})
    seeds = {"shop": shop("MUG") if taxed else erp("MUG", tax_rates={}, price="10.00"), "offers": shop("MUG")}
    world = await build(settings, seeds, {"offers": Liar})
    for name, lie in lies.items():
        setattr(world["offers"], name, lie)
    return world


def part(cart: dict[str, Any], name: str) -> tuple[bool, str | None]:
    return next((one["complete"], one["reason"]) for one in cart["parts"] if one["part"] == name)


@pytest.mark.parametrize("price", [gross("-5.00"), both("-4.00", "4.80"), both("5.00", "4.80"), usd("4.80")])
async def test_delivery_that_costs_less_than_nothing_or_makes_no_sense_is_not_offered(
    build: Build, price: TaxedMoney
) -> None:
    good = ShippingOption("van", "Our van", both("10.00", "12.00"))
    world = await lying(build, options=(ShippingOption("post", "Post", price), good))
    one = Hand(world)
    await one.create(wish())
    await chosen(one, "post")
    cart = await view(one)
    assert [option["id"] for option in cart["deliveryGroups"][0]["options"]] == ["van"]
    assert cart["totals"]["total"]["gross"]["amount"] == "12.00"
    assert (cart["quote"]["complete"], cart["quote"]["missing"]) == (False, ["SHIPPING"])


@pytest.mark.parametrize(
    "amount", [gross("-5.00"), both("-4.00", "5.00"), both("5.00", "4.00"), usd("5.00"), mixed("4.00", "4.80")]
)
async def test_a_discount_that_makes_no_sense_is_not_taken_off_and_keeps_the_cart_from_being_bought(
    build: Build, amount: TaxedMoney
) -> None:
    world = await lying(build, discounts=(Discount("Off", amount),))
    one = Hand(world)
    await one.create(wish())
    await chosen(one)
    cart = await view(one)
    assert (cart["discounts"], cart["totals"]["total"]["gross"]["amount"]) == ([], "16.80")
    assert part(cart, "PROMOTION") == (False, "BACKEND_INVALID")
    assert cart["quote"]["complete"] is False


@pytest.mark.parametrize(
    ("rows", "whole", "posted"),
    [
        ({"1": both("10.00", "12.00")}, gross("1.00"), None),  # a sum of its own
        ({"1": both("1.00", "1.20")}, gross("1.20"), None),  # another price than its owner's
        ({"1": both("10.00", "9.00")}, gross("9.00"), None),  # a tax below nothing
        ({"1": usd("12.00")}, usd("12.00"), None),
        ({"1": mixed("10.00", "12.00")}, gross("12.00"), None),
        ({"1": usd("12.00")}, gross("12.00"), None),
        ({}, gross("0.00"), None),  # a line is missing
        ({"1": both("10.00", "12.00"), "2": both("5.00", "6.00")}, gross("18.00"), None),  # a line nobody asked for
    ],
)
async def test_tax_that_does_not_add_up_to_the_owners_prices_is_not_known(
    build: Build, rows: Mapping[str, TaxedMoney], whole: TaxedMoney, posted: TaxedMoney | None
) -> None:
    world = await lying(build, taxed=False, rows=rows, whole=whole, posted=posted)
    one = Hand(world)
    await one.create(wish())
    cart = await view(one)
    assert part(cart, "TAX") in ((False, "TAX_UNKNOWN"), (False, "BACKEND_INVALID"))
    assert (cart["totals"]["total"]["gross"], cart["totals"]["rounding"]["amount"]) == (None, "0")
    assert cart["quote"]["complete"] is False


@pytest.mark.parametrize("posted", [gross("0.00"), both("-4.00", "-4.80"), usd("4.80"), both("1.00", "1.20")])
async def test_tax_that_says_another_price_of_delivery_is_not_known(build: Build, posted: TaxedMoney) -> None:
    world = await lying(build, taxed=False, rows={"1": both("10.00", "12.00")}, whole=gross("12.00"), posted=posted)
    one = Hand(world)
    await one.create(wish())
    await chosen(one)
    cart = await view(one)
    assert part(cart, "TAX") == (False, "TAX_UNKNOWN")
    assert cart["totals"]["shipping"]["gross"]["amount"] == "4.80"
    assert cart["quote"]["complete"] is False


async def test_tax_that_its_owner_tells_of_all_lines_together_is_in_what_is_to_be_paid(build: Build) -> None:
    stated = TaxedMoney(Money(Decimal("10.00"), "GBP"), treatment=TaxTreatment.EXCLUDED)
    world = await lying(build, taxed=False, rows={"1": stated}, whole=both("10.00", "11.75"))
    one = Hand(world)
    await one.create(wish())
    cart = await view(one)
    assert part(cart, "TAX") == (True, None)
    assert (cart["lines"][0]["total"]["gross"], cart["totals"]["total"]) == (
        None,
        {"net": {"amount": "10.00"}, "tax": {"amount": "1.75"}, "gross": {"amount": "11.75"}},
    )
    assert cart["quote"]["total"] == {"amount": "11.75"}


async def test_a_price_below_nothing_buys_nothing(build: Build) -> None:
    settings = configuration()
    world = await build(settings, {"shop": shop("MUG", "BOWL", prices=(SeedPrice("MUG", gbp("-12.00")),))})
    one = Hand(world)
    await one.create(wish())
    cart = await view(one)
    assert part(cart, "PRICE") == (False, "BACKEND_INVALID")
    assert (cart["quote"]["complete"], cart["totals"]["total"]["gross"]["amount"]) == (False, "0")


async def test_a_discount_of_more_tax_than_a_row_has_leaves_no_tax_below_nothing(build: Build) -> None:
    world = await lying(build, discounts=(Discount("Off", both("1.00", "11.00")),))
    one = Hand(world)
    await one.create(wish())
    total = (await view(one))["lines"][0]["total"]
    assert Decimal(total["tax"]["amount"]) >= 0
    assert total["gross"]["amount"] == "1.00"


async def test_a_code_that_its_owner_does_not_mention_does_nothing_and_is_said_so(build: Build) -> None:
    world = await lying(build, discounts=())
    one = Hand(world)
    await one.create(wish(), codes=["tenth"])
    assert (await view(one))["refusedCodes"] == [{"code": "TENTH", "reason": "REFUSED"}]
