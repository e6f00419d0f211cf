"""Who is asking, as a verified credential says; and the client profile that credential is bound to."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from msgspec import Struct

from gateway.constraints import AVAILABLE_LANGUAGE, COUNTRY, CURRENCY, FILE, KEPT_SECONDS, ORIGIN, between, named
from gateway.model.requesters import RequesterKind


class Touchpoint(Enum):
    WEB = "web"
    APP = "app"
    VOICE = "voice"
    KIOSK = "kiosk"
    POS = "pos"
    AGENT = "agent"


class Principal(Struct, frozen=True):
    """`subject` with `issuer` is the person or device, None when anonymous. `email` and `phone` (E.164) are set only
    when the token says the issuer verified them. `roles` come from the configured staff issuers only."""

    subject: str | None = None
    issuer: str | None = None
    roles: frozenset[str] = frozenset()
    profile: str = "anonymous"
    email: str | None = None
    phone: str | None = None
    kind: str = "anonymous"
    """`anonymous`, `customer`, `device`, `staff` or `service`."""

    @property
    def key(self) -> str | None:
        """Stable and unique for the person: what personal cache keys and rate limits use."""
        return f"{self.issuer}|{self.subject}" if self.subject else None


ANONYMOUS = Principal()


class ClientProfile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a credential may select. A client can never choose more than this lists. Empty `channels`, `stores`,
    `countries`, `currencies` mean all configured ones. Times in seconds."""

    touchpoint: Touchpoint
    channels: tuple[Annotated[str, named("channels")], ...] = ()
    stores: tuple[Annotated[str, named("stores")], ...] = ()
    countries: tuple[Annotated[str, COUNTRY], ...] = ()
    currencies: tuple[Annotated[str, CURRENCY], ...] = ()
    default_channel: Annotated[str, named("channels")] | None = None
    default_store: Annotated[str, named("stores")] | None = None
    default_country: Annotated[str, COUNTRY] | None = None
    default_currency: Annotated[str, CURRENCY] | None = None
    default_language: Annotated[str, AVAILABLE_LANGUAGE] | None = None
    deadline: Annotated[float, between(0.1, 300.0, "seconds")] = 10.0
    max_age: Annotated[float, KEPT_SECONDS] | None = None
    page_limit: Annotated[int, between(1, 10_000, "entries")] = 100
    cost_limit: Annotated[int, between(1, 10_000_000, "points")] = 20_000
    introspection: bool = True
    detailed_errors: bool = False
    explain: bool = False
    allow_get: bool = True
    free_documents: bool = True
    persisted_queries: bool = False
    operations: tuple[Annotated[str, FILE], ...] = ()
    requests_per_minute: Annotated[int, between(1, 10_000_000)] | None = None
    return_origins: tuple[Annotated[str, ORIGIN], ...] = ()
    """Where a processor may send a shopper back to. Empty: `server.cors_origins`, and the gateway's own address."""
    personal_data: bool = True
    """False for shared devices: fields marked as personal data may not be selected."""
    stored_methods: bool | None = None
    """Whether a signed-in customer's stored payment methods are shown, paid with, added to and deleted here. Left out:
    only where the client is the shopper's own (`web`, `app`), never with `personal_data = false`."""
    counted_by: tuple[RequesterKind, ...] = tuple(RequesterKind)
    """To whom open checkouts, declined payments and refused codes are counted, beside the cart. Without `address` where
    one address asks for many shoppers: a server that renders pages, an agent's platform, the kiosks of a mall."""
    another_tender: bool = False
    """Whether a shopper whose payment was approved in part is asked for another one for the rest, which their frontend
    must be able to show. False: what was approved is given back, and the payment has been declined."""

    @property
    def keeps_methods(self) -> bool:
        own = self.touchpoint in (Touchpoint.WEB, Touchpoint.APP)
        return self.personal_data and (own if self.stored_methods is None else self.stored_methods)
