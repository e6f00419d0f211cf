"""The benchmark's table, as text and Markdown, its raw figures as JSON, and a plot as SVG."""

from __future__ import annotations

import platform
import statistics
from pathlib import Path
from typing import Any

import orjson

from tests.bench.load import Sample

GATEWAY, LEAN = "gateway", "gateway, lean client"
GOALS = {
    ("stock Strawberry", "Q2"): (8, 12), ("stock Strawberry", "Q3"): (12, 30), ("stock Strawberry", "Q4"): (15, 40),
    ("Apollo Server 5", "Q2"): (0.9, 2), ("Apollo Server 5", "Q3"): (2.5, 6), ("Apollo Server 5", "Q4"): (5, 10),
    ("mercurius + graphql-jit", "Q2"): (0.45, 1.1), ("mercurius + graphql-jit", "Q3"): (0.8, 2),
    ("mercurius + graphql-jit", "Q4"): (1.5, 3),
}  # fmt: skip
"""Times cheaper than the contender: at least, aim."""


class Report:
    def __init__(self) -> None:
        self.samples: dict[str, dict[str, list[Sample]]] = {}
        self.leaves: dict[str, int] = {}
        self.memory: dict[str, int] = {}
        self.latency: dict[tuple[str, str, int], float] = {}
        self.unseen = 0.0
        self.growth: dict[str, list[tuple[float, float]]] = {}
        self.slopes: dict[str, float] = {}
        self.cached: dict[str, float] = {}
        self.clients: dict[str, float] = {}

    def add(self, name: str, samples: dict[str, list[Sample]]) -> None:
        self.samples[name] = samples

    def ratio(self, name: str, contender: str, gateway: str = GATEWAY) -> float:
        """How many times cheaper the gateway is: the median of the rounds' own ratios."""
        ours, theirs = self.samples[name][gateway], self.samples[name][contender]
        return statistics.median(b.cpu / a.cpu for a, b in zip(ours, theirs, strict=True))

    def text(self) -> str:
        lines = [
            "# Benchmark",
            "",
            "CPU per request (user and system, microseconds; median of rounds) and how many times cheaper the gateway",
            "is than each contender in the same rounds. Absolute figures are this machine's.",
            f"Python {platform.python_version()} ({platform.python_build()[0]}, {platform.python_compiler()}).",
            "",
        ]
        for name, samples in self.samples.items():
            lines += [f"## {name} ({self.leaves.get(name, 0)} leaves)", ""]
            lines += [
                "| contender | CPU us | gateway is x cheaper | with the lean client | at least / aim | p50 | p99 ms |"
            ]
            lines += ["|---|---|---|---|---|---|---|"]
            for contender, rounds in samples.items():
                cpu = statistics.median(sample.cpu for sample in rounds) * 1e6
                goal = GOALS.get((contender, name))
                p50, p99 = (statistics.median(s.percentile(part) for s in rounds) * 1e3 for part in (0.5, 0.99))
                wanted = f"{goal[0]} / {goal[1]}" if goal else ""
                ratios = f"{self.ratio(name, contender):.2f} | {self.ratio(name, contender, LEAN):.2f}"
                lines.append(f"| {contender} | {cpu:.0f} | {ratios} | {wanted} | {p50:.2f} | {p99:.2f} |")
            lines.append("")
        if self.memory:
            lines += ["## Memory of one worker (PSS, after all of the above)", ""]
            lines += [f"- {name}: {size / 1e6:.0f} MB" for name, size in self.memory.items()] + [""]
        if self.unseen:
            lines += [
                f"An operation never seen before costs {self.unseen * 1e3:.2f} ms of CPU more (at most 3, aim 2).",
                "",
            ]
        if self.latency:
            lines += ["## p50 above the upstreams' critical path (20 ms upstreams, two dependent stages)", ""]
            lines += [
                f"- {contender}, {name}, {flying} in flight: {seconds * 1e3:.2f} ms"
                for (contender, name, flying), seconds in self.latency.items()
            ] + [""]
        if self.cached:
            lines += ["## Q3 from the response cache", ""]
            lines += [
                f"- {self.cached['anew'] / self.cached['kept']:.1f} times cheaper than answered anew",
                f"- {self.cached['kept'] / self.cached['bare']:.1f} times a bare ASGI answer",
                "",
            ]
        if self.clients:
            least = min(self.clients.values())
            lines += ["## One call of an upstream, by HTTP client (400 bytes, CPU)", ""]
            lines += [f"- {name}: {cost * 1e6:.0f} us, {cost / least:.1f} x" for name, cost in self.clients.items()]
            lines += [""]
        if self.slopes:
            lines += ["## How the cost grows", ""]
            lines += [f"- {name}: {slope:.3f} us" for name, slope in self.slopes.items()] + [""]
        return "\n".join(lines)

    def write(self, folder: Path) -> str:
        text = self.text()
        (folder / "report.md").write_text(text, "utf-8")
        (folder / "figures.json").write_bytes(orjson.dumps(self._figures(), option=orjson.OPT_INDENT_2))
        (folder / "ratios.svg").write_text(self._plot(), "utf-8")
        return text + f"\nWritten to {folder}"

    def _figures(self) -> dict[str, Any]:
        return {
            "cpu_seconds": {
                name: {contender: [sample.cpu for sample in rounds] for contender, rounds in samples.items()}
                for name, samples in self.samples.items()
            },
            "memory_bytes": self.memory,
            "latency_seconds": {" | ".join(map(str, key)): value for key, value in self.latency.items()},
            "unseen_seconds": self.unseen,
            "growth": self.growth,
            "slopes_microseconds": self.slopes,
            "cached_cpu_seconds": self.cached,
            "client_cpu_seconds": self.clients,
        }

    def _plot(self) -> str:
        """Bars of the ratios, on a logarithmic scale around 1."""
        import math

        bars: list[str] = []
        y = 30
        for name, samples in self.samples.items():
            for contender in samples:
                if contender == GATEWAY:
                    continue
                ratio = max(self.ratio(name, contender), 0.01)
                length = math.log10(ratio) * 160
                x = 330 if length >= 0 else 330 + length
                colour = "#2b7a4b" if length >= 0 else "#b3472f"
                bars.append(f'<text x="8" y="{y + 12}">{name} {contender}</text>')
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
