"""Writes of several requests: what fails before the first effect had none, what fails after it leaves the outcome
open."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from gateway.errors import AdapterError, Unavailable


@contextmanager
def before_sending() -> Generator[None]:
    """Whatever fails inside certainly had no effect."""
    try:
        yield
    except AdapterError as error:
        error.unsent = True
        raise


@contextmanager
def after_an_effect() -> Generator[None]:
    """Whatever fails inside, an earlier request of the same write had its effect: not even a refusal is one of all."""
    try:
        yield
    except AdapterError as error:
        raise Unavailable(detail=f"half done: {error.code} {error.detail or ''}".strip()) from error
