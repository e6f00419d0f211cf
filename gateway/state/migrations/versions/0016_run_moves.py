"""Runs that are being moved to a newer shape of the saga."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "run_moves",
        sa.Column("run", sa.String(40), primary_key=True),
        sa.Column("shape", sa.String(40), nullable=False),
        sa.Column("target", sa.String(40), nullable=False),
        sa.Column("holder", sa.String(120), nullable=False),
        sa.Column("start", sa.Integer, nullable=True),
        sa.Column("back", sa.Boolean, nullable=True),
        sa.Column("answers", sa.Text, nullable=True),
        sa.Column[float]("marked", sa.Double, nullable=False),
        sa.Column[float]("woken", sa.Double, nullable=True),
    )
    op.create_index("run_moves_marked", "run_moves", ["marked"])
