"""The suite of promotions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from gateway.model.baskets import Basket, BasketLine, Promotions
from gateway.model.operation import OperationSpec
from gateway.ports.promotion import EVALUATE, PromotionPort
from gateway.testing.conformance.base import given
from gateway.testing.conformance.baskets import BasketConformance, basket_of, line_amount
from gateway.testing.conformance.facts import Adapter, ConformanceFacts
from gateway.testing.conformance.keyed import UNKNOWN
from gateway.testing.conformance.wellformed import assert_charged, timeless


class PromotionConformance(BasketConformance):
    port = PromotionPort
    operation = EVALUATE

    def query(self, lines: Sequence[BasketLine], facts: ConformanceFacts) -> Basket:
        """With every code the facts know."""
        code, _ = given(facts.promotion, "promotion", facts)
        return basket_of(lines, facts, code, *facts.refused_codes)

    async def evaluated(
        self, adapter: Adapter, basket: Basket, facts: ConformanceFacts, spec: OperationSpec
    ) -> Promotions:
        answer = await self.ask(adapter, basket, facts, spec)
        assert isinstance(answer, Promotions)
        return answer

    async def test_every_code_is_accepted_or_refused_once(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        whole = self.query(self.lines(facts), facts)
        for codes in (whole.codes, whole.codes[::-1], whole.codes[:1], ()):
            answer = await self.evaluated(adapter, replace(whole, codes=codes), facts, spec)
            told = [*answer.accepted, *(refusal.code for refusal in answer.refused)]
            assert sorted(told) == sorted(codes)

    async def test_a_code_takes_off_what_it_says(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        code, amount = given(facts.promotion, "promotion", facts)
        basket = basket_of(self.lines(facts)[:1], facts)
        without = await self.evaluated(adapter, basket, facts, spec)
        answer = await self.evaluated(adapter, replace(basket, codes=(code,)), facts, spec)
        assert answer.accepted == (code,)
        assert off(answer) - off(without) == amount.amount
        assert {discount.code for discount in answer.discounts} - {None} == {code}

    async def test_a_refused_code_says_why_and_takes_nothing_off(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        refused = given(dict(facts.refused_codes) or None, "refused_codes", facts)
        basket = basket_of(self.lines(facts)[:1], facts)
        without = await self.evaluated(adapter, basket, facts, spec)
        answer = await self.evaluated(adapter, replace(basket, codes=tuple(refused)), facts, spec)
        assert {refusal.code: refusal.reason for refusal in answer.refused} == refused
        assert timeless(answer.discounts) == timeless(without.discounts)

    async def test_a_refused_code_costs_no_other_its_effect(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        code, amount = given(facts.promotion, "promotion", facts)
        basket = basket_of(self.lines(facts)[:1], facts)
        without = await self.evaluated(adapter, basket, facts, spec)
        answer = await self.evaluated(adapter, replace(basket, codes=(*facts.refused_codes, code)), facts, spec)
        assert answer.accepted == (code,)
        assert off(answer) - off(without) == amount.amount

    async def test_no_line_is_let_off_more_than_it_costs(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        lines = self.lines(facts)
        for some in (lines[:1], lines):
            answer = await self.evaluated(adapter, self.query(some, facts), facts, spec)
            costs = {line.id: line_amount(line) for line in some}
            for line, cost in costs.items():
                assert sum((d.amount.stated.amount for d in answer.discounts if d.line == line), Decimal(0)) <= cost
            assert off(answer) <= sum(costs.values())

    async def test_a_discount_is_positive_named_and_taxed_as_the_lines_are(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        query = self.query(self.lines(facts), facts)
        answer = await self.evaluated(adapter, query, facts, spec)
        treatments = {line.id: line.unit.treatment for line in query.lines}
        assert answer.discounts
        for discount in answer.discounts:
            assert discount.label
            assert discount.amount.stated.amount > 0
            assert discount.amount.currency == facts.context.currency
            assert_charged(discount.amount, "a discount")
            assert discount.line is None or discount.line in treatments
            assert discount.code is None or discount.code in answer.accepted
            if not discount.shipping:
                expected = set(treatments.values()) if discount.line is None else {treatments[discount.line]}
                assert discount.amount.treatment in expected

    async def test_a_line_the_owner_does_not_know_takes_part_in_nothing(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        code, _ = given(facts.promotion, "promotion", facts)
        known = self.lines(facts)[:1]
        stranger = replace(known[0], id="stranger", variant=UNKNOWN.format(0))
        alone = await self.evaluated(adapter, basket_of(known, facts, code), facts, spec)
        both = await self.evaluated(adapter, basket_of((*known, stranger), facts, code), facts, spec)
        assert timeless(both.discounts) == timeless(alone.discounts)
        assert both.accepted == alone.accepted


def off(answer: Promotions) -> Decimal:
    """Of the lines, in all."""
    return sum((each.amount.stated.amount for each in answer.discounts if not each.shipping), Decimal(0))
