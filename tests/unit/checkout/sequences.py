"""Sagas of another shape than the real one, as a release would write them; and a process that has one of them:
`python -m tests.unit.checkout.sequences '<Station as JSON>' <name>`.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any, ClassVar

import msgspec

from gateway.checkout.given import answered
from gateway.checkout.saga import Saga
from gateway.checkout.shapes import MoveTable
from gateway.model.checkouts import Failure, FailureReason

from .retail import Retail
from .worker import Station, live

FORWARD = (
    "prepare", "reserve", "ensure", "preview", "assess", "place", "gate", "authorise", "woken", "continue", "look",
    "confirm", "complete",
)  # fmt: skip


class Assessing(Saga):
    """One step more, before the order is placed."""

    shape = "checkout-2"
    moves: ClassVar[MoveTable] = {"checkout-1": dict.fromkeys(FORWARD, ("place",))}

    async def _place(self, run: str, made: Any, ordered: Any) -> Failure | None:
        assessed = await self._runs.remote("assess", self._assess, run)
        if assessed.get("failed"):
            return Failure(FailureReason(assessed["failed"]))
        return await super()._place(run, made, ordered)

    async def _assess(self, run: str) -> dict[str, Any]:
        return {"assessed": run}


class Refusing(Assessing):
    """It says no to everybody."""

    async def _assess(self, run: str) -> dict[str, Any]:
        return answered(Failure(FailureReason.ORDER_REFUSED))


class Assessed(Assessing):
    """The same as an older release."""

    shape = "checkout-1"
    moves: ClassVar[MoveTable] = {}


class Shorter(Saga):
    """One step fewer than `Assessed`."""

    shape = "checkout-2"
    moves: ClassVar[MoveTable] = {"checkout-1": dict.fromkeys(FORWARD, ("assess",))}


class Foreign(Assessing):
    """Nothing is known of what was before."""

    moves: ClassVar[MoveTable] = {}


SEQUENCES = {each.__name__: each for each in (Saga, Assessing, Refusing, Assessed, Shorter, Foreign)}


def of(name: str) -> type[Retail]:
    return type(f"Retail{name}", (Retail,), {"sequence": SEQUENCES[name]})


if __name__ == "__main__":
    asyncio.run(live(msgspec.json.decode(sys.argv[1], type=Station), of(sys.argv[2])))
