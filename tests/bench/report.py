"""The benchmark's tables, as text and Markdown, its raw figures as JSON, and a plot as SVG."""

from __future__ import annotations

import shutil
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from tests.bench.contenders import APOLLO, BARE, GATEWAY, LEAN, MERCURIUS, PROMISES, STOCK, Contender
from tests.bench.interpreters import Interpreter
from tests.bench.load import Sample
from tests.bench.processor import DISTURBED

WANTED: dict[tuple[str, str], tuple[float, float]] = {
    (STOCK, "Q2"): (8.5, 10), (STOCK, "Q3"): (18, 21), (STOCK, "Q4"): (29, 30),
    (APOLLO.role, "Q2"): (1.25, 1.5), (APOLLO.role, "Q3"): (3, 3.5), (APOLLO.role, "Q4"): (8, 8.5),
    (MERCURIUS.role, "Q2"): (0.8, 1.0), (MERCURIUS.role, "Q3"): (0.85, 1.15), (MERCURIUS.role, "Q4"): (1.25, 1.3),
    (PROMISES.role, "Q2"): (1.0, 1.25), (PROMISES.role, "Q3"): (1.1, 1.45), (PROMISES.role, "Q4"): (1.25, 1.3),
}  # fmt: skip
"""Times cheaper than the contender at least: with the client over aiohttp, with the lean one."""
MOST_OVER_BARE, MOST_KEPT, MOST_COALESCING = 1.5, 1.6, 1.1
MOST_MEMORY, MOST_UNSEEN = 85e6, 2e-3


