"""CustomerWritePort: a profile for who has none. Square takes a second one with the same email, and its search is up to
a minute behind: the same key gives the first profile again, and whoever asks does so one at a time per email.

Source: developer.squareup.com/reference/square/customers-api/create-customer."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.customer import Customers
from adapters.square.rows import Answer
from gateway.errors import InvalidAnswer
from gateway.kit.people import the_one, wanted
from gateway.kit.writing import before_sending
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import EnsureCustomer, EnsuredCustomer
from gateway.model.identity import NativeRef
from gateway.ports.manifest import AdapterEnvironment

CUSTOMER = ".C"
"""Added to the reference for a profile's key."""
INDEX_LAG = 60.0
"""Seconds that a profile may not be found by its e-mail."""


class WireProfile(Struct, frozen=True):
    id: str


class CreatedAnswer(Answer, frozen=True, kw_only=True):
    customer: WireProfile | None = None


class CustomerDesk:
    def __init__(self, env: AdapterEnvironment[SquareConfig], client: SquareClient, customers: Customers) -> None:
        self._name = env.name
        self._client = client
        self._customers = customers

    async def ensure_customer(
        self, command: EnsureCustomer, context: ContextView, call: CallContext
    ) -> EnsuredCustomer:
        """One request where there is a profile, two where not."""
        with before_sending():
            found = the_one(await self._customers.matching(wanted(command), call))
        if found is not None:
            return found
        body: dict[str, Any] = {
            "idempotency_key": f"{command.reference}{CUSTOMER}",
            "email_address": command.email,
            "given_name": command.given_name,
            "family_name": command.family_name,
        }
        sent = {key: value for key, value in body.items() if value}
        made = (await self._client.post("/v2/customers", sent, CreatedAnswer, call)).customer
        if made is None:
            raise InvalidAnswer(detail="/v2/customers: no customer")
        return EnsuredCustomer(NativeRef(self._name, made.id))
