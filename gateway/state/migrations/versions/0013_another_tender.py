"""Another tender for the rest of what was approved in part: whether a checkout allows it, what is still to be paid
while it is asked for, what was asked of a tender that pays less, and what the shopper chose for one not planned.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("checkouts", sa.Column("another_tender", sa.Boolean, nullable=True))
    op.add_column("checkouts", sa.Column("rest", sa.String(40), nullable=True))
    op.add_column("checkout_tenders", sa.Column("asked", sa.String(40), nullable=True))
    op.add_column("checkout_tenders", sa.Column("choice", sa.LargeBinary, nullable=True))
