"""What a backend's uneven answers cost its readers, and what is left of it at three times its capacity: the real
transport in virtual time, so that the machine's mood has no part in it."""

from __future__ import annotations

import random

from gateway.settings import PolicyNumbers
from tests.unit.calls.simulated import Independent, Load, Pool, in_virtual_time, lognormal, mean_of

_MEAN = 0.1
_CEILING = 64


def jitter() -> None:
    print(f"Jitter: latency does not depend on load; mean {_MEAN} s, ceiling {_CEILING}; load is rate x mean / ceiling")
    for ratio in (1.4, 1.9, 3.0, 5.0):
        figures: list[str] = []
        for part in (0.08, 0.3, 0.6, 0.9, 1.0):
            load = in_virtual_time(lambda ratio=ratio, part=part: _jittery(ratio, part))
            shed = 1 - load.count("ok") / load.asked
            waited = load.policy("limit", "waited") / load.asked
            figures.append(f"{part:.0%}: {shed:.1%} shed, {waited:3.0%} waited")
        print(f"  p95/p50 {ratio}   " + "   ".join(figures))


async def _jittery(ratio: float, part: float) -> Load:
    dice = random.Random(1)
    load = Load(Independent(lognormal(_MEAN / mean_of(1.0, ratio), ratio, dice)), PolicyNumbers(timeout=10.0))
    await load.arrivals(part * _CEILING / _MEAN, 10.0, dice)
    return load


def overload() -> None:
    print("Overload in virtual time, 30 s of three times what the backend can do")
    for workers, service, patience, ratio in (
        (10, 0.05, 0.5, 1.2),
        (10, 0.05, 0.5, 3.0),
        (4, 0.05, 2.0, 1.2),
        (20, 0.1, 1.0, 5.0),
        (20, 0.1, 10.0, 1.2),
    ):
        load = in_virtual_time(lambda case=(workers, service, patience, ratio): _overloaded(*case))
        useful = sorted(took for _, took in load.answered if took <= patience)
        print(
            f"  {workers:2} workers x {service} s, p95/p50 {ratio}, patience {patience:4} s:"
            f" {len(useful) / 30 / (workers / service):4.0%} of capacity useful,"
            f" p99 {useful[int(len(useful) * 0.99)] * 1000:4.0f} ms"
        )


async def _overloaded(workers: int, service: float, patience: float, ratio: float) -> Load:
    dice = random.Random(1)
    load = Load(
        Pool(workers, lognormal(service / mean_of(1.0, ratio), ratio, dice)), PolicyNumbers(timeout=min(5.0, patience))
    )
    await load.arrivals(0.5 * workers / service, 10.0, dice, lambda: load.ask(patience))
    load.forget()
    await load.arrivals(3 * workers / service, 30.0, dice, lambda: load.ask(patience))
    return load
