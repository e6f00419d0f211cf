"""StoredMethodsPort: what a shopper has stored at Adyen, who calls them as we do (`shopperReference`)."""

from __future__ import annotations

from msgspec import Struct

from adapters.adyen.client import AdyenClient
from adapters.adyen.config import AdyenConfig
from adapters.adyen.errors import NotFound
from adapters.adyen.methods import is_stored_id
from gateway.errors import RequestRefused
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.payments import DeleteMethod, MethodDeleted
from gateway.ports.manifest import AdapterEnvironment

METHODS = "/storedPaymentMethods"


class WireToken(Struct, frozen=True):
    id: str


class WireTokens(Struct, frozen=True, rename="camel"):
    stored_payment_methods: tuple[WireToken, ...] = ()


class StoredMethods:
    def __init__(self, env: AdapterEnvironment[AdyenConfig], client: AdyenClient) -> None:
        self._env = env
        self._client = client

    async def delete_method(self, command: DeleteMethod, context: ContextView, call: CallContext) -> MethodDeleted:
        """Looked at before it is asked for, and again where Adyen refuses: it knows no key for this, and refuses what
        is gone."""
        if not is_stored_id(command.method):
            raise NotFound(source=self._env.name, detail="no id of a stored method")
        query = {"merchantAccount": self._env.config.merchant_account}
        query |= {name: str(value) for name, value in named(command.customer, self._env.name).items()}
        if await self._there(command.method, query, call):
            try:
                await self._client.delete(f"{METHODS}/{command.method}", query, call)
            except RequestRefused:
                if await self._there(command.method, query, call):
                    raise
        return MethodDeleted(command.customer)

    async def _there(self, method: str, query: dict[str, str], call: CallContext) -> bool:
        found = await self._client.get(METHODS, WireTokens, call, query)
        return any(each.id == method for each in found.stored_payment_methods)


def named(customer: NativeRef | None, source: str) -> dict[str, object]:
    """Raises RequestRefused for what Adyen would take for no shopper."""
    if customer is None:
        return {}
    if not is_shopper(customer):
        raise RequestRefused(source=source, detail="no `shopperReference`")
    return {"shopperReference": customer.id}


def is_shopper(customer: NativeRef | None) -> bool:
    return customer is not None and 3 <= len(customer.id) <= 256
