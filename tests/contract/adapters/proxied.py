"""WriteControl over a vendor's sandbox behind the fault server, for vendors that know our keys."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from gateway.testing.conformance import WriteFault
from gateway.testing.conformance.writes import TIMEOUT
from gateway.testing.faults.kinds import Fault
from gateway.testing.faults.proxy import FaultProxy

_KINDS = {WriteFault.LATE: Fault.SLOW, WriteFault.RESET: Fault.RESET, WriteFault.ERROR_500: Fault.ERROR_500}


class ProxiedOwner:
    """`count` is of effects under a reference, in the sandbox's own log; `path` is a part of what a write asks for."""

    def __init__(self, proxy: FaultProxy, count: Callable[[str], int], path: str) -> None:
        self._proxy = proxy
        self._count = count
        proxy.only = path

    def effects(self, reference: str) -> int:
        return self._count(reference)

    @asynccontextmanager
    async def faulty(self, fault: WriteFault) -> AsyncGenerator[None]:
        self._proxy.delay, self._proxy.after = TIMEOUT * 3, True
        await self._proxy.set(_KINDS.get(fault, Fault.REFUSE))
        yield
        await self._proxy.set(Fault.NONE)

    def blind(self) -> AbstractAsyncContextManager[None]:
        raise NotImplementedError("for vendors without keys")

    def lagging(self, seconds: float | None) -> AbstractAsyncContextManager[None]:
        raise NotImplementedError("for vendors without keys")

    def held(self) -> AbstractAsyncContextManager[Callable[[], None]]:
        raise NotImplementedError("for vendors without keys")
