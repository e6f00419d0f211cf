"""Odoo's domains: prefix notation over leaves `[path, operator, value]`, and the hiding of archived records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from adapters.odoo.sandbox.faults import ProgramError
from adapters.odoo.sandbox.store import Context, Record, Store, written

Test = Callable[[Record], bool]


def search(store: Store, model: str, domain: Sequence[Any], context: Context) -> list[Record]:
    """Matching records, in no particular order."""
    test = _compile(store, model, list(domain), context)
    about_active = any(term[0] == "active" for term in domain if not isinstance(term, str))
    hiding = "active" in store.models[model].fields and context.get("active_test") is not False and not about_active
    return [row for row in store.all(model) if (row["active"] or not hiding) and test(row)]


def _compile(store: Store, model: str, domain: list[Any], context: Context) -> Test:
    tests: list[Test] = []
    while domain:
        tests.append(_term(store, model, domain, context))
    return lambda row: all(test(row) for test in tests)


def _term(store: Store, model: str, domain: list[Any], context: Context) -> Test:
    """Takes one whole term off the front."""
    if not domain:
        raise ProgramError("ValueError", "Invalid domain: a term is missing")
    head = domain.pop(0)
    if head == "!":
        inner = _term(store, model, domain, context)
        return lambda row: not inner(row)
    if head in ("&", "|"):
        left = _term(store, model, domain, context)
        right = _term(store, model, domain, context)
        if head == "&":
            return lambda row: left(row) and right(row)
        return lambda row: left(row) or right(row)
    return _leaf(store, model, head, context)


def _leaf(store: Store, model: str, leaf: Any, context: Context) -> Test:
    try:
        path, operator, wanted = leaf
    except (TypeError, ValueError):
        raise ProgramError("ValueError", f"Invalid leaf {leaf!r}") from None
    described = store.field(model, path.partition(".")[0])
    if operator == "child_of":
        return lambda row: wanted in _ancestors(store, described.model, store.value(model, row, path, context))
    compare = _operator(operator, wanted)

    def test(row: Record) -> bool:
        return any(compare(_plain(value)) for value in store.follow(model, row, path, context))

    return test


def _ancestors(store: Store, model: str, identifier: int | None) -> list[int]:
    """A record and those above it."""
    found: list[int] = []
    while identifier is not None:
        found.append(identifier)
        identifier = store.browse(model, identifier).get("parent_id")
    return found


def _plain(value: Any) -> Any:
    """Compared as it would be written: times as texts, empty as false."""
    shown = written(value, "")
    return value if isinstance(value, bool | int | float) else shown


def _operator(operator: str, wanted: Any) -> Callable[[Any], bool]:
    match operator:
        case "=":
            return lambda value: _same(value, wanted)
        case "!=":
            return lambda value: not _same(value, wanted)
        case "in":
            return lambda value: any(_same(value, one) for one in wanted)
        case "not in":
            return lambda value: not any(_same(value, one) for one in wanted)
        case "<":
            return lambda value: value is not False and value < wanted
        case "<=":
            return lambda value: value is not False and value <= wanted
        case ">":
            return lambda value: value is not False and value > wanted
        case ">=":
            return lambda value: value is not False and value >= wanted
        case "ilike":
            return lambda value: isinstance(value, str) and str(wanted).lower() in value.lower()
        case _:
            raise ProgramError("ValueError", f"Invalid operator {operator!r} in domain term")


def _same(value: Any, wanted: Any) -> bool:
    """`= false` finds empty values; texts are compared exactly, case and blanks included."""
    if wanted is False or wanted is None:
        return value is False or value is None
    return type(value) is not bool and value == wanted if type(wanted) is not bool else value is wanted
