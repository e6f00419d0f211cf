"""Contacts ensured at an Odoo: one of each verified email, found again by our reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from adapters.odoo.manifest import MANIFEST
from adapters.odoo.sandbox import OdooSandbox, create
from adapters.odoo.sandbox.rights import INTERNAL
from gateway.errors import RequestRefused
from gateway.model.context import CommerceContext
from gateway.ports.customer import CustomerWritePort
from gateway.testing import conformance as suites
from gateway.testing.conformance.base import a_call
from gateway.testing.conformance.example import example_facts, example_seed
from gateway.testing.conformance.people_writes import ensure

HERE = CommerceContext("GB", "GBP", "en").only(frozenset())


class Odoo(suites.Served):
    under_test = MANIFEST
    named = "erp"

    @pytest.fixture(params=[18, 19])
    def sandbox(self, request: pytest.FixtureRequest) -> OdooSandbox:
        return create(example_seed(), request.param)

    @pytest.fixture
    def stated(self) -> suites.ConformanceFacts:
        return example_facts(self.named)


class TestWrites(suites.ServedCustomers, Odoo, suites.KeylessWriteConformance):
    writes = (b'"res.partner","create"', b"/json/2/res.partner/create")
    looks = (b'"order":"id"',)
    timeout = 2.0
    settles = 2.5

    @pytest.fixture
    def effects(self, sandbox: OdooSandbox) -> Callable[[str], int]:
        return lambda reference: sum(1 for row in sandbox.store.all("res.partner") if row.get("ref") == reference)


class TestEnsuring(Odoo, suites.EnsuringConformance):
    @pytest.fixture
    def bearers(self, sandbox: OdooSandbox) -> Callable[[str], int]:
        return lambda email: sum(1 for row in sandbox.store.all("res.partner") if row.get("email") == email)

    async def test_several_that_bear_it_are_nobodys_in_particular(
        self, adapter: Any, sandbox: OdooSandbox, bearers: Callable[[str], int]
    ) -> None:
        for _ in range(2):
            sandbox.store.add("res.partner", {"name": "Twin", "email": "twin@example.com"})
        ensured = await cast("CustomerWritePort", adapter).ensure_customer(ensure("twin@example.com"), HERE, a_call())
        assert ensured.ref is None
        assert bearers("twin@example.com") == 2

    @pytest.fixture
    def config(self, sandbox: OdooSandbox) -> dict[str, object]:
        return {"guest_contact": sandbox.store.add("res.partner", {"name": "Guests"})}

    async def test_an_address_beneath_the_contact_for_guests_is_nobodys_record(
        self, adapter: Any, sandbox: OdooSandbox, config: dict[str, object]
    ) -> None:
        address = {"type": "delivery", "parent_id": config["guest_contact"], "email": "grace@example.com"}
        beneath = sandbox.store.add("res.partner", {"name": "Grace", **address})
        desk = cast("CustomerWritePort", adapter)
        ensured = await desk.ensure_customer(ensure("grace@example.com"), HERE, a_call())
        assert ensured.ref is not None
        assert ensured.ref.id not in (str(beneath), str(config["guest_contact"]))

    async def test_what_is_missing_is_the_right_to_make_contacts(self, adapter: Any, sandbox: OdooSandbox) -> None:
        sandbox.grant(INTERNAL)
        with pytest.raises(RequestRefused):
            await cast("CustomerWritePort", adapter).ensure_customer(ensure("new@example.com"), HERE, a_call())
