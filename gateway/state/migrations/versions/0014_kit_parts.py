"""What variants are made of that share their stock with others, as far as checkouts have read it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "kit_parts",
        sa.Column("backend", sa.String(120), primary_key=True),
        sa.Column("variant", sa.String(400), primary_key=True),
        sa.Column("part", sa.String(400), primary_key=True),
        sa.Column("quantity", sa.String(40), nullable=False),
        sa.Column("native", sa.Boolean, nullable=False),
    )
    op.create_index("kit_parts_part", "kit_parts", ["backend", "part"])
