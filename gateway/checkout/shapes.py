"""Where a run that an older saga began goes on in a newer one: a table beside the saga, and what follows from it for
one run's record. It knows no engine: what a run has finished comes as names and numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

Onward = tuple[str, ...]
"""Steps of the older saga that the newer one has not at their place: a run's record is dropped from the first of them
on that is in it, and the newer saga goes on from there with steps of its own. NEXT drops nothing, and neither does what
is not in the record."""
NEXT: Onward = ()
MoveTable = Mapping[str, Mapping[str, Onward]]
"""Older shape -> the last step a run had finished -> where it goes on. What is not in it goes back."""

_ANSWERED = ("prepare", "ensure")
"""Steps whose answers stand in what was sent to others: with another answer it would be another command."""


class Finished(Struct, frozen=True):
    """A step in a run's record: `number` is its place there, from 1 on."""

    number: int
    name: str


class Onwards(Struct, frozen=True):
    """The number from which on the record is dropped. `drops`: whether anything is. `back`: the run only takes back
    what it made; nothing of its record is kept then."""

    start: int
    drops: bool = False
    back: bool = False


BACK = Onwards(1, drops=True, back=True)


def older_than(shape: str) -> list[str]:
    """The shapes before it, of the same name: `checkout-3` comes after `checkout-1` and `checkout-2`."""
    name, _, number = shape.rpartition("-")
    return [f"{name}-{earlier}" for earlier in range(1, int(number))]


def onwards(table: Mapping[str, Onward], steps: Sequence[Finished], *, undone: bool = True) -> Onwards:
    """`table` is the older shape's. `undone`: whether the run undoes what it made, where the table has no word for it;
    one that follows an order goes on where it was. A run that has finished nothing begins."""
    own = [step for step in steps if not step.name.startswith("DBOS.")]
    end = max((step.number for step in steps), default=0) + 1
    if not own:
        return Onwards(1)
    where = table.get(plain(own[-1].name), None if undone else NEXT)
    if where is None:
        return BACK
    start = next((step.number for step in own if plain(step.name) in where), None)
    if start is None:
        return Onwards(end)
    if any(step.number >= start and plain(step.name) in _ANSWERED for step in own):
        return BACK
    return Onwards(start, drops=True)


def plain(step: str) -> str:
    """Without the number of the tender it is of."""
    name, _, number = step.rpartition("-")
    return name if number.isdigit() else step
