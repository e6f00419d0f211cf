"""A bell between the processes of one machine that share one database: whoever has told something rings, the others
look at once and say that they have. It carries no news, only the wish to be looked at: a bell that is not heard costs
the tenth of a second until the next look, a false one costs a look.

Datagrams between Unix sockets in a folder that is this user's alone, named after the database: no port to configure or
to take, nobody else's process can ring, and commands started by hand (`gateway revoke`) are heard too. A supervisor's
loopback port would give none of the three.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import socket
import stat
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

PATIENCE = 0.25
"""Seconds that a ring waits for the others."""
_log = structlog.get_logger("gateway.state")

_LOOK, _LOOKED = b"look", b"done"
_TOKEN_BYTES = 6
_HEAD = 4 + 2 * _TOKEN_BYTES
_MOST_BYTES = 256


class Bell:
    """`hang` it once the loop runs, then `ring`. Two bells of one `name` hear each other."""

    def __init__(self, name: str) -> None:
        digest = hashlib.sha256(name.encode()).hexdigest()[:20]
        self._folder = Path(tempfile.gettempdir()) / f"gateway-{os.getuid()}-{digest}"
        self._address = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._socket: socket.socket | None = None
        self._look: Callable[[str], Awaitable[None]] | None = None
        self._waiting: dict[bytes, tuple[set[str], asyncio.Event]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def hang(self, look: Callable[[str], Awaitable[None]]) -> None:
        """`look(word)` is awaited for each ring of another. A folder that cannot be used leaves the bell silent, and
        says so once: everything goes on by looking every so often."""
        try:
            await asyncio.to_thread(self._open)
        except OSError as error:
            _log.warning("bell_silent", reason=type(error).__name__)
            return
        self._look = look
        asyncio.get_running_loop().add_reader(_of(self._socket), self._heard)

    async def ring(self, word: str) -> None:
        """Returns when the others have looked, or after `PATIENCE`. `word`, short, says how far they have to look."""
        if self._socket is None:
            return
        token = secrets.token_hex(_TOKEN_BYTES).encode()
        others = {
            name for name in await asyncio.to_thread(self._others) if self._send(name, _LOOK + token + word.encode())
        }
        if not others:
            return
        everyone = asyncio.Event()
        self._waiting[token] = (others, everyone)
        try:
            async with asyncio.timeout(PATIENCE):
                await everyone.wait()
        except TimeoutError:
            _log.info("bell_unheard", processes=len(others))
        finally:
            del self._waiting[token]

    def close(self) -> None:
        hung, self._socket = self._socket, None
        if hung is None:
            return
        asyncio.get_running_loop().remove_reader(hung)
        hung.close()
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(OSError):
            self._address.unlink()

    def _open(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        found = self._folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise PermissionError(self._folder)
        hung = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        hung.setblocking(False)
        try:
            hung.bind(str(self._address))
        except OSError:
            hung.close()
            raise
        self._socket = hung

    def _others(self) -> list[str]:
        return [name for name in os.listdir(self._folder) if name != self._address.name]

    def _send(self, name: str, message: bytes) -> bool:
        """Whether somebody is there. The address of a process that was killed is cleared away."""
        place = self._folder / name
        try:
            _of(self._socket).sendto(message, str(place))
        except ConnectionRefusedError:
            with contextlib.suppress(OSError):
                place.unlink()
            return False
        except OSError:  # its queue is full, or it has just left: it looks by itself soon
            return False
        return True

    def _heard(self) -> None:
        while self._socket is not None:
            try:
                message, sender = self._socket.recvfrom(_MOST_BYTES)
            except OSError:
                return
            name = Path(str(sender)).name if sender else ""
            kind, token, word = message[:4], message[4:_HEAD], message[_HEAD:]
            if kind == _LOOK and name:
                task = asyncio.get_running_loop().create_task(self._answer(name, token, word.decode(errors="replace")))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            elif kind == _LOOKED and (waiting := self._waiting.get(token)) is not None:
                waiting[0].discard(name)
                if not waiting[0]:
                    waiting[1].set()

    async def _answer(self, name: str, token: bytes, word: str) -> None:
        if self._look is None:
            return
        try:
            await self._look(word)
        except Exception as error:  # it is tried again within a tenth of a second, and told then
            _log.debug("bell_look_failed", reason=type(error).__name__)
            return
        if self._socket is not None:
            self._send(name, _LOOKED + token)


def _of(hung: socket.socket | None) -> socket.socket:
    if hung is None:
        raise RuntimeError("the bell is not hung")
    return hung
