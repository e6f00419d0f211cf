"""The suite of prices."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from gateway.errors import AmbiguousKey, CurrencyNotSold
from gateway.model.identity import NativeRef
from gateway.model.operation import OperationSpec
from gateway.model.pricing import Price, PriceKey
from gateway.ports.manifest import Manifest
from gateway.ports.price import GET_PRICES, PRICE_CONTEXT, PriceContextPort, PricePort
from gateway.testing.conformance.base import a_call, declared, given, served, view
from gateway.testing.conformance.facts import Adapter, BackendControl, ConformanceFacts
from gateway.testing.conformance.hostile import no_ids
from gateway.testing.conformance.keyed import UNKNOWN, KeyedConformance
from gateway.testing.conformance.wellformed import assert_charged, assert_unit, digits_of, timeless

MANY = Decimal(3)
ENOUGH = 24


class PriceConformance(KeyedConformance):
    port = PricePort
    operation = GET_PRICES

    def no_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[PriceKey]:
        return [PriceKey(NativeRef(adapter.name, text)) for text in no_ids(facts)]

    def known_keys(self, facts: ConformanceFacts) -> Sequence[PriceKey]:
        return [PriceKey(sku) for sku in given(facts.skus, "skus", facts)]

    def unknown_key(self, index: int, facts: ConformanceFacts) -> PriceKey:
        return PriceKey(UNKNOWN.format(index))

    def unknown_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[PriceKey]:
        native = (PriceKey(NativeRef(adapter.name, text)) for text in facts.unknown_ids)
        return (self.unknown_key(0, facts), *native)

    async def price(self, adapter: Adapter, key: PriceKey, facts: ConformanceFacts, spec: OperationSpec) -> Price:
        found = (await self.ask(adapter, (key,), facts, spec))[key]
        assert isinstance(found, Price)
        return found

    async def prices(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, quantity: Decimal = Decimal(1)
    ) -> list[Price]:
        """Of some known keys; each has one."""
        keys = [replace(key, quantity=quantity) for key in self.known_keys(facts)[:ENOUGH]]
        answer = await self.ask(adapter, keys, facts, spec)
        found = [price for price in answer.values() if isinstance(price, Price)]
        assert len(found) == len(keys) > 0
        return found

    async def test_the_known_price_is_answered_exactly(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        sku, amount = given(facts.price, "price", facts)
        price = await self.price(adapter, PriceKey(sku), facts, spec)
        assert price.current.stated.quantized() == amount
        assert price.current.currency == facts.context.currency

    async def test_the_known_price_says_how_it_is_taxed(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        sku, _ = given(facts.price, "price", facts)
        price = await self.price(adapter, PriceKey(sku), facts, spec)
        assert price.current.treatment is given(facts.treatment, "treatment", facts)

    async def test_the_known_price_without_tax_is_answered_exactly(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        sku, _ = given(facts.price, "price", facts)
        net = given(facts.net, "net", facts)
        price = await self.price(adapter, PriceKey(sku), facts, spec)
        assert price.current.net is not None
        assert price.current.net.quantized() == net

    async def test_a_variant_without_a_sku_is_priced_by_its_reference_in_the_same_requests(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, backend: BackendControl
    ) -> None:
        ref, amount, _ = given(facts.nameless, "nameless", facts)
        key, other = PriceKey(ref), PriceKey(given(facts.skus, "skus", facts)[0])
        await self.ask(adapter, (key, other), facts, spec)  # identifiers are cached from here on
        before = backend.requests
        answer = await self.ask(adapter, (key, other), facts, spec)
        assert backend.requests - before <= spec.requests(2, facts.axes.get(self.operation.name, {}))
        price = answer[key]
        assert isinstance(price, Price)
        assert price.current.stated.quantized() == given(amount, "nameless: an amount", facts)
        assert timeless(answer[other]) == timeless((await self.ask(adapter, (other,), facts, spec))[other])

    async def test_a_reference_of_another_backend_means_nothing(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        ref, _, _ = given(facts.nameless, "nameless", facts)
        assert await self.ask(adapter, (PriceKey(NativeRef("another", ref.id)),), facts, spec) == {}

    async def test_two_bearers_of_a_sku_have_no_price(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        key = PriceKey(given(facts.duplicate_sku, "duplicate_sku", facts))
        assert isinstance((await self.ask(adapter, (key,), facts, spec))[key], AmbiguousKey)

    async def test_another_currency_is_never_converted(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        currency = given(facts.unsold_currency, "unsold_currency", facts)
        key = PriceKey(given(facts.skus, "skus", facts)[0])
        elsewhere = replace(facts, context=replace(facts.context, currency=currency))
        assert isinstance((await self.ask(adapter, (key,), elsewhere, spec))[key], CurrencyNotSold)

    async def test_what_is_charged_has_the_digits_of_the_currency(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        for price in await self.prices(adapter, facts, spec, MANY):
            if price.line is not None:
                assert_charged(price.line, "the line")
            if price.list is not None:
                assert price.list.stated.amount > price.current.stated.amount

    async def test_a_line_costs_as_many_pieces_as_were_asked(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        """Within what rounding each piece may come to."""
        for price in await self.prices(adapter, facts, spec, MANY):
            if price.line is not None:
                smallest = Decimal(1).scaleb(-digits_of(price.line.currency))
                whole = price.current.stated.amount * MANY
                assert abs(price.line.stated.amount - whole) <= smallest * MANY

    async def test_a_price_for_one_piece_has_no_more_digits_than_its_source_keeps(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        for price in await self.prices(adapter, facts, spec):
            for money in (price.current, price.list, *(step.price for step in price.breaks)):
                assert_unit(money, facts.unit_digits, "a price for one piece")

    async def test_all_that_a_price_says_is_taxed_as_the_price(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        for price in await self.prices(adapter, facts, spec):
            beside = (price.list, price.line, price.unit_price and price.unit_price.price)
            for money in (*beside, *(step.price for step in price.breaks)):
                assert money is None or money.treatment is price.current.treatment

    async def test_a_price_is_not_over_when_it_is_given(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        for price in await self.prices(adapter, facts, spec):
            assert price.horizon is None or price.horizon >= price.freshness.as_of
            assert price.valid_from is None or price.valid_from <= price.freshness.as_of

    async def test_a_quantity_changes_the_price_and_no_other_in_the_same_call(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        sku, quantity, amount = given(facts.quantity_price, "quantity_price", facts)
        one, many = PriceKey(sku), PriceKey(sku, quantity)
        answer = await self.ask(adapter, (one, many), facts, spec)
        single, several = answer[one], answer[many]
        assert isinstance(single, Price)
        assert isinstance(several, Price)
        assert several.current.stated.quantized() == amount
        assert single.current.stated.amount > several.current.stated.amount
        for step in single.breaks:
            there = await self.price(adapter, PriceKey(sku, step.minimum_quantity), facts, spec)
            assert there.current.stated.quantized() == step.price.stated.quantized()

    async def test_a_price_group_changes_the_price(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        group, sku, amount = given(facts.group_price, "group_price", facts)
        grouped = replace(facts, context=replace(facts.context, price_group=group))
        price = await self.price(adapter, PriceKey(sku), grouped, spec)
        assert price.current.stated.quantized() == amount
        usual = await self.price(adapter, PriceKey(sku), facts, spec)
        assert usual.current.stated.quantized() != amount

    async def test_the_price_context_of_a_customer_is_derived(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest
    ) -> None:
        spec = declared(manifest, PRICE_CONTEXT.name)
        customer, group = given(facts.grouped_customer, "grouped_customer", facts)
        nobody = tuple(NativeRef(adapter.name, text) for text in facts.unknown_ids)
        context = view(facts, spec)
        answer = await served(adapter, PriceContextPort).price_context((customer, *nobody), context, a_call())
        assert answer == {customer: group}
