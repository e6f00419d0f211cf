"""How a durable run's arguments, messages and results are written: plain JSON under a name that never changes. Only
ids, states and amounts pass, so there is no key to lose; of an error its class alone, because its text may hold what a
person typed.
"""

from __future__ import annotations

import json
from typing import Any, cast

from dbos import Serializer
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.errors import StateUnavailable

NAME = "sealed"
"""Stands in every row: a run whose name nobody knows is never finished."""
_ERROR = "__error__"
_AWAY = "__away__"


class Transient(Exception):
    """Our own database was away, as a replay tells it: the step is tried again, as it was then."""


class StepFailed(Exception):
    """An error that a step ended with, as a replay tells it: `args[0]` is the name of its class."""


AWAY = (OperationalError, InterfaceError, InternalError, PoolTimeout, OSError, StateUnavailable, Transient)
"""Our own database, locked, full or gone: never the end of a run."""


class Sealed(Serializer):
    """Raises TypeError for what is no JSON: a record or an amount goes in by its text."""

    def name(self) -> str:
        return NAME

    def serialize(self, data: Any) -> str:
        if isinstance(data, BaseException):
            data = {_ERROR: type(data).__name__, _AWAY: isinstance(data, AWAY)}
        return json.dumps(data, separators=(",", ":"), allow_nan=False)

    def deserialize(self, serialized_data: str) -> Any:
        data = json.loads(serialized_data)
        if not isinstance(data, dict):
            return data
        record = cast("dict[str, Any]", data)
        if _ERROR in record:
            return Transient(record[_ERROR]) if record[_AWAY] else StepFailed(record[_ERROR])
        if record.keys() == {"args", "kwargs"}:
            return {"args": tuple(record["args"]), "kwargs": record["kwargs"]}
        return record
