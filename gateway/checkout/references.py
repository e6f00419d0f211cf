"""How the writes of a run are called, where they are sent and in its journal."""

from __future__ import annotations

import base64
import hashlib


def derived(run: str, step: str, number: int = 0) -> str:
    """The reference of one write of a run: 26 characters of A-Z and 2-7, the same at each repetition."""
    digest = hashlib.sha256(f"{run}.{step}.{number}".encode()).digest()
    return base64.b32encode(digest).decode()[:26]


def of_tender(step: str, position: int) -> str:
    """A step that is done for each tender: the first one's bears its plain name."""
    return step if position == 0 else f"{step}-{position}"


def of_order(step: str, position: int) -> str:
    """A step that is done for each order, where one checkout is several: the first one's bears its plain name."""
    return of_tender(step, position)


def position_of(step: str) -> int:
    """Of the order that a step by such a name is done for."""
    _, _, number = step.partition("-")
    return int(number or 0)


def order_reference(run: str, position: int) -> str:
    """Under which an order is placed, looked up, confirmed and cancelled. The first one's is the run's id."""
    return run if position == 0 else derived(run, "order", position)
