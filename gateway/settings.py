"""The configuration as typed records: `gateway.toml` decoded strictly. `gateway.toml.example` is its annotated
reference. What a value must be beyond its type stands beside its key (`constraints`); `validation` looks at all of it
together. Secrets are resolved in `registry`; nothing here does I/O but `load`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from gateway.constraints import (
    AMOUNT,
    ANYTHING,
    AVAILABLE_LANGUAGE,
    BASE_URL,
    COUNTRY,
    CURRENCY,
    FILE,
    HTTP_URL,
    KILOGRAMS,
    LANGUAGE,
    LISTEN_HOST,
    NETWORK,
    ORIGIN,
    PART,
    PATIENCE,
    PHONE,
    PORT,
    PUBLIC_URL,
    RATE,
    REDIS_URL,
    SECONDS,
    SERVICE,
    STATE_URL,
    TEXT,
    TIME_ZONE,
    VARIABLE,
    WORD,
    between,
    named,
    one_of,
)
from gateway.errors import ConfigurationError, Mistake, Unreadable
from gateway.model.configured_times import CLOCK, ISO_DATE, WEEKDAYS
from gateway.model.customers import OWNED_FIELDS
from gateway.model.identity import KeyRule
from gateway.model.principal import ClientProfile
from gateway.model.stores import Address, GeoPoint
from gateway.structure import convert, read

__all__ = ["convert"]

BackendName = Annotated[str, named("backends")]
Location = Annotated[str, named("locations")]
Country = Annotated[str, COUNTRY]
Currency = Annotated[str, CURRENCY]
Language = Annotated[str, LANGUAGE]
Variable = Annotated[str, VARIABLE]
PlainText = Annotated[str, TEXT]
Available = Annotated[str, AVAILABLE_LANGUAGE]
Days = Annotated[int, between(0, 365, "days")]

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Asymmetric ones: whoever verifies cannot sign."""
ISSUER_KINDS = ("customer", "device", "staff", "service")


class _Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all sections: unknown keys are refused."""


class GatewaySection(_Section, frozen=True, kw_only=True):
    """`state` and `redis` can hold passwords: GATEWAY_STATE and GATEWAY_REDIS of the environment take their place."""

    public_url: Annotated[str, PUBLIC_URL] = "http://127.0.0.1:8000"
    state: Annotated[str, STATE_URL] = "sqlite+aiosqlite:///var/gateway.sqlite"
    redis: Annotated[str, REDIS_URL.or_empty()] = ""
    cursor_secret: PlainText = "cursor"  # noqa: S105  the name of a secret, not one
    sealing_secret: PlainText = "sealing"  # noqa: S105  the name of a secret, not one


class SecretSource(_Section, frozen=True, kw_only=True):
    """Names of environment variables, newest first; those after the first are still accepted (rotation)."""

    env: tuple[Variable, ...]


HttpClient = Literal["aiohttp", "lean"]


class PolicyNumbers(_Section, frozen=True, kw_only=True):
    """Numbers of the call pipeline for one backend. Times in seconds, rates as parts of one. `client` makes the
    attempts: `lean` costs less and speaks plain HTTP/1.1 only."""

    connections: Annotated[int, between(1, 10_000)] = 64
    timeout: Annotated[float, PATIENCE] = 5.0
    retries: Annotated[int, between(0, 10)] = 1
    retry_budget: Annotated[float, PART] = 0.1
    breaker_window: Annotated[int, between(1, 10_000, "attempts")] = 20
    breaker_failure_rate: Annotated[float, between(0.0, 1.0, "(a part of one)", above=True)] = 0.5
    breaker_minimum: Annotated[int, between(1, 10_000, "attempts")] = 10
    breaker_open_for: Annotated[float, SECONDS] = 5.0
    slow_call: Annotated[float, PATIENCE] = 4.0
    concurrency_limit: Annotated[int, between(1, 10_000)] = 64
    cache: bool = True
    coalesce: bool = True
    client: HttpClient = "aiohttp"


class BackendSection(Struct, frozen=True, kw_only=True):
    """The common keys of `[backends.x]`; what is left over is `options`, checked by the adapter's own config model."""

    name: Annotated[str, ANYTHING]
    adapter: Annotated[str, ANYTHING]
    alias: Annotated[str, WORD]
    url: Annotated[str, BASE_URL]
    countries: tuple[Country, ...] = ()
    """The markets this backend knows anything of; empty is all."""
    ignored_places: tuple[PlainText, ...] = ()
    """Its own references of places that are on purpose no location here."""
    allow_private_network: bool = False
    policy: PolicyNumbers = PolicyNumbers()
    options: Annotated[Mapping[str, Any], ANYTHING] = {}


