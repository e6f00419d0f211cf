"""Profiles ensured at Square: one of each verified email, however far its search is behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from adapters.square.manifest import MANIFEST
from adapters.square.sandbox import SquareSandbox, create
from gateway.model.context import CommerceContext
from gateway.ports.customer import CustomerWritePort
from gateway.testing import conformance as suites
from gateway.testing.conformance.base import a_call
from gateway.testing.conformance.example import example_facts, example_seed
from gateway.testing.conformance.people_writes import ensure
from tests.contract.adapters.square.connected import BACKEND

HERE = CommerceContext("GB", "GBP", "en").only(frozenset())


class Square(suites.Served):
    under_test = MANIFEST
    named = BACKEND

    @pytest.fixture
    def sandbox(self) -> SquareSandbox:
        return create(example_seed())

    @pytest.fixture
    def stated(self) -> suites.ConformanceFacts:
        return example_facts(self.named)


class TestWrites(suites.ServedCustomers, Square, suites.WriteConformance):
    writes = (b'/v2/customers {"idempotency_key"',)

    @pytest.fixture
    def effects(self, sandbox: SquareSandbox) -> Callable[[str], int]:
        return lambda reference: sum(
            1 for kind, key, _ in sandbox.account.effects if (kind, key) == ("customer", f"{reference}.C")
        )


class TestEnsuring(Square, suites.EnsuringConformance):
    @pytest.fixture
    def bearers(self, sandbox: SquareSandbox) -> Callable[[str], int]:
        return lambda email: sum(1 for each in sandbox.account.customers.values() if each.get("email_address") == email)

    async def test_the_same_key_gives_the_profile_that_no_search_finds_yet(
        self, adapter: Any, sandbox: SquareSandbox, bearers: Callable[[str], int]
    ) -> None:
        sandbox.account.index_lag = 60.0
        desk, command = cast("CustomerWritePort", adapter), ensure("new@example.com")
        first = await desk.ensure_customer(command, HERE, a_call())
        assert await desk.ensure_customer(command, HERE, a_call()) == first
        assert bearers("new@example.com") == 1
