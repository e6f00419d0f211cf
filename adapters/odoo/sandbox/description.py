"""Models and fields of one version, read from the text in `models`."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.odoo.sandbox.models import MODELS


@dataclass(frozen=True)
class FieldDescription:
    name: str
    kind: str
    model: str = ""
    inverse: str = ""
    related: str = ""
    computed: bool = False
    digits: str = ""
    owned: bool = False
    website: bool = False


@dataclass(frozen=True)
class ModelDescription:
    name: str
    order: str
    fields: dict[str, FieldDescription] = field(default_factory=dict[str, FieldDescription])


def describe(version: int) -> dict[str, ModelDescription]:
    """The models of one version."""
    models: dict[str, ModelDescription] = {}
    current: ModelDescription | None = None
    for line in MODELS.strip().splitlines():
        words = _of_version([str(word) for word in line.split()], version)
        if words and words[0] == "model":
            current = ModelDescription(words[1], " ".join(words[3:]))
            models[current.name] = current
        elif words and current is not None:
            described = _field(words)
            current.fields[described.name] = described
        elif line.startswith("model"):
            current = None
    return models


def _of_version(words: list[str], version: int) -> list[str]:
    """Without the version mark; empty where this version lacks it."""
    mark = words[-1]
    if mark.endswith("+") and mark[:-1].isdigit():
        return words[:-1] if version >= int(mark[:-1]) else []
    if mark.startswith("-") and mark[1:].isdigit():
        return words[:-1] if version <= int(mark[1:]) else []
    return words


def _field(words: list[str]) -> FieldDescription:
    kind, _, rest = words[1].partition(":")
    model, _, inverse = rest.partition(":")
    related = words[3] if words[2:3] == ["="] else ""
    marks = words[2:]
    digits = next((mark.removeprefix("digits=") for mark in marks if mark.startswith("digits=")), "")
    return FieldDescription(
        words[0], kind, model, inverse, related, "computed" in marks, digits, "owned" in marks, "website" in marks
    )
