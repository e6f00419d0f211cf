"""What every owner of promotions, shipping and tax has to hold: one call however many lines, and nothing booked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any, ClassVar, cast

import pytest

from gateway.model.baskets import Basket, BasketLine
from gateway.model.money import Money, TaxedMoney
from gateway.model.operation import OperationSpec
from gateway.ports.domain import PagedOperation
from gateway.ports.manifest import Manifest
from gateway.testing.conformance.base import a_call, declared, given, served, view
from gateway.testing.conformance.facts import Adapter, BackendControl, ConformanceFacts
from gateway.testing.conformance.failures import FailingConformance
from gateway.testing.conformance.wellformed import assert_well_formed, digits_of, timeless

Records = Callable[[], Awaitable[int]]
OFTEN = 4


class BasketConformance(FailingConformance):
    """`operation` is the read under test. `records`, where it is overridden, counts what the owner keeps: orders,
    drafts, uses of a code."""

    operation: ClassVar[PagedOperation[Any, Any]]

    def query(self, lines: Sequence[BasketLine], facts: ConformanceFacts) -> Any:
        """What is asked for these lines."""
        raise NotImplementedError

    @pytest.fixture
    def records(self) -> Records | None:
        return None

    @pytest.fixture
    def spec(self, manifest: Manifest) -> OperationSpec:
        return declared(manifest, self.operation.name)

    async def ask(self, adapter: Adapter, query: Any, facts: ConformanceFacts, spec: OperationSpec) -> Any:
        port: Any = served(adapter, cast("type[Any]", self.port))
        return await getattr(port, self.operation.method)(query, view(facts, spec), a_call())

    async def read(self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest) -> object:
        spec = declared(manifest, self.operation.name)
        return await self.ask(adapter, self.query(self.lines(facts)[:1], facts), facts, spec)

    def lines(self, facts: ConformanceFacts) -> tuple[BasketLine, ...]:
        return given(facts.basket, "basket", facts)

    async def test_an_answer_is_utc_decimal_and_names_its_source(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        answer = await self.ask(adapter, self.query(self.lines(facts), facts), facts, spec)
        assert_well_formed(answer, adapter.name)

    async def test_no_call_depends_on_the_number_of_lines(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, backend: BackendControl
    ) -> None:
        lines = self.lines(facts)
        allowed = spec.requests(1, {**spec.axes, **facts.axes.get(self.operation.name, {})})
        for some in (lines[:1], lines):
            query = self.query(some, facts)
            await self.ask(adapter, query, facts, spec)  # identifiers are cached from here on
            before = backend.requests
            await self.ask(adapter, query, facts, spec)
            made = backend.requests - before
            assert 0 < made <= allowed, f"{made} requests for {len(some)} lines; declared are {allowed}"

    async def test_asking_books_nothing(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, records: Records | None
    ) -> None:
        """The same answer however often it is asked, and nothing left at the owner."""
        before = None if records is None else await records()
        query = self.query(self.lines(facts), facts)
        first = await self.ask(adapter, query, facts, spec)
        for _ in range(OFTEN):
            assert undated(await self.ask(adapter, query, facts, spec)) == undated(first)
        assert records is None or await records() == before


def undated(answer: Any) -> object:
    """Without the instants that come nearer with each minute."""
    shown = timeless(answer)
    return _without(shown, {("earliest",), ("latest",), ("cut_off",)})


def _without(value: Any, names: set[tuple[str]]) -> Any:
    if isinstance(value, tuple):
        parts = cast("tuple[Any, ...]", value)
        return tuple(_without(part, names) for part in parts if not (isinstance(part, tuple) and part[:1] in names))
    return value


def basket_of(lines: Sequence[BasketLine], facts: ConformanceFacts, *codes: str) -> Basket:
    return Basket(tuple(lines), codes, given(facts.destination, "destination", facts))


def line_amount(line: BasketLine) -> Decimal:
    """What the line costs before discounts, as it is stated."""
    return line.line.stated.amount if line.line else line.unit.stated.times(line.quantity).quantized().amount


def smallest(money: TaxedMoney | Money) -> Decimal:
    return Decimal(1).scaleb(-digits_of(money.currency))
