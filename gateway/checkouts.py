"""`gateway checkouts`: those that are under way, or stuck; and what one of them did, step by step."""

from __future__ import annotations

import msgspec
from sqlalchemy import select

from gateway.checkout.journal import history_of, open_checkouts
from gateway.checkout.tenders import tenders_of
from gateway.state.database import Database
from gateway.state.tables import checkouts

STUCK_SECONDS = 60.0


async def show(url: str, *, stuck: bool, as_json: bool) -> int:
    """Exit code 1 where stuck ones were asked for and there are any."""
    database = await Database.open(url)
    try:
        found = await open_checkouts(database, STUCK_SECONDS if stuck else None)
        async with database.read() as connection:
            tenders = await tenders_of(connection, [row.run for row in found])
    finally:
        await database.close()
    for row in found:
        told = {
            "checkout": row.run,
            "state": row.state,
            "stage": row.stage,
            "seconds": str(round(row.now - row.moved)),
            "order": f"{row.order_backend}:{row.order_id}" if row.order_id else "",
            "payment": " ".join(
                f"{each.backend}:{each.payment_id}" for each in tenders.get(row.run, ()) if each.payment_id
            ),
        }
        if as_json:
            print(msgspec.json.encode(told).decode())
        else:
            rest = "  ".join(f"{name} {value}" for name, value in told.items() if value and name not in ("checkout",))
            print(f"{row.run}  {rest}")
    if not found and not as_json:
        print("none is stuck" if stuck else "none is under way")
    return 1 if stuck and found else 0


async def journal(url: str, run: str, *, as_json: bool) -> int:
    """Exit code 1 where there is no such checkout."""
    database = await Database.open(url)
    try:
        async with database.read() as connection:
            known = (await connection.execute(select(checkouts.c.run).where(checkouts.c.run == run))).first()
        entries = await history_of(database, run)
    finally:
        await database.close()
    if known is None:
        print(f"{run}: no such checkout")
        return 1
    for entry in entries:
        if as_json:
            print(msgspec.json.encode(entry).decode())
            continue
        facts = ", ".join(f"{name} {value}" for name, value in entry.facts.items())
        print(
            f"{entry.at:%Y-%m-%d %H:%M:%S}  {entry.step:10} {entry.outcome:16} {entry.backend or ''}  {facts}".rstrip()
        )
    return 0