class Report:
    """By the names of contenders and the labels of interpreters; the figures of the first interpreter count first."""

    def __init__(self, contenders: Sequence[Contender], pythons: Sequence[Interpreter]) -> None:
        self.contenders = {each.name: each for each in contenders}
        self.pythons = pythons
        self.samples: dict[str, dict[str, list[Sample]]] = {}
        self.disturbed: dict[str, dict[str, list[Sample]]] = {}
        self.steps = (0.0, 0.0)
        self.leaves: dict[str, int] = {}
        self.memory: dict[str, int] = {}
        self.latency: dict[tuple[str, str, int], float] = {}
        self.unseen: dict[str, float] = {}
        self.growth: dict[str, list[tuple[float, float]]] = {}
        self.slopes: dict[str, float] = {}
        self.cached: dict[str, dict[str, float]] = {}
        self.coalescing: dict[tuple[str, str], float] = {}
        self.clients: dict[str, float] = {}

    def add(self, name: str, samples: dict[str, list[Sample]], disturbed: dict[str, list[Sample]]) -> None:
        self.samples[name], self.disturbed[name] = samples, disturbed

    def ratio(self, name: str, contender: str, python: Interpreter, role: str = GATEWAY) -> float:
        """How many times cheaper the gateway is on this Python: the median of the rounds' own ratios."""
        ours, theirs = self.samples[name][f"{role}, {python.label}"], self.samples[name][contender]
        return statistics.median(b.cpu / a.cpu for a, b in zip(ours, theirs, strict=True))

    def text(self) -> str:
        lines = [
            "# Benchmark",
            "",
            "CPU per request (user and system, microseconds; median of rounds, and the least and most of them) and",
            "how many times cheaper the gateway is than each contender in the same rounds: with the client over",
            "aiohttp, and with the lean one. Absolute figures are this machine's. All answers were compared: equal.",
            "",
            *(f"- {python.described}" for python in self.pythons),
            *([f"- Node {version}"] if (version := _node_version()) else []),
            f"- a step of a plain loop on the contenders' processor: {self.steps[0] * 1e9:.0f} ns, at worst"
            f" {self.steps[1] * 1e9:.0f}; `disturbed` is what rounds cost, and how many, that saw one {DISTURBED} times"
            " as long as the least",
            "",
        ]
        for python in self.pythons:
            lines += [f"## {python.label}", "", *self._summary(python)]
            for name in self.samples:
                lines += self._operation(name, python)
            lines += self._bounds(python)
        lines += self._latency()
        if self.clients:
            least = min(self.clients.values())
            lines += [f"## One call of an upstream, by HTTP client (400 bytes, CPU, {self.pythons[-1].label})", ""]
            lines += [f"- {name}: {cost * 1e6:.0f} us, {cost / least:.1f} x" for name, cost in self.clients.items()]
            lines += [""]
        if self.slopes:
            lines += [f"## How the cost grows ({self.pythons[-1].label})", ""]
            lines += [f"- {name}: {slope:.3f} us" for name, slope in self.slopes.items()] + [""]
        return "\n".join(lines)

    def _beside(self, python: Interpreter) -> list[Contender]:
        """Those that run on this Python, and those that run on none."""
        return [each for each in self.contenders.values() if each.node or each.interpreter == python.label]

    def _summary(self, python: Interpreter) -> list[str]:
        """The table of the README."""
        names = [name for name in self.samples if name != "Q1"]
        lines = ["Times cheaper, over aiohttp / with the lean client (at least):", ""]
        lines += ["| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
        for each in self._beside(python):
            if each.role not in {role for role, _ in WANTED}:
                continue
            cells: list[str] = []
            for name in names:
                over, lean = (self.ratio(name, each.name, python, role) for role in (GATEWAY, LEAN))
                least = " / ".join(map(str, WANTED[each.role, name]))
                cells.append(f"{over:.2f} / {lean:.2f} ({least})")
            lines.append(f"| {each.role} | {' | '.join(cells)} |")
        return [*lines, ""] if names else []

    def _operation(self, name: str, python: Interpreter) -> list[str]:
        columns = ("contender", "CPU us", "least to most", "disturbed", "over aiohttp", "lean client", "at least")
        lines = [f"### {name} ({self.leaves.get(name, 0)} leaves)", ""]
        lines += [f"| {' | '.join(columns)} | p50 ms | p99 ms |", "|---|" + "---|" * 8]
        for each in self._beside(python):
            rounds = self.samples[name][each.name]
            cpu = [sample.cpu * 1e6 for sample in rounds]
            middle, spread = f"{statistics.median(cpu):.0f}", f"{min(cpu):.0f} to {max(cpu):.0f}"
            over, lean = (self.ratio(name, each.name, python, role) for role in (GATEWAY, LEAN))
            slow = [sample.cpu * 1e6 for sample in self.disturbed[name][each.name]]
            worse = f"{statistics.median(slow):.0f} ({len(slow)})" if slow else ""
            wanted = WANTED.get((each.role, name))
            least = f"{wanted[0]} / {wanted[1]}" if wanted else ""
            p50, p99 = (statistics.median(s.percentile(part) for s in rounds) * 1e3 for part in (0.5, 0.99))
            lines.append(
                f"| {each.role} | {middle} | {spread} | {worse} | {over:.2f} | {lean:.2f} | {least} | {p50:.2f} |"
                f" {p99:.2f} |"
            )
        return [*lines, ""]

    def _bounds(self, python: Interpreter) -> list[str]:
        """What is bounded by itself rather than by a peer."""
        lines: list[str] = []
        label, floor = python.label, f"{BARE}, {python.label}"
        if "Q1" in self.samples:
            over, lean = (1 / self.ratio("Q1", floor, python, role) for role in (GATEWAY, LEAN))
            lines += [
                f"- Q1: {over:.2f} / {lean:.2f} (lean client) times a bare ASGI answer (at most {MOST_OVER_BARE})"
            ]
        if kept := self.cached.get(label):
            lines += [
                f"- Q3 from the response cache: {kept['over bare']:.2f} times a bare ASGI answer (at most {MOST_KEPT}),"
                f" {kept['saved']:.1f} times cheaper than answered anew"
            ]
        lines += [
            f"- {name} with coalescing, one request at a time: {times:.2f} times without (at most {MOST_COALESCING})"
            for (of, name), times in self.coalescing.items()
            if of == label
        ]
        if unseen := self.unseen.get(label):
            lines += [f"- an operation never seen before: {unseen * 1e3:.2f} ms more (at most {MOST_UNSEEN * 1e3:.1f})"]
        lines += [
            f"- memory of one worker after all of the above (PSS), {each.role}: {self.memory[each.name] / 1e6:.0f} MB"
            + (f" (at most {MOST_MEMORY / 1e6:.0f})" if each.role == GATEWAY else "")
            for each in self._beside(python)
            if each.name in self.memory
        ]
        return ["### Bounds", "", *lines, ""] if lines else []

    def _latency(self) -> list[str]:
        if not self.latency:
            return []
        columns = list(dict.fromkeys((name, flying) for _, name, flying in self.latency))
        lines = [
            "## p50 above the upstreams' critical path (ms; 20 ms upstreams, two dependent stages)",
            "",
            "| contender | " + " | ".join(f"{name}, {flying} in flight" for name, flying in columns) + " |",
            "|---|" + "---|" * len(columns),
        ]
        for contender in dict.fromkeys(contender for contender, _, _ in self.latency):
            cells = (f"{self.latency[contender, *column] * 1e3:.2f}" for column in columns)
            lines.append(f"| {contender} | {' | '.join(cells)} |")
        return [*lines, ""]

    def write(self, folder: Path) -> str:
        text = self.text()
        (folder / "report.md").write_text(text, "utf-8")
        (folder / "figures.json").write_bytes(orjson.dumps(self._figures(), option=orjson.OPT_INDENT_2))
        (folder / "ratios.svg").write_text(self._plot(), "utf-8")
        return text + f"\nWritten to {folder}"

    def _figures(self) -> dict[str, Any]:
        return {
            "interpreters": [python.described for python in self.pythons],
            "cpu_seconds": {
                name: {contender: [sample.cpu for sample in rounds] for contender, rounds in samples.items()}
                for name, samples in self.samples.items()
            },
            "disturbed_cpu_seconds": {
                name: {contender: [sample.cpu for sample in rounds] for contender, rounds in samples.items()}
                for name, samples in self.disturbed.items()
            },
            "memory_bytes": self.memory,
            "latency_seconds": {" | ".join(map(str, key)): value for key, value in self.latency.items()},
            "unseen_seconds": self.unseen,
            "growth": self.growth,
            "slopes_microseconds": self.slopes,
            "cached_times": self.cached,
            "coalescing_times": {" | ".join(key): value for key, value in self.coalescing.items()},
            "client_cpu_seconds": self.clients,
        }

    def _plot(self) -> str:
        """Bars of the first interpreter's ratios, on a logarithmic scale around 1."""
        import math

        first = self.pythons[0]
        bars: list[str] = []
        y = 30
        for name, samples in self.samples.items():
            for each in self._beside(first):
                if each.role == GATEWAY or each.name not in samples:
                    continue
                ratio = max(self.ratio(name, each.name, first), 0.01)
                length = math.log10(ratio) * 160
                x = 330 if length >= 0 else 330 + length
                colour = "#2b7a4b" if length >= 0 else "#b3472f"
                bars.append(f'<text x="8" y="{y + 12}">{name} {each.role}</text>')
                bars.append(f'<rect x="{x:.0f}" y="{y}" width="{abs(length):.0f}" height="14" fill="{colour}"/>')
                bars.append(f'<text x="{330 + max(length, 0) + 6:.0f}" y="{y + 12}">{ratio:.2f}x</text>')
                y += 20
        style = 'font-family="sans-serif" font-size="12"'
        title = (
            '<text x="8" y="18" font-weight="bold">times cheaper than (CPU per request, log scale, line is 1)</text>'
        )
        line = f'<line x1="330" x2="330" y1="24" y2="{y}" stroke="#888"/>'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{y + 10}" {style}>'
            f'<rect width="100%" height="100%" fill="white"/>{title}{line}{"".join(bars)}</svg>'
        )


def _node_version() -> str:
    node = shutil.which("node")
    if node is None:
        return ""
    return subprocess.run([node, "--version"], check=True, capture_output=True, text=True).stdout.strip()
