"""Suites of people: customers, what they agreed to, and their points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from gateway.errors import InvalidCursor
from gateway.model.customers import (
    Consent,
    CustomerKey,
    CustomerKeyKind,
    CustomerRecord,
    LoyaltyAccount,
    LoyaltyEntryPage,
    LoyaltyEntryQuery,
)
from gateway.model.identity import NativeRef
from gateway.model.operation import OperationSpec
from gateway.ports.customer import FIND_CUSTOMERS, GET_CONSENTS, ConsentPort, CustomerPort
from gateway.ports.loyalty import (
    FIND_ACCOUNTS,
    LIST_ENTRIES,
    LIST_PROGRAMS,
    LoyaltyEntryPort,
    LoyaltyPort,
    LoyaltyProgramPort,
)
from gateway.ports.manifest import Manifest
from gateway.testing.conformance.base import a_call, assert_counted, declared, given, served, view
from gateway.testing.conformance.facts import Adapter, BackendControl, ConformanceFacts
from gateway.testing.conformance.hostile import no_ids
from gateway.testing.conformance.keyed import KeyedConformance
from gateway.testing.conformance.paging import NO_POSITIONS, walk
from gateway.testing.conformance.wellformed import assert_well_formed, timeless


def native_customers(facts: ConformanceFacts) -> list[CustomerKey]:
    return [CustomerKey(CustomerKeyKind.NATIVE, text) for text in no_ids(facts)]


def strangers(facts: ConformanceFacts) -> list[CustomerKey]:
    """Of every kind, and nobody's."""
    return [
        CustomerKey(CustomerKeyKind.EMAIL, "nobody@unknown.example"),
        CustomerKey(CustomerKeyKind.PHONE, "+442079460999"),
        *(CustomerKey(CustomerKeyKind.NATIVE, text) for text in facts.unknown_ids),
    ]


