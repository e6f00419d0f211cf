"""Baskets at the shop: what is reckoned with whose prices, and what a calculation costs."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.shopify.basket.delivery import shared_tax
from adapters.shopify.manifest import MANIFEST
from adapters.shopify.sandbox import ShopifySandbox
from gateway.errors import CredentialsRefused, CurrencyNotSold, RequestRefused
from gateway.kit.rates import tax_at
from gateway.model.baskets import Basket, BasketLine, CodeRefusal, Destination, RefusedCode, TaxQuery
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.ports.promotion import EVALUATE, PromotionPort
from gateway.ports.shipping import LIST_OPTIONS, ShippingPort
from gateway.ports.tax import CALCULATE, TaxPort
from gateway.testing.conformance.example import example_basket, example_seed
from gateway.testing.sandbox import SeedPromotion

from .conftest import OpenShop
from .shops import call, money, shop_seed, view

HERE = Destination("GB", postal_code="W1A 1AA", city="London")
LINES = example_basket()


def basket(*codes: str, lines: tuple[BasketLine, ...] = LINES[:1], **parts: Any) -> Basket:
    return Basket(lines, codes, HERE, **parts)


@pytest.fixture
def promotions(shop: Any) -> PromotionPort:
    return cast("PromotionPort", shop)


async def test_a_basket_with_other_prices_than_the_shops_is_refused(promotions: PromotionPort) -> None:
    dearer = TaxedMoney(gross=money("99.00"), treatment=TaxTreatment.INCLUDED)
    line = replace(LINES[0], unit=dearer)
    with pytest.raises(RequestRefused):
        await promotions.evaluate(basket("TEN", lines=(line,)), view(MANIFEST, EVALUATE.name), call())


async def test_foreign_prices_are_what_a_discount_is_a_part_of(open_shop: OpenShop) -> None:
    _, shop = await open_shop(shop_seed(), foreign_prices=True)
    dearer = TaxedMoney(gross=money("99.00"), treatment=TaxTreatment.INCLUDED)
    line = replace(LINES[0], unit=dearer)
    asked = basket("TEN", lines=(line,))
    answer = await cast("PromotionPort", shop).evaluate(asked, view(MANIFEST, EVALUATE.name), call())
    assert [each.amount.stated for each in answer.discounts] == [money("19.80")]


async def test_a_basket_taxed_otherwise_than_the_shop_is_refused(promotions: PromotionPort) -> None:
    net = TaxedMoney(net=money("10.50"), treatment=TaxTreatment.EXCLUDED)
    line = replace(LINES[0], unit=net)
    with pytest.raises(RequestRefused):
        await promotions.evaluate(basket(lines=(line,)), view(MANIFEST, EVALUATE.name), call())


async def test_automatic_discounts_come_without_a_code(open_shop: OpenShop) -> None:
    seed = replace(shop_seed(), promotions=(SeedPromotion(label="Summer", percent=Decimal("0.2")),))
    _, shop = await open_shop(seed)
    answer = await cast("PromotionPort", shop).evaluate(basket(), view(MANIFEST, EVALUATE.name), call())
    assert [(each.label, each.code, each.line, each.amount.stated) for each in answer.discounts] == [
        ("Summer", None, LINES[0].id, money("4.20"))
    ]


async def test_free_delivery_is_taken_from_delivery(promotions: PromotionPort) -> None:
    asked = basket("FREESHIP", shipping="shopify-standard-4.80")
    answer = await promotions.evaluate(asked, view(MANIFEST, EVALUATE.name), call())
    assert [(each.shipping, each.amount.stated) for each in answer.discounts] == [(True, money("4.80"))]


async def test_an_amount_off_is_spread_to_the_minor_unit(promotions: PromotionPort) -> None:
    answer = await promotions.evaluate(basket("THREE", lines=LINES[:7]), view(MANIFEST, EVALUATE.name), call())
    assert len({each.line for each in answer.discounts}) == 7
    assert sum(each.amount.stated.amount for each in answer.discounts) == Decimal("3.00")


async def test_codes_that_did_something_cost_no_second_question(
    promotions: PromotionPort, sandbox: ShopifySandbox
) -> None:
    asked = view(MANIFEST, EVALUATE.name)
    await promotions.evaluate(basket("TEN"), asked, call())
    sandbox.requests.clear()
    await promotions.evaluate(basket("TEN"), asked, call())
    assert [request.operation for request in sandbox.requests] == ["BasketPromotions"]
    await promotions.evaluate(basket("TEN", "NOBODYS"), asked, call())
    assert [request.operation for request in sandbox.requests][1:] == ["BasketPromotions", "BasketCodes"]


async def test_a_calculation_costs_the_same_points_for_one_line_and_for_many(
    promotions: PromotionPort, sandbox: ShopifySandbox
) -> None:
    asked = view(MANIFEST, EVALUATE.name)
    spent: list[float] = []
    for lines in (LINES[:1], LINES):
        await promotions.evaluate(basket("TEN", lines=lines), asked, call())
        sandbox.bucket.restore_rate = 0.0
        before = sandbox.bucket.available
        await promotions.evaluate(basket("TEN", lines=lines), asked, call())
        spent.append(before - sandbox.bucket.available)
    assert spent[0] == spent[1] < 30


async def test_more_lines_than_a_draft_has_are_refused_unasked(
    promotions: PromotionPort, sandbox: ShopifySandbox
) -> None:
    many = tuple(replace(LINES[0], id=f"line-{number}") for number in range(500))
    with pytest.raises(RequestRefused):
        await promotions.evaluate(basket(lines=many), view(MANIFEST, EVALUATE.name), call())
    assert "BasketPromotions" not in [request.operation for request in sandbox.requests]


async def test_part_of_a_piece_is_refused(promotions: PromotionPort) -> None:
    half = replace(LINES[0], quantity=Decimal("0.5"))
    with pytest.raises(RequestRefused):
        await promotions.evaluate(basket(lines=(half,)), view(MANIFEST, EVALUATE.name), call())


async def test_two_lines_of_one_sku_are_told_apart(promotions: PromotionPort) -> None:
    twin = replace(LINES[0], id="gift", quantity=Decimal(1))
    answer = await promotions.evaluate(basket("TEN", lines=(LINES[0], twin)), view(MANIFEST, EVALUATE.name), call())
    assert {each.line: each.amount.stated.amount for each in answer.discounts} == {
        LINES[0].id: Decimal("2.10"),
        "gift": Decimal("1.05"),
    }


async def test_nothing_known_to_the_shop_is_let_off_nothing(promotions: PromotionPort) -> None:
    line = replace(LINES[0], variant="NOBODYS")
    answer = await promotions.evaluate(basket("TEN", lines=(line,)), view(MANIFEST, EVALUATE.name), call())
    assert answer.discounts == ()
    assert answer.refused == (RefusedCode("TEN", CodeRefusal.NOT_FOR_THESE_GOODS),)


async def test_another_currency_than_the_markets_is_never_converted(promotions: PromotionPort) -> None:
    with pytest.raises(CurrencyNotSold):
        await promotions.evaluate(basket(), view(MANIFEST, EVALUATE.name, currency="KWD"), call())


@pytest.mark.parametrize("right", ["write_draft_orders", "read_discounts"])
async def test_a_right_that_is_missing_is_told_as_such(
    promotions: PromotionPort, sandbox: ShopifySandbox, right: str
) -> None:
    sandbox.withheld.add(right)
    with pytest.raises(CredentialsRefused):
        await promotions.evaluate(basket("NOBODYS"), view(MANIFEST, EVALUATE.name), call())


async def test_rates_depend_on_what_the_basket_is_worth(open_shop: OpenShop) -> None:
    seed = example_seed()
    free = replace(seed.shipping[0], free_from=Money(Decimal(100), "GBP"))
    _, shop = await open_shop(replace(shop_seed(), shipping=(free,)))
    options: Callable[..., Any] = cast("ShippingPort", shop).list_options
    for lines, price in ((LINES[:1], "4.80"), (LINES, "0.00")):
        answer = await options(basket(lines=lines), view(MANIFEST, LIST_OPTIONS.name), call())
        assert [option.price for option in answer.options] == [
            TaxedMoney(gross=money(price), treatment=TaxTreatment.INCLUDED)
        ]


async def test_an_address_that_is_not_whole_has_no_rates(shop: Any) -> None:
    asked = replace(basket(), destination=Destination("GB"))
    answer = await cast("ShippingPort", shop).list_options(asked, view(MANIFEST, LIST_OPTIONS.name), call())
    assert answer.options == ()


async def test_tax_is_the_shops_own_on_lines_and_delivery(shop: Any) -> None:
    query = TaxQuery(
        basket(lines=LINES[:2]),
        (money("1.00"), None),
        TaxedMoney(gross=money("4.80"), treatment=TaxTreatment.INCLUDED),
    )
    answer = await cast("TaxPort", shop).calculate(query, view(MANIFEST, CALCULATE.name), call())
    assert answer.total == TaxedMoney(money("39.84"), money("47.80"), money("7.96"), TaxTreatment.INCLUDED)
    assert answer.shipping == TaxedMoney(money("4.00"), money("4.80"), money("0.80"), TaxTreatment.INCLUDED)
    assert [(line.total.tax, line.rates) for line in answer.lines] == [
        (money("3.33"), (("VAT", Decimal("0.2")),)),
        (money("3.83"), (("VAT", Decimal("0.2")),)),
    ]


async def test_lines_of_several_rates_say_no_tax_of_their_own(sandbox: ShopifySandbox, shop: Any) -> None:
    for rate in ("0", "0.05"):
        sandbox.world.reduced_rates[LINES[0].sku or ""] = Decimal(rate)
        answer = await cast("TaxPort", shop).calculate(
            TaxQuery(basket(lines=LINES[:2])), view(MANIFEST, CALCULATE.name), call()
        )
        assert [line.total.tax for line in answer.lines] == [None, None]
        assert answer.total.tax is not None


@given(st.lists(st.decimals("0.01", "500", places=2), min_size=1, max_size=30), st.integers(-3, 3))
def test_tax_is_shared_to_the_minor_unit_or_not_at_all(amounts: list[Decimal], off: int) -> None:
    rows = [TaxedMoney(gross=Money(amount, "GBP"), treatment=TaxTreatment.INCLUDED) for amount in amounts]
    exact = sum((tax_at(Decimal("0.2"), row.stated, row.treatment).amount for row in rows), Decimal(0))
    whole = Money(exact + Decimal(off) / 100, "GBP")
    shared = shared_tax(rows, Decimal("0.2"), whole)
    if abs(off) > (len(rows) + 1) // 2:
        assert shared is None
    else:
        assert shared is not None
        assert sum(row.tax.amount for row in shared if row.tax) == whole.amount
