"""Who answers for what: the configuration met with the manifests, once, at start. Services ask nothing else.

A data domain has one system of record (per market, where several instances of one vendor each know one); others stand
in, enrich or are compared. Stock is owned per location, customers' facts per field."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from msgspec import Struct

from gateway.calls.operation.bound import BoundBackend
from gateway.errors import ConfigurationError
from gateway.markets import Markets
from gateway.model.identity import KeyRule, place_key
from gateway.model.stores import OpeningPeriod, SpecialHours
from gateway.model.written_hours import known_zone, store_hours
from gateway.ports.agreement import serves_any
from gateway.ports.domain import DataDomain, domains, reads
from gateway.ports.order import ORDER
from gateway.ports.shipping import SHIPPING
from gateway.ports.stock import STOCK
from gateway.settings import ChannelSection, LocationSection, Settings, StoreSection

SHIPPING_TABLES = "gateway.toml"
"""The tables of `[shipping.x]` among the backends: no section can have this name."""


class DomainPlan(Struct, frozen=True):
    """`order` as configured: the first that knows the market owns it; empty where nobody serves an optional domain."""

    domain: DataDomain
    order: tuple[str, ...] = ()
    fallback: bool = False
    fallback_on_missing: bool = False
    compare: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = {}


class LocationPlan(Struct, frozen=True):
    """Where stock lies: `backend` counts it under `ref`, and writes SKUs by its `key_rule`; `refs` are all systems'
    names of the place."""

    name: str
    backend: str
    ref: str
    refs: Mapping[str, str]
    safety_stock: int
    key_rule: KeyRule = KeyRule()


class StorePlan(Struct, frozen=True):
    """A configured store: section as written, opening hours as records."""

    name: str
    section: StoreSection
    locations: tuple[LocationPlan, ...]
    hours: tuple[OpeningPeriod, ...]
    special_hours: tuple[SpecialHours, ...]

    @property
    def timezone(self) -> str:
        return self.section.timezone


class OrderPlan(Struct, frozen=True):
    """Who takes an order, and where else it is to be known: `mirror` is written by the gateway, `expect` by a connector
    the retailer has. None of the three names a backend of the others."""

    owner: str | None
    mirror: tuple[str, ...] = ()
    expect: tuple[str, ...] = ()


class Ownership:
    """Immutable after construction. Raises ConfigurationError for anything that cannot work."""

    def __init__(self, settings: Settings, backends: Mapping[str, BoundBackend]) -> None:
        self.backends = backends
        self._countries = {name: frozenset(section.countries) for name, section in settings.backends.items()}
        self._countries[SHIPPING_TABLES] = frozenset(
            country for row in settings.shipping.values() for country in row.countries
        )
        self._alias = {name: section.alias for name, section in settings.backends.items()}
        self._name = {alias: name for name, alias in self._alias.items()}
        if len(self._name) != len(self._alias):
            raise ConfigurationError("two backends share an alias", place="backends")
        self._declared = domains()
        self._key_rules = settings.identity
        plans = [self._domain(name, settings) for name in settings.domains]
        self.domains: Mapping[DataDomain, DomainPlan] = {
            **({SHIPPING: DomainPlan(SHIPPING, (SHIPPING_TABLES,))} if SHIPPING_TABLES in backends else {}),
            **{plan.domain: plan for plan in plans},
        }
        self.locations = {name: self._location(name, section) for name, section in settings.locations.items()}
        self.stores = {name: self._store(name, section) for name, section in settings.stores.items()}
        _refuse_shared_shelves(self.locations, settings)
        self.channels: Mapping[str, ChannelSection] = settings.channels
        for name, channel in self.channels.items():
            place = f"channels.{name}.locations"
            _refuse_twice(channel.locations, place)
            for location in channel.locations:
                self._known_location(location, place)
            for key in ("mirror", "expect"):
                named: tuple[str, ...] = getattr(channel.orders, key)
                _refuse_twice(named, f"channels.{name}.orders.{key}")
                for backend in named:
                    self._known_backend(backend, f"channels.{name}.orders.{key}")
            if channel.orders.owner is not None:
                self._capable(channel.orders.owner, ORDER, f"channels.{name}.orders.owner")
        for name, store in settings.stores.items():
            if store.orders is not None:
                self._capable(store.orders, ORDER, f"stores.{name}.orders")
        self.markets = Markets(settings)
        self._place = {
            (backend, ref): plan.name for plan in self.locations.values() for backend, ref in plan.refs.items()
        }
        self._store_of = {plan.name: store.name for store in self.stores.values() for plan in store.locations}

    # --- what services ask -------------------------------------------------------------------------------------------

    def plan(self, domain: DataDomain) -> DomainPlan:
        """Raises ConfigurationError where nobody serves a domain that no retailer can do without."""
        plan = self.domains.get(domain)
        if plan is not None:
            return plan
        if domain.optional:
            return DomainPlan(domain)
        raise ConfigurationError("nobody serves this data domain", place=f"domains.{domain.name}")

    def serves(self, domain: DataDomain) -> bool:
        return domain in self.domains

    def serving(self, domain: DataDomain, country: str | None) -> tuple[str, ...]:
        """The domain's backends that know this market, in configured order."""
        return tuple(name for name in self.plan(domain).order if self.knows_market(name, country))

    def answering(self, domain: DataDomain, country: str | None) -> tuple[str, ...]:
        """Those of them whose answers a client can get: the owner, and the others where they may stand in. What is
        named by an id or a cursor is asked of these only, so that no id gets more than browsing does."""
        backends = self.serving(domain, country)
        return backends if self.plan(domain).fallback else backends[:1]

    def orders_of(self, country: str | None, channel: str | None = None, store: str | None = None) -> OrderPlan:
        """Of a market, as its channel has it; `store`: where the goods are collected, which may have an owner of its
        own. Whether a checkout may sell through that owner is `checkout.owners`' to say."""
        section = self.channels.get(channel or "")
        named = None if section is None else section.orders
        owner = None if named is None else named.owner
        if owner is None:
            owner = next(iter(self.serving(ORDER, country)), None) if self.serves(ORDER) else None
        collected = self.stores.get(store or "")
        if collected is not None and collected.section.orders is not None:
            owner = collected.section.orders
        if named is None:
            return OrderPlan(owner)
        others = [name for name in (*named.mirror, *named.expect) if name != owner and self.knows_market(name, country)]
        return OrderPlan(
            owner,
            tuple(name for name in others if name in named.mirror),
            tuple(name for name in others if name in named.expect),
        )

    def comparing(self, domain: DataDomain, country: str | None) -> tuple[str, ...]:
        return tuple(name for name in self.plan(domain).compare if self.knows_market(name, country))

    def knows_market(self, backend: str, country: str | None) -> bool:
        countries = self._countries[backend]
        return not countries or country is None or country in countries

    def offers(self, backend: str, operation: str) -> bool:
        """Whether the backend's adapter declares the operation (such as `price.price_context`)."""
        return operation in self.backends[backend].manifest.operations

    def alias(self, backend: str) -> str:
        return self._alias.get(backend, "gateway")

    def backend_of_alias(self, alias: str) -> str | None:
        return self._name.get(alias)

    def location_of(self, backend: str, ref: str) -> str | None:
        """The configured location that a backend's own reference stands for."""
        return self._place.get((backend, ref))

    def store_of(self, backend: str, ref: str) -> str | None:
        """The configured store at a backend's own reference of a place."""
        location = self._place.get((backend, ref))
        return None if location is None else self._store_of.get(location)

    def references(self, backend: str) -> tuple[str, ...]:
        """This backend's references of all configured locations."""
        return tuple(plan.refs[backend] for plan in self.locations.values() if backend in plan.refs)

    # --- construction ------------------------------------------------------------------------------------------------

    def _domain(self, name: str, settings: Settings) -> DomainPlan:
        place = f"domains.{name}"
        domain = self._declared.get(name)
        if domain is None:
            raise ConfigurationError(f"no such data domain{_hint(name, self._declared)}", place=place)
        section = settings.domains[name]
        if not section.order:
            raise ConfigurationError("nobody serves this data domain: `order` is empty", place=place)
        if section.on_missing not in ("absent", "fallback"):
            raise ConfigurationError('must be "absent" or "fallback"', place=f"{place}.on_missing")
        for key in ("order", "compare"):
            _refuse_twice(getattr(section, key), f"{place}.{key}")
            for backend in getattr(section, key):
                self._capable(backend, domain, f"{place}.{key}")
        for field, backends in section.fields.items():
            if field not in domain.fields:
                raise ConfigurationError(f"no such field{_hint(field, domain.fields)}", place=f"{place}.fields")
            _refuse_twice(backends, f"{place}.fields.{field}")
            for backend in backends:
                self._known_backend(backend, f"{place}.fields.{field}")
        tables = (SHIPPING_TABLES,) if domain is SHIPPING and SHIPPING_TABLES in self.backends else ()
        return DomainPlan(
            domain,
            (*section.order, *tables),
            section.fallback,
            section.on_missing == "fallback",
            section.compare,
            section.fields,
        )

    def _location(self, name: str, section: LocationSection) -> LocationPlan:
        place = f"locations.{name}"
        for backend in section.refs:
            self._known_backend(backend, f"{place}.refs")
        stock = section.stock or next((b for b in self._stock_order() if b in section.refs), None)
        if stock is None:
            raise ConfigurationError("no backend counts stock here: name one in `stock`", place=place)
        self._capable(stock, STOCK, f"{place}.stock")
        if stock not in section.refs:
            raise ConfigurationError(f"`refs` does not say what `{stock}` calls this place", place=place)
        rule = self._key_rules.get(stock, KeyRule())
        return LocationPlan(name, stock, section.refs[stock], section.refs, section.safety_stock, rule)

    def _stock_order(self) -> tuple[str, ...]:
        return self.domains[STOCK].order if STOCK in self.domains else ()

    def _store(self, name: str, section: StoreSection) -> StorePlan:
        place = f"stores.{name}"
        known_zone(section.timezone, place=f"{place}.timezone")
        _refuse_twice(section.locations, f"{place}.locations")
        locations = tuple(self._known_location(location, f"{place}.locations") for location in section.locations)
        return StorePlan(name, section, locations, *store_hours(section.hours, section.special_hours, place=place))

    def _known_location(self, name: str, place: str) -> LocationPlan:
        if name not in self.locations:
            raise ConfigurationError(f"no location `{name}`{_hint(name, self.locations)}", place=place)
        return self.locations[name]

    def _known_backend(self, name: str, place: str) -> BoundBackend:
        if name not in self.backends:
            raise ConfigurationError(f"no backend `{name}`{_hint(name, self.backends)}", place=place)
        return self.backends[name]

    def _capable(self, name: str, domain: DataDomain, place: str) -> None:
        backend = self._known_backend(name, place)
        if not (serves_any(backend.manifest, domain) and _has_ports(backend, domain)):
            raise ConfigurationError(f"`{name}` ({backend.manifest.name}) cannot serve this data domain", place=place)