class DomainSection(_Section, frozen=True, kw_only=True):
    """`order`: the first owns the domain. `fields` only for customers: survivorship, the first that knows."""

    order: tuple[BackendName, ...]
    fallback: bool = False
    on_missing: Annotated[str, one_of("absent", "fallback")] = "absent"
    compare: tuple[BackendName, ...] = ()
    fields: Annotated[Mapping[str, tuple[BackendName, ...]], one_of(*OWNED_FIELDS).for_keys()] = {}


class LocationSection(_Section, frozen=True, kw_only=True):
    """`refs` by backend name; `stock` the backend that counts here (default: the owner of the stock domain)."""

    refs: Annotated[Mapping[str, PlainText], named("backends").for_keys()] = {}
    stock: BackendName | None = None
    safety_stock: Annotated[int, between(0, 1_000_000, "pieces")] = 0


class StoreSection(_Section, frozen=True, kw_only=True):
    """A customer-facing store. `hours` by day or range (`mon-sat`) as `HH:MM-HH:MM`, several with commas, or `closed`;
    `special_hours` by ISO date. Local times of `timezone` (IANA)."""

    name: PlainText
    locations: tuple[Location, ...]
    country: Country
    timezone: Annotated[str, TIME_ZONE]
    currency: Currency | None = None
    channel: Annotated[str, named("channels")] | None = None
    point: GeoPoint | None = None
    address: Address | None = None
    phone: Annotated[str, PHONE] | None = None
    orders: BackendName | None = None
    """Who takes the orders of what is collected here, where that is not the owner of the channel's orders."""
    services: tuple[Annotated[str, SERVICE], ...] | None = None
    """What it offers; nothing said (None) leaves it to its backends, an empty list says that it offers nothing."""
    hours: Annotated[Mapping[str, str], ANYTHING] = {}
    special_hours: Annotated[Mapping[str, str], ANYTHING] = {}
    names: Annotated[Mapping[str, PlainText], AVAILABLE_LANGUAGE.for_keys()] = {}
    """The name in other languages, by BCP 47 tag."""
    unparsed_hours: PlainText | None = None
    """Opening hours as people wrote them, where they could not be read."""


class ChannelOrdersSection(_Section, frozen=True, kw_only=True):
    """Who takes a channel's orders (`owner`; without it the first of `[domains.order]` that knows the market), and
    where else each order is to be known: `mirror` by the gateway's own hand, `expect` by a connector the retailer
    has. `capture`: whether money that is held is taken with the order, or once its owner says that all of it is
    fulfilled."""

    owner: BackendName | None = None
    mirror: tuple[BackendName, ...] = ()
    expect: tuple[BackendName, ...] = ()
    capture: Literal["at_order", "at_fulfilment"] = "at_order"


