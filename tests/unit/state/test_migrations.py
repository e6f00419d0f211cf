"""The gateway's own schema: made anew, adopted, brought up to date, and shared by releases during a roll-out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gateway.errors import ConfigurationError
from gateway.state import migrations
from gateway.state.database import Database
from gateway.state.migrations import FIRST, FOREIGN_TABLES, HEAD, alembic_config, upgrade
from gateway.state.tables import metadata

from .servers import PostgresServer

FILLED = {"alembic_version", "gateway_floor", "gateway_schema"}
"""Tables that a database has rows in from the beginning."""
SCHEMA_1 = Path(__file__).parent / "schema_1"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/state.sqlite"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield server.url
    await run(server.url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")


async def run(url: str, *statements: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


async def before_alembic(url: str) -> None:
    """As the gateway left it that had no Alembic yet."""
    script = (SCHEMA_1 / ("sqlite.sql" if "sqlite" in url else "postgresql.sql")).read_text("utf-8")
    lines = [line for line in script.splitlines() if not line.startswith("--")]
    await run(url, *(statement for statement in "\n".join(lines).split(";") if statement.strip()))


async def at(url: str, revision: str) -> None:
    """A database as a gateway of `revision` left it."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(lambda it: upgrade(it, to=revision))
    await engine.dispose()


async def reflected(url: str) -> dict[str, Any]:
    """Everything the database says of its tables."""
    engine: AsyncEngine = create_async_engine(url)

    def look(connection: Connection) -> dict[str, Any]:
        found = inspect(connection)
        return {
            table: {
                "columns": [{**column, "type": str(column["type"])} for column in found.get_columns(table)],
                "key": found.get_pk_constraint(table)["constrained_columns"],
                "references": [
                    (key["constrained_columns"], key["referred_table"], key["referred_columns"], key.get("options"))
                    for key in found.get_foreign_keys(table)
                ],
                "indexes": sorted(
                    (str(index["name"]), index["column_names"], index["unique"]) for index in found.get_indexes(table)
                ),
                "unique": sorted(tuple(unique["column_names"]) for unique in found.get_unique_constraints(table)),
                "rows": connection.execute(text(f"SELECT * FROM {table}")).all() if table in FILLED else None,
            }
            for table in sorted(found.get_table_names())
        }

    async with engine.connect() as connection:
        answer = await connection.run_sync(look)
    await engine.dispose()
    return answer


async def opened(url: str) -> None:
    await (await Database.open(url)).close()


async def test_a_fresh_database_equals_one_upgraded_from_each_earlier_release(url: str) -> None:
    await opened(url)
    fresh = await reflected(url)
    earlier = [step.revision for step in ScriptDirectory.from_config(alembic_config()).walk_revisions()][1:]
    assert earlier
    for revision in earlier:
        await wipe(url)
        await at(url, revision)
        await opened(url)
        assert await reflected(url) == fresh


async def test_a_database_from_before_alembic_is_adopted_with_what_it_holds(url: str) -> None:
    await opened(url)
    fresh = await reflected(url)
    await wipe(url)
    await before_alembic(url)
    database = await Database.open(url)
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT customer FROM persons"))).scalar() == "c1"
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar() == HEAD
        assert (await connection.execute(text("SELECT version FROM gateway_schema"))).scalars().all() == [1]
    await database.close()
    assert await reflected(url) == fresh


async def test_the_migrations_make_what_the_tables_say(url: str) -> None:
    await opened(url)
    engine = create_async_engine(url)

    def differences(connection: Connection) -> list[Any]:
        def ours(name: str | None, kind: str, _: object) -> bool:
            return kind != "table" or name not in FOREIGN_TABLES

        context = MigrationContext.configure(connection, opts={"include_name": ours, "compare_type": True})
        return compare_metadata(context, metadata)

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_gateways_that_start_together_migrate_once(url: str) -> None:
    databases = await asyncio.gather(*(Database.open(url) for _ in range(5)))
    async with databases[0].read() as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars().all() == [HEAD]
    for database in databases:
        await database.close()


async def test_a_migration_that_fails_half_way_leaves_the_old_version_usable(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await before_alembic(url)
    before = await reflected(url)
    from alembic import op

    create, made = op.create_table, 0

    def fails_late(*arguments: Any, **options: Any) -> Any:
        nonlocal made
        made += 1
        if made == 4:
            raise OSError("the disk is full")
        return create(*arguments, **options)

    monkeypatch.setattr(op, "create_table", fails_late)
    with pytest.raises(ConfigurationError, match="the disk is full"):
        await Database.open(url)
    assert made == 4
    assert await reflected(url) == before
    monkeypatch.undo()
    database = await Database.open(url)
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT customer FROM persons"))).scalar() == "c1"
    await database.close()


async def test_an_older_gateway_goes_on_beside_a_newer_one_that_still_serves_it(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened(url)
    newer = f"{int(HEAD) + 1:04}"
    await run(url, f"UPDATE alembic_version SET version_num = '{newer}'")
    before = await reflected(url)
    await opened(url)
    assert await reflected(url) == before
    await run(url, f"UPDATE gateway_floor SET oldest = {int(newer)}")
    with pytest.raises(ConfigurationError, match=f"serves none from before revision {newer}"):
        await Database.open(url)


async def test_a_gateway_from_before_alembic_still_finds_its_version(url: str) -> None:
    await opened(url)
    database = await Database.open(url)
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT max(version) FROM gateway_schema"))).scalar() == 1
    await database.close()


def test_the_newest_revision_is_the_one_that_is_named() -> None:

    script = ScriptDirectory.from_config(alembic_config())
    assert script.get_current_head() == HEAD
    assert [revision.revision for revision in script.walk_revisions()][-1] == FIRST
    assert migrations.__file__


async def wipe(url: str) -> None:
    if "sqlite" in url:
        path = Path(url.removeprefix("sqlite+aiosqlite:///"))
        for file in path.parent.glob("state.sqlite*"):
            file.unlink()
    else:
        await run(url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
