"""The demo's backends: sandboxes found by entry point, seeded with the retailer and started on the loopback address."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import cast

from msgspec import Struct

from gateway.errors import ConfigurationError
from gateway.testing.sandbox import Sandbox, SandboxFactory, Seed

GROUP = "commerce_gateway.sandboxes"


class RunningSandbox(Struct, frozen=True):
    """`vendor` names the adapter, `url` is where it listens."""

    name: str
    vendor: str
    url: str
    sandbox: Sandbox


class Sandboxes:
    """Running backends by name. `async with await start_sandboxes(...)` stops them at the end."""

    def __init__(self, running: Mapping[str, RunningSandbox]) -> None:
        self.running = running
        self.down: set[str] = set()

    def requests(self) -> int:
        """How many requests have arrived at all backends together."""
        return sum(len(each.sandbox.requests) for each in self.running.values())

    def counts(self) -> dict[str, list[str]]:
        """What each backend was asked since its list was last cleared, by its own reading of the request."""
        return {name: [request.operation for request in each.sandbox.requests] for name, each in self.running.items()}

    def clear(self) -> None:
        for each in self.running.values():
            each.sandbox.requests.clear()

    async def take_down(self, name: str) -> None:
        """Nobody listens at the backend's address any more. Raises KeyError for a name nobody has."""
        backend = self.running[name]
        if name not in self.down:
            self.down.add(name)
            await backend.sandbox.stop()

    async def bring_back(self, name: str) -> None:
        """The backend listens again where it was, with what it held. Raises KeyError for a name nobody has."""
        backend = self.running[name]
        if name in self.down:
            await backend.sandbox.start(int(backend.url.rpartition(":")[2]))
            self.down.discard(name)

    async def stop(self) -> None:
        up = [each.sandbox for name, each in self.running.items() if name not in self.down]
        await asyncio.gather(*(sandbox.stop() for sandbox in up))

    async def __aenter__(self) -> Sandboxes:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


def factory(vendor: str) -> SandboxFactory:
    """Raises ConfigurationError where the vendor has no installed sandbox."""
    found = entry_points(group=GROUP, name=vendor)
    if not found:
        raise ConfigurationError(f"no sandbox is installed for `{vendor}` (entry point group {GROUP})")
    return cast("SandboxFactory", next(iter(found)).load())


RIGHTS: Mapping[str, tuple[str, ...]] = {"shopify": ("read_all_orders",)}
"""What the demo's credentials may do beyond a fresh one: the sandbox's knobs of these names are turned on."""


async def start_sandboxes(seeds: Mapping[str, Seed], vendors: Mapping[str, str]) -> Sandboxes:
    """One sandbox for each backend. When one cannot start, those already running are stopped."""
    running: dict[str, RunningSandbox] = {}
    try:
        for name, vendor in vendors.items():
            sandbox = factory(vendor)(seeds[name])
            for right in RIGHTS.get(vendor, ()):
                setattr(sandbox, right, True)
            url = await sandbox.start()
            running[name] = RunningSandbox(name, vendor, url, sandbox)
    except BaseException:
        await Sandboxes(running).stop()
        raise
    return Sandboxes(running)
