"""Changes for other workers, inbox, outbox and its deliveries, tasks, counters."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    floor = op.create_table("gateway_floor", sa.Column("oldest", sa.Integer, primary_key=True, autoincrement=False))
    op.bulk_insert(floor, [{"oldest": 1}])
    op.create_table(
        "changes",
        _serial(),
        sa.Column("xact", sa.BigInteger, nullable=False),
        sa.Column("origin", sa.String(40), nullable=False),
        sa.Column("topic", sa.String(40), nullable=False),
        sa.Column("source", sa.String(120), nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column[float]("told", sa.Double, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("changes_order", "changes", ["xact", "id"])
    op.create_table(
        "inbox",
        _serial(),
        sa.Column("identity", sa.String(64), nullable=False, unique=True),
        sa.Column("backend", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(400), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column[float]("received", sa.Double, nullable=False),
        *_queued(),
        sqlite_autoincrement=True,
    )
    op.create_index("inbox_due", "inbox", ["state", "due"])
    op.create_index("inbox_subject", "inbox", ["subject", "state", "id"])
    op.create_table(
        "outbox",
        _serial(),
        sa.Column("xact", sa.BigInteger, nullable=False),
        sa.Column("event", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(400), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column[float]("written", sa.Double, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_order", "outbox", ["xact", "id"])
    op.create_table(
        "outbox_deliveries",
        _serial(),
        sa.Column("entry", _number(), sa.ForeignKey("outbox.id", ondelete="CASCADE"), nullable=False),
        sa.Column("receiver", sa.String(120), nullable=False),
        sa.Column("subject", sa.String(400), nullable=False),
        *_queued(),
        sa.UniqueConstraint("receiver", "entry", name="outbox_deliveries_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_deliveries_due", "outbox_deliveries", ["receiver", "state", "due"])
    op.create_index("outbox_deliveries_subject", "outbox_deliveries", ["receiver", "subject", "state", "id"])
    op.create_index("outbox_deliveries_entry", "outbox_deliveries", ["entry"])
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(400), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column[float]("opened", sa.Double, nullable=False),
        sa.Column[float]("seen", sa.Double, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column[float]("done", sa.Double, nullable=True),
        sa.Column("done_by", sa.String(200), nullable=True),
        sa.Column("open_as", sa.String(482), nullable=True, unique=True),
    )
    op.create_index("tasks_done", "tasks", ["done"])
    op.create_table(
        "counters",
        sa.Column("space", sa.String(120), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.Column[float]("expires", sa.Double, nullable=False),
    )
    op.create_index("counters_expires", "counters", ["expires"])


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _serial() -> sa.Column[int]:
    return sa.Column("id", _number(), primary_key=True, autoincrement=True)


def _queued() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column[float]("due", sa.Double, nullable=False),
        sa.Column[float]("leased_until", sa.Double, nullable=False),
        sa.Column("reason", sa.String(200), nullable=True),
    )
