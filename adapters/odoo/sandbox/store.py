"""Records in memory, read as Odoo reads them: related and computed fields, translations, and `active` filtering."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, cast

from adapters.odoo.sandbox.description import FieldDescription, ModelDescription, describe
from adapters.odoo.sandbox.faults import MissingError, ProgramError

Record = dict[str, Any]
Context = Mapping[str, Any]
Compute = Callable[["Store", Record, Context], Any]

SOURCE_LANGUAGE = "en_US"


class Store:
    """`tables` hold values as written: ids for relations, aware times, floats, texts or texts by language."""

    def __init__(self, version: int, computed: Mapping[tuple[str, str], Compute]) -> None:
        self.version = version
        self.without_website = False
        self.models = describe(version)
        self.tables: dict[str, dict[int, Record]] = {}
        self._computed = computed
        self._inverse: dict[tuple[str, str], dict[int, list[int]]] = {}
        self._indexes: dict[tuple[Any, ...], dict[Any, set[int]]] = {}
        self._last: dict[str, int] = {}

    def model(self, name: str) -> ModelDescription | None:
        return self.models.get(name)

    def field(self, model: str, name: str) -> FieldDescription:
        if name == "id":
            return FieldDescription("id", "int")
        described = self.models[model].fields.get(name)
        if described is None or (described.website and self.without_website):
            raise ProgramError("ValueError", f"Invalid field '{name}' on model '{model}'")
        return described

    def add(self, model: str, values: Mapping[str, Any], identifier: int | None = None) -> int:
        """The id asked for, if it is free, else the next one."""
        table = self.tables.setdefault(model, {})
        if identifier is None or identifier in table:
            identifier = self._last.get(model, 0) + 1
        self._last[model] = max(identifier, self._last.get(model, 0))
        owned = {name: 1 for name, described in self._owned(model) if described}
        table[identifier] = {"id": identifier, "active": True, **owned, **values}
        self.changed()
        return identifier

    def _owned(self, model: str) -> Iterable[tuple[str, bool]]:
        described = self.models.get(model)
        return ((name, one.owned) for name, one in described.fields.items()) if described is not None else ()

    def changed(self) -> None:
        """Rows were written to."""
        self._inverse.clear()
        self._indexes.clear()

    def write(self, model: str, identifier: int, values: Mapping[str, Any]) -> None:
        self.browse(model, identifier).update(values)
        self.changed()

    def delete(self, model: str, identifier: int) -> None:
        self.tables[model].pop(identifier, None)
        self.changed()

    def all(self, model: str) -> Iterable[Record]:
        return self.tables.get(model, {}).values()

    def find(self, model: str, **values: Any) -> Record | None:
        return next(
            (row for row in self.all(model) if all(row.get(name) == value for name, value in values.items())), None
        )

    def browse(self, model: str, identifier: int) -> Record:
        try:
            return self.tables.get(model, {})[identifier]
        except KeyError:
            raise MissingError(
                f"Record does not exist or has been deleted.\n(Record: {model}({identifier},))"
            ) from None

    def value(self, model: str, record: Record, name: str, context: Context) -> Any:
        """A field's value: a list of ids for x2many, an id or None for many2one."""
        described = self.field(model, name)
        if described.related:
            first, _, last = described.related.partition(".")
            target = self.value(model, record, first, context)
            if target is None:
                return None
            other = self.field(model, first).model
            return self.value(other, self.browse(other, target), last, context)
        if described.computed:
            return self._computed[model, name](self, record, context)
        if described.kind == "o2m":
            return self._children(described, record["id"], context)
        value = record.get(name)
        if described.kind == "m2m":
            return [
                one for one in value or () if self._shown(described.model, self.browse(described.model, one), context)
            ]
        if isinstance(value, dict):
            texts = cast("dict[str, str]", value)
            return texts.get(str(context.get("lang"))) or texts.get(SOURCE_LANGUAGE) or next(iter(texts.values()), None)
        return value

    def _children(self, described: FieldDescription, parent: int, context: Context) -> list[int]:
        key = (described.model, described.inverse)
        if key not in self._inverse:
            by_parent: dict[int, list[int]] = {}
            for row in self.all(described.model):
                if row.get(described.inverse) is not None:
                    by_parent.setdefault(row[described.inverse], []).append(row["id"])
            self._inverse[key] = by_parent
        rows = [self.browse(described.model, one) for one in self._inverse[key].get(parent, ())]
        shown = [row for row in rows if self._shown(described.model, row, context)]
        return [row["id"] for row in self.ordered(described.model, shown, self.models[described.model].order, context)]

    def _shown(self, model: str, row: Record, context: Context) -> bool:
        """Archived records are hidden unless `active_test` is off."""
        return bool(row["active"]) or context.get("active_test") is False or "active" not in self.models[model].fields

    def ordered(self, model: str, rows: list[Record], order: str, context: Context) -> list[Record]:
        """By `date_order desc, id desc` and the like; empty values last, or first when descending, as in PostgreSQL."""
        for term in reversed(order.split(",")):
            path, _, direction = term.strip().partition(" ")
            rows = sorted(
                rows, key=lambda row: self._sortable(model, row, path, context), reverse=direction.lower() == "desc"
            )
        return rows

    def _sortable(self, model: str, row: Record, path: str, context: Context) -> tuple[bool, Any]:
        values = list(self.follow(model, row, path, context))
        value = values[0] if values else None
        return (value is None, 0 if value is None else value)

    def follow(self, model: str, row: Record, path: str, context: Context) -> Iterable[Any]:
        """Every value at the end of a dotted path."""
        name, _, rest = path.partition(".")
        described = self.field(model, name)
        value = self.value(model, row, name, context)
        many = value if described.kind in ("o2m", "m2m") else [value]
        for one in many:
            if rest and one is not None:
                yield from self.follow(described.model, self.browse(described.model, one), rest, context)
            else:
                yield one

    def index(self, model: str, path: str, context: Context) -> Mapping[Any, set[int]]:
        """Ids by what stands at the end of a path, as a domain compares it; kept until something changes."""
        key = (
            model,
            path,
            context.get("lang"),
            context.get("active_test"),
            tuple(context.get("allowed_company_ids", ())),
        )
        if key not in self._indexes:
            by_value: dict[Any, set[int]] = {}
            for row in self.all(model):
                for value in self.follow(model, row, path, context):
                    by_value.setdefault(comparable(value), set()).add(row["id"])
            self._indexes[key] = by_value
        return self._indexes[key]


def comparable(value: Any) -> Any:
    """As it would be written: times as texts, empty as false."""
    return value if isinstance(value, bool | int | float) else written(value, "")


def written(value: Any, kind: str) -> Any:
    """As it goes over the wire: `false` for empty, naive UTC for times."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if kind == "float":
        return float(value or 0.0)
    if kind == "int":
        return int(value or 0)
    if kind == "bool":
        return bool(value)
    return value if value not in (None, "") else False
