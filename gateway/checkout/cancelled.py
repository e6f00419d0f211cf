"""An order that is none any more, seen by a round or by whoever was about to go on with it: it is cancelled wherever we
wrote it, and goods of other systems go back to them. Noted once; what follows are runs of their own.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.checkout.claims import begin
from gateway.state.commitments import StoredCommitments
from gateway.state.database import Database
from gateway.state.mirrors import StoredMirrors

UNMIRROR, UNCOMMIT = "unmirror", "uncommit"


async def order_cancelled(database: Database, run: str) -> int:
    """Of a checkout that was bought. How many systems have to hear of it. Raises StateUnavailable."""
    async with database.write() as connection:
        return await cancel_elsewhere(database, connection, run)


async def cancel_elsewhere(database: Database, connection: AsyncConnection, run: str) -> int:
    """Within the transaction that notes it."""
    mirrors = await StoredMirrors(database).cancel_asked(connection, run)
    for row in mirrors:
        await begin(database, connection, UNMIRROR, run, row.backend, 0)
    goods = await StoredCommitments(database).cancel_asked(connection, run)
    for row in goods:
        await begin(database, connection, UNCOMMIT, run, row.backend, row.attempt)
    return len(mirrors) + len(goods)


async def give_back_again(database: Database, connection: AsyncConnection, run: str, backend: str) -> bool:
    """Within a transaction: goods that stand for an order that is none any more are given back by one more run. False:
    nothing of them does."""
    number = await StoredCommitments(database).again(connection, run, backend)
    if number is None:
        return False
    await begin(database, connection, UNCOMMIT, run, backend, number)
    return True
