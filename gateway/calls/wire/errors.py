"""Errors that begin here, below the adapter: so that whoever sees one above it knows that it was counted already."""

from __future__ import annotations

from gateway.errors import DeadlineExceeded, InvalidAnswer


class BadTransfer(InvalidAnswer):
    """The system that owns this fact gave an answer that makes no sense."""


class NeverSent(DeadlineExceeded):
    """The system that owns this fact was not asked in time."""

    counts_against_backend = False
    unsent = True
