"""A whole gateway over in-memory backends: what every domain test asks. Only the doors and the sockets are missing."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any, Protocol, cast

import pytest
import structlog

from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.caller import BackendCaller
from gateway.calls.operation.writes import Writes
from gateway.context import ContextFactory, OperationContext
from gateway.execution import Engine, OperationRequest, Result
from gateway.model.principal import ANONYMOUS, Principal
from gateway.ownership import Ownership
from gateway.ports.manifest import Secret
from gateway.security.profiles import Profiles, RequestFacts
from gateway.services import Services
from gateway.settings import Settings, decode
from gateway.state.aliases import StoredAliases
from gateway.state.carts import StoredCarts
from gateway.state.database import Database
from gateway.state.held_stock import HeldStock
from gateway.state.links import StoredIdentityLinks
from gateway.state.outbox import Outbox
from gateway.state.sealing import Sealing
from gateway.state.tasks import StoredTasks
from gateway.state.writes import StoredWrites
from gateway.testing.reference import ReferenceAdapter
from gateway.testing.reference.manifest import manifest_of
from gateway.testing.sandbox import Seed
from schema import build_schema

_SCHEMA = build_schema()


class World:
    """A gateway and its backends' knobs: `world["erp"].down = True`. `held` is its copy of what is kept back, made
    anew by `refresh`."""

    def __init__(
        self,
        settings: Settings,
        adapters: Mapping[str, ReferenceAdapter],
        services: Services,
        aliases: StoredAliases,
        tasks: StoredTasks,
        held: HeldStock,
    ) -> None:
        self.settings = settings
        self.adapters = adapters
        self.services = services
        self.aliases = aliases
        self.tasks = tasks
        self.held = held
        self.engine = Engine(_SCHEMA)
        self.profiles = Profiles(settings)
        self._contexts = ContextFactory(services, self.profiles)

    def __getitem__(self, backend: str) -> ReferenceAdapter:
        return self.adapters[backend]

    async def ask(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        *,
        principal: Principal = ANONYMOUS,
        **facts: Any,
    ) -> Result:
        """Execute a query as somebody, in a commerce context (`country=`, `language=`, ...)."""
        profile = self.profiles.of(principal)
        context = self._contexts(principal, profile, RequestFacts(**facts))
        return await self.engine.execute(OperationRequest(query, variables), context)

    async def follow(self, query: str, *, principal: Principal = ANONYMOUS) -> Result:
        """The first event of a subscription, as somebody."""
        context = self._contexts(principal, self.profiles.of(principal), RequestFacts())
        events = cast("AsyncGenerator[Result]", self.engine.subscribe(OperationRequest(query), context))
        async with aclosing(events):
            return await anext(events)

    def context(self, principal: Principal = ANONYMOUS, *, secret: str | None = None) -> OperationContext:
        """Of one operation, without a memo."""
        return self._contexts(principal, self.profiles.of(principal), RequestFacts(cart_secret=secret))

    async def data(self, query: str, variables: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
        """The answer's data, where there must be no error."""
        result = await self.ask(query, variables, **facts)
        assert result.errors is None, result.errors
        assert result.data is not None
        return result.data


class Build(Protocol):
    """`kinds`: other adapters than the reference, by the backend's name."""

    def __call__(
        self,
        configuration: Mapping[str, Any],
        seeds: Mapping[str, Seed],
        kinds: Mapping[str, type[ReferenceAdapter]] | None = None,
    ) -> Awaitable[World]: ...


@pytest.fixture(autouse=True)
def quiet_logs() -> Iterator[None]:
    """What goes down here goes down on purpose."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


@pytest.fixture
async def build(tmp_path: Path) -> AsyncIterator[Build]:
    """Builds worlds from a configuration (as in gateway.toml, without backends) and a seed for each backend."""
    closing: list[Callable[[], Awaitable[None]]] = []

    async def make(
        configuration: Mapping[str, Any],
        seeds: Mapping[str, Seed],
        kinds: Mapping[str, type[ReferenceAdapter]] | None = None,
    ) -> World:
        kind_of = {name: (kinds or {}).get(name, ReferenceAdapter) for name in seeds}
        options: Mapping[str, dict[str, Any]] = configuration.get("backends", {})
        sections = {
            name: {"adapter": "memory", "url": "memory:", "policy": {"cache": False}, **options.get(name, {})}
            for name in seeds
        }
        settings = decode({**configuration, "backends": sections}, {})
        database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/{len(closing)}.sqlite")
        closing.append(database.close)
        adapters = {
            name: kind_of[name](name, seed, key_rule=settings.identity.get(name)) for name, seed in seeds.items()
        }
        backends = {
            name: BoundBackend(
                name=name,
                alias=settings.backends[name].alias,
                backend=adapter.backend,
                manifest=manifest_of(seeds, None, kind_of[name]),
                policy=settings.backends[name].policy,
            )
            for name, adapter in adapters.items()
        }
        caller = BackendCaller(backends)
        ownership = Ownership(settings, backends)
        aliases = StoredAliases(database)
        links = StoredIdentityLinks(database)
        tasks = StoredTasks(database, Outbox(database))
        writes = Writes(backends, StoredWrites(database), caller.invalidate, tasks)
        closing.append(writes.close)
        carts = StoredCarts(database, Sealing(["a key of tests"]))
        held = HeldStock(database, lambda _: None)
        services = Services(settings, caller, writes, ownership, links, aliases, tasks, Secret(("key",)), carts, held)
        closing.append(services.close)
        closing.append(caller.close)
        return World(settings, adapters, services, aliases, tasks, held)

    yield make
    for close in reversed(closing):
        await close()
