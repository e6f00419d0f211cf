"""The journal of writes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "writes",
        sa.Column("backend", sa.String(120), primary_key=True),
        sa.Column("operation", sa.String(120), primary_key=True),
        sa.Column("reference", sa.String(40), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("result", sa.LargeBinary, nullable=True),
        sa.Column("holder", sa.String(40), nullable=False),
        sa.Column[float]("leased_until", sa.Double, nullable=False),
        sa.Column[float]("sent", sa.Double, nullable=False),
        sa.Column("looked", sa.Integer, nullable=False),
        sa.Column[float]("due", sa.Double, nullable=False),
    )
    op.create_index("writes_due", "writes", ["state", "due"])
