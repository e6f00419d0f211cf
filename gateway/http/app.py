"""The doors put together: raw ASGI in front, `/graphql` straight to its door, everything else to Starlette."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from opentelemetry.trace import Tracer
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from gateway.entry.admission import Admission, OpenContext
from gateway.entry.kept_answers import KeptAnswers
from gateway.entry.parties import party_of
from gateway.entry.presenting import AliasOf
from gateway.entry.response_cache import ResponseCache
from gateway.execution.run.engine import Engine
from gateway.http.connections import ONE_PARTY, OPERATIONAL, Parties, answering
from gateway.http.door import Door
from gateway.http.door_metrics import DoorMetrics
from gateway.http.explorer import explorer_page, explorer_routes
from gateway.http.forwarded import Proxies
from gateway.http.gate import Gate
from gateway.http.origins import Origins
from gateway.http.pages import AcceptWebhook, Metrics, Ready, operational_routes
from gateway.http.sdl import sdl_route
from gateway.http.socket import SocketDoor
from gateway.http.wire import AsgiApplication, AsgiScope, Receive, Send
from gateway.model.principal import ANONYMOUS
from gateway.security.api_keys import ApiKeys
from gateway.security.authentication import Authentication, Verifier
from gateway.security.profiles import Profiles
from gateway.security.spread import SharedCounts
from gateway.settings import ServerSection, Settings

GRAPHQL_PATH = "/graphql"
Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


class Doors:
    """The ASGI application. `cache.invalidate(tags)` is told of every change; `figures` are registered for scraping."""

    def __init__(
        self,
        admission: Admission,
        door: Door,
        socket: SocketDoor,
        pages: Starlette,
        cache: ResponseCache,
        gate: Gate,
        figures: DoorMetrics,
        section: ServerSection,
    ) -> None:
        self.section = section
        self._proxies = Proxies.of(section)
        self._behind_proxies = bool(self._proxies)
        self._parties = Parties(section.connections_per_address)
        self._admission = admission
        self._door = door
        self._socket = socket
        self._pages: AsgiApplication = pages  # pyright: ignore[reportAttributeAccessIssue] # Starlette's own aliases
        self.cache = cache
        self.gate = gate
        self.figures = figures

    @property
    def pressed(self) -> bool:
        return self._admission.capacity.pressed

    async def close(self) -> None:
        """After the last request."""
        await self._admission.close()

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._pages(scope, receive, send)
        elif self._behind_proxies and scope.get("path") not in OPERATIONAL:
            await self._through_proxies(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _through_proxies(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """A trusted proxy's connections are its own affair: what it asks for one client is bounded instead."""
        client = self._proxies.client_of(scope)
        if client == str((scope.get("client") or ("",))[0]):
            await self._serve(scope, receive, send)
            return
        scope["client"] = (client, 0)
        party = party_of(client)
        if not self._parties.enter(party):
            await answering(self._serve, ONE_PARTY, last=False)(scope, receive, send)
            return
        try:
            await self._serve(scope, receive, send)
        finally:
            self._parties.leave(party)

    async def _serve(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        with self.gate:
            if scope["type"] == "websocket":
                await self._socket(scope, receive, send)
            elif scope["path"] == GRAPHQL_PATH:
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
    counts: SharedCounts | None = None,
    pages: Sequence[BaseRoute] = (),
    lifespan: Lifespan | None = None,
    explorer: bool = True,
    sdl: Callable[[], str] | None = None,
    graphiql: Path | None = None,
    body_seconds: float | None = None,
    tracer: Tracer | None = None,
) -> Doors:
    """`alias_of` gives a backend's public alias; `pages` are routes of the application's own, before ours; `lifespan`
    is entered when the server starts and left when it has stopped; `graphiql` is the folder of a built bundle;
    `sdl` prints the schema. There is an explorer, and the printed schema, only where anybody may see it."""
    gate = Gate()
    profiles = Profiles(settings)
    open_to_all = profiles.of(ANONYMOUS).introspection
    explorer = explorer and open_to_all
    admission = Admission(
        engine=engine,
        open_context=open_context,
        authentication=Authentication(verifier, ApiKeys(settings)),
        profiles=profiles,
        settings=settings,
        alias_of=alias_of,
        counts=counts,
    )
    figures = DoorMetrics(gate, admission.capacity)
    origins = Origins(settings.server.cors_origins)
    cache = ResponseCache(size=settings.limits.response_cache_bytes)
    door = Door(
        admission=admission,
        origins=origins,
        kept_answers=KeptAnswers(cache, admission, enabled=settings.server.response_cache),
        limits=settings.limits,
        page=explorer_page(graphiql) if explorer else None,
        stopping=gate.stopping,
        figures=figures,
        body_seconds=settings.server.body_seconds if body_seconds is None else body_seconds,
        tracer=tracer,
    )
    operational = operational_routes(
        ready=ready,
        metrics=metrics,
        accept_webhook=accept_webhook,
        draining=lambda: gate.draining,
        public_url=settings.gateway.public_url,
    )
    described = (sdl_route(sdl),) if sdl is not None and open_to_all else ()
    routes = [*pages, *operational, *described, *(explorer_routes(graphiql) if explorer else ())]
    starlette = Starlette(routes=routes, lifespan=lifespan)
    return Doors(
        admission,
        door,
        SocketDoor(admission, origins, gate.stopping),
        starlette,
        cache,
        gate,
        figures,
        settings.server,
    )
