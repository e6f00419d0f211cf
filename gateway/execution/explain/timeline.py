"""An explanation for a person, as a picture: when each fetch and each backend call ran, and their sums."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from msgspec import Struct

from gateway.execution.explain.backend_calls import BackendSum, CallStep
from gateway.execution.explain.report import Explanation
from gateway.execution.explain.wording import TITLES, asked, cells, count, headline, told

LEFT, WIDTH, RIGHT, ROW, TOP = 270, 640, 260, 22, 54
PAGE = LEFT + WIDTH + RIGHT
CHARACTER = 6.4
"""Pixels, about: enough to see whether a text has room."""
COLUMNS = (320, 410, 480, 550, 665, 1040, PAGE - 20)
"""Where the figures of the table end."""
FETCH, CALL, RENEWAL, SPARED, FAILED = "#3b6ea5", "#5f9359", "#b5cfb1", "#a9a9a9", "#b5483a"


class _Bar(Struct, frozen=True):
    label: str
    started: float
    took: float
    colour: str
    title: str
    beside: str


def timeline(explanation: Explanation, title: str = "operation") -> str:
    """SVG: a bar for each fetch, level by level, below them the backend calls, and the sums for each backend."""
    bars = list(_bars(explanation))
    whole = max([explanation.took or 0.0, *(bar.started + bar.took for bar in bars)]) or 1.0
    bottom = TOP + ROW * max(len(bars), 1) + 34
    height = bottom + (ROW * (len(explanation.totals) + 1) + 14 if explanation.totals else 0)
    scale = WIDTH / whole
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {PAGE} {height}" '
        'font-family="system-ui, sans-serif" font-size="12" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{PAGE}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="20" font-size="14" font-weight="600" fill="#222">{escape(title)}</text>',
        f'<text x="12" y="38" fill="#555">{escape(headline(explanation))}</text>',
        *_axis(whole, scale, bottom),
        *(_drawn(bar, TOP + ROW * index, scale) for index, bar in enumerate(bars)),
        *_table(explanation.totals, bottom + 14),
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bars(explanation: Explanation) -> Iterator[_Bar]:
    for level in explanation.levels:
        for step in level:
            if step.started is not None and step.took is not None:
                beside = f"{step.took:.1f} ms, {count(step.keys or 0, 'key')}"
                yield _Bar(_short(f"#{step.number} {step.field}"), step.started, step.took, FETCH, told(step), beside)
    for call in explanation.calls:
        place = f" {call.chunk}/{call.chunks}" if call.chunks > 1 else ""
        label = _short(f"{call.backend} {call.operation}", place)
        keys = count(call.keys, "key")
        title = f"{call.backend} {call.operation}: {keys}, {call.outcome}\n{asked(call)}"
        yield _Bar(label, call.started, call.took, _colour(call), title, _beside(call, keys))


def _beside(call: CallStep, keys: str) -> str:
    if call.spared:
        return f"{keys} {call.outcome}"
    words = [f"{call.took:.1f} ms", keys, count(call.attempts, "request")]
    if call.outcome != "ok":
        words.append(call.outcome)
    elif call.cost_unit != "request":
        words.append(f"{call.cost:.10g} {call.cost_unit}s")
    if call.background:
        words.append("in the background")
    return ", ".join(words)


def _colour(call: CallStep) -> str:
    if call.spared:
        return SPARED
    if call.outcome != "ok":
        return FAILED
    return RENEWAL if call.background else CALL


def _drawn(bar: _Bar, y: int, scale: float) -> str:
    x, width = LEFT + bar.started * scale, max(bar.took * scale, 1.5)
    return (
        f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end" fill="#222">{escape(bar.label)}</text>'
        f'<rect x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="{ROW - 7}" rx="2" fill="{bar.colour}">'
        f"<title>{escape(bar.title)}</title></rect>"
        f'<text {_room(x, width, bar.beside)} y="{y + 14}">{escape(bar.beside)}</text>'
    )


def _room(x: float, width: float, text: str) -> str:
    """Right of the bar, else left of it, else within it."""
    wanted = len(text) * CHARACTER
    if x + width + 5 + wanted <= PAGE - 4:
        return f'x="{x + width + 5:.1f}" fill="#555"'
    if x - 5 - wanted >= LEFT:
        return f'x="{x - 5:.1f}" text-anchor="end" fill="#555"'
    return f'x="{x + width - 6:.1f}" text-anchor="end" fill="#fff"'


def _axis(whole: float, scale: float, bottom: int) -> Iterator[str]:
    step = 10 ** (len(str(int(whole))) - 1)
    while whole / step < 4:
        step /= 2
    mark = 0.0
    while mark <= whole:
        x = LEFT + mark * scale
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{bottom - 24}" stroke="#e3e3e3"/>'
        yield f'<text x="{x:.1f}" y="{bottom - 8}" text-anchor="middle" fill="#777">{mark:g} ms</text>'
        mark += step


def _table(totals: tuple[BackendSum, ...], top: int) -> Iterator[str]:
    if not totals:
        return
    yield f'<line x1="12" x2="{PAGE - 20}" y1="{top - 8}" y2="{top - 8}" stroke="#bbb"/>'
    for index, row in enumerate((TITLES, *map(cells, totals))):
        y, colour = top + 8 + ROW * index, "#222" if index else "#777"
        yield f'<text x="12" y="{y}" fill="{colour}">{escape(_short(row[0]))}</text>'
        for x, cell in zip(COLUMNS, row[1:], strict=True):
            yield f'<text x="{x}" y="{y}" text-anchor="end" fill="{colour}">{escape(cell)}</text>'


def _short(label: str, ending: str = "") -> str:
    """At most 38 characters; the ending stays whole."""
    room = 38 - len(ending)
    return (label if len(label) <= room else f"{label[: room - 1]}…") + ending
