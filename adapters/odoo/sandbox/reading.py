"""`web_search_read`, `search_read`, `read`, `search_count`: what is read from where, and in which shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.odoo.sandbox.domains import search
from adapters.odoo.sandbox.faults import ProgramError
from adapters.odoo.sandbox.store import Context, Record, Store, written


def web_search_read(
    store: Store,
    model: str,
    context: Context,
    domain: Sequence[Any],
    specification: Mapping[str, Any],
    offset: int = 0,
    limit: int | None = None,
    order: str | None = None,
    count_limit: int | None = None,
) -> dict[str, Any]:
    """`length` counts the whole domain (up to `count_limit`)."""
    rows = store.ordered(model, search(store, model, domain, context), order or store.models[model].order, context)
    page = rows[offset : offset + limit if limit is not None else None]
    length = min(len(rows), count_limit) if count_limit else len(rows)
    return {"length": length, "records": [_nested(store, model, row, specification, context) for row in page]}


def _nested(
    store: Store, model: str, row: Record, specification: Mapping[str, Any], context: Context
) -> dict[str, Any]:
    """An empty specification answers with every field, which is how answers of 17 MB come about."""
    names = specification or {name: {} for name in store.models[model].fields}
    answer: dict[str, Any] = {"id": row["id"]}
    for name, asked in names.items():
        described = store.field(model, name)
        value = store.value(model, row, name, context)
        options: Mapping[str, Any] = asked or {}
        inner: Mapping[str, Any] | None = options.get("fields")
        if described.kind == "m2o" and inner is not None and value is not None:
            answer[name] = _nested(store, described.model, store.browse(described.model, value), inner, context)
        elif described.kind in ("o2m", "m2m"):
            answer[name] = _many(store, described.model, value or (), options, context)
        else:
            answer[name] = written(value, described.kind)
    return answer


def _many(store: Store, model: str, ids: Sequence[int], options: Mapping[str, Any], context: Context) -> list[Any]:
    rows = [store.browse(model, one) for one in ids]
    if options.get("order"):
        rows = store.ordered(model, rows, options["order"], context)
    if "fields" not in options:
        return [row["id"] for row in rows]
    limit = options.get("limit")
    # Beyond `limit` Odoo answers ids alone.
    return [
        _nested(store, model, row, options["fields"], context) if limit is None or place < limit else {"id": row["id"]}
        for place, row in enumerate(rows)
    ]


def read(store: Store, model: str, context: Context, ids: Sequence[int], fields: Sequence[str] = ()) -> list[Any]:
    """Ids that are gone vanish without a word; a many2one is `[id, label]`."""
    table = store.tables.get(model, {})
    return [_flat(store, model, table[one], fields, context) for one in ids if one in table]


def search_read(
    store: Store,
    model: str,
    context: Context,
    domain: Sequence[Any],
    fields: Sequence[str] = (),
    offset: int = 0,
    limit: int | None = None,
    order: str | None = None,
) -> list[Any]:
    rows = store.ordered(model, search(store, model, domain, context), order or store.models[model].order, context)
    page = rows[offset : offset + limit if limit is not None else None]
    return [_flat(store, model, row, fields, context) for row in page]


def _flat(store: Store, model: str, row: Record, fields: Sequence[str], context: Context) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": row["id"]}
    for name in fields or store.models[model].fields:
        described = store.field(model, name)
        value = store.value(model, row, name, context)
        if described.kind == "m2o" and value is not None:
            other = store.browse(described.model, value)
            answer[name] = [value, str(other.get("name") or value)]
        else:
            answer[name] = value if described.kind in ("o2m", "m2m") else written(value, described.kind)
    return answer


def search_count(store: Store, model: str, context: Context, domain: Sequence[Any]) -> int:
    return len(search(store, model, domain, context))


READERS = {
    "web_search_read": web_search_read,
    "search_read": search_read,
    "read": read,
    "search_count": search_count,
}


def call_reader(store: Store, model: str, method: str, context: Context, arguments: Mapping[str, Any]) -> Any:
    try:
        return READERS[method](store, model, context, **arguments)
    except TypeError as error:
        raise ProgramError("TypeError", str(error)) from error
