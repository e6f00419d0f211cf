"""The toy domain's one service."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from gateway.errors import AdapterError
from gateway.services import Services
from gateway.services.scope import Scope
from gateway.services.systems import fallback_freshness
from tests.e2e.toy.ports import GET_TOYS, Toy


def _stand_in(toy: Toy, reason: str) -> Toy:
    return replace(toy, freshness=fallback_freshness(toy.freshness, reason))


class Toys:
    def __init__(self, services: Services) -> None:
        self._systems = services.systems

    async def named(self, names: Sequence[str], scope: Scope) -> list[Toy | AdapterError | None]:
        found = await self._systems.keyed(GET_TOYS, names, scope.commerce, scope.call, _stand_in)
        return [found.get(name) for name in names]
