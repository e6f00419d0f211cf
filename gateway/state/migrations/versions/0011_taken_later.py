"""Whether the money of a checkout is taken once its order is fulfilled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("checkouts", sa.Column("taken_later", sa.Boolean, nullable=True))
