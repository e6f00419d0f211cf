"""What a vendor reads when its delivery was taken."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette

from gateway.http.pages import operational_routes
from gateway.ports.webhooks import WebhookDelivery


async def posted(said: bytes) -> tuple[int, bytes]:
    """Status and body of a delivery's answer."""

    async def accept(backend: str, delivery: WebhookDelivery) -> bytes:
        return said

    async def ready() -> dict[str, Any]:
        return {}

    app = Starlette(
        routes=operational_routes(
            ready=ready,
            metrics=lambda: (b"", "text/plain"),
            accept_webhook=accept,
            draining=lambda: False,
            public_url="https://gateway.example",
        )
    )
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/webhooks/psp",
        "headers": [],
        "query_string": b"",
    }
    waiting: list[dict[str, Any]] = [{"type": "http.request", "body": b"{}", "more_body": False}]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("said", [b"", b"[accepted]"])
async def test_a_delivery_is_answered_with_what_its_vendor_waits_for(said: bytes) -> None:
    assert await posted(said) == (200, said)
