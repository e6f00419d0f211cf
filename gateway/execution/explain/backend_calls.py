"""What one operation asked of backends, call by call and summed for each: parts of an `Explanation`."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from gateway.calls.observation import SPARED


class CallStep(Struct, frozen=True, rename="camel"):
    """One backend call, or keys that needed none (`outcome` is `cached`, `shared` or `joined`). `requests` is what the
    manifest declares for so many keys, `attempts` what was made, retries included. `cost` is what the attempts were
    expected to cost, in `cost_unit`: `request` unless the vendor has a cost model. `counted` is what the vendor said
    they did cost, where it says so. `chunk` of `chunks`: more keys than one call takes. `background`: a renewal of
    what was kept, which nobody waited for. Times in milliseconds since the operation began."""

    backend: str
    operation: str
    keys: int
    requests: int
    outcome: str
    started: float
    took: float
    attempts: int = 0
    cost: float = 0.0
    cost_unit: str = "request"
    counted: float | None = None
    chunk: int = 1
    chunks: int = 1
    background: bool = False

    @property
    def spared(self) -> bool:
        return self.outcome in SPARED


class BackendSum(Struct, frozen=True, rename="camel"):
    """All calls to one backend. `keys` were asked, `cached` were known here or to another gateway, `joined` came with
    a flight that was under way. `took` adds up the milliseconds of the calls, also of those made at once."""

    backend: str
    calls: int
    keys: int
    cached: int
    joined: int
    requests: int
    attempts: int
    cost: float
    cost_unit: str
    counted: float | None
    took: float


def summed(calls: Sequence[CallStep]) -> tuple[BackendSum, ...]:
    """In the order in which the backends were first asked."""
    return tuple(
        _sum(backend, [call for call in calls if call.backend == backend])
        for backend in dict.fromkeys(call.backend for call in calls)
    )


def _sum(backend: str, steps: Sequence[CallStep]) -> BackendSum:
    made = [step for step in steps if not step.spared]
    counted = [step.counted for step in made if step.counted is not None]
    return BackendSum(
        backend,
        calls=len(made),
        keys=sum(step.keys for step in made),
        cached=sum(step.keys for step in steps if step.outcome in ("cached", "shared")),
        joined=sum(step.keys for step in steps if step.outcome == "joined"),
        requests=sum(step.requests for step in made),
        attempts=sum(step.attempts for step in made),
        cost=round(sum((step.cost for step in made), 0.0), 2),
        cost_unit=next((step.cost_unit for step in made), "request"),
        counted=round(sum(counted), 2) if counted else None,
        took=round(sum((step.took for step in made), 0.0), 2),
    )
