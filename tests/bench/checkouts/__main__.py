"""`python -m tests.bench.checkouts`: what durable checkouts cost beside the same steps bare and beside a plain journal,
on SQLite and PostgreSQL, by how many are under way at once and in how many processes. Owners are in memory: what is
measured is what keeps checkouts, not who is asked.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.bench.checkouts.beside import cart_line, shown
from tests.bench.checkouts.holds import holds
from tests.bench.checkouts.locked import locked
from tests.bench.checkouts.runs import BARE, DURABLE, JOURNAL, KINDS
from tests.bench.checkouts.worker import Spent, Station
from tests.unit.state.servers import PostgresServer

STORES = ("SQLite", "PostgreSQL")
CONCURRENT = (1, 16, 64)
PROCESSES = (2, 4)
CHECKOUTS = {1: 120, 16: 320, 64: 320}


class Figure(Struct):
    store: str
    kind: str
    processes: int
    concurrent: int
    spent: list[Spent]

    @property
    def rate(self) -> float:
        """Checkouts a second, of all processes."""
        return sum(each.checkouts for each in self.spent) / max(each.seconds for each in self.spent)

    @property
    def processor(self) -> float:
        """Milliseconds of a checkout; the database server's own are not in it."""
        return 1e3 * sum(each.processor for each in self.spent) / sum(each.checkouts for each in self.spent)

    @property
    def steps(self) -> float:
        return sum(self.spent[0].steps.values())

    @property
    def p99(self) -> float:
        return max(each.p99 for each in self.spent)

    @property
    def stall(self) -> float:
        return max(each.stall for each in self.spent)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.checkouts", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few checkouts of one process: does it run at all?")
    options = parser.parse_args()
    figures: list[Figure] = []
    for store in STORES:
        shapes = [(1, concurrent) for concurrent in CONCURRENT]
        shapes += [] if options.quick else [(processes, 16 // processes) for processes in PROCESSES]
        for processes, concurrent in shapes:
            for kind in KINDS:
                count = 20 if options.quick else CHECKOUTS.get(concurrent, 320) // processes
                figure = Figure(store, kind, processes, concurrent, measured(store, kind, processes, concurrent, count))
                print(_line(figure), file=sys.stderr)
                figures.append(figure)
    print("\n".join(table(figures)))
    if not options.quick:
        print("\n".join(asyncio.run(others())))
    return 0


async def others() -> list[str]:
    """What is a figure or two each."""
    lines = ["", "| | |", "|---|---|"]
    for store in STORES:
        with database(store) as url:
            rates = await holds(url)
        lines += [f"| holds a second, {store}, {items} items | {rate:.0f} |" for items, rate in rates.items()]
    pages = await shown()
    lines += [f"| CPU of {name}, everything held over nothing held | {ratio:.3f} |" for name, ratio in pages.items()]
    lines.append(f"| CPU of a cart line over Vendure's `addItemToOrder` | {await cart_line():.2f} |")
    lines.append(f"| p99 of a cart that is shown, the runs' file locked over free | {await locked():.2f} |")
    return lines


def measured(store: str, kind: str, processes: int, concurrent: int, checkouts: int) -> list[Spent]:
    with database(store) as url:
        station = Station(url, kind, concurrent, checkouts)
        command = [sys.executable, "-m", "tests.bench.checkouts.worker", msgspec.json.encode(station).decode()]
        pipe = subprocess.PIPE
        workers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(processes)]
        for worker in workers:
            if (said := _line_of(worker)) != "ready":
                raise RuntimeError(f"a worker said {said!r}")
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
        spent = [msgspec.json.decode(_line_of(worker), type=Spent) for worker in workers]
        for worker in workers:
            worker.communicate(timeout=60)
        return spent


@contextmanager
def database(store: str) -> Generator[str]:
    """A new one."""
    if store == "SQLite":
        with tempfile.TemporaryDirectory(prefix="bench-checkouts-") as folder:
            yield f"sqlite+aiosqlite:///{Path(folder) / 'state.sqlite'}"
        return
    server = PostgresServer()
    server.start()
    try:
        yield server.url
    finally:
        server.kill()


def table(figures: list[Figure]) -> list[str]:
    """Rates of each kind, the durable one over the bare one for the whole and for a step, and what it takes."""
    lines = [
        "| | durable /s | journal /s | bare /s | durable : bare | steps | CPU ms (durable, journal, bare) | p99 ms "
        "| stall ms |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    shapes = dict.fromkeys((each.store, each.processes, each.concurrent) for each in figures)
    for store, processes, concurrent in shapes:
        durable, journal, bare = (
            next(each for each in figures if _shape(each) == (store, processes, concurrent) and each.kind == kind)
            for kind in (DURABLE, JOURNAL, BARE)
        )
        cells = (
            f"{store}, {processes} x {concurrent}",
            f"{durable.rate:.0f}",
            f"{journal.rate:.0f}",
            f"{bare.rate:.0f}",
            f"{durable.rate / bare.rate:.2f}",
            f"{durable.steps:.1f}",
            f"{durable.processor:.1f}, {journal.processor:.1f}, {bare.processor:.1f}",
            f"{durable.p99 * 1e3:.0f}",
            f"{durable.stall * 1e3:.0f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _shape(figure: Figure) -> tuple[str, int, int]:
    return figure.store, figure.processes, figure.concurrent


def _line(figure: Figure) -> str:
    return f"{figure.store} {figure.kind} {figure.processes} x {figure.concurrent}: {figure.rate:.1f}/s"


def _line_of(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()


if __name__ == "__main__":
    sys.exit(main())
