"""Errors that begin here, below the adapter: so that whoever sees one above it knows that it was counted already."""

from __future__ import annotations

from gateway.errors import InvalidAnswer


class BadTransfer(InvalidAnswer):
    """The system that owns this fact gave an answer that makes no sense."""
