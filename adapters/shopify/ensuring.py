"""CustomerWritePort: a customer for who has none. The vendor keeps an email unique in a shop: asked again, it says that
it is taken, and the one who has it is found.

Source: shopify.dev/docs/api/admin-graphql/2026-10/mutations/customerCreate."""

from __future__ import annotations

from adapters.shopify.client import Client, Document
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.customer import Customers
from adapters.shopify.shapes import Node
from gateway.errors import InvalidAnswer, RequestRefused
from gateway.kit.people import the_one, wanted
from gateway.kit.writing import before_sending
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import EnsureCustomer, EnsuredCustomer
from gateway.model.identity import NativeRef
from gateway.ports.manifest import AdapterEnvironment

CREATE = Document(
    "admin",
    "CustomerCreate",
    "mutation CustomerCreate($input:CustomerInput!){customerCreate(input:$input){customer{id} userErrors{field}}}",
)
MUTATION_POINTS = 12.0
TRUSTED_SECONDS = 30 * 86_400.0
"""An email stays unique: as long as anybody asks."""


class _Made(Node, frozen=True, kw_only=True):
    id: str


class _Error(Node, frozen=True, kw_only=True):
    field: list[str] | None = None


class _Payload(Node, frozen=True, kw_only=True):
    user_errors: list[_Error]
    customer: _Made | None = None


class _Created(Node, frozen=True, kw_only=True):
    customer_create: _Payload


class CustomerDesk:
    def __init__(self, env: AdapterEnvironment[ShopifyConfig], client: Client, customers: Customers) -> None:
        self._name = env.name
        self._client = client
        self._customers = customers

    async def ensure_customer(
        self, command: EnsureCustomer, context: ContextView, call: CallContext
    ) -> EnsuredCustomer:
        """One request where there is a customer, two where not. Nothing is said of marketing, nobody invited."""
        with before_sending():
            if (found := await self._found(command, context, call)) is not None:
                return found
        names = {"firstName": command.given_name, "lastName": command.family_name}
        given = {"email": command.email, **{key: value for key, value in names.items() if value}}
        answer = await self._client.ask(CREATE, {"input": given}, _Created, call, MUTATION_POINTS)
        made = answer.customer_create
        if made.user_errors:
            if (found := await self._found(command, context, call)) is not None:  # taken meanwhile
                return found
            raise RequestRefused(detail=_told(made.user_errors))
        if made.customer is None:
            raise InvalidAnswer(detail=f"{CREATE.name}: no customer and no error")
        return EnsuredCustomer(NativeRef(self._name, made.customer.id))

    async def _found(self, command: EnsureCustomer, context: ContextView, call: CallContext) -> EnsuredCustomer | None:
        key = wanted(command)
        return the_one((await self._customers.find_customers([key], context, call)).get(key))


def _told(errors: list[_Error]) -> str:
    """Fields; the vendor's words may repeat what was sent."""
    return "; ".join(f"refused at {'.'.join(error.field or ())}" for error in errors)[:200]
