"""The doors put together: raw ASGI in front, `/graphql` straight to its door, everything else to Starlette."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from gateway.execution.engine import Engine
from gateway.http.answers import AliasOf
from gateway.http.door import Door, OpenContext
from gateway.http.pages import AcceptWebhook, Metrics, Ready, operational_routes
from gateway.http.wire import Application, Receive, Scope, Send
from gateway.security.api_keys import ApiKeys
from gateway.security.authentication import Authentication, Verifier
from gateway.security.profiles import Profiles
from gateway.settings import Settings

GRAPHQL_PATH = "/graphql"


class Doors:
    """The ASGI application. `drain()` makes readiness say no while everything else goes on."""

    def __init__(self, door: Door, pages: Starlette) -> None:
        self._door = door
        self._pages: Application = pages  # pyright: ignore[reportAttributeAccessIssue] # Starlette's own aliases

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == GRAPHQL_PATH:
            await self._door(scope, receive, send)
        else:
            await self._pages(scope, receive, send)


def build_asgi(
    *,
    engine: Engine,
    open_context: OpenContext,
    verifier: Verifier,
    settings: Settings,
    ready: Ready,
    metrics: Metrics,
    alias_of: AliasOf,
    accept_webhook: AcceptWebhook | None = None,
    pages: Sequence[BaseRoute] = (),
) -> Doors:
    """`alias_of` gives a backend's public alias; `pages` are routes of the application's own."""
    door = Door(
        engine=engine,
        open_context=open_context,
        authentication=Authentication(verifier, ApiKeys(settings)),
        profiles=Profiles(settings),
        settings=settings,
        alias_of=alias_of,
    )
    operational = operational_routes(
        ready=ready,
        metrics=metrics,
        accept_webhook=accept_webhook,
        draining=lambda: False,
        public_url=settings.gateway.public_url,
    )
    return Doors(door, Starlette(routes=[*operational, *pages]))
