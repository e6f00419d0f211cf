"""Everything but `/graphql`, on Starlette: health, readiness, metrics, webhooks, and the pages the application adds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.entry.refusal import Refusal
from gateway.errors import BadInput, GatewayError, Unauthenticated
from gateway.http.wire import headers_of, read_body
from gateway.ports.webhooks import WebhookDelivery

WEBHOOK_BYTES = 1_048_576
WEBHOOK_SECONDS = 5.0

Ready = Callable[[], Awaitable[Mapping[str, Any]]]
"""What readiness is made of: `ready` (bool), and anything an operator wants to read beside it."""
Metrics = Callable[[], tuple[bytes, str]]
"""The exposition and its content type."""
AcceptWebhook = Callable[[str, WebhookDelivery], Awaitable[bytes]]
"""Verifies, deduplicates and keeps a backend's delivery; the body its vendor is answered with. Raises KeyError for an
unknown backend, Unauthenticated for a forged delivery, BadInput for one that makes no sense."""


def operational_routes(
    *,
    ready: Ready,
    metrics: Metrics,
    accept_webhook: AcceptWebhook | None,
    draining: Callable[[], bool],
    public_url: str,
) -> list[BaseRoute]:
    async def healthz(request: Request) -> Response:
        return _json({"status": "ok"})

    async def readyz(request: Request) -> Response:
        if draining():
            return _json({"ready": False, "reason": "draining"}, 503)
        state = await ready()
        return _json(state, 200 if state.get("ready") else 503)

    async def metrics_page(request: Request) -> Response:
        body, content_type = metrics()
        return Response(body, headers={"content-type": content_type, "cache-control": "no-store"})

    async def webhook(request: Request) -> Response:
        if accept_webhook is None:
            return Response(status_code=404)
        try:
            headers = headers_of(request.scope)
            body = await read_body(headers, request.receive, limit=WEBHOOK_BYTES, seconds=WEBHOOK_SECONDS)
            delivery = WebhookDelivery(
                headers=headers,
                body=body,
                url=public_url.rstrip("/") + request.url.path + (f"?{request.url.query}" if request.url.query else ""),
                received_at=datetime.now(UTC),
            )
            said = await accept_webhook(request.path_params["backend"], delivery)
        except Refusal as refusal:
            return Response(status_code=refusal.status)
        except KeyError:
            return Response(status_code=404)
        except Unauthenticated:
            return Response(status_code=401)
        except BadInput:
            return Response(status_code=400)
        except GatewayError:
            return Response(status_code=503)
        return Response(said, status_code=200, media_type="text/plain" if said else None)

    return [
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/metrics", metrics_page, methods=["GET"]),
        Route("/webhooks/{backend}", webhook, methods=["POST"]),
    ]


def _json(value: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(value, default=str), status, {"cache-control": "no-store"}, "application/json")
