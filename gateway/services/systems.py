"""Asking the system of record, and those that may stand in for it. Every keyed read of a service goes through here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from gateway.calls.caller import Caller
from gateway.calls.writes import Writes
from gateway.errors import AdapterError, Unavailable
from gateway.model.context import CallContext, CommerceContext
from gateway.model.freshness import Freshness, Role
from gateway.ownership import Ownership
from gateway.ports.operations import KeyedOperation, PagedOperation
from gateway.ports.writes import Command, WriteOperation

K = TypeVar("K")
V = TypeVar("V")
Q = TypeVar("Q")
R = TypeVar("R")
W = TypeVar("W", bound=Struct)

Marker = Callable[[V, str], V]
"""Returns a value marked as coming from a fallback, for the reason given."""


def fallback_freshness(freshness: Freshness, reason: str) -> Freshness:
    """The same fact, marked as a stand-in's."""
    return Freshness(freshness.source, freshness.as_of, Role.FALLBACK, freshness.stale, reason)


class SystemsOfRecord:
    """Keyed reads by system of record with marked fallback, paged reads of one backend, writes by the owner alone."""

    def __init__(self, caller: Caller, ownership: Ownership, writes: Writes) -> None:
        self.caller = caller
        self.ownership = ownership
        self._writes = writes

    async def keyed(
        self,
        operation: KeyedOperation[K, V],
        keys: Sequence[K],
        commerce: CommerceContext,
        call: CallContext,
        mark: Marker[V],
    ) -> dict[K, V | AdapterError]:
        """Each key's answer by the owner of the domain in this market; where that fails or (if configured) has none, by
        the next that may stand in. An absent key does not exist. Never raises AdapterError."""
        plan = self.ownership.plan(operation.domain.value)
        backends = self.ownership.serving(operation.domain.value, commerce.country)
        if not backends:
            return {}
        answers: dict[K, V | AdapterError] = dict(await self.caller.keyed(backends[0], operation, keys, commerce, call))
        for stand_in in backends[1:] if plan.fallback else ():
            unanswered = {key: reason for key in keys if (reason := _wanting(answers, key, plan.fallback_on_missing))}
            if not unanswered:
                break
            if not self.ownership.offers(stand_in, operation.name):
                continue
            found = await self.caller.keyed(stand_in, operation, list(unanswered), commerce, call)
            for key, value in found.items():
                if not isinstance(value, AdapterError):
                    answers[key] = mark(value, unanswered[key])
        return answers

    async def paged(self, operation: PagedOperation[Q, R], query: Q, commerce: CommerceContext, call: CallContext) -> R:
        """By the owner in this market; by a stand-in when the owner cannot be reached. Raises AdapterError."""
        plan = self.ownership.plan(operation.domain.value)
        backends = [
            name
            for name in self.ownership.serving(operation.domain.value, commerce.country)
            if self.ownership.offers(name, operation.name)
        ]
        if not backends:
            raise Unavailable("Nobody serves this here.", domain=operation.domain.value)
        last: AdapterError | None = None
        for name in backends if plan.fallback else backends[:1]:
            try:
                return await self.caller.paged(name, operation, query, commerce, call)
            except Unavailable as error:
                last = error
        assert last is not None  # noqa: S101  backends is not empty, so the loop returned or failed
        raise last

    async def write(
        self, operation: WriteOperation[Any, W], command: Command, commerce: CommerceContext, call: CallContext
    ) -> W:
        """By the owner of the domain in this market and nobody else. Raises as `Writes.perform` does; Unavailable where
        nobody serves it here."""
        backends = self.ownership.serving(operation.domain.value, commerce.country)
        if not backends:
            raise Unavailable("Nobody serves this here.", domain=operation.domain.value)
        return await self._writes.perform(backends[0], operation, command, commerce, call)


def _wanting(answers: Mapping[K, V | AdapterError], key: K, on_missing: bool) -> str | None:
    """Why another system should be asked for this key; None when it need not be."""
    if key not in answers:
        return "NOT_FOUND_AT_OWNER" if on_missing else None
    answer = answers[key]
    return answer.code if isinstance(answer, AdapterError) and not answer.per_key else None
