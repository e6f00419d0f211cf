"""Goods that other systems than the order's owner were told of, and whether they have gone back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "stock_commitments",
        sa.Column("run", sa.String(40), primary_key=True),
        sa.Column("backend", sa.String(120), primary_key=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("goods", sa.Text, nullable=False),
        sa.Column("record", sa.String(400), nullable=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column[float]("created", sa.Double, nullable=False),
        sa.Column[float]("committed", sa.Double, nullable=True),
        sa.Column[float]("since", sa.Double, nullable=False),
        sa.Column[float]("cancel_asked", sa.Double, nullable=True),
    )
