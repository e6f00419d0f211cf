from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import force_setattr

from gateway.errors import DeadlineExceeded
from gateway.model.context import CallContext
from gateway.runtime.deadline import Deadline


async def test_what_takes_too_long_is_stopped() -> None:
    with pytest.raises(DeadlineExceeded), Deadline(CallContext.within(0.02)):
        await asyncio.sleep(10)


async def test_the_earlier_end_counts() -> None:
    with pytest.raises(DeadlineExceeded), Deadline(CallContext.within(60), 0.02):
        await asyncio.sleep(10)
    with pytest.raises(DeadlineExceeded), Deadline(CallContext.within(0.02), 60):
        await asyncio.sleep(10)


async def test_nothing_is_begun_without_time() -> None:
    with pytest.raises(DeadlineExceeded), Deadline(CallContext.within(-1)):
        pytest.fail("it was begun")


async def test_a_deadline_that_moves_later_holds_nobody_to_the_old_one() -> None:
    call = CallContext.within(0.03)
    with Deadline(call):
        force_setattr(call, "deadline", call.deadline + 60)
        await asyncio.sleep(0.08)


async def test_somebody_elses_cancellation_stays_one() -> None:
    async def work() -> None:
        with Deadline(CallContext.within(60)):
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_inside_is_that_error() -> None:
    with pytest.raises(KeyError), Deadline(CallContext.within(60)):
        raise KeyError
