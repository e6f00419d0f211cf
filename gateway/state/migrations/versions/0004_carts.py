"""Carts: lines, holders, hand-off codes, keys of what was asked; and the keys that people's data is sealed under."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "subject_keys",
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("sealing", sa.String(16), nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column[float]("created", sa.Double, nullable=False),
    )
    op.create_table(
        "carts",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("channel", sa.String(120), nullable=True),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("store", sa.String(120), nullable=True),
        sa.Column("person", sa.String(600), nullable=True),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("checkout", sa.String(40), nullable=True),
        sa.Column("order_reference", sa.String(40), nullable=True),
        sa.Column("merged_into", sa.String(26), nullable=True),
        sa.Column("groups", sa.Text, nullable=False),
        sa.Column("codes", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=True),
        sa.Column[float]("created", sa.Double, nullable=False),
        sa.Column[float]("changed", sa.Double, nullable=False),
    )
    op.create_index("carts_person", "carts", ["person", "changed"])
    op.create_index("carts_changed", "carts", ["changed"])
    op.create_index("carts_subject", "carts", ["subject"])
    op.create_table(
        "cart_lines",
        sa.Column("cart", sa.String(26), sa.ForeignKey("carts.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("sku", sa.String(400), nullable=True),
        sa.Column("native", sa.Text, nullable=True),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("delivery_group", sa.String(26), nullable=True),
        sa.Column("saved", sa.Integer, nullable=False),
        sa.Column("expected", sa.Text, nullable=True),
        sa.Column("sealed", sa.LargeBinary, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column[float]("added", sa.Double, nullable=False),
        sa.Column[float]("changed", sa.Double, nullable=False),
    )
    op.create_table(
        "cart_holders",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("cart", sa.String(26), sa.ForeignKey("carts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("touchpoint", sa.String(12), nullable=False),
        sa.Column("store", sa.String(120), nullable=True),
        sa.Column("giver", sa.String(26), nullable=True),
        sa.Column[float]("since", sa.Double, nullable=False),
        sa.Column[float]("revoked", sa.Double, nullable=True),
    )
    op.create_index("cart_holders_cart", "cart_holders", ["cart"])
    op.create_table(
        "cart_codes",
        sa.Column("scope", sa.String(64), primary_key=True),
        sa.Column("code", sa.String(64), primary_key=True),
        sa.Column("cart", sa.String(26), sa.ForeignKey("carts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("giver", sa.String(26), nullable=True),
        sa.Column("mode", sa.String(5), nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column[float]("expires", sa.Double, nullable=False),
        sa.Column[float]("claimed", sa.Double, nullable=True),
    )
    op.create_index("cart_codes_expires", "cart_codes", ["expires"])
    op.create_index("cart_codes_cart", "cart_codes", ["cart"])
    op.create_table(
        "cart_keys",
        sa.Column("scope", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("cart", sa.String(26), nullable=False),
        sa.Column("result", sa.LargeBinary, nullable=False),
        sa.Column[float]("at", sa.Double, nullable=False),
    )
    op.create_index("cart_keys_at", "cart_keys", ["at"])
