"""Loyalty accounts, their entries, and the programmes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import (
    CustomerKey,
    LoyaltyAccount,
    LoyaltyEntryPage,
    LoyaltyEntryQuery,
    LoyaltyProgram,
)
from gateway.ports.domain import DataDomain, KeyedOperation, PagedOperation


@runtime_checkable
class LoyaltyPort(Protocol):
    async def find_accounts(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[LoyaltyAccount, ...] | AdapterError]: ...


@runtime_checkable
class LoyaltyEntryPort(Protocol):
    async def list_entries(self, query: LoyaltyEntryQuery, context: ContextView, call: CallContext) -> LoyaltyEntryPage:
        """Newest first."""
        ...


@runtime_checkable
class LoyaltyProgramPort(Protocol):
    async def list_programs(
        self, query: None, context: ContextView, call: CallContext
    ) -> tuple[LoyaltyProgram, ...]: ...


LOYALTY = DataDomain("loyalty", people=True)

FIND_ACCOUNTS = KeyedOperation[CustomerKey, tuple[LoyaltyAccount, ...]](
    LOYALTY,
    LoyaltyPort,
    LoyaltyPort.find_accounts,
    tuple[LoyaltyAccount, ...],
    names=lambda key: (key.value,),
    personal=True,
    essential=True,
)
LIST_ENTRIES = PagedOperation[LoyaltyEntryQuery, LoyaltyEntryPage](
    LOYALTY, LoyaltyEntryPort, LoyaltyEntryPort.list_entries, LoyaltyEntryPage, personal=True
)
LIST_PROGRAMS = PagedOperation[None, tuple[LoyaltyProgram, ...]](
    LOYALTY, LoyaltyProgramPort, LoyaltyProgramPort.list_programs, tuple[LoyaltyProgram, ...]
)
