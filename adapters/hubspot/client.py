"""Below the adapter: one HTTP request to HubSpot over the injected transport."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec

from adapters.hubspot.config import HubSpotConfig
from adapters.hubspot.errors import refusal
from adapters.hubspot.wire import BatchAnswer, ConsentAnswer, PageAnswer, WireContact
from gateway.errors import RequestRefused
from gateway.kit.decoding import decoded
from gateway.kit.pages import cursor_pages
from gateway.model.context import CallContext
from gateway.model.operation import MEBIBYTE
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.transport import Request, Response

CONTACTS = "/crm/v3/objects/contacts"
BATCH_READ = f"{CONTACTS}/batch/read"
SEARCH = f"{CONTACTS}/search"
CONSENTS = "/communication-preferences/v3/status/email/"

BATCH = 100
"""Inputs of a batch read."""
SEARCH_PAGE = 100
SEARCH_GROUPS = 5
"""Filter groups (OR) of one search; each holds up to 6 filters (AND)."""
SEARCH_RESULTS = 10_000
"""What a search gives at most, over all its pages."""


class HubSpotClient:
    def __init__(self, environment: AdapterEnvironment, config: HubSpotConfig) -> None:
        self._transport = environment.transport
        self._name = environment.name
        self._token = config.access_token
        self._properties = list(config.properties)
        self._searched = [name for name in config.phone_search_properties if name not in self._properties]

    async def batch_read(
        self, ids: Sequence[str], operation: str, call: CallContext, *, id_property: str | None = None
    ) -> BatchAnswer:
        """At most `BATCH` ids. What does not exist is absent from `results`; their order is HubSpot's."""
        body: dict[str, object] = {
            "inputs": [{"id": id} for id in ids],  # noqa: A001
            "properties": self._properties,
            "propertiesWithHistory": [],
        }
        if id_property:
            body["idProperty"] = id_property
        response = await self._send("POST", BATCH_READ, operation, call, body=body)
        return decoded(response.body, BatchAnswer, source=self._name)

    async def search(
        self, groups: Sequence[Sequence[Mapping[str, object]]], operation: str, call: CallContext
    ) -> list[WireContact]:
        """Contacts matching all filters of any group. The index lags writes by seconds and finds near matches."""
        body: dict[str, object] = {
            "filterGroups": [{"filters": list(group)} for group in groups],
            "properties": self._properties,
            "limit": SEARCH_PAGE,
            "sorts": [],
        }

        async def page(after: str | None) -> PageAnswer:
            asked = {**body, "after": after} if after else body
            response = await self._send("POST", SEARCH, operation, call, body=asked)
            return decoded(response.body, PageAnswer, source=self._name)

        found: list[WireContact] = []
        async for each in cursor_pages(page, lambda page: page.after, what="search"):
            found += each.results
            if len(found) >= SEARCH_RESULTS:
                break
        return found

    async def first_contact(self, call: CallContext) -> WireContact | None:
        query = {"limit": "1", "properties": ",".join((*self._properties, *self._searched))}
        response = await self._send("GET", CONTACTS, "probe", call, query=query)
        return next(iter(decoded(response.body, PageAnswer, source=self._name).results), None)

    async def consents(self, email: str, operation: str, call: CallContext) -> ConsentAnswer | None:
        """None for an email HubSpot does not know."""
        try:
            response = await self._send("GET", CONSENTS + quote(email, safe="@"), operation, call)
        except _NotFound:
            return None
        return decoded(response.body, ConsentAnswer, source=self._name)

    async def _send(
        self,
        method: str,
        path: str,
        operation: str,
        call: CallContext,
        *,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Response:
        headers = {"authorization": f"Bearer {self._token.reveal()}"}
        if body is not None:
            headers["content-type"] = "application/json"
        response = await self._transport.send(
            Request(
                method=method,
                path=path,
                operation=operation,
                headers=headers,
                query=query or {},
                body=None if body is None else msgspec.json.encode(body),
                max_response_bytes=2 * MEBIBYTE,
            ),
            call,
        )
        if response.status in (200, 207):
            return response
        error = refusal(response, self._name)
        raise _NotFound(source=self._name, detail=error.detail) if response.status == 404 else error


class _NotFound(RequestRefused):
    """The system that owns this fact does not have what was asked for."""
