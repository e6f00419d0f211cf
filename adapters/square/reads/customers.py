"""CustomerPort: profiles by email, phone or id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.ids import ids_among
from adapters.square.mapping.people import customer
from adapters.square.wire.people import BulkCustomersAnswer, CustomersAnswer, Profile
from gateway.errors import AdapterError
from gateway.kit.concurrency import gathered
from gateway.kit.keyed import chunks
from gateway.kit.people import bears
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import CustomerKey, CustomerKeyKind, CustomerRecord
from gateway.ports.manifest import AdapterEnvironment

OPERATION = "customer.find_customers"
PROFILES_PER_READ = 100


class Customers:
    def __init__(self, env: AdapterEnvironment, config: SquareConfig, client: SquareClient) -> None:
        self._env = env
        self._config = config
        self._client = client

    async def find_customers(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[CustomerRecord, ...] | AdapterError]:
        """One request per email or phone, because Square joins filters by AND; known ids 100 at a time. Several
        profiles of one person are normal (Square makes "instant" ones at the till): all are answered."""
        native = [key for key in keys if key.kind is CustomerKeyKind.NATIVE]
        searched = [key for key in keys if key.kind is not CustomerKeyKind.NATIVE]
        found = await self.retrieve([key.value for key in native], OPERATION, call)
        answers: dict[CustomerKey, tuple[CustomerRecord, ...] | AdapterError] = {}
        for key in native:
            if key.value in found:
                answers[key] = (found[key.value],)
        matches = await gathered([self.search(key, OPERATION, call) for key in searched])
        answers.update({key: records for key, records in zip(searched, matches, strict=True) if records})
        return answers

    async def search(self, key: CustomerKey, operation: str, call: CallContext) -> tuple[CustomerRecord, ...]:
        """By one email or phone; compared again, because the index may be a minute behind the profiles."""
        field = "email_address" if key.kind is CustomerKeyKind.EMAIL else "phone_number"
        body = {"query": {"filter": {field: {"exact": key.value}}}, "limit": PROFILES_PER_READ}
        freshness = Reading.now(self._env).freshness
        records: dict[str, CustomerRecord] = {}
        async for page in self._client.pages("/v2/customers/search", body, CustomersAnswer, operation, call):
            for profile in page.customers or ():
                record = customer(profile, self._config.country, freshness)
                if bears(record, key):
                    records[profile.id] = record
        return tuple(records.values())

    async def retrieve(self, ids: Sequence[str], operation: str, call: CallContext) -> Mapping[str, CustomerRecord]:
        freshness = Reading.now(self._env).freshness
        found: dict[str, CustomerRecord] = {}
        for batch in chunks(ids_among(ids), PROFILES_PER_READ):
            body = {"customer_ids": batch}
            path = "/v2/customers/bulk-retrieve"
            answer = await self._client.post(path, body, BulkCustomersAnswer, operation, call)
            for asked, one in (answer.responses or {}).items():
                profile: Profile | None = one.customer
                if profile is not None:
                    # A merged profile answers under its surviving id.
                    found[asked] = customer(profile, self._config.country, freshness)
        return found