class ChannelSection(_Section, frozen=True, kw_only=True):
    """`currencies` per country, the first is the default; `locations` are where deliveries are promised from.

    A pickup takes `pickup_ready` seconds, of real time or of opening hours only (`pickup_counts`); what is ordered in
    the last `pickup_cutoff` seconds before closing waits for the next opening. `delivery_days` are the earliest and the
    latest, counted in `delivery_weekdays` that are no holidays of the market; what is ordered from `delivery_cutoff`
    (HH:MM there) on counts from the next one."""

    countries: tuple[Country, ...]
    currencies: Annotated[Mapping[str, tuple[Currency, ...]], COUNTRY.for_keys()]
    locations: tuple[Location, ...] = ()
    pickup_ready: Annotated[int, between(0, 30 * 86_400, "seconds")] = 7200
    pickup_counts: Literal["elapsed", "opening_hours"] = "elapsed"
    pickup_cutoff: Annotated[int, between(0, 86_400, "seconds")] = 0
    delivery_days: tuple[Days, Days] = (1, 3)
    delivery_weekdays: Annotated[str, WEEKDAYS] = "mon-sun"
    delivery_cutoff: Annotated[str, CLOCK.or_empty()] = ""
    quantity_cap: Annotated[int, between(1, 1_000_000, "pieces")] = 10
    low_stock: Annotated[int, between(0, 1_000_000, "pieces")] = 3
    orders: ChannelOrdersSection = ChannelOrdersSection()


class MarketSection(_Section, frozen=True, kw_only=True):
    """A country. `timezone` (IANA) is where its days begin and what its times are told in; empty: its stores', else the
    country's own. `near_radius_km`: how far "near" reaches unless a client says, in kilometres. `holidays` are ISO
    dates on which nothing is delivered. `tax`: whether a cart can be bought only once its tax is known, or the order's
    owner says it when it places the order."""

    timezone: Annotated[str, TIME_ZONE.or_empty()] = ""
    near_radius_km: Annotated[float, between(0.0, 20_040.0, "km", above=True)] = 50.0
    holidays: tuple[Annotated[str, ISO_DATE], ...] = ()
    tax: Literal["known", "owner_at_order"] = "known"


class CartsSection(_Section, frozen=True, kw_only=True):
    """Carts: what one may hold, how many a stranger may make, and how long their owners may take to price one."""

    lines: Annotated[int, between(1, 999)] = 500
    """Most lines of a cart, those kept for later included."""
    quantity: Annotated[int, between(1, 1_000_000_000, "pieces")] = 99_999
    """Most pieces of a line."""
    made_per_hour: Annotated[int, between(1, 1_000_000)] = 120
    """Carts made by one customer or device, or without a credential from one address (an IPv6 /64)."""
    kept_days: Annotated[int, between(1, 3_650, "days")] = 90
    """Without a change; then a cart is gone."""
    owner_seconds: Annotated[float, between(0.05, 60.0, "seconds")] = 1.5
    """How long a cart waits for the owner of promotions, shipping or tax; then it says that it is not complete."""
    quote_minutes: Annotated[int, between(1, 1_440, "minutes")] = 15
    """How long a quote holds at most; never longer than a price in it."""
    refused_codes: Annotated[int, between(1, 1_000_000)] = 10
    """Codes that one cart may try in vain within an hour; the next are not asked about."""
    refused_codes_by_one: Annotated[int, between(1, 1_000_000)] = 40
    """The same of one address, device or customer (`counted_by` of the client profile), over all their carts."""


class CheckoutSection(_Section, frozen=True, kw_only=True):
    """What may be held and tried before anything is bought. Each number is of one address, device or customer, as
    `counted_by` of the client profile says."""

    open_per_address: Annotated[int, between(1, 1_000_000)] = 20
    """Checkouts under way at the same time: a household or an office behind one address."""
    open_per_device: Annotated[int, between(1, 1_000_000)] = 5
    """A kiosk serves one after another, and some walk away."""
    open_per_customer: Annotated[int, between(1, 1_000_000)] = 5
    pieces_at_once: Annotated[int, between(1, 1_000_000_000, "pieces")] = 4
    """Of one item in several checkouts under way together. One alone may be larger: a cart and the catalogue have
    limits of their own."""
    unpaid_per_address: Annotated[int, between(1, 1_000_000)] = 30
    """Payments within an hour that were declined, or begun and not finished."""
    unpaid_per_device: Annotated[int, between(1, 1_000_000)] = 30
    unpaid_per_customer: Annotated[int, between(1, 1_000_000)] = 10
    unpaid_per_cart: Annotated[int, between(1, 1_000_000)] = 6


