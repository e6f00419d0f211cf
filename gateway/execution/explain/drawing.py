"""An explanation for a person, as text: what waits for what, the backend calls, their sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.execution.explain.backend_calls import BackendSum
from gateway.execution.explain.report import Explanation, FetchStep
from gateway.execution.explain.wording import TITLES, asked, cells, headline, told


def tree(explanation: Explanation) -> str:
    """Text: each fetch below the one it waits for, the backend calls in the order they began, their sums."""
    lines = [headline(explanation)]
    steps = [step for level in explanation.levels for step in level]
    lines += _branches([step for step in steps if not step.waits_for], steps, "")
    if explanation.calls:
        lines += ["", "backend calls"]
        wide = max(len(f"{call.backend} {call.operation}") for call in explanation.calls)
        for call in explanation.calls:
            lines.append(f"  {f'{call.backend} {call.operation}'.ljust(wide)}  {asked(call)}")
        lines += ["", *_table(explanation.totals)]
    return "\n".join(lines) + "\n"


def _branches(steps: list[FetchStep], every: list[FetchStep], indent: str) -> Iterator[str]:
    for step in steps:
        last = step is steps[-1]
        yield f"{indent}{'└─' if last else '├─'} {told(step)}"
        below = [one for one in every if one.waits_for and one.waits_for[0] == step.number]
        yield from _branches(below, every, indent + ("   " if last else "│  "))


def _table(totals: Sequence[BackendSum]) -> Iterator[str]:
    rows = [TITLES, *(cells(one) for one in totals)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(TITLES))]
    for name, *figures in rows:
        yield "  ".join([name.ljust(widths[0]), *map(str.rjust, figures, widths[1:])])
