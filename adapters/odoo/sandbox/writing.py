"""What every write is checked for: rights on models, fields and records, values that mean something, and what has to be
said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.odoo.sandbox.faults import AccessError, ProgramError, ValidationError
from adapters.odoo.sandbox.reading import Session, title_of
from adapters.odoo.sandbox.rights import check_fields, check_model
from adapters.odoo.sandbox.store import Record, Store


def check_new(session: Session, model: str, values: Mapping[str, Any]) -> None:
    """A record that this user wants to make."""
    check_model(session.user, model, document=title_of(model), operation="create")
    check_fields(session.user, model, values, session.hidden)
    check_values(session.store, model, values)


def check_values(store: Store, model: str, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        described = store.field(model, name)
        if described.kind == "m2o" and value:
            store.browse(described.model, value)
        if isinstance(value, str) and "\x00" in value:
            raise ProgramError("ValueError", "A string literal cannot contain NUL (0x00) characters.")


def check_said(model: str, values: Mapping[str, Any], labels: Mapping[str, str]) -> None:
    """`labels`: of the fields without which there is no record, as people know them."""
    for name, label in labels.items():
        if not values.get(name):
            raise ValidationError(
                "The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n"
                f"Model: {title_of(model)} ({model})\nField: {label} ({name})\n"
            )


def writable(session: Session, model: str, ids: Sequence[int]) -> list[Record]:
    """The records that a method moves. Raises AccessError, and MissingError for one that is gone."""
    check_model(session.user, model, document=title_of(model), operation="write")
    rows = [session.store.browse(model, one) for one in ids]
    if not all(session.sees(model, row) for row in rows):
        raise AccessError(
            f"Due to security restrictions, you are not allowed to modify '{title_of(model)}' ({model}) records."
        )
    return rows
