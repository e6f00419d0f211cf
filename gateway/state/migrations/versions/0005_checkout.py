"""Checkout: who is alive, claimed keys, the stock ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "processes",
        sa.Column("id", sa.String(120), primary_key=True),
        sa.Column("shape", sa.String(40), nullable=False),
        sa.Column[float]("beat", sa.Double, nullable=False),
    )
    op.create_table(
        "claims",
        sa.Column("run", sa.String(40), primary_key=True),
        sa.Column("workflow", sa.String(40), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("ids", sa.Text, nullable=False),
        sa.Column[float]("claimed", sa.Double, nullable=False),
        sa.Column[float]("ended", sa.Double, nullable=True),
    )
    op.create_index("claims_ended", "claims", ["ended", "claimed"])
    op.create_table(
        "stock_ledger",
        sa.Column("backend", sa.String(120), primary_key=True),
        sa.Column("item", sa.String(400), primary_key=True),
        sa.Column("place", sa.String(400), primary_key=True),
        sa.Column("reading", sa.BigInteger, nullable=False),
        sa.Column[float]("asked", sa.Double, nullable=False),
        sa.Column("held", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "holds",
        sa.Column("run", sa.String(40), primary_key=True),
        sa.Column("backend", sa.String(120), primary_key=True),
        sa.Column("item", sa.String(400), primary_key=True),
        sa.Column("place", sa.String(400), primary_key=True),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column[float]("since", sa.Double, nullable=False),
        sa.Column[float]("handed_over", sa.Double, nullable=True),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.Column("reference", sa.String(200), nullable=True),
    )
    op.create_index("holds_spot", "holds", ["backend", "item", "place", "state"])
    op.create_index("holds_state", "holds", ["state", "since"])
