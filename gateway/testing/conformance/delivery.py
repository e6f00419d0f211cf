"""The suites of shipping and of tax."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from gateway.errors import RequestRefused
from gateway.model.baskets import Basket, BasketLine, BasketTax, ShippingOptions, TaxQuery
from gateway.model.money import Money
from gateway.model.operation import OperationSpec
from gateway.ports.shipping import LIST_OPTIONS, ShippingPort
from gateway.ports.tax import CALCULATE, TaxPort
from gateway.testing.conformance.base import given
from gateway.testing.conformance.baskets import BasketConformance, basket_of, line_amount, smallest
from gateway.testing.conformance.facts import Adapter, ConformanceFacts
from gateway.testing.conformance.keyed import UNKNOWN
from gateway.testing.conformance.wellformed import assert_charged


class ShippingConformance(BasketConformance):
    port = ShippingPort
    operation = LIST_OPTIONS

    def query(self, lines: Sequence[BasketLine], facts: ConformanceFacts) -> Basket:
        return basket_of(lines, facts)

    async def options(
        self, adapter: Adapter, basket: Basket, facts: ConformanceFacts, spec: OperationSpec
    ) -> ShippingOptions:
        answer = await self.ask(adapter, basket, facts, spec)
        assert isinstance(answer, ShippingOptions)
        return answer

    async def test_the_known_option_is_offered_at_its_price(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        option, price = given(facts.shipping_option, "shipping_option", facts)
        answer = await self.options(adapter, basket_of(self.lines(facts)[:1], facts), facts, spec)
        assert answer.options[0].id == option
        assert answer.options[0].price.stated == price

    async def test_options_are_distinct_cheapest_first_and_say_how_they_are_taxed(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        answer = await self.options(adapter, self.query(self.lines(facts), facts), facts, spec)
        prices = [option.price.stated.amount for option in answer.options]
        assert prices == sorted(prices) != []
        assert prices[0] >= 0
        assert len({option.id for option in answer.options}) == len(prices)
        for option in answer.options:
            assert option.label
            assert option.price.currency == facts.context.currency
            assert_charged(option.price, f"option {option.id}")

    async def test_an_option_arrives_after_it_is_ordered(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        answer = await self.options(adapter, self.query(self.lines(facts), facts), facts, spec)
        for option in answer.options:
            assert option.cut_off is None or option.cut_off >= answer.freshness.as_of
            if option.earliest is not None and option.latest is not None:
                assert answer.freshness.as_of <= option.earliest <= option.latest

    async def test_where_nobody_carries_there_is_no_option(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        nowhere = given(facts.unserved, "unserved", facts)
        basket = replace(basket_of(self.lines(facts)[:1], facts), destination=nowhere)
        assert (await self.options(adapter, basket, facts, spec)).options == ()

    async def test_a_basket_of_which_nothing_is_shipped_has_no_option(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        lines = [replace(line, requires_shipping=False) for line in self.lines(facts)]
        assert (await self.options(adapter, basket_of(lines, facts), facts, spec)).options == ()

    async def test_a_line_the_owner_does_not_know_is_refused(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        known = self.lines(facts)[:1]
        stranger = replace(known[0], id="stranger", variant=UNKNOWN.format(0))
        with pytest.raises(RequestRefused):
            await self.options(adapter, basket_of((*known, stranger), facts), facts, spec)


class TaxConformance(BasketConformance):
    port = TaxPort
    operation = CALCULATE

    def query(self, lines: Sequence[BasketLine], facts: ConformanceFacts) -> TaxQuery:
        """Each line but the first a minor unit off."""
        off = [None, *(Money(smallest(line.unit), line.unit.currency) for line in lines[1:])]
        return TaxQuery(basket_of(lines, facts), tuple(off))

    async def calculated(
        self, adapter: Adapter, query: TaxQuery, facts: ConformanceFacts, spec: OperationSpec
    ) -> BasketTax:
        answer = await self.ask(adapter, query, facts, spec)
        assert isinstance(answer, BasketTax)
        return answer

    async def test_the_known_tax_is_answered_exactly(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        tax = given(facts.line_tax, "line_tax", facts)
        answer = await self.calculated(adapter, self.query(self.lines(facts)[:1], facts), facts, spec)
        assert answer.total.tax == tax
        assert answer.lines[0].total.tax == tax or row_tax_is_unknown(answer, facts)

    async def test_every_line_is_taxed_in_order_on_what_is_left_of_it(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        query = self.query(self.lines(facts), facts)
        answer = await self.calculated(adapter, query, facts, spec)
        assert [line.line for line in answer.lines] == [line.id for line in query.basket.lines]
        for line, told, discount in zip(query.basket.lines, answer.lines, query.discounts, strict=True):
            left = line_amount(line) - (discount.amount if discount else 0)
            assert told.total.stated.amount == left
            assert told.total.treatment is line.unit.treatment
            assert_charged(told.total, f"line {line.id}")
            if told.total.tax is None or told.total.net is None or told.total.gross is None:
                assert row_tax_is_unknown(answer, facts)
            else:
                assert told.total.net.amount + told.total.tax.amount == told.total.gross.amount
            assert all(0 <= rate <= 1 for _, rate in told.rates)

    async def test_the_total_is_the_lines_to_a_minor_unit_each(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        query = self.query(self.lines(facts), facts)
        answer = await self.calculated(adapter, query, facts, spec)
        assert answer.shipping is None
        total = answer.total
        assert total.net is not None
        assert total.gross is not None
        assert total.tax is not None
        assert total.net.amount + total.tax.amount == total.gross.amount
        stated = "net" if total.stated is total.net else "gross"
        for side in (stated,) if row_tax_is_unknown(answer, facts) else ("net", "gross", "tax"):
            whole: Money = getattr(total, side)
            rows: list[Money] = [getattr(line.total, side) for line in answer.lines]
            off = abs(whole.amount - sum(row.amount for row in rows))
            assert off <= smallest(whole) * len(rows), side
        assert_charged(answer.total, "the total")

    async def test_what_delivery_costs_is_taxed_beside_the_lines(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        line = self.lines(facts)[0]
        query = self.query((line,), facts)
        without = await self.calculated(adapter, query, facts, spec)
        answer = await self.calculated(adapter, replace(query, shipping_price=line.unit), facts, spec)
        assert answer.shipping is not None
        assert answer.shipping.stated.amount == line.unit.stated.amount
        assert answer.lines[0].total == without.lines[0].total
        added = answer.total.stated.amount - without.total.stated.amount
        assert added == line.unit.stated.amount

    async def test_a_line_the_owner_does_not_know_is_refused(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        known = self.lines(facts)[:1]
        stranger = replace(known[0], id="stranger", variant=UNKNOWN.format(0))
        with pytest.raises(RequestRefused):
            await self.calculated(adapter, self.query((*known, stranger), facts), facts, spec)

    async def test_without_a_destination_it_is_refused(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        query = self.query(self.lines(facts)[:1], facts)
        nowhere = replace(query, basket=replace(query.basket, destination=None))
        with pytest.raises(RequestRefused):
            await self.calculated(adapter, nowhere, facts, spec)


def row_tax_is_unknown(answer: BasketTax, facts: ConformanceFacts) -> bool:
    """Of an owner that tells the tax of all lines together, and says so in `impossible`."""
    return "row_tax" in facts.impossible and all(line.total.tax is None for line in answer.lines)
