"""The suite of what is read of a payment processor. What is written is held by `WriteConformance`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway.errors import AdapterError
from gateway.model.context import ContextView
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.payments import Payment, PaymentOptions, PaymentOptionsQuery
from gateway.ports.backend import implements
from gateway.ports.manifest import Manifest
from gateway.ports.payment import CHECK_GIFT_CARD, GET_PAYMENTS, LIST_METHODS, GiftCardPort, PaymentPort
from gateway.testing.conformance.base import a_call, assert_counted, declared, given, view
from gateway.testing.conformance.facts import Adapter, BackendControl, ConformanceFacts
from gateway.testing.conformance.failures import FailingConformance
from gateway.testing.conformance.hostile import no_ids
from gateway.testing.conformance.wellformed import assert_well_formed


class PaymentConformance(FailingConformance):
    """`facts.shopper` is a customer as the processor calls them, with a stored method at least."""

    async def options(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, customer: NativeRef | None
    ) -> PaymentOptions:
        asked: Any = adapter
        spec, here = declared(manifest, LIST_METHODS.name), facts.context
        query = PaymentOptionsQuery(Money(Decimal(25), here.currency), here.country, customer=customer)
        return await asked.list_methods(query, view(facts, spec), a_call())

    async def payments(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, ids: Sequence[str]
    ) -> Mapping[NativeRef, Payment | AdapterError]:
        asked: Any = adapter
        spec = declared(manifest, GET_PAYMENTS.name)
        seen: ContextView = view(facts, spec)
        return await asked.get_payments([NativeRef(adapter.name, each) for each in ids], seen, a_call())

    async def read(self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest) -> object:
        return await self.options(adapter, facts, manifest, given(facts.shopper, "shopper", facts))

    def test_it_can_take_money_and_give_it_back(self, adapter: Adapter) -> None:
        """All of the port but the look-ups, which a vendor that only repeats its first answer does not have."""
        assert implements(adapter, PaymentPort)

    def test_it_says_whether_it_takes_gift_cards(self, adapter: Adapter, manifest: Manifest) -> None:
        """Nothing else tells a cart whether to offer any: `GiftCardConformance` holds who does."""
        assert implements(adapter, GiftCardPort) == (CHECK_GIFT_CARD in manifest.errands)

    async def test_methods_can_be_shown_and_chosen(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest
    ) -> None:
        options = await self.options(adapter, facts, manifest, given(facts.shopper, "shopper", facts))
        assert_well_formed(options, adapter.name)
        ids = [method.id for method in options.methods]
        assert len(set(ids)) == len(ids) > 0
        assert all(method.id and method.kind and method.label for method in options.methods)
        assert any(method.stored for method in options.methods)

    async def test_stored_methods_are_shown_to_their_customer_alone(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest
    ) -> None:
        strangers = [NativeRef(adapter.name, each) for each in (*facts.unknown_ids, *no_ids(facts))]
        for customer in (None, *strangers):
            options = await self.options(adapter, facts, manifest, customer)
            assert not any(method.stored for method in options.methods), customer

    async def test_payments_that_nobody_made_are_absent(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest
    ) -> None:
        spec = declared(manifest, GET_PAYMENTS.name)
        ids = [*facts.unknown_ids, *no_ids(facts)]
        for start in range(0, len(ids), spec.max_keys):
            assert await self.payments(adapter, facts, manifest, ids[start : start + spec.max_keys]) == {}

    async def test_options_make_as_many_requests_as_declared(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, backend: BackendControl
    ) -> None:
        spec = declared(manifest, LIST_METHODS.name)
        await assert_counted(lambda: self.read(adapter, facts, manifest), LIST_METHODS.name, spec, facts, backend)
