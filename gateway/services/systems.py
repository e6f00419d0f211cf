"""Asking the system of record, and those that may stand in for it. Every read of a service goes through here.

A stand-in is asked in words it shares with the owner, or in its own: a SKU, a barcode, a channel. What is the owner's
own word (a native id, a slug, a position, a price group, a sales unit) is never said to another: the same word may mean
something else there. What cannot be said stays with the owner's error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from gateway.calls.operation.caller import BackendCaller
from gateway.calls.operation.writes import Writes
from gateway.errors import AdapterError, ClientFault, Unavailable
from gateway.model.context import CallContext, CommerceContext
from gateway.model.freshness import Freshness, Role
from gateway.ownership import Ownership
from gateway.ports.domain import Command, KeyedOperation, PagedOperation, WriteOperation

K = TypeVar("K")
V = TypeVar("V")
Q = TypeVar("Q")
R = TypeVar("R")
W = TypeVar("W", bound=Struct)

Marker = Callable[[V, str], V]
"""Returns a value marked as coming from a fallback, for the reason given."""
ContextOf = Callable[[str], Awaitable[CommerceContext]]
"""The commerce context in a stand-in's own words."""

NAMED = "NAMED_BY_CLIENT"
"""Why a stand-in answers though the owner could be heard: an id or a cursor that it gave names it."""
UNSERVED = "NOT_SERVED_BY_OWNER"
"""Why, where the owner has no such operation at all."""


def fallback_freshness(freshness: Freshness, reason: str) -> Freshness:
    """The same fact, marked as a stand-in's."""
    return Freshness(freshness.source, freshness.as_of, Role.FALLBACK, freshness.stale, reason)


class Answered(Struct, frozen=True):
    """Which backend gave a page, and why it was not the owner: None where it was."""

    backend: str
    reason: str | None = None

    def freshness(self, at: Freshness) -> Freshness:
        return at if self.reason is None else fallback_freshness(at, self.reason)


class SystemsOfRecord:
    """Keyed reads by system of record with marked fallback, paged reads of one backend, writes by the owner alone."""

    def __init__(self, caller: BackendCaller, ownership: Ownership, writes: Writes) -> None:
        self.caller = caller
        self.ownership = ownership
        self.writes = writes

    async def keyed(
        self,
        operation: KeyedOperation[K, V],
        keys: Sequence[K],
        commerce: CommerceContext,
        call: CallContext,
        mark: Marker[V],
        context_of: ContextOf | None = None,
    ) -> dict[K, V | AdapterError]:
        """Each key's answer by the owner of the domain in this market; where that fails or (if configured) has none, by
        the next that may stand in and understands the key. `commerce` is in the owner's words; a stand-in gets its own
        by `context_of`, else the public one. An absent key does not exist. Never raises AdapterError."""
        plan = self.ownership.plan(operation.domain)
        backends = self.ownership.serving(operation.domain, commerce.country)
        if not backends:
            return {}
        owner = backends[0]
        told = [key for key in keys if operation.understands(key, owner, owner)]
        answers: dict[K, V | AdapterError] = dict(await self.caller.keyed(owner, operation, told, commerce, call))
        for stand_in in backends[1:] if plan.fallback else ():
            unanswered = {
                key: reason
                for key in keys
                if (reason := _wanting(answers, key, plan.fallback_on_missing))
                and operation.understands(key, stand_in, owner)
            }
            if not unanswered or not self.ownership.offers(stand_in, operation.name):
                continue
            own = replace(commerce, price_group=None) if context_of is None else await context_of(stand_in)
            found = await self.caller.keyed(stand_in, operation, list(unanswered), own, call)
            for key, value in found.items():
                if not isinstance(value, AdapterError):
                    answers[key] = mark(value, unanswered[key])
        return answers

    async def paged(
        self,
        operation: PagedOperation[Q, R],
        query: Q,
        commerce: CommerceContext,
        call: CallContext,
        *,
        only: str | None = None,
        able: Callable[[str], bool] | None = None,
    ) -> tuple[R, Answered]:
        """By the owner in this market; by a stand-in that is `able` to when the owner cannot answer. `only`: by this
        one, whose words are in the query. Raises AdapterError, the owner's where several failed."""
        backends = [
            name
            for name in self.ownership.answering(operation.domain, commerce.country)
            if self.ownership.offers(name, operation.name)
        ]
        owner = next(iter(self.ownership.serving(operation.domain, commerce.country)), None)
        if only is not None:
            if only not in backends:
                raise Unavailable("Nobody serves this here.", domain=operation.domain.name)
            page = await self.caller.paged(only, operation, query, commerce, call)
            return page, Answered(only, None if only == owner else NAMED)
        failure: AdapterError | None = None
        for name in backends:
            if name != owner and able is not None and not able(name):
                continue
            try:
                page = await self.caller.paged(name, operation, query, commerce, call)
            except AdapterError as error:
                failure = failure or error
            except ClientFault:
                if failure is None:
                    raise
            else:
                return page, Answered(name, None if name == owner else failure.code if failure else UNSERVED)
        if failure is not None:
            raise failure
        raise Unavailable("Nobody serves this here.", domain=operation.domain.name)

    async def write(
        self, operation: WriteOperation[Any, W], command: Command, commerce: CommerceContext, call: CallContext
    ) -> W:
        """By the owner of the domain in this market and nobody else. Raises as `Writes.perform` does; Unavailable where
        nobody serves it here."""
        backends = self.ownership.serving(operation.domain, commerce.country)
        if not backends:
            raise Unavailable("Nobody serves this here.", domain=operation.domain.name)
        return await self.writes.perform(backends[0], operation, command, commerce, call)


def _wanting(answers: Mapping[K, V | AdapterError], key: K, on_missing: bool) -> str | None:
    """Why another system should be asked for this key; None when it need not be."""
    if key not in answers:
        return "NOT_FOUND_AT_OWNER" if on_missing else None
    answer = answers[key]
    return answer.code if isinstance(answer, AdapterError) and not answer.per_key else None
