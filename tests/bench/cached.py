"""What the response cache saves and what coalescing costs, as ratios. Overload and bystanders are measured by
`tests.faults.bench`."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import tempfile
from functools import partial
from pathlib import Path

from tests.bench.contenders import BARE, COALESCING, GATEWAY, of_python, running
from tests.bench.interpreters import Interpreter
from tests.bench.load import ask_once, measure
from tests.bench.processor import TRIES, Processor
from tests.bench.queries import body_of
from tests.bench.report import Report

ROUNDS = 7


async def cached(upstream: str, python: Interpreter, processor: Processor, report: Report) -> None:
    """CPU of Q3 answered anew, from the response cache, and by bare ASGI; in the same rounds."""
    body = body_of("Q3")
    gateway, floor = of_python(GATEWAY, python), of_python(BARE, python)
    with contextlib.ExitStack() as stack:
        bodies = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-bodies-"))
        with running(gateway, upstream) as (url, _):
            answer = await ask_once(url, body)
        await asyncio.to_thread((Path(bodies) / f"{len(body)}.json").write_bytes, answer)
        asked = {
            "anew": stack.enter_context(running(gateway, upstream)),
            "kept": stack.enter_context(running(gateway, upstream, CACHED="1")),
            "bare": stack.enter_context(running(floor, upstream, BODIES=bodies)),
        }
        spent = await _in_turns(asked, body, processor, connections=4, requests=400)
    report.cached[python.label] = {"saved": _times(spent, "anew", "kept"), "over bare": _times(spent, "kept", "bare")}


async def coalescing(upstream: str, python: Interpreter, processor: Processor, report: Report) -> None:
    """CPU of Q2 and Q3 with coalescing and without, one request at a time, so that no two can share a call and what is
    seen is what it costs. What it saves where they can is in the tables of the operations."""
    with contextlib.ExitStack() as stack:
        asked = {
            role: stack.enter_context(running(of_python(role, python), upstream)) for role in (GATEWAY, COALESCING)
        }
        for name in ("Q2", "Q3"):
            spent = await _in_turns(asked, body_of(name), processor, connections=1, requests=300)
            report.coalescing[python.label, name] = _times(spent, COALESCING, GATEWAY)


async def _in_turns(
    asked: dict[str, tuple[str, int]], body: bytes, processor: Processor, *, connections: int, requests: int
) -> dict[str, list[float]]:
    """CPU seconds of a request in interleaved rounds, after one that warms up."""
    figures: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(ROUNDS + 1):
        for name, (url, pid) in asked.items():
            ask = partial(measure, url, pid, body, connections=connections, requests=requests)
            sample, _ = await processor.steady(ask, TRIES if number else 1)
            if number:
                figures[name].append(sample.cpu)
    return figures


def _times(spent: dict[str, list[float]], more: str, less: str) -> float:
    """The median of the rounds' own ratios."""
    return statistics.median(a / b for a, b in zip(spent[more], spent[less], strict=True))
