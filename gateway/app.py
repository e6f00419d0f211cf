"""The composition root: the one module that sees everything. Opens a gateway from settings, and is the ASGI application
that uvicorn serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from starlette.routing import BaseRoute

from gateway.calls.metrics import CallMetrics
from gateway.calls.operation.cache import AnswerCache
from gateway.calls.operation.caller import BackendCaller
from gateway.calls.operation.tags import touched, unnamed
from gateway.calls.operation.writes import Writes
from gateway.calls.webhooks import WebhookInbox
from gateway.context import ContextFactory
from gateway.errors import StateUnavailable
from gateway.execution import Engine
from gateway.exposition import ExecutorMetrics, ResponseCacheMetrics, exposition
from gateway.http.app import Doors, build_asgi
from gateway.http.collecting import settle
from gateway.http.gate import Gate
from gateway.http.wire import AsgiScope, Receive, Send
from gateway.logs.failures import FAILURES
from gateway.model.written_money import reading
from gateway.ownership import Ownership
from gateway.ports.manifest import Manifest
from gateway.ports.stock import STOCK
from gateway.registry import Registry, check_identity_rules, cursor_secret, sealing_values
from gateway.security.limits import guard_of
from gateway.security.profiles import Profiles
from gateway.security.verifiers import verifier_of
from gateway.security.windows import WINDOW_SECONDS
from gateway.selling import Selling, held_stock
from gateway.services import Services
from gateway.services.shipping_tables import tables_of
from gateway.settings import ServerSection, Settings
from gateway.state.aliases import StoredAliases
from gateway.state.carts import StoredCarts
from gateway.state.changes import Change
from gateway.state.counters import Counters
from gateway.state.database import Database
from gateway.state.kept import Kept
from gateway.state.key_values import KeyValues
from gateway.state.ledger import StockSpot
from gateway.state.links import StoredIdentityLinks
from gateway.state.sealing import Sealing, open_sealing
from gateway.state.shared import Shared, open_shared
from gateway.state.sweep import Sweep
from gateway.state.writes import StoredWrites
from gateway.validation import require
from schema import build_schema

GRAPHIQL_VARIABLE = "GATEWAY_GRAPHIQL"
"""The folder of a built GraphiQL; without it, `/graphql` shows the explorer of our own."""
BACKEND_CHANGED = "backend"
SETTLE_SECONDS = 2.0
"""How often writes that were sent and not come back are looked for."""
_log = structlog.get_logger("gateway")


class Gateway:
    """Everything one worker holds. `open` it, `close` it."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        registry: Registry,
        caller: BackendCaller,
        metrics: CallMetrics,
        sealing: Sealing | None,
    ) -> None:
        self.metrics = metrics
        self.settings = settings
        self.database = database
        self.registry = registry
        self.caller = caller
        self.ownership = Ownership(settings, {**registry.backends, **tables_of(settings)})
        self.carts = (
            None if sealing is None else StoredCarts(database, sealing, kept=settings.carts.kept_days * 86_400.0)
        )
        self.selling = Selling(self.ownership, self.carts)
        self.held = held_stock(self.ownership, database, self._held_changed) if self.selling.able else None
        self.kept = Kept(
            database,
            self._heard,
            receivers=self.selling.receivers,
            handlers=self.selling.handlers,
            jobs={} if self.carts is None else {"carts": self.carts.sweep},
        )
        self.writes = Writes(registry.backends, StoredWrites(database), self.changed, self.kept.tasks, metrics)
        self.services = Services(
            settings,
            caller,
            self.writes,
            self.ownership,
            StoredIdentityLinks(database),
            StoredAliases(database),
            self.kept.tasks,
            cursor_secret(settings),
            self.carts,
            self.held,
        )
        self.profiles = Profiles(settings)
        self.schema = build_schema()
        self.engine = Engine(
            self.schema,
            guards=[guard_of(settings.limits)],
            max_bytes=settings.limits.document_cache_bytes,
            before=reading,
            max_tokens=settings.limits.tokens,
            max_characters=settings.limits.document_bytes,
        )
        self.contexts = ContextFactory(self.services, self.profiles)
        self.verifier = verifier_of(settings, self.kept.revocations.is_revoked)
        self.inbox = WebhookInbox(
            registry.backends,
            self.changed,
            seen=KeyValues(database, "webhooks"),
            store=self.kept.inbox.store,
            metrics=metrics,
        )
        self._settling = Sweep({"writes left open": self.writes.settle}, every=SETTLE_SECONDS)
        metrics.registry.register(ExecutorMetrics(self.engine.counters))
        self._doors: list[Doors] = []
        self._shared: Shared | None = None

    @classmethod
    async def open(
        cls, settings: Settings, manifests: Mapping[str, Manifest] | None = None, *, validated: bool = False
    ) -> Gateway:
        """Raises ConfigurationError, with every mistake there is; opens no connection to a backend. `manifests`: see
        `Registry.open`. `validated`: somebody looked at the settings already."""
        if not validated:
            require(settings, manifests)
        database = await Database.open(settings.gateway.state)
        registry: Registry | None = None
        shared: Shared | None = None
        try:
            metrics, cache = CallMetrics(), AnswerCache(settings.limits.answer_cache_bytes)
            shared = open_shared(settings.gateway.redis, cache)
            registry = Registry.open(settings, database, metrics, manifests, shared.ledger if shared else None)
            check_identity_rules(settings, registry.backends)
            answers = shared.answers if shared else None
            owners = {**registry.backends, **tables_of(settings)}
            caller = BackendCaller(owners, cache=cache, shared=answers, metrics=metrics)
            sealing = await open_sealing(database, sealing_values(settings))
            gateway = cls(settings, database, registry, caller, metrics, sealing)
            if shared is not None:
                await gateway.share(shared)
            return gateway
        except BaseException:
            if shared is not None:
                await shared.close()
            if registry is not None:
                await registry.close()
            await database.close()
            raise

    def doors(self, pages: Sequence[BaseRoute] = ()) -> Doors:
        doors = build_asgi(
            engine=self.engine,
            open_context=self.contexts,
            verifier=self.verifier,
            settings=self.settings,
            ready=self.ready,
            metrics=self.exposition,
            alias_of=self.ownership.alias,
            accept_webhook=self.inbox.accept,
            counts=Counters(self.database, "rates", WINDOW_SECONDS, self.carts.sealing if self.carts else None),
            pages=pages,
            sdl=self.schema.as_str,
            graphiql=Path(bundle) if (bundle := self.settings.environment.get(GRAPHIQL_VARIABLE)) else None,
        )
        self.metrics.registry.register(ResponseCacheMetrics(doors.cache))
        self.metrics.registry.register(doors.figures)
        self._doors.append(doors)
        return doors

    async def changed(self, backend: str, tags: Sequence[str]) -> None:
        """Something changed at a backend: whatever was made of it is asked anew, here and in every other process."""
        await self.caller.invalidate(backend, tags)
        for doors in self._doors:
            doors.cache.invalidate(touched(tags))
        try:
            await self.kept.changes.tell(Change(BACKEND_CHANGED, backend, unnamed(tags)))
        except StateUnavailable:  # said where it is raised; others keep what they have until it is over
            _log.warning("change_untold", backend=backend)

    def _held_changed(self, spots: Sequence[StockSpot]) -> None:
        """Finished answers that say what is in stock are made anew; what owners said stands."""
        tags = touched(f"{STOCK.name}:{spot.item}" for spot in spots)
        for doors in self._doors:
            doors.cache.invalidate(tags)

    def _heard(self, change: Change | None) -> None:
        """Another process was told what has changed; None: perhaps anything has."""
        if change is None:
            self.caller.forget(None)
            self._changed_elsewhere(None, ())
        elif change.topic == BACKEND_CHANGED:
            self.caller.forget(change.source, change.tags)
            self._changed_elsewhere(change.source, touched(change.tags))

    async def share(self, shared: Shared) -> None:
        """From now on changes that other gateways hear of are heard here too."""
        self._shared = shared
        shared.answers.on_changed = self._changed_elsewhere
        await shared.start()

    def _changed_elsewhere(self, backend: str | None, tags: Sequence[str]) -> None:
        for doors in self._doors:
            if backend is None:
                doors.cache.clear()
            else:
                doors.cache.invalidate(tags)

    async def ready(self) -> Mapping[str, Any]:
        """A gateway is ready when its own state answers; a backend that is down degrades answers, not readiness."""
        try:
            async with self.database.read() as connection:
                await connection.exec_driver_sql("SELECT 1")
        except StateUnavailable:
            return {"ready": False, "reason": "state"}
        return {"ready": True}

    def exposition(self) -> tuple[bytes, str]:
        """All figures of this worker, for Prometheus."""
        return exposition(self.metrics.registry)

    async def start(self, *, sells: bool = True) -> None:
        """What only a process that serves does: sell (unless told otherwise), hear the others, deliver, handle, clear
        away."""
        if sells:
            await self.selling.start(self.services, self.kept, self.writes)
        await self.kept.start()
        self._settling.start()
        if self.held is not None:
            await self.held.start()

    async def close(self) -> None:
        for doors in self._doors:
            await doors.close()
        await self._settling.close()
        if self.held is not None:
            await self.held.close()
        await self.kept.stop_delivering()
        await self.selling.close(self.services)
        await self.writes.close(self.settings.server.drain_seconds)
        FAILURES.flush()
        await self.inbox.close()
        await self.services.close()
        await self.kept.close()
        await self.caller.close()
        await self.registry.close()
        if self._shared is not None:
            await self._shared.close()
        await self.database.close()