class ShippingSection(_Section, frozen=True, kw_only=True):
    """One way of delivery, as a row of a table: offered to `countries` for baskets in `currency` whose value is
    `from_value` or more and less than `below_value`, and whose weight (kg) is more than `above_weight` and at most
    `up_to_weight`. `tax` says how the amounts here are stated; `tax_rates` by country are fractions, without one the
    owner of the tax says it, who knows `tax_class`. `days` are the first and the last of arrival, counted as a
    channel's `delivery_days` are."""

    label: PlainText
    countries: tuple[Country, ...]
    currency: Currency
    price: Annotated[Decimal, AMOUNT]
    tax: Literal["included", "excluded", "exempt"]
    tax_class: Annotated[str, TEXT.or_empty()] = ""
    tax_rates: Annotated[Mapping[str, Annotated[Decimal, RATE]], COUNTRY.for_keys()] = {}
    labels: Annotated[Mapping[str, PlainText], AVAILABLE_LANGUAGE.for_keys()] = {}
    carrier: Annotated[str, TEXT.or_empty()] = ""
    free_from: Annotated[Decimal, AMOUNT] | None = None
    from_value: Annotated[Decimal, AMOUNT] | None = None
    below_value: Annotated[Decimal, AMOUNT] | None = None
    above_weight: Annotated[Decimal, KILOGRAMS] | None = None
    up_to_weight: Annotated[Decimal, KILOGRAMS] | None = None
    assumed_weight: Annotated[Decimal, KILOGRAMS] | None = None
    days: tuple[Days, Days] | None = None
    weekdays: Annotated[str, WEEKDAYS] = "mon-fri"
    cutoff: Annotated[str, CLOCK.or_empty()] = ""


class LanguagesSection(_Section, frozen=True, kw_only=True):
    default: Available = "en"
    available: tuple[Language, ...] = ("en",)
    fallback: Annotated[
        Mapping[str, tuple[Annotated[str, AVAILABLE_LANGUAGE], ...]], AVAILABLE_LANGUAGE.for_keys()
    ] = {}


class IssuerSection(_Section, frozen=True, kw_only=True):
    issuer: Annotated[str, HTTP_URL]
    audience: PlainText
    algorithms: tuple[Annotated[str, one_of(*ALGORITHMS)], ...] = ("RS256", "ES256")
    jwks_url: Annotated[str, HTTP_URL.or_empty()] = ""
    jwks_file: Annotated[str, FILE.or_empty()] = ""
    kind: Annotated[str, one_of(*ISSUER_KINDS)] = "customer"
    roles_claim: Annotated[str, TEXT.or_empty()] = ""
    allow_private_network: bool = False


class ApiKeySection(_Section, frozen=True, kw_only=True):
    env: Variable
    profile: Annotated[str, named("profiles")]


class LimitsSection(_Section, frozen=True, kw_only=True):
    """Limits on what comes in before anything runs. Bytes, lexical tokens, counts."""

    body_bytes: Annotated[int, between(1_024, 64 << 20, "bytes")] = 131_072
    document_bytes: Annotated[int, between(256, 16 << 20, "bytes")] = 16_384
    tokens: Annotated[int, between(20, 1_000_000)] = 1_500
    depth: Annotated[int, between(2, 500, "levels")] = 20
    aliases: Annotated[int, between(0, 100_000)] = 60
    directives: Annotated[int, between(0, 100_000)] = 40
    root_fields: Annotated[int, between(1, 10_000)] = 20
    failures_per_minute: Annotated[int, between(0, 1_000_000)] = 60
    """Wrong tokens and keys from one address; the next are told to wait. 0: as many as they like."""
    document_cache_bytes: Annotated[int, between(1 << 20, 64 << 30, "bytes")] = 16_777_216
    answer_cache_bytes: Annotated[int, between(1 << 20, 64 << 30, "bytes")] = 50_331_648
    response_cache_bytes: Annotated[int, between(1 << 20, 64 << 30, "bytes")] = 33_554_432
    """What each worker keeps: documents and their plans, what backends answered, finished public answers."""


