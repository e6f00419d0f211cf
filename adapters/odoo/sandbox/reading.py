"""`web_search_read`, `search_read`, `read`, `search_count`, `fields_get`: what is read from where by whom, and in which
shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.odoo.sandbox.domains import matcher, search
from adapters.odoo.sandbox.faults import ProgramError
from adapters.odoo.sandbox.rights import User, check_fields, check_model, may_see, record_rules
from adapters.odoo.sandbox.store import Context, Record, Store, written

PRECISIONS = {"price": "Product Price", "discount": "Discount", "unit": "Product Unit of Measure"}


@dataclass
class Session:
    """One call of one user. `hidden`: fields that a customisation keeps for a group."""

    store: Store
    user: User
    context: Context
    hidden: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    _rules: dict[str, Sequence[Callable[[Record], bool]]] = field(
        default_factory=dict[str, Sequence[Callable[[Record], bool]]]
    )

    def enter(self, model: str, names: Iterable[str] = ()) -> None:
        """Raises AccessError where the user may not read the model, or one of the fields."""
        check_model(self.user, model, document=title_of(model))
        check_fields(self.user, model, names, self.hidden)

    def sees(self, model: str, row: Record) -> bool:
        """By the record rules; what does not pass is hidden without a word."""
        if model not in self._rules:
            rules = record_rules(self.user, model, self.context.get("allowed_company_ids") or ())
            self._rules[model] = [matcher(self.store, model, rule, self.context) for rule in rules]
        return all(rule(row) for rule in self._rules[model])

    def found(self, model: str, domain: Sequence[Any]) -> list[Record]:
        return [row for row in search(self.store, model, domain, self.context) if self.sees(model, row)]


def title_of(model: str) -> str:
    """As the model is called in messages."""
    return model.replace(".", " ").title()


def web_search_read(
    session: Session,
    model: str,
    domain: Sequence[Any],
    specification: Mapping[str, Any],
    offset: int = 0,
    limit: int | None = None,
    order: str | None = None,
    count_limit: int | None = None,
) -> dict[str, Any]:
    """`length` counts the whole domain (up to `count_limit`)."""
    session.enter(model, specification)
    store = session.store
    rows = store.ordered(model, session.found(model, domain), order or store.models[model].order, session.context)
    page = rows[offset : offset + limit if limit is not None else None]
    length = min(len(rows), count_limit) if count_limit else len(rows)
    for name in specification:
        store.field(model, name)
    return {"length": length, "records": [_nested(session, model, row, specification) for row in page]}


def _nested(session: Session, model: str, row: Record, specification: Mapping[str, Any]) -> dict[str, Any]:
    """An empty specification answers with every field, which is how answers of 17 MB come about."""
    store = session.store
    names = specification or {name: {} for name in store.models[model].fields}
    answer: dict[str, Any] = {"id": row["id"]}
    for name, asked in names.items():
        described = store.field(model, name)
        value = store.value(model, row, name, session.context)
        options: Mapping[str, Any] = asked or {}
        inner: Mapping[str, Any] | None = options.get("fields")
        if described.kind == "m2o" and inner is not None and value is not None:
            session.enter(described.model, inner)
            answer[name] = _nested(session, described.model, store.browse(described.model, value), inner)
        elif described.kind in ("o2m", "m2m"):
            answer[name] = _many(session, described.model, value or (), options)
        else:
            answer[name] = written(value, described.kind)
    return answer


def _many(session: Session, model: str, ids: Sequence[int], options: Mapping[str, Any]) -> list[Any]:
    store = session.store
    session.enter(model, options.get("fields") or ())
    rows = [row for row in (store.browse(model, one) for one in ids) if session.sees(model, row)]
    if options.get("order"):
        rows = store.ordered(model, rows, options["order"], session.context)
    if "fields" not in options:
        return [row["id"] for row in rows]
    limit = options.get("limit")
    # Beyond `limit` Odoo answers ids alone.
    return [
        _nested(session, model, row, options["fields"]) if limit is None or place < limit else {"id": row["id"]}
        for place, row in enumerate(rows)
    ]


def read(session: Session, model: str, ids: Sequence[int], fields: Sequence[str] = ()) -> list[Any]:
    """Ids that are gone vanish without a word; a many2one is `[id, label]`."""
    session.enter(model, fields)
    table = session.store.tables.get(model, {})
    return [_flat(session, model, table[one], fields) for one in ids if one in table]


def search_read(
    session: Session,
    model: str,
    domain: Sequence[Any],
    fields: Sequence[str] = (),
    offset: int = 0,
    limit: int | None = None,
    order: str | None = None,
) -> list[Any]:
    session.enter(model, fields)
    store = session.store
    rows = store.ordered(model, session.found(model, domain), order or store.models[model].order, session.context)
    page = rows[offset : offset + limit if limit is not None else None]
    return [_flat(session, model, row, fields) for row in page]


def _flat(session: Session, model: str, row: Record, fields: Sequence[str]) -> dict[str, Any]:
    store = session.store
    answer: dict[str, Any] = {"id": row["id"]}
    for name in fields or store.models[model].fields:
        described = store.field(model, name)
        value = store.value(model, row, name, session.context)
        if described.kind == "m2o" and value is not None:
            other = store.browse(described.model, value)
            answer[name] = [value, str(other.get("name") or value)]
        else:
            answer[name] = value if described.kind in ("o2m", "m2m") else written(value, described.kind)
    return answer


def search_count(session: Session, model: str, domain: Sequence[Any], limit: int | None = None) -> int:
    session.enter(model)
    found = len(session.found(model, domain))
    return min(found, limit) if limit else found


def fields_get(
    session: Session, model: str, allfields: Sequence[str] = (), attributes: Sequence[str] = ()
) -> dict[str, Any]:
    """Needs no right on the model. Fields that do not exist or are hidden from the user are left out."""
    store, answer = session.store, dict[str, Any]()
    for name, described in store.models[model].fields.items():
        shown = not allfields or name in allfields
        if not shown or (described.website and store.without_website):
            continue
        if not may_see(session.user, model, name, session.hidden):
            continue
        known: dict[str, Any] = {"type": described.kind, "name": name}
        digits = _digits(store, described.digits)
        if digits is not None:
            known["digits"] = [16, digits]
        answer[name] = {key: value for key, value in known.items() if not attributes or key in attributes}
    return answer


def _digits(store: Store, precision: str) -> int | None:
    """19 keeps unit prices whole."""
    if not precision or (precision == "price" and store.version >= 19):
        return None
    return precision_digits(store, PRECISIONS[precision])


def precision_digits(store: Store, name: str) -> int:
    if name == PRECISIONS["unit"] and store.version >= 19:
        name = "Product Unit"
    row = store.find("decimal.precision", name=name)
    return int(row["digits"]) if row else 2


READERS: Mapping[str, Callable[..., Any]] = {
    "web_search_read": web_search_read,
    "search_read": search_read,
    "read": read,
    "search_count": search_count,
    "fields_get": fields_get,
}


def call_reader(session: Session, model: str, method: str, arguments: Mapping[str, Any]) -> Any:
    try:
        return READERS[method](session, model, **arguments)
    except TypeError as error:
        raise ProgramError("TypeError", str(error)) from error
