"""What staff did by hand; when a checkout is compared with its owners next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("checkouts", sa.Column[float]("look_at", sa.Double, nullable=True))
    op.create_index("checkouts_look_at", "checkouts", ["look_at"])
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "audit",
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column[float]("at", sa.Double, nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("action", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(700), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_subject", "audit", ["action", "subject", "id"])
