"""Instants as vendors write them, to aware UTC and back. What cannot be read is an InvalidAnswer that names the field
and not its value; `None` stays None."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import overload

from gateway.errors import InvalidAnswer
from gateway.model.written_times import instant_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?")


@overload
def utc(moment: datetime) -> datetime: ...
@overload
def utc(moment: None) -> None: ...
@overload
def utc(moment: datetime | None) -> datetime | None: ...
def utc(moment: datetime | None) -> datetime | None:
    """The same instant in UTC. Raises InvalidAnswer for one without its offset: nobody guesses a zone."""
    if moment is None:
        return None
    try:
        if moment.tzinfo is None:
            raise ValueError("no offset")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidAnswer(detail="a time that is no instant") from None


def from_rfc3339(text: str, what: str = "a time") -> datetime:
    """An instant with its offset."""
    try:
        return instant_of(text)
    except ValueError:
        raise InvalidAnswer(detail=f"{what} is no instant") from None


def from_naive_utc(text: str, what: str = "a time") -> datetime:
    """`2026-07-01 10:00:00` (or with a `T`, or parts of a second), by a vendor whose manual says that it is UTC. One
    with an offset is refused: then it is not what the manual says."""
    try:
        if not _NAIVE.fullmatch(text):
            raise ValueError("not naive")
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise InvalidAnswer(detail=f"{what} is no instant") from None


def from_epoch(value: int, what: str = "a time") -> datetime:
    """Whole seconds since 1970 began."""
    return _since_epoch(value, 1, what)


def from_epoch_millis(value: int, what: str = "a time") -> datetime:
    """Milliseconds since 1970 began, to the millisecond: no float in between."""
    return _since_epoch(value, 1_000, what)


def _since_epoch(value: int, parts: int, what: str) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=value // parts, milliseconds=value % parts)
    except OverflowError:
        raise InvalidAnswer(detail=f"{what} is no instant") from None


def as_rfc3339(moment: datetime) -> str:
    """In UTC with `Z`, to the millisecond, and further where there is more."""
    digits = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.astimezone(UTC).isoformat(timespec=digits).replace("+00:00", "Z")
