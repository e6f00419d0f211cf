"""The schema of the gateway's own database, by Alembic: frozen steps under `versions/`, applied when a gateway starts.
An empty database gets today's tables at once, without them: a test holds both ways equal, from every earlier revision.
Source: Alembic cookbook, "Building an Up to Date Database from Scratch".

Expand first, contract a release later. A database names the oldest revision whose gateways it still serves
(`gateway_floor`), so that old and new run side by side during a roll-out: an older gateway leaves a newer schema as it
is and goes on, until a contraction has raised the floor above it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, Index, MetaData, String, Table, inspect, text
from sqlalchemy.dialects import registry
from sqlalchemy.schema import CreateIndex, CreateTable

from gateway.errors import ConfigurationError
from gateway.state.tables import gateway_floor, gateway_schema, metadata

if TYPE_CHECKING:
    from alembic.config import Config

FIRST = "0001"
HEAD = "0016"
"""The newest revision this gateway knows. Revisions are numbers, so that an older gateway can tell how old it is."""

OLDEST = 15
"""The oldest revision whose gateways today's schema serves: raised by a migration that contracts."""

FOREIGN_TABLES = frozenset({"datasource_outputs", "dbos_datasource_migrations", "alembic_version"})
"""Tables in the same database that are not ours to compare: the migrations' own, and the durable engine's."""


_alembic = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def revision_of(connection: Connection) -> str | None:
    """The revision a database is at; None for an empty one. Databases from before Alembic are at `FIRST`. Raises
    ConfigurationError for one that no gateway like this ever wrote."""
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if "gateway_schema" not in tables:
        return None
    applied = connection.execute(text("SELECT max(version) FROM gateway_schema")).scalar()
    if applied is None:  # a start that was cut short before it had made anything
        return None
    if applied != 1:
        raise _newer()
    return FIRST


def upgrade(connection: Connection, *, to: str = HEAD) -> None:
    """Bring the schema to `to`, within the transaction `connection` is in: half of it is never seen. A database that
    is newer and still serves this gateway is left as it is. Raises ConfigurationError for one that no longer does."""
    present = revision_of(connection)
    if present == to:
        return
    if present is not None and int(present) > int(to):
        if (oldest := _floor(connection)) > int(to):
            raise ConfigurationError(
                f"this database was written by a newer gateway and serves none from before revision {oldest:04}",
                place="gateway.state",
            )
        return
    if present is None and to == HEAD:
        _create(connection)
        return
    from alembic import command  # 11 MB that only a start with something to change pays for

    config = alembic_config(connection=connection)
    adopted = present is not None and not inspect(connection).has_table("alembic_version")
    if adopted:
        command.stamp(config, FIRST)
    command.upgrade(config, to)


def alembic_config(*, connection: Connection | None = None) -> Config:
    """What Alembic's own commands take; also for its command line, see `README.md`."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    attributes: dict[Any, Any] = config.attributes
    attributes["connection"] = connection
    return config


def _create(connection: Connection) -> None:
    present = set(inspect(connection).get_table_names())  # asked once, not for each table
    for table, statements in _written(connection.dialect.name):
        for statement in statements if table not in present else ():
            connection.exec_driver_sql(statement)
    connection.execute(_alembic.insert().values(version_num=HEAD))
    connection.execute(gateway_schema.insert().values(version=1))
    connection.execute(gateway_floor.insert().values(oldest=OLDEST))


@lru_cache
def _written(dialect: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What makes each table with its indexes, in the order in which they refer to each other: written once a process,
    which takes longer than all of it takes a database."""
    made = registry.load(dialect)()
    return tuple(
        (
            table.name,
            tuple(
                str(one.compile(dialect=made))
                for one in (CreateTable(table), *(CreateIndex(index) for index in sorted(table.indexes, key=_named)))
            ),
        )
        for table in (*metadata.sorted_tables, _alembic)
    )


def _named(index: Index) -> str:
    return index.name or ""


def _floor(connection: Connection) -> int:
    """The oldest revision whose gateways this database serves."""
    return connection.execute(text("SELECT max(oldest) FROM gateway_floor")).scalar() or 0


def _newer() -> ConfigurationError:
    return ConfigurationError("this database was written by a newer gateway", place="gateway.state")
