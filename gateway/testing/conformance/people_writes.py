"""Suite of records that are ensured: whoever has one keeps it as it is, whoever has none gets one, and nobody by an
email that nobody verified."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, cast

import pytest

from gateway.errors import RequestRefused
from gateway.model.context import ContextView
from gateway.model.customers import CustomerKey, CustomerKeyKind, CustomerRecord, EnsureCustomer
from gateway.ports.customer import ENSURE_CUSTOMER, FIND_CUSTOMERS, CustomerPort, CustomerWritePort
from gateway.ports.manifest import Manifest
from gateway.testing.conformance.base import Conformance, a_call, given, served
from gateway.testing.conformance.facts import Adapter, ConformanceFacts
from gateway.testing.conformance.wellformed import timeless
from gateway.testing.conformance.writes import ALPHABET


class EnsuringConformance(Conformance):
    """Beside a suite of writes with `operation = ENSURE_CUSTOMER` (`ServedCustomers`). Override `bearers`."""

    port = CustomerPort

    @pytest.fixture
    def bearers(self) -> Callable[[str], int]:
        """How many records bear an email, counted by the owner itself."""
        raise NotImplementedError("override the `bearers` fixture")

    @pytest.fixture
    def here(self, manifest: Manifest, facts: ConformanceFacts) -> ContextView:
        return facts.context.only(manifest.writes[ENSURE_CUSTOMER.name].vary_on)

    async def found(
        self, adapter: Adapter, email: str, manifest: Manifest, facts: ConformanceFacts
    ) -> tuple[CustomerRecord, ...]:
        key = CustomerKey(CustomerKeyKind.EMAIL, email)
        context = facts.context.only(manifest.operations[FIND_CUSTOMERS.name].vary_on)
        answer = await served(adapter, CustomerPort).find_customers([key], context, a_call(fresh=True))
        return cast("tuple[CustomerRecord, ...]", answer.get(key, ()))

    async def test_whoever_has_a_record_keeps_it_as_it_is(
        self,
        adapter: Adapter,
        manifest: Manifest,
        facts: ConformanceFacts,
        here: ContextView,
        bearers: Callable[[str], int],
    ) -> None:
        email = given(facts.customer, "customer", facts).value
        before = await self.found(adapter, email, manifest, facts)
        desk = cast("CustomerWritePort", adapter)
        command = ensure(email, given_name="Another", family_name="Name")
        ensured = await desk.ensure_customer(command, here, a_call())
        assert ensured.ref == before[0].ref
        assert timeless(await self.found(adapter, email, manifest, facts)) == timeless(before)
        assert bearers(email) == len(before) == 1

    async def test_whoever_has_none_gets_one_however_often_it_is_asked(
        self,
        adapter: Adapter,
        manifest: Manifest,
        facts: ConformanceFacts,
        here: ContextView,
        bearers: Callable[[str], int],
    ) -> None:
        email = a_new_one()
        desk = cast("CustomerWritePort", adapter)
        answers = [await desk.ensure_customer(ensure(email), here, a_call()) for _ in range(5)]
        (record,) = await self.found(adapter, email, manifest, facts)
        assert {answer.ref for answer in answers} == {record.ref}
        assert (record.given_name, record.family_name) == ("Grace", "Hopper")
        assert bearers(email) == 1

    async def test_an_email_that_nobody_verified_is_nobodys(
        self, adapter: Adapter, facts: ConformanceFacts, here: ContextView, bearers: Callable[[str], int]
    ) -> None:
        known, unknown = given(facts.customer, "customer", facts).value, a_new_one()
        desk = cast("CustomerWritePort", adapter)
        for email in (known, unknown):
            with pytest.raises(RequestRefused) as refused:
                await desk.ensure_customer(ensure(email, verified=False), here, a_call())
            assert email not in str(refused.value.detail)
        assert (bearers(known), bearers(unknown)) == (1, 0)


def ensure(email: str, reference: str | None = None, **parts: Any) -> EnsureCustomer:
    reference = reference or "".join(secrets.choice(ALPHABET) for _ in range(26))
    given_parts: dict[str, Any] = {"verified": True, "given_name": "Grace", "family_name": "Hopper", **parts}
    return EnsureCustomer(reference=reference, email=email, **given_parts)


def a_new_one() -> str:
    return f"new-{secrets.token_hex(6)}@example.com"
