"""Customers' records and consents: read, and a record ensured for who buys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import (
    OWNED_FIELDS,
    Consent,
    CustomerKey,
    CustomerRecord,
    EnsureCustomer,
    EnsuredCustomer,
)
from gateway.ports.domain import DataDomain, KeyedOperation, WriteOperation


@runtime_checkable
class CustomerPort(Protocol):
    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        """Every record that matches exactly; several are normal."""
        ...


@runtime_checkable
class ConsentPort(Protocol):
    async def get_consents(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, tuple[Consent, ...] | AdapterError]:
        """By lower-cased email."""
        ...


@runtime_checkable
class CustomerWritePort(Protocol):
    async def ensure_customer(
        self, command: EnsureCustomer, context: ContextView, call: CallContext
    ) -> EnsuredCustomer:
        """The record that bears the email, by the adapter's own exact rule, as it is; made where there is none. Raises
        RequestRefused for an email that nobody verified: whoever types somebody's address is not that person, and what
        they buy is a guest's. Whoever asks does so one at a time per email."""
        ...

    async def find_ensured(self, reference: str, context: ContextView, call: CallContext) -> EnsuredCustomer | None:
        """The record that was made under our reference. None too where one was only found: asked again, it is again."""
        ...


CUSTOMER = DataDomain("customer", optional=False, people=True, fields=OWNED_FIELDS)

FIND_CUSTOMERS = KeyedOperation[CustomerKey, tuple[CustomerRecord, ...]](
    CUSTOMER,
    CustomerPort,
    CustomerPort.find_customers,
    tuple[CustomerRecord, ...],
    names=lambda key: (key.value,),
    personal=True,
    essential=True,
)
GET_CONSENTS = KeyedOperation[str, tuple[Consent, ...]](
    CUSTOMER,
    ConsentPort,
    ConsentPort.get_consents,
    tuple[Consent, ...],
    names=lambda email: (email,),
    personal=True,
)
ENSURE_CUSTOMER = WriteOperation[EnsureCustomer, EnsuredCustomer](
    CUSTOMER,
    CustomerWritePort,
    CustomerWritePort.ensure_customer,
    CustomerWritePort.find_ensured,
    EnsuredCustomer,
    changes=lambda ensured: (CUSTOMER.name,),  # that nobody bears the email was an answer too
)
