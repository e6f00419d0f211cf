"""Who buys, sealed; whose turn it is to ensure a customer at an owner of orders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("checkouts", sa.Column("buyer", sa.LargeBinary, nullable=True))
    op.create_table(
        "customer_turns",
        sa.Column("backend", sa.String(120), primary_key=True),
        sa.Column("email", sa.String(64), primary_key=True),
        sa.Column("run", sa.String(40), nullable=False),
        sa.Column("record", sa.String(400), nullable=True),
        sa.Column[float]("until", sa.Double, nullable=False),
    )
    op.create_index("customer_turns_until", "customer_turns", ["until"])
