"""`make bench`: every contender over the same upstreams, answers compared first, then interleaved rounds.

Absolute times on a shared machine prove nothing; what is printed are ratios within one run. The table and the raw
figures go to `build/bench/`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import uvloop

from tests.bench.cached import cached, coalescing
from tests.bench.clients import clients
from tests.bench.contenders import BARE, GATEWAY, STOCK, Contender, all_of, install_peers, of_python, running
from tests.bench.growth import growth
from tests.bench.interpreters import Interpreter, interpreters
from tests.bench.load import Sample, ask_once, measure, resident_bytes
from tests.bench.processor import TRIES, Processor
from tests.bench.queries import QUERIES, VARIABLES, body_of, leaves
from tests.bench.report import Report
from tests.bench.upstream import nginx, slow

OUT = Path(__file__).resolve().parent.parent.parent / "build" / "bench"
WARM_UP = 2
"""Rounds before the first that counts: compilers of the contenders' machines take so long to be done."""
REQUESTS = {"Q1": 2000, "Q2": 800, "Q3": 400, "Q4": 160}
STOCK_REQUESTS = {"Q1": 400, "Q2": 120, "Q3": 40, "Q4": 24}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="three short rounds, no growth: does it run at all?")
    parser.add_argument("--only", help="one operation, such as Q3")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    pythons, node = interpreters(), install_peers()
    for python in pythons:
        print(python.described, file=sys.stderr)
    if not node:
        print("no Node here: Apollo Server and mercurius are left out", file=sys.stderr)
    OUT.mkdir(parents=True, exist_ok=True)
    contenders = all_of(pythons, node=node)
    report = Report(contenders, pythons)
    uvloop.run(bench(contenders, pythons, report, options))
    print(report.write(OUT))
    return 0


async def bench(
    contenders: list[Contender], pythons: tuple[Interpreter, ...], report: Report, options: argparse.Namespace
) -> None:
    operations = [options.only] if options.only else list(QUERIES)
    rounds, scale, tries = (3, 0.3, 1) if options.quick else (options.rounds, 1.0, TRIES)
    with nginx() as upstream, tempfile.TemporaryDirectory(prefix="bench-bodies-") as bodies:
        answers = await same_answers(contenders, operations, upstream)
        for name, answer in answers.items():
            (Path(bodies) / f"{len(body_of(name))}.json").write_bytes(orjson.dumps(answer))
            report.leaves[name] = leaves(answer)
        with contextlib.ExitStack() as stack:
            up = {each.name: stack.enter_context(running(each, upstream, BODIES=bodies)) for each in contenders}
            processor = stack.enter_context(Processor())
            for name in operations:
                await paired(name, contenders, up, report, processor, rounds, scale, tries)
            for each in contenders:
                report.memory[each.name] = resident_bytes(up[each.name][1])
        for python in pythons:
            await unseen(upstream, python, report)
    report.write(OUT)
    if not options.quick and not options.only:
        with slow(0.020) as upstream:
            await above_critical_path(contenders, upstream, report)
        with nginx() as upstream:
            with Processor() as processor:
                for python in pythons:
                    await cached(upstream, python, processor, report)
                    await coalescing(upstream, python, processor, report)
            await clients(upstream, report)
        report.write(OUT)  # what is known is kept, whatever comes
        await growth(report)


MORE_LEAVES = ("id", "brand", "productType", "updatedAt", "language: title { language }", "kind: __typename")


async def same_answers(contenders: list[Contender], operations: list[str], upstream: str) -> dict[str, Any]:
    """Every contender's answer to every operation, which must be one; raises otherwise."""
    known: dict[str, Any] = {}
    for each in contenders:
        if each.role == BARE:
            continue
        with running(each, upstream) as (url, _):
            for name in operations:
                answer = orjson.loads(await ask_once(url, body_of(name)))
                if "errors" in answer or known.setdefault(name, answer) != answer:
                    raise SystemExit(f"{each.name} answers {name} differently:\n{answer}\n{known.get(name)}"[:4000])
    return known


async def paired(
    name: str,
    contenders: list[Contender],
    up: dict[str, tuple[str, int]],
    report: Report,
    processor: Processor,
    rounds: int,
    scale: float,
    tries: int,
) -> None:
    """Interleaved rounds: in each, every contender in turn, so that the machine's mood is shared. What was measured on
    a disturbed processor is kept apart, and measured again while there are tries."""
    samples: dict[str, list[Sample]] = {each.name: [] for each in contenders}
    disturbed: dict[str, list[Sample]] = {each.name: [] for each in contenders}
    for number in range(rounds + WARM_UP):
        for each in contenders:
            url, pid = up[each.name]
            wanted = (STOCK_REQUESTS if each.role == STOCK else REQUESTS)[name]
            ask = partial(measure, url, pid, body_of(name), connections=4, requests=max(16, int(wanted * scale)))
            if number < WARM_UP:
                await ask()
                continue
            sample, slow = await processor.steady(ask, tries)
            samples[each.name].append(sample)
            disturbed[each.name] += slow
    report.add(name, samples, disturbed)
    report.steps = processor.quickest, processor.slowest


async def above_critical_path(contenders: list[Contender], upstream: str, report: Report) -> None:
    """p50 with upstreams that take 20 ms, above the 20 or 40 ms that must be waited for."""
    for each in contenders:
        if each.role == BARE:
            continue
        with running(each, upstream) as (url, pid):
            for name, connections, requests in (("Q2", 1, 100), ("Q3", 1, 100), ("Q3", 32, 1600)):
                waits = 0.040
                await measure(url, pid, body_of(name), connections=connections, requests=max(connections * 6, 60))
                sample = await measure(url, pid, body_of(name), connections=connections, requests=requests)
                report.latency[each.name, name, connections] = sample.percentile(0.5) - waits


async def unseen(upstream: str, python: Interpreter, report: Report) -> None:
    """An operation never seen before: Q2 with a selection of more leaves each time, minus the same asked again."""
    with running(of_python(GATEWAY, python), upstream) as (url, pid):
        variations: list[bytes] = []
        for number in range(60):
            more = " ".join(leaf for place, leaf in enumerate(MORE_LEAVES) if number >> place & 1)
            query = QUERIES["Q2"].replace("slug title", f"{more} slug title", 1)
            variations.append(orjson.dumps({"query": query, "variables": VARIABLES["Q2"]}))
        for body in variations[:10]:
            await ask_once(url, body)
        first = [(await measure(url, pid, body, connections=1, requests=1)).cpu for body in variations[10:]]
        again = [(await measure(url, pid, body, connections=1, requests=1)).cpu for body in variations[10:]]
        report.unseen[python.label] = statistics.median(first) - statistics.median(again)


if __name__ == "__main__":
    with contextlib.suppress(asyncio.CancelledError):
        sys.exit(main())
