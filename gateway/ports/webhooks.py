"""Webhooks in: what an adapter makes of a delivery from its vendor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from msgspec import Struct

EVERYTHING = ("*",)
"""In place of tags: anything may have changed."""


class WebhookDelivery(Struct, frozen=True):
    """`body` is raw, as signed; `headers` have lower-case names; `url` is the public address the vendor posted to;
    `received_at` aware UTC."""

    headers: Mapping[str, str]
    body: bytes
    url: str
    received_at: datetime


class WebhookFact(Struct, frozen=True):
    """What an event says beyond "read this again", such as a payment that was captured: `kind` in the gateway's words
    (`payment.captured`), `subject` what such events are in order for (a payment, an order), `facts` ids, states and
    amounts, never a personal datum. It is stored before the vendor is answered."""

    kind: str
    subject: str
    facts: Mapping[str, str] = {}


class Received(Struct, frozen=True, kw_only=True):
    """A fact as the inbox keeps it. `identity` is the vendor's event id, or what was said and when; `at`, aware UTC, is
    when it was stored, None before."""

    identity: str
    backend: str
    kind: str
    subject: str
    facts: Mapping[str, str]
    at: datetime | None = None


class WebhookEvent(Struct, frozen=True):
    """`id` is the vendor's event id, None where it has none (then content and time tell duplicates). `tags` are what
    it makes stale, such as `product:gid...`, `price:SKU`, `stock:SKU`. `occurred_at` orders events where the vendor
    says when."""

    topic: str
    tags: tuple[str, ...]
    id: str | None = None
    occurred_at: datetime | None = None
    fact: WebhookFact | None = None


@runtime_checkable
class ForgetsChanges(Protocol):
    """An adapter that keeps something of its own between calls, such as a table of price lists."""

    def forget(self, tags: Sequence[str]) -> None:
        """These changed (or `EVERYTHING` may have), whoever was told: keep nothing made of them. Does no I/O."""
        ...


@runtime_checkable
class AcknowledgesWebhooks(Protocol):
    """A webhook port whose vendor reads the answer's body: a delivery counts as taken when it says this."""

    acknowledgement: bytes


@runtime_checkable
class WebhookPort(Protocol):
    def receive(self, delivery: WebhookDelivery) -> tuple[WebhookEvent, ...]:
        """Verifies the signature on the raw body in constant time, and the replay window. Raises Unauthenticated for a
        forged or old delivery, BadInput for one that makes no sense. Does no I/O."""
        ...
