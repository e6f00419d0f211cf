"""The keys of `[backends.x]` for a Square account. Read once at start, checked by msgspec."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from gateway.constraints import COUNTRY, HTTP_URL, KEPT_SECONDS, LANGUAGE, TEXT, between, matching, named
from gateway.ports.manifest import AdapterConfig, Secret

API_VERSION = "2025-08-20"
DATED = matching(r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", "is no dated version (`2025-08-20`)")


class SquareConfig(AdapterConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`access_token` needs ITEMS_READ, INVENTORY_READ, MERCHANT_PROFILE_READ, CUSTOMERS_READ, LOYALTY_READ and
    ORDERS_READ, as far as the account serves those domains; to place orders, ORDERS_WRITE and PAYMENTS_WRITE; to commit
    stock, INVENTORY_WRITE. One account settles in one currency: configure one backend per country."""

    access_token: Secret
    square_version: Annotated[str, DATED] = API_VERSION
    """Sent as `Square-Version`; the adapter is tested against the default."""

    store_locations: Annotated[dict[str, Annotated[str, TEXT]], named("stores").for_keys()] = field(
        default_factory=dict[str, str]
    )
    """Gateway store name to Square location id: whose till price a store's context sees. A store that is not listed
    sees the account's own price."""

    language: Annotated[str, LANGUAGE] = "en"
    """BCP 47 tag of the language the catalogue is written in; Square does not say."""

    country: Annotated[str, COUNTRY.or_empty()] = ""
    """ISO 3166-1 alpha-2: how phone numbers without a country code are read. Empty: they are left out."""

    program_name: Annotated[str, TEXT] = "Loyalty"
    """What the loyalty programme is called; Square's has no name."""

    own_sources: Annotated[tuple[Annotated[str, TEXT], ...], Meta(max_length=10)] = ()
    """Names of order sources that are this account's own tills. Sales at a till usually carry no source name at all,
    and Square's `source_filter` cannot ask for those: leave it empty, unless every receipt of a real account names its
    till. Where given, only these are asked for when other systems' orders are left out."""

    source_systems: dict[str, Annotated[str, named("backends")]] = field(default_factory=dict[str, str])
    """Name of a foreign order source to the gateway's backend name, so that an order's origin names its system. An
    order of another named source counts as foreign if it carries a `reference_id`."""

    order_states: Annotated[tuple[Literal["COMPLETED", "CANCELED"], ...], Meta(min_length=1)] = ("COMPLETED",)
    """Which orders are receipts. A cancelled till order is usually a voided one that nobody paid."""

    order_location: Annotated[str, TEXT.or_empty()] = ""
    """Square location id of orders that are placed here without a place of their own; empty: those are refused."""

    order_number: Literal["ticket_name", "reference_id", "id"] = "ticket_name"
    """Which field a customer knows the receipt by; its id where that field is empty."""

    identifier_seconds: Annotated[float, KEPT_SECONDS] = 86_400.0
    """How long SKU and variation id are kept; `catalog.version.updated` forgets them sooner."""

    missing_seconds: Annotated[float, KEPT_SECONDS] = 300.0
    """How long an unknown SKU is remembered as unknown."""

    facts_seconds: Annotated[float, KEPT_SECONDS] = 300.0
    """How long a variation's tracking and sold-out marks are kept between stock reads."""

    table_seconds: Annotated[float, KEPT_SECONDS] = 3_600.0
    """How long taxes, option names, places and the loyalty programme are kept."""

    webhook_signature_key: Secret | None = None
    webhook_url: Annotated[str, HTTP_URL.or_empty()] = ""
    """The notification URL exactly as registered with Square, which signs it. Empty: the address that was posted to."""

    webhook_window_seconds: Annotated[float, between(60.0, 31 * 86_400.0, "seconds")] = 90_000.0
    """Oldest delivery accepted. Square retries for up to 24 hours."""
