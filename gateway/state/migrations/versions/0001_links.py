"""Identity links, aliases, revocations, identifiers, small values: what a gateway of `gateway_schema` 1 kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    version = op.create_table("gateway_schema", sa.Column("version", sa.Integer, primary_key=True))
    op.bulk_insert(version, [{"version": 1}])  # what gateways from before Alembic look at
    op.create_table(
        "identifiers",
        sa.Column("backend", sa.String(120), primary_key=True),
        sa.Column("space", sa.String(120), primary_key=True),
        sa.Column("key", sa.String(400), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column[float]("expires", sa.Double, nullable=False),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column[float]("created", sa.Double, nullable=False),
    )
    op.create_table("persons", sa.Column("person", sa.String(600), primary_key=True), _customer(nullable=False))
    op.create_index("persons_customer", "persons", ["customer"])
    op.create_table(
        "identity_links",
        sa.Column("backend", sa.String(120), primary_key=True),
        sa.Column("native_id", sa.String(400), primary_key=True),
        _customer(nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column[float]("updated", sa.Double, nullable=False),
    )
    op.create_index("identity_links_customer", "identity_links", ["customer"])
    op.create_table(
        "customers_searched",
        _customer(primary_key=True),
        sa.Column("backend", sa.String(120), primary_key=True),
    )
    op.create_table("merged_customers", sa.Column("old", sa.String(40), primary_key=True), _customer(nullable=False))
    op.create_table(
        "aliases",
        sa.Column("old", sa.String(400), primary_key=True),
        sa.Column("new", sa.String(400), nullable=False),
        sa.Column[float]("created", sa.Double, nullable=False),
    )
    op.create_index("aliases_new", "aliases", ["new"])
    op.create_table(
        "revocations",
        sa.Column("issuer", sa.String(400), primary_key=True),
        sa.Column("subject", sa.String(600), primary_key=True),
        sa.Column("token", sa.String(400), primary_key=True),
        sa.Column[float]("revoked", sa.Double, nullable=False),
    )
    op.create_table(
        "key_values",
        sa.Column("space", sa.String(120), primary_key=True),
        sa.Column("key", sa.String(400), primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column[float]("expires", sa.Double, nullable=True),
    )
    op.create_index("key_values_expires", "key_values", ["expires"])


def _customer(*, nullable: bool = True, primary_key: bool = False) -> sa.Column[str]:
    belongs = sa.ForeignKey("customers.id", ondelete="CASCADE")
    return sa.Column("customer", sa.String(40), belongs, nullable=nullable and not primary_key, primary_key=primary_key)
