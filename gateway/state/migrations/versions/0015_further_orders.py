"""Orders of one checkout beside its first, one row each. Gateways that know the first alone would leave the others as
they are when a checkout turns back or is compared: they are served no more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "checkout_orders",
        sa.Column("run", sa.String(40), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("backend", sa.String(120), nullable=False),
        sa.Column("place", sa.String(400), nullable=False),
        sa.Column("reference", sa.String(26), nullable=False),
        sa.Column("amount", sa.String(40), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("order_id", sa.String(400), nullable=True),
        sa.Column("order_number", sa.String(120), nullable=True),
    )
    op.create_index("checkout_orders_order", "checkout_orders", ["backend", "order_id"])
    op.execute("UPDATE gateway_floor SET oldest = 15")
