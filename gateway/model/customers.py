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


class CustomerKey(Struct, frozen=True, gc=False, cache_hash=True):
    """`value`: a lower-cased email, an E.164 phone number, or the backend's own id."""

    kind: CustomerKeyKind
    value: str


class ConsentState(Enum):
    GRANTED = "GRANTED"
    PENDING = "PENDING"
    DENIED = "DENIED"
    UNKNOWN = "UNKNOWN"


class Consent(Struct, frozen=True, gc=False):
    """`channel` is `email`, `sms` or the name of a subscription type."""

    channel: str
    state: ConsentState
    freshness: Freshness
    purpose: str | None = None
    updated_at: datetime | None = None


class CustomerRecord(Struct, frozen=True, gc=False):
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


class EnsureCustomer(Struct, frozen=True, kw_only=True):
    """That who bears `email` (lower-cased) has a record. `verified`: that it is theirs was proven, not typed. Personal
    data, and the reason why no journal keeps a command."""

    reference: str
    email: str
    verified: bool = False
    given_name: str | None = None
    family_name: str | None = None


class EnsuredCustomer(Struct, frozen=True, gc=False):
    """`ref`: the one record of that email; None where several bear it, so that it is nobody's in particular."""

    ref: NativeRef | None


GOLDEN_FIELDS = ("given_name", "family_name", "language", "birth_date", "groups", "emails", "phones")
"""Fields of records that make the golden record."""
OWNED_FIELDS = (*GOLDEN_FIELDS, "consents")
"""What of a customer may have systems of record of its own."""


class LoyaltyRule(Struct, frozen=True, gc=False, kw_only=True):
    """How points are earned by buying some of one product.

    `kind`: SPEND (`points` for every `spend_minor` minor units of `currency`, or for each unit of whatever currency
    where neither is set), ITEM (`points` for a piece), ORDER (`points` once), VISIT (`points` once, if it is a visit,
    which nobody knows before).
    `digits`: None where only whole steps and pieces count; else parts count too, and those of money are cut off after
    so many decimals. `tax_included`: whether tax counts as spent.
    `skus`: what earns, as the backend's key rule writes it; None for everything. `excluded_skus` earn nothing.
    `minimum_spend` in `minimum_currency` and `minimum_quantity` must be reached; `minimum_tax_included`: with tax.
    `evaluable`: False where it also depends on what nobody knows before buying: a code, a condition of its own."""

    kind: str
    points: Decimal
    spend_minor: int | None = None
    currency: str | None = None
    digits: int | None = None
    tax_included: bool = True
    skus: frozenset[str] | None = None
    category_keys: tuple[str, ...] = ()
    """Of the system's own catalogue, for seeds; adapters say `skus`."""
    excluded_skus: frozenset[str] = frozenset()
    minimum_quantity: Decimal = Decimal(0)
    minimum_spend: Decimal = Decimal(0)
    minimum_currency: str | None = None
    minimum_tax_included: bool = True
    evaluable: bool = True


class LoyaltyProgram(Struct, frozen=True, gc=False):
    """`unit` is the name of one and of many points, as customers see them. Validity bounds are aware UTC and inclusive.
    `price_lists`: the lists of its own system that it is for, `places` those of its places at which it is in force, by
    its own references (None: all); `complete` is False where it has more
    conditions than its rules say."""

    ref: NativeRef
    name: str
    freshness: Freshness
    unit_one: str = "point"
    unit_many: str = "points"
    rules: tuple[LoyaltyRule, ...] = ()
    active: bool = True
    price_lists: frozenset[str] | None = None
    places: frozenset[str] | None = None
    complete: bool = True
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def runs(self, at: datetime) -> bool:
        """Whether anything is earned at an aware instant."""
        begun = self.valid_from is None or self.valid_from <= at
        return self.active and begun and (self.valid_until is None or at <= self.valid_until)

    def next_change(self, at: datetime) -> datetime | None:
        """When it begins or ends next; None where it does neither any more."""
        if self.valid_from is not None and self.valid_from > at:
            return self.valid_from
        return self.valid_until if self.valid_until is not None and self.valid_until >= at else None


class LoyaltyAccount(Struct, frozen=True, gc=False):
    """`balance` in points; may be negative. `customer` is the native reference of its holder. `changes_at`: when
    points expire next, where its system says so."""

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
    changes_at: datetime | None = None

    @property
    def horizon(self) -> datetime | None:
        """From then on the balance is another: nobody keeps it beyond that."""
        return self.changes_at


class LoyaltyEntry(Struct, frozen=True, gc=False):
    """A movement: `points` is positive when earned."""

    id: str
    points: Decimal
    at: datetime
    kind: str
    description: str | None = None
    order_reference: str | None = None


class LoyaltyEntryQuery(Struct, frozen=True, gc=False):
    account: NativeRef
    first: int
    after: str | None = None


class LoyaltyEntryPage(Struct, frozen=True, gc=False):
    entries: tuple[LoyaltyEntry, ...]
    positions: tuple[str, ...]
    has_next: bool


class LinkStatus(Enum):
    """ASSERTED: a verified claim of the token matches one record. CONFIRMED: kept on purpose. CANDIDATE: a match that
    proves nothing; never exposed, never used to read."""

    ASSERTED = "ASSERTED"
    CONFIRMED = "CONFIRMED"
    CANDIDATE = "CANDIDATE"


class IdentityLink(Struct, frozen=True, gc=False):
    """That a customer is this record of that backend."""

    ref: NativeRef
    status: LinkStatus


class LinkedCustomer(Struct, frozen=True, gc=False):
    """One person over all systems. `id` is random and ours; `asked` are the backends already searched for them, so that
    no one is searched for twice."""

    id: str
    links: tuple[IdentityLink, ...]
    asked: frozenset[str] = frozenset()

    def refs(self, backend: str | None = None) -> tuple[NativeRef, ...]:
        """Records that are this person's, candidates left out."""
        return tuple(
            link.ref
            for link in self.links
            if link.status is not LinkStatus.CANDIDATE and backend in (None, link.ref.backend)
        )


class Customer(Struct, frozen=True, gc=False):
    """The golden record as far as it was asked for: each field by its own survivorship rule. `missing` are backends
    that should have been heard and were not, as configured names with an error code."""

    linked: LinkedCustomer
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    given_name: str | None = None
    family_name: str | None = None
    language: str | None = None
    birth_date: date | None = None
    groups: tuple[str, ...] = ()
    freshness: tuple[Freshness, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
