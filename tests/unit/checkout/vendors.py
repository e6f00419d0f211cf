"""The retailer's systems in a process that nobody kills, spoken to over a socket: their effect logs are what the
checker reads. Workers see them as adapters whose every call is one request.
"""

from __future__ import annotations

import asyncio
import pickle
import time
from typing import Any

import aiohttp
from aiohttp import web

from gateway.errors import AdapterError, Unavailable
from gateway.model.context import CallContext, CommerceContext, Priority
from gateway.testing.reference import ReferenceAdapter

METHODS = (
    "get_prices", "get_stock", "commit_stock", "find_commitment", "restock", "find_restock", "get_orders",
    "ensure_customer", "find_ensured", "find_orders", "get_by_origin",
    "preview_order", "place_order", "find_order", "confirm_order", "find_confirmed", "cancel_order", "find_cancelled",
    "authorise", "find_payment", "void", "find_void", "capture", "find_capture", "get_payments",
)  # fmt: skip
_PARTS = frozenset({"country", "currency", "language", "channel", "store", "price_group"})


class Vendors:
    """`async with Vendors({"erp": ..., "pay": ...}) as url`."""

    def __init__(self, adapters: dict[str, ReferenceAdapter]) -> None:
        self._adapters = adapters
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> str:
        application = web.Application()
        application.router.add_post("/{backend}/{method}", self._serve)
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        """What was begun here is done, whether or not who asked still lives."""
        adapter = self._adapters[request.match_info["backend"]]
        asked, parts, seconds, once = pickle.loads(await request.read())
        call = CallContext(time.monotonic() + seconds, Priority.CHECKOUT, "", once=once)
        view = CommerceContext(**parts).only(_PARTS)
        method = getattr(adapter, request.match_info["method"])
        work = asyncio.get_running_loop().create_task(method(asked, view, call))
        try:
            answer: Any = await asyncio.shield(work)
        except AdapterError as error:
            answer = error
        return web.Response(body=pickle.dumps(answer))


class RemoteAdapter(ReferenceAdapter):
    """What a worker has of a vendor: no state, only its address. `answered` is called when an effect was had and its
    answer has come."""

    address = ""
    answered: Any = None


def _forward(method: str) -> Any:
    async def forward(self: RemoteAdapter, asked: Any, context: Any, call: CallContext) -> Any:
        parts = {part: context._context.__getattribute__(part) for part in _PARTS}
        body = pickle.dumps((asked, parts, call.remaining(), call.once))
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.post(f"{self.address}/{self.name}/{method}", data=body) as response,
            ):
                answer = pickle.loads(await response.read())
        except aiohttp.ClientError as error:
            raise Unavailable(source=self.name) from error
        if self.answered is not None:
            self.answered(method)
        if isinstance(answer, AdapterError):
            raise answer
        return answer

    return forward


for _method in METHODS:
    setattr(RemoteAdapter, _method, _forward(_method))