class CustomerConformance(KeyedConformance):
    port = CustomerPort
    operation = FIND_CUSTOMERS

    def no_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[CustomerKey]:
        return native_customers(facts)

    def known_keys(self, facts: ConformanceFacts) -> Sequence[CustomerKey]:
        return [given(facts.customer, "customer", facts)]

    def unknown_key(self, index: int, facts: ConformanceFacts) -> CustomerKey:
        return CustomerKey(CustomerKeyKind.EMAIL, f"nobody-{index}@unknown.example")

    def unknown_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[CustomerKey]:
        return strangers(facts)

    async def test_every_match_really_matches(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        key = given(facts.customer, "customer", facts)
        records = cast("tuple[CustomerRecord, ...]", (await self.ask(adapter, (key,), facts, spec))[key])
        assert records
        for record in records:
            assert key.value in (*record.emails, *record.phones, record.ref.id)
            assert all(email == email.lower() for email in record.emails)
            assert all(phone.startswith("+") for phone in record.phones)

    async def test_a_customer_is_the_same_by_every_kind_of_key(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        """In one call, with nobody's keys among them."""
        key = given(facts.customer, "customer", facts)
        others = given(facts.same_customer, "same_customer", facts)
        alone = await self.ask(adapter, (key,), facts, spec)
        answer = await self.ask(adapter, (*others, *strangers(facts), key), facts, spec)
        assert set(answer) == {key, *others}
        for found in answer.values():
            assert timeless(found) == timeless(alone[key])

    async def test_all_who_share_a_key_are_answered(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        key = given(facts.shared, "shared", facts)
        records = (await self.ask(adapter, (key,), facts, spec))[key]
        assert len(records) == facts.shared_matches > 1
        assert len({record.ref for record in records}) == facts.shared_matches


class ConsentConformance(KeyedConformance):
    port = ConsentPort
    operation = GET_CONSENTS

    def known_keys(self, facts: ConformanceFacts) -> Sequence[str]:
        return [given(facts.consent, "consent", facts)[0]]

    def unknown_key(self, index: int, facts: ConformanceFacts) -> str:
        return f"nobody-{index}@unknown.example"

    def no_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[str]:
        return ["", "@", "not an address", "a@b@c", "x" * 2_000, "\x00@example.com", "'@example.com", "../@example.com"]

    async def test_what_was_agreed_to_is_answered_exactly(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        email, channel, state = given(facts.consent, "consent", facts)
        consents = cast("tuple[Consent, ...]", (await self.ask(adapter, (email,), facts, spec))[email])
        assert {consent.state for consent in consents if consent.channel == channel} == {state}


class LoyaltyConformance(KeyedConformance):
    port = LoyaltyPort
    operation = FIND_ACCOUNTS

    def no_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[CustomerKey]:
        return native_customers(facts)

    def known_keys(self, facts: ConformanceFacts) -> Sequence[CustomerKey]:
        return [given(facts.loyalty, "loyalty", facts)]

    def unknown_key(self, index: int, facts: ConformanceFacts) -> CustomerKey:
        kind = CustomerKeyKind.PHONE if facts.loyalty is None else facts.loyalty.kind
        return CustomerKey(kind, f"+4420794600{index % 100:02}" if kind is CustomerKeyKind.PHONE else f"no{index}")

    def unknown_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[CustomerKey]:
        return strangers(facts)

    async def account(self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec) -> LoyaltyAccount:
        key = given(facts.loyalty, "loyalty", facts)
        (account,) = cast("tuple[LoyaltyAccount, ...]", (await self.ask(adapter, (key,), facts, spec))[key])
        return account

    async def test_the_known_balance_is_answered_exactly(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        account = await self.account(adapter, facts, spec)
        assert account.balance == given(facts.loyalty_balance, "loyalty_balance", facts)

    async def test_an_account_is_of_a_programme_that_is_listed(
        self,
        adapter: Adapter,
        facts: ConformanceFacts,
        manifest: Manifest,
        spec: OperationSpec,
        backend: BackendControl,
    ) -> None:
        programmes_spec = declared(manifest, LIST_PROGRAMS.name)
        port = served(adapter, LoyaltyProgramPort)
        account = await self.account(adapter, facts, spec)
        programmes = await port.list_programs(None, view(facts, programmes_spec), a_call())
        assert_well_formed(programmes, adapter.name)
        assert account.program in [programme.ref for programme in programmes]
        work = lambda: port.list_programs(None, view(facts, programmes_spec), a_call())  # noqa: E731
        await assert_counted(work, LIST_PROGRAMS.name, programmes_spec, facts, backend)

    async def test_what_is_no_account_has_no_entries(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest
    ) -> None:
        context = view(facts, declared(manifest, LIST_ENTRIES.name))
        for text in (*no_ids(facts), *facts.unknown_ids):
            query = LoyaltyEntryQuery(NativeRef(adapter.name, text), 5)
            page = await served(adapter, LoyaltyEntryPort).list_entries(query, context, a_call())
            assert (page.entries, page.has_next) == ((), False), text

    async def test_entries_are_paged_newest_first_without_loss(
        self,
        adapter: Adapter,
        facts: ConformanceFacts,
        manifest: Manifest,
        spec: OperationSpec,
        backend: BackendControl,
    ) -> None:
        entries_spec = declared(manifest, LIST_ENTRIES.name)
        account = await self.account(adapter, facts, spec)
        port, context = served(adapter, LoyaltyEntryPort), view(facts, entries_spec)
        whole = await port.list_entries(LoyaltyEntryQuery(account.ref, 25), context, a_call())
        assert_well_formed(whole, adapter.name)
        assert len(whole.entries) > 2

        async def page(after: str | None) -> LoyaltyEntryPage:
            found = await port.list_entries(LoyaltyEntryQuery(account.ref, 2, after), context, a_call())
            assert len(found.entries) <= 2
            return found

        walked: list[Any] = await walk(page, lambda found: found.entries, lambda entry: entry.id)
        assert [entry.id for entry in walked[:25]] == [entry.id for entry in whole.entries]
        assert whole.has_next is (len(walked) > 25)
        assert [entry.at for entry in walked] == sorted((entry.at for entry in walked), reverse=True)
        work = lambda: port.list_entries(LoyaltyEntryQuery(account.ref, 20), context, a_call())  # noqa: E731
        await assert_counted(work, LIST_ENTRIES.name, entries_spec, facts, backend, first=20)

    async def test_a_position_that_was_never_given_out_is_an_invalid_cursor(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, spec: OperationSpec
    ) -> None:
        context = view(facts, declared(manifest, LIST_ENTRIES.name))
        account = await self.account(adapter, facts, spec)
        for text in NO_POSITIONS:
            with pytest.raises(InvalidCursor):
                await served(adapter, LoyaltyEntryPort).list_entries(
                    LoyaltyEntryQuery(account.ref, 5, text), context, a_call()
                )
