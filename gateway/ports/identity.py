"""Business keys to native ids, and how well a backend keeps its keys: asked by `gateway check`, no data domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from msgspec import Struct

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef


class IdentityAudit(Struct, frozen=True):
    """Business keys as this backend has them: how many records, how many without a key, which keys are borne twice."""

    records: int
    missing: int
    duplicates: tuple[str, ...] = ()


@runtime_checkable
class IdentityPort(Protocol):
    async def resolve(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, NativeRef | AdapterError]:
        """SKU to native variant; absent is missing, AmbiguousKey where two bear it."""
        ...

    async def audit(self, call: CallContext) -> IdentityAudit: ...
