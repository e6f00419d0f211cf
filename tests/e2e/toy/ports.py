"""The one file that declares the toy domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from msgspec import Struct

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.ports.domain import DataDomain, KeyedOperation


class Toy(Struct, frozen=True):
    name: str
    squeaks: int
    freshness: Freshness


@runtime_checkable
class ToyPort(Protocol):
    async def get_toys(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, Toy | AdapterError]: ...


TOY = DataDomain("toy")

GET_TOYS = KeyedOperation[str, Toy](TOY, ToyPort, ToyPort.get_toys, Toy, names=lambda key: (key,), essential=True)
