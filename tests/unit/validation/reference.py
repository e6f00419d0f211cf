"""The annotated reference as a tree whose every key can be changed, and the mistakes of a whole file."""

from __future__ import annotations

import copy
import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.errors import Mistake
from gateway.settings import draft
from gateway.validation import validate

ROOT = Path(__file__).resolve().parents[3]
REFERENCE: dict[str, Any] = tomllib.loads((ROOT / "gateway.toml.example").read_text("utf-8"))
ENVIRONMENT = {
    "GATEWAY_CURSOR_KEY": "a-key",
    "GATEWAY_SEALING_KEY": "a-key",
    "ERP_API_KEY": "a-key",
    "SHOP_ADMIN_TOKEN": "a-key",
    "STOREFRONT_KEY_SHA256": hashlib.sha256(b"key").hexdigest(),
}
Path_ = tuple[str, ...]


def leaves(value: Any = None, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Every key with its value; lists are values."""
    value = REFERENCE if value is None and not path else value
    if isinstance(value, dict) and value:
        for key, entry in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from leaves(entry, (*path, str(key)))  # pyright: ignore[reportUnknownArgumentType]
    else:
        yield path, value


def changed(path: Path_, value: Any) -> dict[str, Any]:
    raw = copy.deepcopy(REFERENCE)
    place = raw
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return raw


def without(*paths: Path_) -> dict[str, Any]:
    raw = copy.deepcopy(REFERENCE)
    for path in paths:
        place = raw
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]
    return raw


def mistakes(raw: dict[str, Any], base: Path = ROOT, **environment: str) -> tuple[Mistake, ...]:
    found = draft(raw, {**ENVIRONMENT, **environment}, base=base)
    return validate(found.settings, found.mistakes)


def dotted(path: Path_) -> str:
    return ".".join(path)


def names(found: tuple[Mistake, ...], path: Path_) -> bool:
    """Whether one of the mistakes is about this key, or something inside it."""
    place = dotted(path)
    return any(
        told == place or told.startswith((f"{place}[", f"{place}."))
        for mistake in found
        if (told := (mistake.place or "").partition(" ")[0])
    )
