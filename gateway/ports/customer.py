"""Customers' records and consents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import OWNED_FIELDS, Consent, CustomerKey, CustomerRecord
from gateway.ports.domain import DataDomain, KeyedOperation


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
