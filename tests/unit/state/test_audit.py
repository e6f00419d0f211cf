"""What staff did by hand is added, and never changed."""

from __future__ import annotations

from gateway.state.audit import Audit
from gateway.state.database import Database


async def test_what_was_done_is_told_newest_first(database: Database) -> None:
    audit = Audit(database)
    await audit.write("ada", "reconcile.repair", "hold.orphan:R", "begun", {"pieces": "2"})
    async with database.write() as connection:
        await audit.write_within(connection, "ada", "reconcile.repair", "hold.orphan:R", "done", {})
    done, begun = await audit.list()
    assert (done.by, done.outcome, begun.outcome, begun.facts) == ("ada", "done", "begun", {"pieces": "2"})
    assert await audit.list(1) == [done]


async def test_only_what_came_out_so_is_counted(database: Database) -> None:
    audit = Audit(database)
    for outcome in ("begun", "done", "begun", "refused"):
        await audit.write("ada", "repair", "S", outcome, {})
    assert await audit.count("repair", "S", ("done", "refused")) == 2
    assert await audit.count("repair", "T", ("done", "refused")) == 0


async def test_the_last_word_about_each_subject_counts(database: Database) -> None:
    audit = Audit(database)
    for subject, state in (("S", "1"), ("T", "1"), ("S", "2")):
        await audit.write("ada", "accept", subject, "done", {"state": state})
    await audit.write("ada", "repair", "S", "done", {"state": "3"})
    found = await audit.last("accept", ["S", "T", "U"])
    assert {subject: entry.facts["state"] for subject, entry in found.items()} == {"S": "2", "T": "1"}
