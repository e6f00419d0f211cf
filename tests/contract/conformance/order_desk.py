"""A vendor that takes orders over a real socket, and an adapter for it: what writes are held to besides the reference
adapter. It can know idempotency keys or not, and its look-up can lag.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from aiohttp import web

from gateway.errors import InvalidAnswer, RequestRefused, Unavailable
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.orders import OrderStatus, PlacedOrder, PlaceOrder
from gateway.ports.backend import Probe
from gateway.ports.order import PLACE_ORDER
from gateway.ports.transport import Request, Transport


class DeskServer:
    """`made` is its effect log. `knows_keys`: the same `Idempotency-Key` gives the first answer again. `lag` seconds
    until a record is found; None: never. `blind`: looking up answers 503."""

    def __init__(self, *, knows_keys: bool) -> None:
        self.knows_keys = knows_keys
        self.made: list[tuple[str, str, float]] = []
        self.lag: float | None = 0.0
        self.blind = False
        self._keys: dict[str, str] = {}
        self._runner: web.AppRunner | None = None

    def effects(self, reference: str) -> int:
        return sum(1 for known, _, _ in self.made if known == reference)

    async def start(self) -> str:
        app = web.Application()
        app.router.add_post("/orders", self._place)
        app.router.add_get("/found", self._find)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        server: Any = site._server  # pyright: ignore[reportPrivateUsage] # aiohttp does not tell the port otherwise
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _place(self, request: web.Request) -> web.Response:
        sent = await request.json()
        key = request.headers.get("idempotency-key", "")
        if self.knows_keys and key in self._keys:
            return web.json_response({"number": self._keys[key]})
        if not sent["lines"]:
            return web.json_response({"error": "no lines"}, status=422)
        number = str(1000 + len(self.made))
        self._keys[key] = number
        self.made.append((sent["reference"], number, asyncio.get_running_loop().time()))
        return web.json_response({"number": number})

    async def _find(self, request: web.Request) -> web.Response:
        if self.blind:
            return web.json_response({}, status=503)
        now = asyncio.get_running_loop().time()
        for known, number, at in self.made:
            if known == request.query["reference"] and self.lag is not None and now - at >= self.lag:
                return web.json_response({"number": number})
        return web.json_response({}, status=404)


class _Answer(msgspec.Struct):
    number: str


class DeskAdapter:
    name = "desk"

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def probe(self, call: CallContext) -> Probe:
        return Probe("1")

    async def close(self) -> None:
        return None

    async def place_order(self, command: PlaceOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        lines = [{"sku": line.sku, "quantity": str(line.quantity)} for line in command.lines]
        body = msgspec.json.encode({"reference": command.reference, "lines": lines})
        headers = {"content-type": "application/json", "idempotency-key": command.reference}
        request = Request(method="POST", path="/orders", operation=PLACE_ORDER.name, body=body, headers=headers)
        response = await self._transport.send(request, call)
        if response.status >= 500:
            raise Unavailable(detail=f"status {response.status}")
        if response.status >= 400:
            raise RequestRefused(detail=f"status {response.status}")
        return self._placed(response.body)

    async def find_order(self, reference: str, context: ContextView, call: CallContext) -> PlacedOrder | None:
        request = Request(method="GET", path="/found", query={"reference": reference})
        response = await self._transport.send(request, call)
        if response.status == 404:
            return None
        if response.status >= 400:
            raise Unavailable(detail=f"status {response.status}")
        return self._placed(response.body)

    def _placed(self, body: bytes) -> PlacedOrder:
        try:
            answer = msgspec.json.decode(body, type=_Answer)
        except msgspec.MsgspecError as error:
            raise InvalidAnswer from error
        return PlacedOrder(NativeRef(self.name, answer.number), answer.number, OrderStatus.OPEN)
