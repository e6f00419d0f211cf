"""One planted retailer, driven once through good weather and bad; the tests read what was left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
import structlog
from msgspec import Struct

from gateway.calls.operation.cache import Entry
from gateway.entry.response_cache import KeptAnswer
from tests.e2e.canaries import driving
from tests.e2e.canaries.driving import Given, client_of
from tests.e2e.canaries.recording import Recording, Told, told
from tests.e2e.canaries.retailer import running_retailer
from tests.e2e.canaries.scanner import Scanner


class Evidence(Struct, frozen=True):
    """`answers_kept` is the call pipeline's cache by scope and key, `responses_kept` the finished answers; `state` the
    bytes of the gateway's own database, its log included; `pages` what is served beside GraphQL."""

    scanner: Scanner
    given: list[Given]
    answers_kept: list[tuple[Any, Entry]]
    responses_kept: list[tuple[Any, KeptAnswer]]
    state: bytes
    pages: dict[str, bytes]
    pictures: list[str]
    logs: str
    terminal: str
    spans: list[Told]


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def evidence() -> AsyncIterator[Evidence]:
    recording = Recording()
    configured: Any = structlog.get_config()
    structlog.reset_defaults()  # as in production: some other test may have silenced it
    try:
        with recording.on():
            found = await _gathered()
    finally:
        structlog.configure(**configured)
    logs, terminal, spans = recording.logs, recording.terminal, [told(span) for span in recording.spans]
    yield Evidence(**found, logs=logs, terminal=terminal, spans=spans)


async def _gathered() -> dict[str, Any]:
    async with running_retailer() as retailer, client_of(retailer) as client:
        await driving.good_weather(client)
        await driving.carts(client)
        answers: list[tuple[Any, Entry]] = []
        responses: list[tuple[Any, KeptAnswer]] = []

        def remember(some: dict[Any, Entry], others: dict[Any, KeptAnswer]) -> None:
            answers.extend(some.items())
            responses.extend(others.items())

        remember(*retailer.kept())
        await driving.bad_weather(retailer, client, remember)
        await driving.broken_adapter(retailer, client)
        await driving.malformed_requests(client)
        await driving.webhooks(retailer, client)
        pages = {path: await client.page(path) for path in ("/metrics", "/readyz", "/healthz")}
        remember(*retailer.kept())
        await driving.commands(retailer)
        await asyncio.sleep(0.3)  # until what is remembered is written
        state = b"".join(path.read_bytes() for path in sorted(retailer.folder.glob("gateway.sqlite*")))
        pictures = [path.read_text("utf-8") for path in sorted(retailer.folder.glob("*.svg"))]
        return {
            "scanner": Scanner(retailer.secrets),
            "given": client.given,
            "answers_kept": answers,
            "responses_kept": responses,
            "state": state,
            "pages": pages,
            "pictures": pictures,
        }
