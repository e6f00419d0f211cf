"""Baskets of the reference adapter: what promotions leave, whichever come together."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.errors import Unavailable
from gateway.model.baskets import Basket, BasketLine, CodeRefusal, Destination, RefusedCode
from gateway.model.context import CallContext, CommerceContext
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.testing.conformance.example import example_basket, example_facts, example_seed
from gateway.testing.reference import OPERATIONS, ReferenceAdapter
from gateway.testing.sandbox import SeedPromotion, SeedShipping

HERE = CommerceContext("GB", "GBP", "en")
LINES = example_basket()
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
VIEW = HERE.only(OPERATIONS["promotion.evaluate"].vary_on)


def gbp(amount: str | Decimal) -> Money:
    return Money(Decimal(amount), "GBP")


def adapter(*promotions: SeedPromotion) -> ReferenceAdapter:
    seed = example_seed()
    return ReferenceAdapter("erp", replace(seed, promotions=promotions or seed.promotions))


promotions = st.lists(
    st.builds(
        SeedPromotion,
        label=st.just("Off"),
        percent=st.sampled_from([Decimal("0.15"), Decimal("0.333"), Decimal(1)]),
        amount=st.one_of(st.none(), st.decimals("0.01", "300", places=2).map(gbp)),
        skus=st.lists(st.sampled_from([line.sku or "" for line in LINES[:4]]), max_size=3, unique=True).map(tuple),
    ),
    max_size=6,
)
quantities = st.lists(st.integers(1, 500), min_size=1, max_size=4)
treatments = st.sampled_from([TaxTreatment.INCLUDED, TaxTreatment.EXCLUDED, TaxTreatment.UNKNOWN])


@given(promotions, quantities, treatments)
async def test_no_line_and_no_basket_is_let_off_more_than_it_costs(
    offers: list[SeedPromotion], counts: list[int], treatment: TaxTreatment
) -> None:
    lines = tuple(
        BasketLine(line.id, line.variant, Decimal(count), TaxedMoney(line.unit.net, line.unit.gross, None, treatment))
        for line, count in zip(LINES, counts, strict=False)
    )
    answer = await adapter(*offers).evaluate(Basket(lines), VIEW, CallContext.within(5.0))
    costs = {line.id: line.unit.stated.amount * line.quantity for line in lines}
    for line, cost in costs.items():
        assert sum(each.amount.stated.amount for each in answer.discounts if each.line == line) <= cost
    assert sum(each.amount.stated.amount for each in answer.discounts) <= sum(costs.values())
    assert all(each.amount.stated.amount > 0 and each.amount.treatment is treatment for each in answer.discounts)


async def test_codes_stack_in_the_order_they_were_given() -> None:
    basket = Basket(LINES[:1], ("HALF", "TEN"))
    answer = await adapter().evaluate(basket, VIEW, CallContext.within(5.0))
    assert [(each.code, each.amount.stated.amount) for each in answer.discounts] == [
        ("HALF", Decimal("10.50")),
        ("TEN", Decimal("1.05")),
    ]


async def test_a_code_that_stands_alone_is_refused_beside_another() -> None:
    answer = await adapter().evaluate(Basket(LINES, ("TEN", "ALONE")), VIEW, CallContext.within(5.0))
    assert answer.accepted == ("TEN",)
    assert answer.refused == (RefusedCode("ALONE", CodeRefusal.NOT_COMBINABLE),)


async def test_free_delivery_takes_off_what_the_chosen_option_costs_this_basket() -> None:
    seed = example_seed()
    way = SeedShipping(id="standard", label="Standard", price=gbp("4.80"), free_from=gbp("100"))
    free = ReferenceAdapter("erp", replace(seed, shipping=(way,)))
    for lines, off in ((LINES[:1], [gbp("4.80")]), (LINES, [])):
        basket = Basket(lines, ("FREESHIP",), Destination("GB"), shipping="standard")
        answer = await free.evaluate(basket, VIEW, CallContext.within(5.0))
        assert [each.amount.stated for each in answer.discounts if each.shipping] == off
        assert answer.accepted == ("FREESHIP",)


async def test_one_operation_can_be_slow_or_fail_alone() -> None:
    erp, facts = adapter(), example_facts("erp")
    erp.failing["promotion.evaluate"] = Unavailable()
    basket = Basket(LINES, destination=facts.destination)
    with pytest.raises(Unavailable):
        await erp.evaluate(basket, VIEW, CallContext.within(5.0))
    assert (await erp.list_options(basket, VIEW, CallContext.within(5.0))).options
    erp.delays["shipping.list_options"] = 60.0
    with pytest.raises(TimeoutError):
        await wait_briefly(erp, basket)
    assert erp.cancelled["shipping.list_options"] == 1


async def wait_briefly(erp: ReferenceAdapter, basket: Basket) -> None:
    async with asyncio.timeout(0.05):
        await erp.list_options(basket, VIEW, CallContext.within(5.0))


async def test_an_option_ordered_after_its_cut_off_leaves_tomorrow() -> None:
    erp = adapter()
    facts = example_facts("erp")
    erp.clock = lambda: NOON
    basket = Basket(LINES, destination=facts.destination)
    answer = await erp.list_options(basket, VIEW, CallContext.within(5.0))
    standard, express = answer.options
    assert standard.cut_off == NOON.replace(hour=15)
    assert express.cut_off == NOON.replace(day=2, hour=11)
    assert (express.earliest or NOON) > NOON.replace(day=3, hour=1)
