"""Checkout: who is alive, claimed keys, the stock ledger, checkouts and their journal."""

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
    op.create_table(
        "checkouts",
        sa.Column("run", sa.String(40), primary_key=True),
        sa.Column("cart", sa.String(26), nullable=False),
        sa.Column("cart_version", sa.Integer, nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("payment", sa.LargeBinary, nullable=True),
        sa.Column("action", sa.LargeBinary, nullable=True),
        sa.Column("details", sa.LargeBinary, nullable=True),
        sa.Column("continued", sa.Integer, nullable=False),
        sa.Column("language", sa.String(40), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("quoted", sa.String(40), nullable=False),
        sa.Column("total", sa.String(40), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(40), nullable=True),
        sa.Column("detail", sa.String(200), nullable=True),
        sa.Column("order_backend", sa.String(120), nullable=True),
        sa.Column("order_id", sa.String(400), nullable=True),
        sa.Column("order_number", sa.String(120), nullable=True),
        sa.Column("payment_backend", sa.String(120), nullable=True),
        sa.Column("payment_reference", sa.String(26), nullable=False),
        sa.Column("payment_id", sa.String(400), nullable=True),
        sa.Column("payment_state", sa.String(20), nullable=True),
        sa.Column[float]("payment_asked", sa.Double, nullable=True),
        sa.Column[float]("cancel_asked", sa.Double, nullable=True),
        sa.Column[float]("expires", sa.Double, nullable=True),
        sa.Column[float]("created", sa.Double, nullable=False),
        sa.Column[float]("moved", sa.Double, nullable=False),
        sa.Column[float]("ended", sa.Double, nullable=True),
    )
    op.create_index("checkouts_state", "checkouts", ["state", "moved"])
    op.create_index("checkouts_payment", "checkouts", ["payment_backend", "payment_id"])
    op.create_index("checkouts_reference", "checkouts", ["payment_reference"])
    op.create_index("checkouts_cart", "checkouts", ["cart"])
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "checkout_journal",
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column("run", sa.String(40), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("backend", sa.String(120), nullable=True),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column[float]("at", sa.Double, nullable=False),
        sa.UniqueConstraint("run", "step", "outcome", name="checkout_journal_once"),
        sqlite_autoincrement=True,
    )
