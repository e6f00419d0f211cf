"""Odoo's domains: prefix notation over leaves `[path, operator, value]`, and the hiding of archived records."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

from adapters.odoo.sandbox.description import FieldDescription
from adapters.odoo.sandbox.faults import DatabaseError, ProgramError
from adapters.odoo.sandbox.store import Context, Record, Store, comparable

Test = Callable[[Record], bool]


class _Term(NamedTuple):
    """`ids`: all that can match, where an index says so."""

    test: Test
    ids: set[int] | None = None


def search(store: Store, model: str, domain: Sequence[Any], context: Context) -> list[Record]:
    """Matching records, in no particular order."""
    rest = list(domain)
    terms: list[_Term] = []
    while rest:
        terms.append(_term(store, model, rest, context))
    about_active = any(term[0] == "active" for term in domain if not isinstance(term, str))
    hiding = "active" in store.models[model].fields and context.get("active_test") is not False and not about_active
    table = store.tables.get(model, {})
    known = [term.ids for term in terms if term.ids is not None]
    rows = [table[one] for one in min(known, key=len)] if known else list(table.values())
    return [row for row in rows if (row["active"] or not hiding) and all(term.test(row) for term in terms)]


def matcher(store: Store, model: str, domain: Sequence[Any], context: Context) -> Test:
    """Whether one record fits a whole domain."""
    rest = list(domain)
    terms: list[_Term] = []
    while rest:
        terms.append(_term(store, model, rest, context))
    return lambda row: all(term.test(row) for term in terms)


def _term(store: Store, model: str, domain: list[Any], context: Context) -> _Term:
    """Takes one whole term off the front."""
    if not domain:
        raise ProgramError("ValueError", "Invalid domain: a term is missing")
    head = domain.pop(0)
    if head == "!":
        return _Term(_negated(_term(store, model, domain, context).test))
    if head in ("&", "|"):
        left = _term(store, model, domain, context)
        right = _term(store, model, domain, context)
        return _both(left, right) if head == "&" else _either(left, right)
    return _leaf(store, model, head, context)


def _negated(test: Test) -> Test:
    return lambda row: not test(row)


def _both(left: _Term, right: _Term) -> _Term:
    def test(row: Record) -> bool:
        return left.test(row) and right.test(row)

    if left.ids is None or right.ids is None:
        return _Term(test, right.ids if left.ids is None else left.ids)
    return _Term(test, left.ids & right.ids)


def _either(left: _Term, right: _Term) -> _Term:
    def test(row: Record) -> bool:
        return left.test(row) or right.test(row)

    return _Term(test, left.ids | right.ids if left.ids is not None and right.ids is not None else None)


def _leaf(store: Store, model: str, leaf: Any, context: Context) -> _Term:
    try:
        path, operator, wanted = leaf
    except (TypeError, ValueError):
        raise ProgramError("ValueError", f"Invalid leaf {leaf!r}") from None
    described = store.field(model, path.partition(".")[0])
    _check_values(path, wanted)
    if operator == "child_of":
        return _Term(_below(store, model, described, wanted, context))
    if operator == "parent_of":
        above = {one for below in wanted for one in _ancestors(store, described.model, below)}

        def among(row: Record) -> bool:
            return store.value(model, row, described.name, context) in above

        return _Term(among)
    compare = _operator(operator, wanted)

    def test(row: Record) -> bool:
        return any(compare(comparable(value)) for value in store.follow(model, row, path, context))

    if operator not in ("in", "="):
        return _Term(test)
    values = wanted if operator == "in" else [wanted]
    index = store.index(model, path, context)
    return _Term(test, set[int]().union(*(index.get(value or False, ()) for value in values)))


def _check_values(path: str, wanted: Any) -> None:
    """What the database refuses: a text for an id, a text it cannot hold."""
    values = cast("list[Any]", wanted) if isinstance(wanted, list) else [wanted]
    for value in values:
        if isinstance(value, str) and "\x00" in value:
            raise ProgramError("ValueError", "A string literal cannot contain NUL (0x00) characters.")
        if path.rpartition(".")[2] == "id" and (isinstance(value, str) or abs(int(value or 0)) > 2**63 - 1):
            raise DatabaseError("InvalidTextRepresentation", "invalid input syntax for type integer")


def _below(store: Store, model: str, described: FieldDescription, wanted: int, context: Context) -> Test:
    def test(row: Record) -> bool:
        return wanted in _ancestors(store, described.model, store.value(model, row, described.name, context))

    return test


def _ancestors(store: Store, model: str, identifier: int | None) -> list[int]:
    """A record and those above it."""
    found: list[int] = []
    while identifier is not None:
        found.append(identifier)
        row = store.tables.get(model, {}).get(identifier)
        identifier = row.get("parent_id") if row else None
    return found


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
        case "=like":
            whole = _like(str(wanted), whole=True)
            return lambda value: isinstance(value, str) and whole.search(value) is not None
        case "not like":  # an empty value is unlike anything
            within = _like(f"%{wanted}%", whole=True)
            return lambda value: not isinstance(value, str) or within.search(value) is None
        case "ilike":
            pattern = _like(str(wanted))
            return lambda value: isinstance(value, str) and pattern.search(value) is not None
        case _:
            raise ProgramError("ValueError", f"Invalid operator {operator!r} in domain term")


def _like(wanted: str, *, whole: bool = False) -> re.Pattern[str]:
    """PostgreSQL's pattern: `%` any text, `_` any one character, `\\` takes the next as it is. `whole`: the value from
    end to end, its case counting."""
    parts = re.findall(r"\\.|.", wanted, re.DOTALL)
    any_of = {"%": ".*", "_": "."}
    pattern = "".join(any_of.get(part) or re.escape(part[-1]) for part in parts)
    return re.compile(rf"\A{pattern}\Z" if whole else pattern, re.DOTALL if whole else re.IGNORECASE | re.DOTALL)


def _same(value: Any, wanted: Any) -> bool:
    """`= false` finds empty values; texts are compared exactly, case and blanks included."""
    if wanted is False or wanted is None:
        return value is False or value is None
    return type(value) is not bool and value == wanted if type(wanted) is not bool else value is wanted
