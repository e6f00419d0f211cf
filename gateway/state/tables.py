"""Every table of the gateway's own state, on SQLite and PostgreSQL alike. Times are seconds since 1970 (UTC)."""

from __future__ import annotations

from sqlalchemy import Column, Double, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

schema_version = Table("gateway_schema", metadata, Column("version", Integer, primary_key=True))

identifiers = Table(
    "identifiers",
    metadata,
    Column("backend", String(120), primary_key=True),
    Column("space", String(120), primary_key=True),
    Column("key", String(400), primary_key=True),
    Column("value", Text, nullable=False),
    Column[float]("expires", Double, nullable=False),
)

customers = Table(
    "customers",
    metadata,
    Column("id", String(40), primary_key=True),
    Column[float]("created", Double, nullable=False),
)

persons = Table(
    "persons",
    metadata,
    Column("person", String(600), primary_key=True),
    Column("customer", String(40), ForeignKey("customers.id", ondelete="CASCADE"), nullable=False),
    Index("persons_customer", "customer"),
)

identity_links = Table(
    "identity_links",
    metadata,
    Column("backend", String(120), primary_key=True),
    Column("native_id", String(400), primary_key=True),
    Column("customer", String(40), ForeignKey("customers.id", ondelete="CASCADE"), nullable=False),
    Column("status", String(12), nullable=False),
    Column[float]("updated", Double, nullable=False),
    Index("identity_links_customer", "customer"),
)

searched = Table(
    "customers_searched",
    metadata,
    Column("customer", String(40), ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True),
    Column("backend", String(120), primary_key=True),
)

merged_customers = Table(
    "merged_customers",
    metadata,
    Column("old", String(40), primary_key=True),
    Column("customer", String(40), ForeignKey("customers.id", ondelete="CASCADE"), nullable=False),
)

aliases = Table(
    "aliases",
    metadata,
    Column("old", String(400), primary_key=True),
    Column("new", String(400), nullable=False),
    Column[float]("created", Double, nullable=False),
    Index("aliases_new", "new"),
)

revocations = Table(
    "revocations",
    metadata,
    Column("issuer", String(400), primary_key=True),
    Column("subject", String(600), primary_key=True),
    Column("token", String(400), primary_key=True),
    Column[float]("revoked", Double, nullable=False),
)

key_values = Table(
    "key_values",
    metadata,
    Column("space", String(120), primary_key=True),
    Column("key", String(400), primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column[float]("expires", Double, nullable=True),
    Index("key_values_expires", "expires"),
)
