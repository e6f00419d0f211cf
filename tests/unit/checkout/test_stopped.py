"""A process that is stopped, not killed: another goes on with its runs, and when it wakes it does nothing more."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.checkout.claims import run_of
from gateway.state.database import Database

from .fleet import Worker
from .test_takeover import ended, outcomes
from .toy import Told, Vendors


@pytest.mark.parametrize("kind", ["paid", pytest.param("action", marks=pytest.mark.full)])
async def test_a_stopped_process_that_wakes_does_nothing_twice(
    kind: str, url: str, tmp_path: Path, database: Database
) -> None:
    """In the middle of an order, and while it waits for a signal."""
    log = str(tmp_path / "effects")
    run = run_of("toy", "checkout", "key")
    async with (
        Worker(Told(url, log)) as other,
        Worker(Told(url, log, slow=1.0 if kind == "paid" else 0.0)) as stopped,
    ):
        await stopped.ask("submit", "key", kind)
        await asyncio.sleep(0.5)
        stopped.hold(still=True)
        if kind == "action":
            await other.ask("signal", "key")
        found = await ended(database, run, 10.0)
        stopped.hold(still=False)
        await asyncio.sleep(2.5)
        assert (
            found
            == await outcomes(database, run)
            == {"toy_holds": [run], "toy_released": [], "toy_done": ["completed"]}
        )
    vendors = Vendors(Path(log))
    assert vendors.effects("payment", run) == 1
    # Between looking and sending nothing but a key, or a time after which nothing is sent, keeps a second order away.
    assert vendors.effects("order", run) == 1
