"""How the gateway's cost grows, with fitted slopes: leaves, list sizes, backends, requests in flight. In one process,
over the in-memory reference adapter, so that nothing but the gateway is on the scale."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

from tests.bench.report import Report
from tests.bench.worlds import World, many_backends, many_products


async def growth(report: Report) -> None:
    async with many_products(10_000) as world:
        for leaves in (10, 100, 1_000, 10_000, 100_000):
            report.growth.setdefault("leaves", []).append(await _leaves(world, leaves))
        for size in (1, 3, 10, 30, 100):
            query = "{ products(first: %d) { nodes { slug variants { sku price { current { gross { amount } } } } } } }"
            report.growth.setdefault("products in a list", []).append((size, await _cost(world.ask(query % size))))
        for flying in (1, 4, 16, 64, 256):
            report.growth.setdefault("in flight", []).append((flying, await _flying(world, flying)))
    for backends in (1, 2, 4, 8):
        async with many_backends(backends) as world:
            query = '{ product(by: {slug: "p1"}) { variants { availability { status quantity } } } }'
            report.growth.setdefault("backends", []).append((backends, await _cost(world.ask(query))))
    units = {
        "leaves": "a leaf",
        "products in a list": "a product",
        "in flight": "a request in flight",
        "backends": "a backend",
    }
    report.slopes = {f"{name}, for {units[name]} more": slope(points) * 1e6 for name, points in report.growth.items()}


async def _leaves(world: World, leaves: int) -> tuple[float, float]:
    """Ten leaves a product, one call, whatever the size."""
    fields = "slug brand productType updatedAt title { value language direction } freshness { stale role reason }"
    size = max(1, leaves // 10)
    return size * 10.0, await _cost(world.ask(f"{{ products(first: {size}) {{ nodes {{ {fields} }} }} }}"))


async def _flying(world: World, flying: int) -> float:
    import asyncio

    query = "{ products(first: 24) { nodes { slug variants { sku price { current { gross { amount } } } } } } }"

    async def wave() -> None:
        await asyncio.gather(*(world.ask(query)() for _ in range(flying)))

    return await _cost(wave) / flying


async def _cost(ask: Callable[[], Awaitable[object]]) -> float:
    """CPU seconds of one call: the least of some, after a first one that compiles."""
    await ask()
    best = float("inf")
    for _ in range(7):
        started = time.process_time()
        await ask()
        best = min(best, time.process_time() - started)
    return best


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Least squares, weighted so that every size counts alike."""
    weights = [1 / max(x, 1e-9) ** 2 for x, _ in points]
    total = sum(weights)
    mean_x = sum(w * x for w, (x, _) in zip(weights, points, strict=True)) / total
    mean_y = sum(w * y for w, (_, y) in zip(weights, points, strict=True)) / total
    above = sum(w * (x - mean_x) * (y - mean_y) for w, (x, y) in zip(weights, points, strict=True))
    below = sum(w * (x - mean_x) ** 2 for w, (x, _) in zip(weights, points, strict=True))
    return above / below if below else 0.0