def _has_ports(backend: BoundBackend, domain: DataDomain) -> bool:
    """Whether what the domain cannot be served without is there: an optional key may be missing."""
    needed = {operation.port for operation in reads().values() if operation.domain is domain and operation.essential}
    return all(backend.backend.port(port) is not None for port in needed)


def _refuse_twice(names: Iterable[str], place: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ConfigurationError(f"`{name}` stands here twice", place=place)
        seen.add(name)


def _refuse_shared_shelves(locations: Mapping[str, LocationPlan], settings: Settings) -> None:
    """One reference of one backend is one shelf, however it is written: in two locations it would be counted twice."""
    shelves: dict[tuple[str, str], tuple[str, str]] = {}
    for plan in locations.values():
        for backend, ref in plan.refs.items():
            if not ref.strip():
                raise ConfigurationError("a reference is missing", place=f"locations.{plan.name}.refs.{backend}")
            other, written = shelves.setdefault((backend, place_key(ref)), (plan.name, ref))
            if other != plan.name:
                same = f"`{ref}` is" if ref == written else f"`{ref}` and `{written}` are"
                raise ConfigurationError(
                    f"{same} one place of `{backend}`, in `locations.{other}` and in `locations.{plan.name}`: its "
                    "stock would be counted twice",
                    place=f"locations.{plan.name}.refs.{backend}",
                )
    for name, section in settings.backends.items():
        for ref in section.ignored_places:
            if (name, place_key(ref)) in shelves:
                mapped = shelves[name, place_key(ref)][0]
                raise ConfigurationError(
                    f"`{ref}` is ignored, and yet the place of `locations.{mapped}`",
                    place=f"backends.{name}.ignored_places",
                )


def _hint(name: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""
