"""CustomerWritePort: a contact for who has none. Odoo takes a second one with the same email, so it is looked for
first, and bears our reference, by which it is found again."""

from __future__ import annotations

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.customer import Customers
from adapters.odoo.values import Row
from gateway.kit.people import the_one, wanted
from gateway.kit.writing import before_sending
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import EnsureCustomer, EnsuredCustomer
from gateway.model.identity import NativeRef
from gateway.ports.manifest import AdapterEnvironment


class CustomerDesk:
    def __init__(self, env: AdapterEnvironment[OdooConfig], client: OdooClient, customers: Customers) -> None:
        self._name = env.name
        self._config = env.config
        self._client = client
        self._customers = customers

    async def ensure_customer(
        self, command: EnsureCustomer, context: ContextView, call: CallContext
    ) -> EnsuredCustomer:
        """One request where there is a contact, two where not. An address that bears the email is not its person's
        contact where it lies beneath the one for guests."""
        with before_sending():
            key = wanted(command)
            found = the_one((await self._customers.find_customers([key], context, call)).get(key))
        if found is not None:
            return found
        values = {
            "name": self._written(command),
            "email": command.email,
            self._config.contact_reference_field: command.reference,
        }
        return self._ensured(await self._client.create("res.partner", values, call))

    async def find_ensured(self, reference: str, context: ContextView, call: CallContext) -> EnsuredCustomer | None:
        domain = [[self._config.contact_reference_field, "=", reference]]
        found = await self._client.search(Row, "res.partner", domain, call, order="id", limit=1)
        return self._ensured(found[0].id) if found else None

    def _ensured(self, identifier: int) -> EnsuredCustomer:
        return EnsuredCustomer(NativeRef(self._name, str(identifier)))

    def _written(self, command: EnsureCustomer) -> str:
        """Odoo has one name, and wants it."""
        names = [command.given_name, command.family_name]
        if self._config.name_order == "family_given":
            names.reverse()
        return " ".join(name for name in names if name) or command.email
