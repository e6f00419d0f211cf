"""Customers, consents and loyalty of the reference adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from gateway.errors import AdapterError
from gateway.kit.people import the_one, wanted
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import (
    Consent,
    CustomerKey,
    CustomerKeyKind,
    CustomerRecord,
    EnsureCustomer,
    EnsuredCustomer,
    LoyaltyAccount,
    LoyaltyEntryPage,
    LoyaltyEntryQuery,
    LoyaltyProgram,
)
from gateway.model.identity import NativeRef
from gateway.ports.customer import ENSURE_CUSTOMER, FIND_CUSTOMERS, GET_CONSENTS
from gateway.ports.loyalty import FIND_ACCOUNTS, LIST_ENTRIES, LIST_PROGRAMS
from gateway.testing.reference.catalog import position
from gateway.testing.reference.controls import Controls
from gateway.testing.sandbox import SeedAccount


class People(Controls):
    """CustomerPort, CustomerWritePort, ConsentPort and LoyaltyPort. `ensured`: the records that were made, by our
    reference."""

    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        await self._request(FIND_CUSTOMERS.name, keys)
        answer: dict[CustomerKey, tuple[CustomerRecord, ...] | AdapterError] = {}
        for key in keys:
            if failure := self._failure(key.value, "customer"):
                answer[key] = failure
            elif found := self._persons(key):
                answer[key] = found
        return answer

    async def ensure_customer(
        self, command: EnsureCustomer, context: ContextView, call: CallContext
    ) -> EnsuredCustomer:
        await self._written(ENSURE_CUSTOMER.name, command, call)
        found = the_one(self._persons(wanted(command)))
        if found is not None:
            return found
        made = CustomerRecord(
            NativeRef(self.name, f"ensured-{len(self.ensured)}"),
            self._freshness(),
            emails=(command.email,),
            given_name=command.given_name,
            family_name=command.family_name,
        )
        self.ensured.append((command.reference, made))
        await self.after_placing()
        return EnsuredCustomer(made.ref)

    async def find_ensured(self, reference: str, context: ContextView, call: CallContext) -> EnsuredCustomer | None:
        await self._request("customer.find_ensured", (reference,))
        made = next((record for known, record in self.ensured if known == reference), None)
        return None if made is None else EnsuredCustomer(made.ref)

    def _persons(self, key: CustomerKey) -> tuple[CustomerRecord, ...]:
        records = (*self.seed.customers, *(record for _, record in self.ensured))
        return tuple(self._person(record) for record in records if _is(record, key))

    async def get_consents(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, tuple[Consent, ...] | AdapterError]:
        await self._request(GET_CONSENTS.name, keys)
        answer: dict[str, tuple[Consent, ...] | AdapterError] = {}
        for key in keys:
            known = [record for record in self.seed.customers if key in record.emails]
            if failure := self._failure(key, "customer"):
                answer[key] = failure
            elif known:
                answer[key] = tuple(consent for record in known for consent in self._person(record).consents)
        return answer

    async def find_accounts(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[LoyaltyAccount, ...] | AdapterError]:
        await self._request(FIND_ACCOUNTS.name, keys)
        answer: dict[CustomerKey, tuple[LoyaltyAccount, ...] | AdapterError] = {}
        for key in keys:
            if failure := self._failure(key.value, "loyalty"):
                answer[key] = failure
            elif found := tuple(self._account(entry) for entry in self.seed.accounts if _holds(entry, key)):
                answer[key] = found
        return answer

    async def list_entries(self, query: LoyaltyEntryQuery, context: ContextView, call: CallContext) -> LoyaltyEntryPage:
        await self._request(LIST_ENTRIES.name, (query,))
        entries = [
            entry
            for holder in self.seed.accounts
            if holder.account.ref.id == query.account.id
            for entry in sorted(holder.entries, key=lambda movement: (movement.at, movement.id), reverse=True)
        ]
        start = position(query.after)
        page = entries[start : start + query.first]
        return LoyaltyEntryPage(
            entries=tuple(page),
            positions=tuple(str(start + index + 1) for index in range(len(page))),
            has_next=start + len(page) < len(entries),
        )

    async def list_programs(self, query: None, context: ContextView, call: CallContext) -> tuple[LoyaltyProgram, ...]:
        await self._request(LIST_PROGRAMS.name)
        program = self.seed.program
        return () if program is None else (replace(program, ref=self._own(program.ref), freshness=self._freshness()),)

    def _person(self, record: CustomerRecord) -> CustomerRecord:
        freshness = self._freshness()
        consents = tuple(replace(consent, freshness=freshness) for consent in record.consents)
        return replace(record, ref=self._own(record.ref), freshness=freshness, consents=consents)

    def _account(self, holder: SeedAccount) -> LoyaltyAccount:
        account = holder.account
        customer = None if account.customer is None else self._own(account.customer)
        return replace(
            account,
            ref=self._own(account.ref),
            program=self._own(account.program),
            customer=customer,
            freshness=self._freshness(),
        )


def _is(record: CustomerRecord, key: CustomerKey) -> bool:
    if key.kind is CustomerKeyKind.EMAIL:
        return key.value in record.emails
    return key.value in record.phones if key.kind is CustomerKeyKind.PHONE else key.value == record.ref.id


def _holds(holder: SeedAccount, key: CustomerKey) -> bool:
    if key.kind is CustomerKeyKind.EMAIL:
        return key.value == holder.email
    if key.kind is CustomerKeyKind.PHONE:
        return key.value == holder.phone
    return holder.account.customer is not None and key.value == holder.account.customer.id
