"""The cache that several gateways share, over Redis: what one learnt the others need not ask, and what one is told has
changed the others forget too. Implements `gateway.calls.operation.shared.SharedAnswers`; no personal answer ever comes
here.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any

import msgspec
import structlog
from msgspec import Struct
from redis.exceptions import RedisError

from gateway.calls.operation.cache import AnswerCache
from gateway.state.redis_link import RedisLink

_CHANNEL = b"gateway:changed"
_AGAIN = 1.0
"""Seconds after which an invalidation is repeated: what was on its way elsewhere may have been stored since."""
_log = structlog.get_logger("gateway.redis")


class _Changed(Struct, frozen=True, array_like=True):
    origin: str
    backend: str
    tags: tuple[str, ...]


class RedisAnswers:
    """`start` listens to the other gateways; `local` is the cache of this process that their news concern. Others who
    keep what was made of answers hear it through `on_changed(backend, tags)`; no backend: everything may have."""

    def __init__(self, link: RedisLink, local: AnswerCache) -> None:
        self._link = link
        self._local = local
        self.on_changed: Callable[[str | None, Sequence[str]], None] | None = None
        self._origin = secrets.token_hex(8)
        self._listener: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(_Changed).decode

    async def start(self) -> None:
        self._listener = asyncio.get_running_loop().create_task(self._listen_for_ever())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._listening.wait()

    async def close(self) -> None:
        tasks = [*self._tasks, *([self._listener] if self._listener is not None else [])]
        self._listener = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def get(self, places: Sequence[bytes]) -> Sequence[bytes | None]:
        try:
            found: Any = await self._link.ask(self._link.client.mget([_address(place) for place in places]))
        except ConnectionError:
            return [None] * len(places)
        return found

    async def put(self, backend: str, entries: Sequence[tuple[bytes, bytes, float, tuple[str, ...]]]) -> None:
        with contextlib.suppress(ConnectionError):
            await self._link.ask(self._put(backend, entries))

    async def _put(self, backend: str, entries: Sequence[tuple[bytes, bytes, float, tuple[str, ...]]]) -> None:
        async with self._link.client.pipeline(transaction=False) as pipe:
            for place, entry, seconds, tags in entries:
                if seconds <= 0:
                    continue
                address, milliseconds = _address(place), int(seconds * 1000) + 1
                pipe.set(address, entry, px=milliseconds)
                for tag in tags:
                    index = _index(backend, tag)
                    pipe.sadd(index, address)
                    pipe.pexpire(index, milliseconds, nx=True)
                    pipe.pexpire(index, milliseconds, gt=True)
            await pipe.execute()

    async def invalidate(self, backend: str, tags: Sequence[str]) -> None:
        try:
            await self._link.ask(self._forget(backend, tags))
        except ConnectionError:
            return
        task = asyncio.get_running_loop().create_task(self._forget_again(backend, tags))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forget(self, backend: str, tags: Sequence[str]) -> None:
        client: Any = self._link.client
        addresses: set[bytes] = set()
        for tag in tags:
            addresses.update(await client.smembers(_index(backend, tag)))
        gone = [*addresses, *(_index(backend, tag) for tag in tags)]
        for start in range(0, len(gone), 1000):
            await client.unlink(*gone[start : start + 1000])
        await client.publish(_CHANNEL, self._encode(_Changed(self._origin, backend, tuple(tags))))

    async def _forget_again(self, backend: str, tags: Sequence[str]) -> None:
        await asyncio.sleep(_AGAIN)
        with contextlib.suppress(ConnectionError):
            await self._link.ask(self._forget(backend, tags))

    async def _listen_for_ever(self) -> None:
        missed = False
        while True:
            try:
                async with self._link.client.pubsub() as channel:  # type: ignore[no-untyped-call]
                    await channel.subscribe(_CHANNEL)
                    if missed:
                        missed = False  # what was said meanwhile was not heard
                        self._local.clear()
                        self._announce(None, ())
                    self._listening.set()
                    await self._listen(channel)
            except (RedisError, OSError, TimeoutError):
                missed = True
                await asyncio.sleep(0.2)

    async def _listen(self, channel: Any) -> None:
        while True:
            message = await channel.get_message(ignore_subscribe_messages=True, timeout=5.0)
            if message is None:
                continue
            try:
                changed = self._decode(message["data"])
            except msgspec.MsgspecError:
                _log.warning("redis_unreadable_message")
                continue
            if changed.origin != self._origin:
                self._local.invalidate(changed.backend, changed.tags)
                self._announce(changed.backend, changed.tags)

    def _announce(self, backend: str | None, tags: Sequence[str]) -> None:
        if self.on_changed is not None:
            self.on_changed(backend, tags)


def _address(place: bytes) -> bytes:
    return b"gateway:answer:" + blake2b(place, digest_size=20).digest()


def _index(backend: str, tag: str) -> bytes:
    return f"gateway:tag:{backend}:{tag}".encode()
