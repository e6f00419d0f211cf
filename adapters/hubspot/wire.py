"""HubSpot's answers, as far as they are read. Every property is a text or null, whatever its type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct


class WireContact(Struct, frozen=True, rename="camel"):
    id: str
    properties: Mapping[str, str | None]
    updated_at: datetime
    archived: bool = False


class WireProblem(Struct, frozen=True):
    """What a batch could not do. `context.ids` are the inputs concerned."""

    category: str = ""
    context: Mapping[str, tuple[str, ...]] = {}


class BatchAnswer(Struct, frozen=True):
    """200, or 207 with `errors` for what was not found."""

    results: tuple[WireContact, ...]
    errors: tuple[WireProblem, ...] = ()


class _Next(Struct, frozen=True):
    after: str


class _Paging(Struct, frozen=True):
    next: _Next | None = None


class PageAnswer(Struct, frozen=True):
    results: tuple[WireContact, ...]
    paging: _Paging | None = None

    @property
    def after(self) -> str | None:
        return self.paging.next.after if self.paging and self.paging.next else None


class WireSubscription(Struct, frozen=True, rename="camel"):
    name: str
    status: str


class ConsentAnswer(Struct, frozen=True, rename="camel"):
    subscription_statuses: tuple[WireSubscription, ...]


class ErrorBody(Struct, frozen=True, rename="camel"):
    category: str = ""
    policy_name: str = ""
    correlation_id: str = ""
