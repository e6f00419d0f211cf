"""What the response cache saves, as ratios. Overload and bystanders are measured by `tests.faults.bench`."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import tempfile
from pathlib import Path

import orjson

from tests.bench.contenders import BARE, GATEWAY, running
from tests.bench.load import ask_once, measure
from tests.bench.queries import QUERIES, VARIABLES
from tests.bench.report import Report


async def cached(upstream: str, report: Report) -> None:
    """CPU of Q3 answered anew, from the response cache, and by bare ASGI; in the same rounds."""
    body = orjson.dumps({"query": QUERIES["Q3"], "variables": VARIABLES["Q3"]})
    with contextlib.ExitStack() as stack:
        bodies = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-bodies-"))
        with running(GATEWAY, upstream) as (url, _):
            answer = await ask_once(url, body)
        await asyncio.to_thread((Path(bodies) / f"{len(body)}.json").write_bytes, answer)
        anew = stack.enter_context(running(GATEWAY, upstream))
        kept = stack.enter_context(running(GATEWAY, upstream, CACHED="1"))
        bare = stack.enter_context(running(BARE, upstream, BODIES=bodies))
        figures: dict[str, list[float]] = {}
        for number in range(5):
            for name, (url, pid) in (("anew", anew), ("kept", kept), ("bare", bare)):
                sample = await measure(url, pid, body, connections=4, requests=200)
                if number:
                    figures.setdefault(name, []).append(sample.cpu)
    report.cached = {name: statistics.median(values) for name, values in figures.items()}
