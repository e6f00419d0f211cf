"""Backends met with their adapters, and data domains with backends: all that can be known without asking anybody."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from gateway.constraints import Facts, nearest
from gateway.constraints.addresses import is_loopback
from gateway.errors import ConfigurationError, Mistake
from gateway.ports.agreement import serves_any, undeclared, unserved
from gateway.ports.domain import DataDomain, domains, reads
from gateway.ports.manifest import AdapterConfig, Manifest
from gateway.ports.price import PRICE
from gateway.ports.product import PRODUCT
from gateway.ports.search import SEARCH
from gateway.ports.stock import STOCK
from gateway.registry import manifest_of, secrets_of
from gateway.runtime.addresses import is_public
from gateway.settings import BackendSection, DomainSection, PolicyNumbers, Settings
from gateway.structure import read
from gateway.validation.mended import follows, mended
from gateway.validation.orders import KnownBackend, check_orders
from gateway.validation.values import check_record

RESERVED = "gateway"
"""What clients are told where the gateway itself is the source."""


def check_backends(settings: Settings, facts: Facts, at_hand: Mapping[str, Manifest]) -> Iterator[Mistake]:
    known: dict[str, KnownBackend] = {}
    for section in settings.backends.values():
        yield from _section(section, settings)
        place = f"backends.{section.name}"
        try:
            manifest = at_hand.get(section.adapter) or manifest_of(section.adapter, place=f"{place}.adapter")
        except ConfigurationError as error:
            yield from error.mistakes
            continue
        config, mistakes = read(section.options, manifest.config, place=place, dec_hook=secrets_of(settings, place))
        yield from mistakes
        if config is not None:
            yield from _held(config, facts, place, mistakes)
        yield from undeclared(manifest, f"{place}.adapter")
        known[section.name] = KnownBackend(manifest, config)
    yield from _aliases(settings)
    yield from _domains(settings, known)
    yield from _identity(settings, known)
    yield from check_orders(settings, known)


def _held(config: AdapterConfig, facts: Facts, place: str, mistakes: Sequence[Mistake]) -> Iterator[Mistake]:
    """What an adapter's keys say, whatever else is wrong with the form (`mistakes`) of some of them."""
    wrong = [mistake for mistake in check_record(config, facts, place) if not follows(mistake, mistakes)]
    yield from wrong
    try:
        mended(config, wrong, place).verify(place)
    except ConfigurationError as error:
        told = [*mistakes, *wrong]
        yield from (mistake for mistake in error.mistakes if not follows(mistake, told))


def _section(section: BackendSection, settings: Settings) -> Iterator[Mistake]:
    place = f"backends.{section.name}"
    if not section.allow_private_network and _is_private(section.url):
        yield Mistake(
            message="lies in a private network: set `allow_private_network = true` if it is meant",
            place=f"{place}.url",
        )
    sold = {country for channel in settings.channels.values() for country in channel.countries}
    for index, country in enumerate(section.countries):
        if sold and country not in sold:
            yield Mistake(
                message=f"`{country}` is no market: no channel sells there",
                place=f"{place}.countries[{index}]",
                nearest=nearest(country, sold),
                grave=False,
            )
    yield from _policy(section.policy, f"{place}.policy")


def _policy(policy: PolicyNumbers, place: str) -> Iterator[Mistake]:
    if policy.breaker_minimum > policy.breaker_window:
        yield Mistake(
            message=f"{policy.breaker_minimum} attempts never stand in a window of {policy.breaker_window}: no breaker "
            "would ever open",
            place=f"{place}.breaker_minimum",
        )
    if policy.slow_call > policy.timeout:
        yield Mistake(
            message=f"{policy.slow_call} s is beyond the timeout of {policy.timeout} s: nothing would ever be slow",
            place=f"{place}.slow_call",
            grave=False,
        )


