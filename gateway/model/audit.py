"""What staff did by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct


class AuditEntry(Struct, frozen=True):
    """`by` is who did it, `action` what, such as `reconcile.repair`; `subject` what it was about; `facts` are ids,
    states and amounts. `at` aware UTC."""

    id: int
    at: datetime
    by: str
    action: str
    subject: str
    outcome: str
    facts: Mapping[str, str]
