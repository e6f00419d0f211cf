"""Instants as Square writes and reads them."""

from __future__ import annotations

from datetime import UTC, datetime


def utc(moment: datetime | None) -> datetime | None:
    """The same instant in UTC: Square writes `Z`, other offsets would be as good."""
    return moment.astimezone(UTC) if moment else None


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC, with the milliseconds Square keeps and more where there are more."""
    digits = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.astimezone(UTC).isoformat(timespec=digits).replace("+00:00", "Z")
