"""An explanation for a person: as a tree of what waits for what, and as a timeline picture."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from msgspec import Struct

from gateway.execution.explain import Explanation, FetchStep


def tree(explanation: Explanation) -> str:
    """Text: each fetch below the one it waits for, then the backend calls in the order they began."""
    lines = [_headline(explanation)]
    steps = [step for level in explanation.levels for step in level]
    lines += _branches([step for step in steps if not step.waits_for], steps, "")
    if explanation.calls:
        lines += ["", "backend calls"]
        wide = max(len(f"{call.backend} {call.operation}") for call in explanation.calls)
        for call in explanation.calls:
            name = f"{call.backend} {call.operation}".ljust(wide)
            requests = _count(call.requests, "request")
            lines.append(
                f"  {name}  {_count(call.keys, 'key')}, {requests}, {_span(call.started, call.took)}  {call.outcome}"
            )
    return "\n".join(lines) + "\n"


def _headline(explanation: Explanation) -> str:
    by = f"answered by {explanation.executor}"
    if explanation.took is None:
        by = f"to be answered by {explanation.executor}"
    reason = f" ({explanation.reason})" if explanation.reason else ""
    took = "" if explanation.took is None else f" in {explanation.took} ms"
    made = sum(step.keys is not None for level in explanation.levels for step in level)
    counts = _count(made, "fetch")
    if explanation.predicted is not None:
        counts = f"at most {_count(explanation.predicted, 'fetch')}"
        if explanation.took is not None:
            counts += f" predicted, {made} made"
    return f"{by}{reason}{took}: {counts}, {_count(len(explanation.levels), 'level')}"


def _branches(steps: list[FetchStep], every: list[FetchStep], indent: str) -> Iterator[str]:
    for step in steps:
        last = step is steps[-1]
        yield f"{indent}{'└─' if last else '├─'} {_told(step)}"
        below = [one for one in every if one.waits_for and one.waits_for[0] == step.number]
        yield from _branches(below, every, indent + ("   " if last else "│  "))


def _told(step: FetchStep) -> str:
    words = [f"{step.field}({step.arguments})" if step.arguments else step.field]
    if step.keys is not None:
        words.append(_count(step.keys, "key"))
    if step.started is not None and step.took is not None:
        words.append(_span(step.started, step.took))
    if step.frame is not None:
        words.append(f"in mutation {step.frame}")
    if len(step.waits_for) > 1:
        words.append(f"waits for {' and '.join(f'#{number}' for number in step.waits_for)}")
    if step.at:
        words.append(f"at {', '.join(step.at)}")
    return f"#{step.number} " + "  ".join(words)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}{'es' if noun.endswith('ch') else 's'}"


def _span(started: float, took: float) -> str:
    return f"{started:.1f} to {started + took:.1f} ms"


# --- the picture ------------------------------------------------------------------------------------------------------

LEFT, WIDTH, ROW, TOP = 260, 640, 22, 54
FETCH, CALL, FAILED = "#3b6ea5", "#7aa974", "#b5483a"


class _Bar(Struct, frozen=True):
    label: str
    started: float
    took: float
    colour: str
    title: str


def timeline(explanation: Explanation, title: str = "operation") -> str:
    """SVG: a bar for each fetch, level by level, and below them the backend calls."""
    bars = list(_bars(explanation))
    whole = max([explanation.took or 0.0, *(bar.started + bar.took for bar in bars)]) or 1.0
    height = TOP + ROW * max(len(bars), 1) + 34
    scale = WIDTH / whole
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 90} {height}" '
        'font-family="system-ui, sans-serif" font-size="12" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{LEFT + WIDTH + 90}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="20" font-size="14" font-weight="600" fill="#222">{escape(title)}</text>',
        f'<text x="12" y="38" fill="#555">{escape(_headline(explanation))}</text>',
        *_axis(whole, scale, height),
    ]
    for index, bar in enumerate(bars):
        y = TOP + ROW * index
        x, width = LEFT + bar.started * scale, max(bar.took * scale, 1.5)
        parts.append(
            f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end" fill="#222">{escape(_short(bar.label))}</text>'
            f'<rect x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="{ROW - 7}" rx="2" fill="{bar.colour}">'
            f"<title>{escape(bar.title)}</title></rect>"
            f'<text x="{x + width + 5:.1f}" y="{y + 14}" fill="#555">{bar.took:.1f} ms</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bars(explanation: Explanation) -> Iterator[_Bar]:
    for level in explanation.levels:
        for step in level:
            if step.started is not None and step.took is not None:
                yield _Bar(f"#{step.number} {step.field}", step.started, step.took, FETCH, _told(step))
    for call in explanation.calls:
        told = f"{call.backend} {call.operation}: {_count(call.keys, 'key')}, {call.outcome}"
        colour = CALL if call.outcome in ("ok", "cached", "joined") else FAILED
        yield _Bar(f"{call.backend} {call.operation}", call.started, call.took, colour, told)


def _axis(whole: float, scale: float, height: int) -> Iterator[str]:
    step = 10 ** (len(str(int(whole))) - 1)
    while whole / step < 4:
        step /= 2
    mark = 0.0
    while mark <= whole:
        x = LEFT + mark * scale
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{height - 24}" stroke="#e3e3e3"/>'
        yield f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle" fill="#777">{mark:g} ms</text>'
        mark += step


def _short(label: str) -> str:
    return label if len(label) <= 38 else label[:37] + "…"
