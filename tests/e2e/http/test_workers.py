"""Several workers on one listener: renewed without a lost request, replaced when they die, gone when told so."""

from __future__ import annotations

import asyncio
import os
import signal

import aiohttp
import pytest
from shop_process import shop

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]


async def ask(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.post(f"{url}/graphql", json={"query": "{ slow(seconds: 0.002) }"}) as answer:
            return answer.status == 200 and (await answer.json()) == {"data": {"slow": "done"}}
    except aiohttp.ClientError:
        return False


async def renewed_under_load(least: int, renewals: int) -> list[bool]:
    """The fate of every request, at least so many, while all workers are renewed so many times."""
    async with shop(2) as running, aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=16)) as session:
        fates: list[bool] = []
        over = asyncio.Event()

        async def client() -> None:
            while not over.is_set() or len(fates) < least:
                fates.append(await ask(session, running.url))

        clients = [asyncio.ensure_future(client()) for _ in range(16)]
        for number in range(1, renewals + 1):
            before = running.workers()
            assert len(before) == 2
            await running.until(lambda number=number: len(fates) >= least * number // (renewals + 2))
            running.process.send_signal(signal.SIGHUP)

            def renewed(before: set[int] = before) -> bool:
                return len(running.workers()) == 2 and not running.workers() & before

            await running.until(renewed)
        over.set()
        await asyncio.gather(*clients)
        return fates


async def test_workers_die_are_replaced_and_end_when_told() -> None:
    async with shop(2) as running, aiohttp.ClientSession() as session:
        before = running.workers()
        assert len(before) == 2
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        await running.until(lambda: len(running.workers()) == 2 and victim not in running.workers())
        assert await ask(session, running.url)
        running.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            assert await running.process.wait() == 0
        assert not any(os.path.exists(f"/proc/{worker}") for worker in before)


async def test_ten_thousand_requests_survive_two_rolling_restarts() -> None:
    fates = await renewed_under_load(10_000, 2)
    assert len(fates) >= 10_000
    assert fates.count(False) == 0