class Application:
    """The ASGI application: opens the gateway at start-up, closes it at shut-down, serves in between. `sells` False:
    without the checkout, whose engine is one of its process; everything else is there."""

    def __init__(
        self,
        settings: Settings,
        pages: Sequence[BaseRoute] = (),
        manifests: Mapping[str, Manifest] | None = None,
        *,
        sells: bool = True,
    ) -> None:
        self._settings = settings
        self._sells = sells
        self._manifests = manifests
        self._pages = pages
        self._doors: Doors | None = None
        self.gateway: Gateway | None = None

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._doors is None:
            raise RuntimeError("served before start-up")
        else:
            await self._doors(scope, receive, send)

    @property
    def gate(self) -> Gate | None:
        """Closed by the server before it stops; None until start-up."""
        return None if self._doors is None else self._doors.gate

    @property
    def section(self) -> ServerSection:
        return self._settings.server

    @property
    def pressed(self) -> bool:
        return self._doors is not None and self._doors.pressed

    async def start(self) -> Gateway:
        gateway = await Gateway.open(self._settings, self._manifests)
        try:
            await gateway.start(sells=self._sells)
            self._doors = gateway.doors(self._pages)
        except BaseException:
            await gateway.close()
            raise
        self.gateway = gateway
        settle()
        return gateway

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except Exception as error:
            _log.error("start_failed", error=str(error))
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self.gateway is not None:
            await self.gateway.close()
        await send({"type": "lifespan.shutdown.complete"})


def build_app(
    settings: Settings,
    pages: Sequence[BaseRoute] = (),
    manifests: Mapping[str, Manifest] | None = None,
    *,
    sells: bool = True,
) -> Application:
    return Application(settings, pages, manifests, sells=sells)
