"""PayerPort and StoredMethodsPort: Stripe's customers, one for each person who lets a method be kept, and what is
attached to them.

A customer is a person's where it bears our name of them (`metadata.payer`), which nobody but we can make; never for its
e-mail's sake: Stripe keeps as many customers of one e-mail as anybody makes, and cards lie in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from adapters.stripe.client import StripeClient
from adapters.stripe.config import StripeConfig
from adapters.stripe.errors import NotFound, refusal
from adapters.stripe.intents import REFERENCE, WirePage
from adapters.stripe.options import CUSTOMER
from gateway.errors import RequestRefused
from gateway.kit.decoding import decoded
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.payments import DeleteMethod, EnsurePayer, MethodDeleted, Payer
from gateway.ports.manifest import AdapterEnvironment

PAYER = "payer"
"""Key of our metadata: what we call the person."""
CUSTOMERS, METHODS = "/v1/customers", "/v1/payment_methods"
_METHOD = re.compile(r"pm_\w{1,250}")


class WireCustomer(Struct, frozen=True):
    id: str
    created: int = 0
    metadata: Mapping[str, str] = {}


class WireAttached(Struct, frozen=True):
    """`customer` is None of what was never attached, or was detached, which is for good."""

    id: str
    customer: str | None = None


class Payers:
    def __init__(self, env: AdapterEnvironment[StripeConfig], client: StripeClient) -> None:
        self._env = env
        self._client = client

    async def ensure_payer(self, command: EnsurePayer, context: ContextView, call: CallContext) -> Payer:
        """One request where one bears our name, as the search shows it by now; else two."""
        if (known := await self._found(PAYER, command.payer, call)) is not None:
            return known
        form = {
            "email": command.email,
            f"metadata[{PAYER}]": command.payer,
            f"metadata[{REFERENCE}]": command.reference,
        }
        response = await self._client.post(CUSTOMERS, form, f"{command.reference}.payer", call)
        if response.status != 200:
            raise refusal(response, self._env.name)
        return self._payer(decoded(response.body, WireCustomer, source=self._env.name))

    async def find_payer(self, reference: str, context: ContextView, call: CallContext) -> Payer | None:
        """Through the search, which lags as that of payments does."""
        return await self._found(REFERENCE, reference, call)

    async def delete_method(self, command: DeleteMethod, context: ContextView, call: CallContext) -> MethodDeleted:
        """Looked at before it is detached, and again where Stripe refuses: somebody else may have been first."""
        customer = customer_of(command.customer)
        if not _METHOD.fullmatch(command.method):
            raise NotFound(source=self._env.name, detail="no id of a payment method")
        if await self._attached(command.method, customer, call):
            path = f"{METHODS}/{command.method}/detach"
            response = await self._client.post(path, {}, f"{command.reference}.detach", call)
            if response.status != 200:
                refused = refusal(response, self._env.name)
                if not isinstance(refused, RequestRefused) or await self._attached(command.method, customer, call):
                    raise refused
        return MethodDeleted(command.customer)

    async def _attached(self, method: str, customer: str, call: CallContext) -> bool:
        try:
            wire = await self._client.get(f"{METHODS}/{method}", WireAttached, call)
        except NotFound:
            return False
        return wire.customer == customer

    async def _found(self, key: str, value: str, call: CallContext) -> Payer | None:
        """Several: all of them are this person's, made while the search did not show the first."""
        if not (value.isascii() and value.isalnum()):
            return None
        query = {"query": f"metadata['{key}']:'{value}'", "limit": "10"}
        page = await self._client.get(f"{CUSTOMERS}/search", WirePage, call, query)
        found = [decoded(each, WireCustomer, source=self._env.name) for each in page.data]
        mine = sorted((each.created, each.id) for each in found if each.metadata.get(key) == value)
        return Payer(NativeRef(self._env.name, mine[0][1])) if mine else None

    def _payer(self, wire: WireCustomer) -> Payer:
        return Payer(NativeRef(self._env.name, wire.id))


def customer_of(ref: NativeRef) -> str:
    """The id of a customer, which stands in paths. Raises RequestRefused for what is none."""
    if not CUSTOMER.fullmatch(ref.id):
        raise RequestRefused(source=ref.backend, detail="no id of a customer (cus_...)")
    return ref.id