ForwardedHeader = Literal["x-forwarded-for", "forwarded"]


GRACE_SECONDS = 30
"""For what takes longer than `drain_seconds`, before it is cut off."""


class ServerSection(_Section, frozen=True, kw_only=True):
    """Times in seconds; counts for one worker."""

    host: Annotated[str, LISTEN_HOST] = "127.0.0.1"
    port: Annotated[int, PORT] = 8000
    cors_origins: tuple[Annotated[str, ORIGIN], ...] = ()
    response_cache: bool = True
    """Whether finished public answers are kept and served as bytes."""
    trusted_proxies: tuple[Annotated[str, NETWORK], ...] = ()
    """Networks whose word for a client's address is taken. The nearest address that is none of them is the client's."""
    forwarded_header: ForwardedHeader = "x-forwarded-for"
    """The one header in which they say it: what they do not write themselves, a client may have written."""
    operations: Annotated[int, between(1, 100_000)] = 256
    """Most operations under way; the next one is refused at once."""
    overload_lag: Annotated[float, between(0.001, 10.0, "seconds")] = 0.03
    """How late the event loop may be, for a while, before fewer operations are let in."""
    connections: Annotated[int, between(1, 1_000_000)] = 2_048
    connections_per_address: Annotated[int, between(1, 1_000_000)] = 256
    """Of one IPv4 address or IPv6 /64 that is no trusted proxy; behind one, requests, streams and sockets under way."""
    head_seconds: Annotated[float, between(0.1, 600.0, "seconds")] = 10.0
    """From a request's first byte to the end of its headers; and from a connection to its first request."""
    body_seconds: Annotated[float, between(0.1, 600.0, "seconds")] = 10.0
    write_seconds: Annotated[float, between(0.1, 3_600.0, "seconds")] = 20.0
    """Without 1 KiB a second being read, until a client that reads nothing is dropped."""
    keep_alive_seconds: Annotated[float, between(0.1, 86_400.0, "seconds")] = 75.0
    """Longer than the load balancers in front usually keep theirs, so that they close first."""
    drain_accept_seconds: Annotated[float, between(0.0, 3_600.0, "seconds")] = 10.0
    """With readiness off and everything still served: as long as a balancer needs to see it."""
    drain_seconds: Annotated[float, between(0.0, 3_600.0, "seconds")] = 10.0
    """After that, for connections to end by themselves."""


class _File(_Section, frozen=True, kw_only=True):
    """The sections by name."""

    gateway: GatewaySection = GatewaySection()
    secrets: Mapping[str, SecretSource] = {}
    backends: Mapping[str, dict[str, Any]] = {}
    domains: Mapping[str, DomainSection] = {}
    identity: Mapping[str, KeyRule] = {}
    locations: Mapping[str, LocationSection] = {}
    stores: Mapping[str, StoreSection] = {}
    channels: Mapping[str, ChannelSection] = {}
    markets: Mapping[str, MarketSection] = {}
    shipping: Mapping[str, ShippingSection] = {}
    languages: LanguagesSection = LanguagesSection()
    issuers: Mapping[str, IssuerSection] = {}
    profiles: Mapping[str, ClientProfile] = {}
    api_keys: Mapping[str, ApiKeySection] = {}
    carts: CartsSection = CartsSection()
    checkout: CheckoutSection = CheckoutSection()
    limits: LimitsSection = LimitsSection()
    server: ServerSection = ServerSection()


