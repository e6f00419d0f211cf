"""3-D Secure without a shopper's bank: what the processor's sandbox is told in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from gateway.demo.sandboxes import Sandboxes

_INTENT = re.compile(r"pi_[a-z0-9]{1,64}")


@runtime_checkable
class Challenging(Protocol):
    """A processor's sandbox that waits for a shopper's answer."""

    def answer_challenge(self, intent: str, *, approved: bool = True) -> None: ...


def answer_challenge(sandboxes: Sandboxes, action: str, *, approved: bool) -> bool:
    """`action` is the `token` or the `url` of a checkout's `nextAction`. Whether somebody waited for it."""
    named = _INTENT.search(action)
    if named is None:
        return False
    for sandbox in _challenging(sandboxes):
        try:
            sandbox.answer_challenge(named[0], approved=approved)
        except (KeyError, ValueError):  # nobody's, or answered before
            continue
        return True
    return False


def _challenging(sandboxes: Sandboxes) -> Iterable[Challenging]:
    return [each.sandbox for each in sandboxes.running.values() if isinstance(each.sandbox, Challenging)]
