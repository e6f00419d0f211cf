"""What is told of something that is followed."""

from __future__ import annotations

from enum import Enum


class StreamEnd(Enum):
    """Why nothing more is told."""

    NOT_YOURS = "NOT_YOURS"
    """There is no such thing, or what opened it opens it no longer: the two read the same."""
    OVER = "OVER"
    """It changes no more."""