def _is_private(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return is_loopback(host)
    return not is_public(host)


def _aliases(settings: Settings) -> Iterator[Mistake]:
    bearers: dict[str, str] = {}
    for name, section in settings.backends.items():
        place = f"backends.{name}.alias"
        if section.alias == RESERVED:
            yield Mistake(message=f"`{RESERVED}` is what the gateway calls itself", place=place)
        if section.alias in bearers:
            yield Mistake(message=f"`{section.alias}` is the alias of `{bearers[section.alias]}` too", place=place)
        bearers.setdefault(section.alias, name)


def _domains(settings: Settings, known: Mapping[str, KnownBackend]) -> Iterator[Mistake]:
    declared = domains()
    people = tuple(name for name, domain in declared.items() if domain.people)
    for name, section in settings.domains.items():
        place = f"domains.{name}"
        if name not in declared:
            yield Mistake(
                message="no such data domain", place=place, allowed=tuple(declared), nearest=nearest(name, declared)
            )
            continue
        domain = declared[name]
        if not section.order:
            yield Mistake(message="nobody serves this data domain: `order` is empty", place=f"{place}.order")
        for key in ("order", "compare"):
            for index, backend in enumerate(getattr(section, key)):
                if backend in known:
                    yield from incapable(backend, known[backend], domain, f"{place}.{key}[{index}]")
        yield from _roles(name, section, settings)
        if section.fields and not domain.fields:
            fielded = ", ".join(each.name for each in declared.values() if each.fields)
            yield Mistake(message=f"only {fielded} has owners by field", place=f"{place}.fields")
        linked = {each for other in people if other in settings.domains for each in settings.domains[other].order}
        for field, owners in section.fields.items():
            if not owners:
                yield Mistake(message="is empty: nobody would know it", place=f"{place}.fields.{field}")
            for index, owner in enumerate(owners):
                if owner in settings.backends and owner not in linked:
                    yield Mistake(
                        message=f"`{owner}` stands in no `order` of {', '.join(people)}: it is never asked for people",
                        place=f"{place}.fields.{field}[{index}]",
                        nearest=nearest(owner, linked),
                    )
    for location, section in settings.locations.items():
        if section.stock is not None and section.stock in known:
            yield from incapable(section.stock, known[section.stock], STOCK, f"locations.{location}.stock")


ONE_ANSWERS = frozenset(domain.name for domain in (PRODUCT, PRICE, SEARCH))
"""Domains of which only the owner is asked, unless others may stand in."""


def _roles(name: str, section: DomainSection, settings: Settings) -> Iterator[Mistake]:
    """Backends named for what they can never do: the first that knows a market owns the domain there."""
    place = f"domains.{name}"
    markets = sorted({country for channel in settings.channels.values() for country in channel.countries}) or [None]

    def knows(backend: str, market: str | None) -> bool:
        countries = settings.backends[backend].countries if backend in settings.backends else ()
        return not countries or market is None or market in countries

    serving = [[backend for backend in section.order if knows(backend, market)] for market in markets]
    owners = [served[0] if served else None for served in serving]
    for index, backend in enumerate(section.compare):
        known = [market for market in range(len(markets)) if knows(backend, markets[market])]
        if known and all(owners[market] == backend for market in known):
            yield Mistake(
                message=f"`{backend}` owns this data domain wherever it is asked: it would be compared with itself",
                place=f"{place}.compare[{index}]",
                value=backend,
                allowed=tuple(other for other in settings.domains[name].order if other != backend),
                grave=False,
            )
    if section.compare and name != PRICE.name:
        yield Mistake(message="has no effect: only prices are compared", place=f"{place}.compare", grave=False)
    if name not in ONE_ANSWERS:
        return
    if section.on_missing == "fallback" and not section.fallback:
        yield Mistake(
            message="has no effect: nobody stands in without `fallback = true`",
            place=f"{place}.on_missing",
            grave=False,
        )
    if section.fallback and section.order and all(len(served) < 2 for served in serving):
        yield Mistake(
            message="has no effect: `order` names nobody who could stand in", place=f"{place}.fallback", grave=False
        )
    for index, backend in enumerate(section.order):
        used = backend in owners or section.fallback or backend in section.order[:index]
        if not used and any(backend in served for served in serving):
            yield Mistake(
                message=f"`{backend}` would never be asked: it owns no market, and without `fallback = true` nobody "
                "stands in",
                place=f"{place}.order[{index}]",
                value=backend,
                grave=False,
            )


def incapable(name: str, known: KnownBackend, domain: DataDomain, place: str) -> Iterator[Mistake]:
    """Why a backend cannot serve a data domain, if it cannot."""
    manifest = known.manifest
    if not serves_any(manifest, domain):
        message = f"`{name}` ({manifest.name}) cannot serve this data domain"
        yield Mistake(message=message, place=place)
    else:
        for operation in unserved(manifest, domain):
            yield Mistake(
                message=f"`{name}` ({manifest.name}) cannot serve this data domain: its manifest declares no "
                f"`{operation}`",
                place=place,
                nearest=nearest(operation, [each for each in manifest.operations if each not in reads()]),
            )
    key = manifest.needs.get(domain.name)
    if key is not None and known.config is not None and not getattr(known.config, key, None):
        yield Mistake(
            message=f"`{name}` ({manifest.name}) cannot serve this data domain without `{key}` in [backends.{name}]",
            place=place,
        )


def _identity(settings: Settings, known: Mapping[str, KnownBackend]) -> Iterator[Mistake]:
    for name, rule in settings.identity.items():
        fields = known[name].manifest.key_fields if name in known else None
        if rule.field and fields is not None and rule.field not in fields:
            yield Mistake(
                message=f"`{rule.field}` is nothing that `{known[name].manifest.name}` keeps a key in",
                place=f"identity.{name}.field",
                value=rule.field,
                allowed=fields,
                nearest=nearest(rule.field, fields),
            )
        if name not in settings.backends:
            yield Mistake(
                message=f"no backend `{name}`", place=f"identity.{name}", nearest=nearest(name, settings.backends)
            )
