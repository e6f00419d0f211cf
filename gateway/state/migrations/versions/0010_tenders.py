"""What a checkout is paid with, one row each, in place of one payment in its own row. Gateways that know the one
payment alone would give nothing else back: they are served no more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "checkout_tenders",
        sa.Column("run", sa.String(40), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("processor", sa.String(8), nullable=False),
        sa.Column("backend", sa.String(120), nullable=False),
        sa.Column("gift_card", sa.String(26), nullable=True),
        sa.Column("label", sa.String(40), nullable=True),
        sa.Column("reference", sa.String(26), nullable=False),
        sa.Column("amount", sa.String(40), nullable=False),
        sa.Column("authorised", sa.String(40), nullable=True),
        sa.Column("captured", sa.String(40), nullable=True),
        sa.Column("payment_id", sa.String(400), nullable=True),
        sa.Column("payment_state", sa.String(20), nullable=True),
        sa.Column("together", sa.Text, nullable=True),
    )
    op.create_index("checkout_tenders_payment", "checkout_tenders", ["backend", "payment_id"])
    op.create_index("checkout_tenders_reference", "checkout_tenders", ["reference"])
    op.execute(
        "INSERT INTO checkout_tenders (run, position, kind, processor, backend, reference, amount, payment_id, "
        "payment_state) SELECT run, 0, 'PAYMENT', 'GATEWAY', payment_backend, payment_reference, "
        "COALESCE(total, quoted), payment_id, payment_state FROM checkouts "
        "WHERE payment_backend IS NOT NULL AND payment_asked IS NOT NULL"
    )
    op.drop_index("checkouts_payment", "checkouts")
    op.drop_index("checkouts_reference", "checkouts")
    for column in ("payment_reference", "payment_id", "payment_state"):
        op.drop_column("checkouts", column)
    op.execute("UPDATE gateway_floor SET oldest = 10")
