"""What an adapter is given: `Transport` with its policies around every HTTP attempt, outermost first. One per backend;
the attempt itself is in `wire`.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from gateway.calls.metrics import CallMetrics
from gateway.calls.wire import Wire
from gateway.errors import AdapterError
from gateway.model.context import CallContext
from gateway.model.operation import MEBIBYTE, OperationSpec
from gateway.ports.manifest import Manifest
from gateway.ports.transport import Request, Response
from gateway.settings import PolicyNumbers

_DEFAULTS = OperationSpec()


class AioTransport:
    """Implements `gateway.ports.transport.Transport`."""

    def __init__(self, name: str, wire: Wire, operations: Mapping[str, OperationSpec], numbers: PolicyNumbers) -> None:
        self.name = name
        self._wire = wire
        self._operations = operations
        self._numbers = numbers

    async def send(self, request: Request, call: CallContext) -> Response:
        spec = self._operations.get(request.operation)
        cap = request.max_response_bytes
        if cap == MEBIBYTE and spec is not None:
            cap = spec.max_response_bytes
        timeout = request.timeout
        if timeout is None:
            declared = spec is not None and spec.timeout != _DEFAULTS.timeout
            timeout = spec.timeout if spec is not None and declared else self._numbers.timeout
        try:
            return await self._wire.exchange(request, call, timeout, cap)
        except AdapterError as error:
            error.source = error.source or self.name
            raise

    async def close(self) -> None:
        await self._wire.close()


def build_transport(
    name: str,
    url: str,
    manifest: Manifest,
    numbers: PolicyNumbers,
    *,
    allow_private_network: bool,
    metrics: CallMetrics | None = None,
    ssl_context: ssl.SSLContext | None = None,
) -> AioTransport:
    """The transport of one backend. `ssl_context` for certificates the system does not know."""
    wire = Wire(
        url,
        connections=numbers.connections,
        allow_private_network=allow_private_network,
        ssl_context=ssl_context,
    )
    return AioTransport(name, wire, manifest.operations, numbers)
