"""Customers, consents and loyalty, as one backend knows them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from msgspec import Struct

from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef


class CustomerKeyKind(Enum):
    EMAIL = "email"
    PHONE = "phone"
    NATIVE = "native"


class CustomerKey(Struct, frozen=True):
    """`value`: a lower-cased email, an E.164 phone number, or the backend's own id."""

    kind: CustomerKeyKind
    value: str


class ConsentState(Enum):
    GRANTED = "GRANTED"
    PENDING = "PENDING"
    DENIED = "DENIED"
    UNKNOWN = "UNKNOWN"


class Consent(Struct, frozen=True):
    """`channel` is `email`, `sms` or the name of a subscription type."""

    channel: str
    state: ConsentState
    freshness: Freshness
    purpose: str | None = None
    updated_at: datetime | None = None


class CustomerRecord(Struct, frozen=True):
    """One record of one backend; several may be the same person. `emails` are lower-cased, `phones` E.164.
    `email_verified` only where the backend truly verified it."""

    ref: NativeRef
    freshness: Freshness
    emails: tuple[str, ...] = ()
    email_verified: bool | None = None
    phones: tuple[str, ...] = ()
    given_name: str | None = None
    family_name: str | None = None
    language: str | None = None
    birth_date: date | None = None
    groups: tuple[str, ...] = ()
    consents: tuple[Consent, ...] = ()
    external_ids: tuple[NativeRef, ...] = ()
    """Other systems' ids that this record carries: `backend` is the adapter's name for the field."""
    updated_at: datetime | None = None


class LoyaltyRule(Struct, frozen=True):
    """How points are earned. SPEND: `points` per `spend_minor` minor units of `currency`; ITEM: `points` per piece
    of a listed SKU or category; VISIT: `points` per visit. `excluded_skus` earn nothing; `tax_included` whether tax
    counts."""

    kind: str
    points: int
    spend_minor: int | None = None
    currency: str | None = None
    skus: tuple[str, ...] = ()
    category_keys: tuple[str, ...] = ()
    excluded_skus: tuple[str, ...] = ()
    tax_included: bool = True


class LoyaltyProgram(Struct, frozen=True):
    """`unit` is the name of one and of many points, as customers see them."""

    ref: NativeRef
    name: str
    freshness: Freshness
    unit_one: str = "point"
    unit_many: str = "points"
    rules: tuple[LoyaltyRule, ...] = ()
    active: bool = True


class LoyaltyAccount(Struct, frozen=True):
    """`balance` in points; may be negative. `customer` is the native reference of its holder."""

    ref: NativeRef
    program: NativeRef
    balance: Decimal
    freshness: Freshness
    program_name: str = ""
    customer: NativeRef | None = None
    unit_one: str = "point"
    unit_many: str = "points"
    lifetime: Decimal | None = None
    enrolled_at: datetime | None = None


class LoyaltyEntry(Struct, frozen=True):
    """A movement: `points` is positive when earned."""

    id: str
    points: Decimal
    at: datetime
    kind: str
    description: str | None = None
    order_reference: str | None = None


class LoyaltyEntryQuery(Struct, frozen=True):
    account: NativeRef
    first: int
    after: str | None = None


class LoyaltyEntryPage(Struct, frozen=True):
    entries: tuple[LoyaltyEntry, ...]
    positions: tuple[str, ...]
    has_next: bool
