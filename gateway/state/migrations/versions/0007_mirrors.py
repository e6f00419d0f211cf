"""Where else orders are to be known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("checkouts", sa.Column("email_proven", sa.Boolean, nullable=True))
    op.create_index("checkouts_order", "checkouts", ["order_backend", "order_id"])
    op.create_table(
        "order_mirrors",
        sa.Column("run", sa.String(40), primary_key=True),
        sa.Column("backend", sa.String(120), primary_key=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("ordered", sa.Text, nullable=False),
        sa.Column("order_id", sa.String(400), nullable=True),
        sa.Column("order_number", sa.String(120), nullable=True),
        sa.Column("total", sa.String(40), nullable=True),
        sa.Column("reason", sa.String(200), nullable=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column[float]("created", sa.Double, nullable=False),
        sa.Column[float]("since", sa.Double, nullable=False),
        sa.Column[float]("due", sa.Double, nullable=False),
        sa.Column[float]("look_at", sa.Double, nullable=True),
        sa.Column[float]("cancel_asked", sa.Double, nullable=True),
    )
    op.create_index("order_mirrors_state", "order_mirrors", ["state", "due"])
    op.create_index("order_mirrors_look_at", "order_mirrors", ["look_at"])
    op.create_index("order_mirrors_order", "order_mirrors", ["backend", "order_id"])
