"""How fast the contenders' processor is just now.

A virtual processor shares its core with strangers: a loop of plain Python there takes 64 ns a step, or 110, for tens of
milliseconds or for seconds, without a context switch or a word in /proc. What is measured meanwhile costs 1.2 to 1.6
times as much, in whatever process: two modes that are no contender's.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Awaitable, Callable
from types import TracebackType

from tests.bench.load import Sample

DISTURBED = 1.2
"""Times as long as the quickest step of the run, from which a processor is called disturbed."""
TRIES = 4
"""How often a round is measured whose processor is disturbed, before it counts all the same."""
_LOOKS = 300
_LOOP = """
import os, sys, time

if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
    os.sched_setaffinity(0, {0})

def called(left, right):
    return left + right

def once():
    started, seen = time.process_time(), {}
    for number in range(8000):
        seen[number % 97] = called(number, 1)
    return (time.process_time() - started) / 8000

for _ in range(50):
    once()
for _ in sys.stdin:
    print(min(once(), once()), flush=True)
"""


class Processor:
    """Looked at by a process of its own while the contenders are idle. `quickest`, `slowest`: seconds of a step."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", _LOOP]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.quickest, self.slowest = float("inf"), 0.0

    def __enter__(self) -> Processor:
        for _ in range(_LOOKS):
            self.disturbed()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def disturbed(self) -> bool:
        """Takes a millisecond."""
        step = self._look()
        self.quickest, self.slowest = min(self.quickest, step), max(self.slowest, step)
        return step > self.quickest * DISTURBED

    async def steady(self, measure: Callable[[], Awaitable[Sample]], tries: int) -> tuple[Sample, list[Sample]]:
        """What was measured between two quick looks, or at the last try; and what was measured while disturbed."""
        disturbed: list[Sample] = []
        while True:
            before = self.disturbed()
            sample = await measure()
            if not (self.disturbed() or before):
                return sample, disturbed
            disturbed.append(sample)
            if len(disturbed) >= tries:
                return sample, disturbed

    def _look(self) -> float:
        asked, said = self._process.stdin, self._process.stdout
        if asked is None or said is None:
            raise RuntimeError("the loop has no pipes")
        asked.write("\n")
        asked.flush()
        return float(said.readline())
