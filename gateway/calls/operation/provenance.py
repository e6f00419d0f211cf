"""Reports what an operation's answers were made of, for whoever keeps finished answers (`gateway.model.touched`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.calls.operation.tags import tags_of
from gateway.errors import AdapterError
from gateway.model.horizon import horizon_of
from gateway.model.touched import TOUCHED
from gateway.ports.domain import ReadOperation


def report(operation: ReadOperation, *, personal: bool, keys: Iterable[Any], answers: Mapping[Any, Any]) -> None:
    """The tags of each answer and each absence, and the earliest end that any of them states. Personal and failed
    answers make the whole unfit to be kept; stale ones are reported where they are marked."""
    collecting = TOUCHED.get()
    if collecting is None:
        return
    if personal:
        collecting.shareable = False
    for key in keys:
        answer = answers.get(key)
        collecting.horizon = min(collecting.horizon, horizon_of(answer))
        if isinstance(answer, AdapterError):
            collecting.shareable = False
        collecting.name(tag for tag in tags_of(operation, key, answer) if tag != operation.domain.name)