class Settings(Struct, frozen=True, kw_only=True):
    """The whole configuration, decoded. `environment` is where secrets are looked up. `base` is the file's folder."""

    gateway: GatewaySection
    secrets: Mapping[str, SecretSource]
    backends: Mapping[str, BackendSection]
    domains: Mapping[str, DomainSection]
    identity: Mapping[str, KeyRule]
    locations: Mapping[str, LocationSection]
    stores: Mapping[str, StoreSection]
    channels: Mapping[str, ChannelSection]
    markets: Mapping[str, MarketSection]
    shipping: Mapping[str, ShippingSection]
    languages: LanguagesSection
    issuers: Mapping[str, IssuerSection]
    profiles: Mapping[str, ClientProfile]
    api_keys: Mapping[str, ApiKeySection]
    carts: CartsSection
    checkout: CheckoutSection
    limits: LimitsSection
    server: ServerSection
    environment: Mapping[str, str]
    base: Path


class Draft(Struct, frozen=True):
    """What could be read of a file, and what is wrong with its form. With mistakes, only good to be looked at."""

    settings: Settings
    mistakes: tuple[Mistake, ...]


_COMMON_BACKEND_KEYS = ("adapter", "alias", "url", "countries", "ignored_places", "allow_private_network", "policy")


def load(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read and decode a file. Raises ConfigurationError with the place of every mistake of its form."""
    return _decoded(load_draft(path, environment))


def load_draft(path: Path, environment: Mapping[str, str] | None = None) -> Draft:
    """Raises Unreadable."""
    return draft(parse(path), environment, base=path.resolve().parent)


def parse(path: Path) -> dict[str, Any]:
    """The file as plain values. Raises Unreadable."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Unreadable(f"cannot read the configuration: {error.strerror}", place=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"not valid TOML: {error}", place=str(path)) from error
    except RecursionError as error:
        raise Unreadable("not valid TOML: nested too deeply", place=str(path)) from error


def decode(
    raw: Mapping[str, Any], environment: Mapping[str, str] | None = None, *, base: Path | None = None
) -> Settings:
    """Settings from parsed TOML. Raises ConfigurationError with the place of every mistake of its form."""
    return _decoded(draft(raw, environment, base=base))


def _decoded(found: Draft) -> Settings:
    if found.mistakes:
        raise ConfigurationError.of(found.mistakes)
    return found.settings


def draft(raw: Mapping[str, Any], environment: Mapping[str, str] | None = None, *, base: Path | None = None) -> Draft:
    """As much of parsed TOML as makes sense."""
    found, mistakes = read(dict(raw), _File, place="")
    file = found or _File()
    known = dict(os.environ if environment is None else environment)
    kept = {key: known.get(f"GATEWAY_{key.upper()}") or getattr(file.gateway, key) for key in ("state", "redis")}
    backends: dict[str, BackendSection] = {}
    for name, section in file.backends.items():
        backend, wrong = _backend(name, section)
        mistakes += wrong
        if backend is not None:
            backends[name] = backend
    settings = Settings(
        gateway=replace(file.gateway, **kept),
        backends=backends,
        environment=known,
        base=base or Path.cwd(),
        **{name: getattr(file, name) for name in file.__struct_fields__ if name not in ("gateway", "backends")},
    )
    return Draft(settings, tuple(mistakes))


def _backend(name: str, section: dict[str, Any]) -> tuple[BackendSection | None, list[Mistake]]:
    common = {key: value for key, value in section.items() if key in _COMMON_BACKEND_KEYS}
    options = {key: value for key, value in section.items() if key not in _COMMON_BACKEND_KEYS}
    common.setdefault("alias", name)
    return read({**common, "name": name, "options": options}, BackendSection, place=f"backends.{name}")
