"""Checkout: who is alive, claimed keys."""

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
