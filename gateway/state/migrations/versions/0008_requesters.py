"""To whom checkouts under way are counted; when pieces that others hold may be free again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("checkouts", sa.Column("retry_after", sa.Integer, nullable=True))
    op.create_table(
        "checkout_requesters",
        sa.Column("run", sa.String(40), primary_key=True),
        sa.Column("requester", sa.String(64), primary_key=True),
        sa.Column("pieces", sa.Text, nullable=False),
        sa.Column[float]("since", sa.Double, nullable=False),
    )
    op.create_index("checkout_requesters_open", "checkout_requesters", ["requester"])
