"""CustomerWritePort: a customer for who has none. Vendure keeps the email of those who have a login unique, and answers
a conflict.

Source: Vendure 3.7 admin API, `createCustomer`."""

from __future__ import annotations

from typing import Any

from msgspec import Raw

from adapters.vendure.customer import Customers
from adapters.vendure.order.writing import WireOutcome
from adapters.vendure.rows import Camel
from adapters.vendure.shop import Shop
from gateway.errors import RequestRefused
from gateway.kit.decoding import decoded
from gateway.kit.people import the_one, wanted
from gateway.kit.writing import before_sending
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import EnsureCustomer, EnsuredCustomer

CREATE = """mutation CreateCustomer($input: CreateCustomerInput!) {
  createCustomer(input: $input) { __typename ... on Customer { id } ... on ErrorResult { errorCode } }
}"""
TRUSTED_SECONDS = 30 * 86_400.0
"""An email stays unique: as long as anybody asks."""


class CreatedData(Camel, frozen=True):
    create_customer: Raw


class WireMade(Camel, frozen=True):
    id: str


class CustomerDesk:
    def __init__(self, shop: Shop, customers: Customers) -> None:
        self._shop = shop
        self._customers = customers

    async def ensure_customer(
        self, command: EnsureCustomer, context: ContextView, call: CallContext
    ) -> EnsuredCustomer:
        """One request where there is a customer, two where not. Vendure then sends its own mail that asks to
        confirm the address, where it sends mails."""
        with before_sending():
            if (found := await self._found(command, context, call)) is not None:
                return found
        names = {"firstName": command.given_name or "", "lastName": command.family_name or ""}
        variables: dict[str, Any] = {"input": {"emailAddress": command.email, **names}}
        data = await self._shop.client.ask(CREATE, CreatedData, call, variables, guarded=False)
        outcome = decoded(data.create_customer, WireOutcome, source=self._shop.env.name)
        if outcome.typename != "Customer":
            if (found := await self._found(command, context, call)) is not None:  # taken meanwhile
                return found
            raise RequestRefused(detail=f"customer: {outcome.error_code}", source=self._shop.env.name)
        made = decoded(data.create_customer, WireMade, source=self._shop.env.name)
        return EnsuredCustomer(self._shop.reading().ref(made.id))

    async def _found(self, command: EnsureCustomer, context: ContextView, call: CallContext) -> EnsuredCustomer | None:
        key = wanted(command)
        return the_one((await self._customers.find_customers([key], context, call)).get(key))
