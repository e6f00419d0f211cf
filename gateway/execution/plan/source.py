"""The text of a plan's generated code, as it is written: functions made of lines.

What needs something of a request (its context, its arguments, the lists that collect objects) stands inside `build`,
which every request calls; all other functions are made once with the plan. All of them stand inside `module`, so that
they know each other by closures, which run one way, and not by a namespace that knows them too: such a ring would keep
every plan until the collector comes.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

MUCH = 8
"""Points (see `gateway.security.cost`) that are computed for one row, beside which a look at the clock is little."""
DEEP = 14
"""Blocks and loops inside each other in one function; Python allows 20 loops, and reading suffers long before."""


class FunctionBody:
    """Lines of one function. `bound` once they need something of a request; `cost` is of what they compute once."""

    __slots__ = ("_depth", "_names", "bound", "cost", "lines")

    def __init__(self, names: int = 0) -> None:
        self.lines: list[str] = []
        self.bound = False
        self.cost = 0
        self._depth = 1
        self._names = names

    def write(self, line: str) -> None:
        self.lines.append(f"{' ' * self._depth}{line}")

    def mark(self) -> tuple[int, int]:
        """Where the body is now, and what it costs up to here."""
        return len(self.lines), self.cost

    def look_at_the_clock(self, mark: tuple[int, int]) -> None:
        """Where what was written since that mark computes much, asks before it whether there is time for it."""
        line, cost = mark
        if self.cost - cost >= MUCH:
            self.lines.insert(line, f"{' ' * self._depth}in_time()")

    def fresh(self) -> str:
        """The name of a local variable that is not in use."""
        self._names += 1
        return f"v{self._names}"

    @contextmanager
    def block(self, opening: str) -> Generator[None]:
        """Lines written meanwhile belong to this `if` or `for`."""
        self.write(opening)
        self._depth += 1
        yield
        self._depth -= 1

    @property
    def is_deep(self) -> bool:
        return self._depth > DEEP


class Source:
    """All functions of a plan."""

    def __init__(self) -> None:
        self._free: list[str] = []
        self._bound: list[str] = []
        self._known: dict[str, str] = {}
        self._bound_names: set[str] = set()
        self._count = 0

    def add(self, prefix: str, parameters: str, body: FunctionBody) -> str:
        """The name of a function with this body, which may be one that stands already."""
        text = "\n".join(body.lines)
        known = self._known.get(text)
        if known is not None and known.startswith(prefix):
            return known
        name = self._name(prefix)
        self._known[text] = name
        self._place(name, f"def {name}({parameters}):\n{text}", body.bound)
        return name

    def add_table(self, entries: Sequence[tuple[str, str]]) -> str:
        """The name of a dictionary from one name to another."""
        name = self._name("D")
        bound = any(value in self._bound_names for _, value in entries)
        self._place(name, f"{name} = {{{', '.join(f'{key}: {value}' for key, value in entries)}}}", bound)
        return name

    def is_bound(self, name: str) -> bool:
        return name in self._bound_names

    def text(self, parameters: Sequence[str], answer: str) -> str:
        """The code: `module()` returns `build`, and `build(parameters)` returns `answer`."""
        inner = _indented(self._bound)
        lines = [*self._free, f"def build({', '.join(parameters)}):\n{inner} return {answer}"]
        return f"def module():\n{_indented(lines)} return build\n"

    def _name(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def _place(self, name: str, text: str, bound: bool) -> None:
        (self._bound if bound else self._free).append(text)
        if bound:
            self._bound_names.add(name)


def _indented(texts: Sequence[str]) -> str:
    inner = "\n".join(texts).replace("\n", "\n ")
    return f" {inner}\n" if inner else ""
