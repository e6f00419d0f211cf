"""The gateway's own database for checkouts: SQLite always; PostgreSQL, where it is installed, in the long run, and in
what says `both_stores`: what differs by the store itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.state.database import Database
from tests.unit.state.servers import PostgresServer

from .retail import Retail

Opened = Callable[..., Awaitable[Retail]]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    server.start()
    yield server
    server.kill()


def pytest_itemcollected(item: pytest.Item) -> None:
    """A module that says `ON_POSTGRES = "soak"` tests what another one has shown both stores to do alike."""
    module, asked = getattr(item, "module", None), getattr(item, "callspec", None)
    on_postgres = asked is not None and asked.params.get("url") == "postgres"
    if on_postgres and getattr(module, "ON_POSTGRES", "") == "soak" and item.get_closest_marker("full") is not None:
        item.add_marker(pytest.mark.soak)


both_stores = pytest.mark.parametrize(
    "url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


sqlite_alone = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.full])])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/state.sqlite"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield server.url
    engine = create_async_engine(server.url)
    async with engine.begin() as connection:
        for statement in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", "DROP SCHEMA IF EXISTS dbos CASCADE"):
            await connection.execute(text(statement))
    await engine.dispose()


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = await Database.open(url)
    yield opened
    await opened.close()


@pytest.fixture
async def opened(url: str) -> AsyncIterator[Opened]:
    made: list[Retail] = []

    async def make(**knobs: object) -> Retail:
        made.append(await Retail.open(url, **knobs))  # type: ignore[arg-type]
        return made[0]

    yield make
    for retail in made:
        await retail.close()
