"""Whatever arrives is answered with a status, and never with one that says we are broken."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from urllib.parse import urlsplit

import pytest
from malformed import http, requests


async def status_of(host: str, port: int, request: bytes) -> int:
    """The status of the first answer; 0 for a connection that ended without one."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(request)
        with contextlib.suppress(ConnectionError):  # answered and closed before everything was sent
            await writer.drain()
        async with asyncio.timeout(20):
            line = await reader.readline()
            while line.startswith(b"HTTP/1.1 1"):  # "100 Continue" is no answer yet
                await reader.readuntil(b"\r\n")
                line = await reader.readline()
        return int(line.split()[1]) if line.startswith(b"HTTP/1.") else 0
    except ConnectionError:
        return 0
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def test_there_are_enough_of_them() -> None:
    names = [name for name, _ in requests()]
    assert len(set(names)) == len(names)
    assert len(names) >= 200


async def test_none_is_answered_with_a_server_error_or_not_at_all(
    served: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    address = urlsplit(str(served.url))
    wrong: dict[str, int] = {}
    for name, request in requests():
        status = await status_of(address.hostname or "", address.port or 0, request)
        if not 200 <= status < 500:
            wrong[name] = status
    assert wrong == {}
    assert served.opener.price == 1999
    assert "unexpected failure" not in capsys.readouterr().out


async def test_the_gateway_still_answers_afterwards(served: Any) -> None:
    address = urlsplit(str(served.url))
    flood = [status_of(address.hostname or "", address.port or 0, request) for _, request in requests()[::5]]
    await asyncio.gather(*flood)
    assert await status_of(address.hostname or "", address.port or 0, http()) == 200
