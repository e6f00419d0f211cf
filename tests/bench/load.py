"""Closed-loop load over kept-alive connections, and what a process spent meanwhile."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import httptools
from msgspec import Struct

_TICK = os.sysconf("SC_CLK_TCK")


class Sample(Struct, frozen=True):
    """One round: CPU seconds of the server's process per request, and latencies in seconds, sorted."""

    cpu: float
    latencies: tuple[float, ...]

    def percentile(self, part: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(part * len(self.latencies)))]


class _Client(asyncio.Protocol):
    """One connection that asks, waits, and asks again."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._answered: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or ConnectionError("the server closed the connection"))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        body, self._body = b"".join(self._body), []
        status, self._parser = self._parser.get_status_code(), httptools.HttpResponseParser(self)
        assert self._answered is not None
        if status == 200:
            self._answered.set_result(body)
        else:
            self._answered.set_exception(RuntimeError(f"status {status}: {body[:300]!r}"))

    async def ask(self) -> bytes:
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(self._request)
        return await self._answered

    def close(self) -> None:
        self._transport.close()


def request_bytes(url: str, body: bytes) -> bytes:
    parts = urlsplit(url)
    head = (
        f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\ncontent-type: application/json\r\n"
        f"accept: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def ask_once(url: str, body: bytes) -> bytes:
    client = await _connected(url, body)
    try:
        return await client.ask()
    finally:
        client.close()


async def _connected(url: str, body: bytes) -> _Client:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    _, client = await asyncio.get_running_loop().create_connection(
        lambda: _Client(request_bytes(url, body)), host, port
    )
    return client


async def measure(url: str, pid: int, body: bytes, *, connections: int, requests: int) -> Sample:
    """`requests` in all over `connections` at once; the CPU is the server's, user and system, all its threads."""
    clients = [await _connected(url, body) for _ in range(connections)]
    left = requests
    latencies: list[float] = []

    async def loop(client: _Client) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            started = time.perf_counter()
            await client.ask()
            latencies.append(time.perf_counter() - started)

    before = cpu_seconds(pid)
    await asyncio.gather(*(loop(client) for client in clients))
    spent = cpu_seconds(pid) - before
    for client in clients:
        client.close()
    return Sample(spent / len(latencies), tuple(sorted(latencies)))


def cpu_seconds(pid: int) -> float:
    """From the scheduler's own nanosecond accounting of every thread where the kernel has it, else clock ticks."""
    total = 0
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    except (OSError, ValueError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK
    return total / 1e9


def resident_bytes(pid: int) -> int:
    """Memory of the process (PSS where the kernel says it, so that shared pages count once)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
