"""One look at everything, the same for `check`, `serve`, `demo` and `explain`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import structlog

from gateway.constraints import Facts
from gateway.constraints.codes import country_fault
from gateway.constraints.texts import section_fault
from gateway.errors import ConfigurationError, Mistake
from gateway.ports.manifest import Manifest
from gateway.settings import Settings
from gateway.validation.backends import check_backends
from gateway.validation.limits import check_limits
from gateway.validation.machine import check_machine
from gateway.validation.markets import check_markets
from gateway.validation.mended import follows, mended
from gateway.validation.people import check_people
from gateway.validation.places import check_places
from gateway.validation.shipping import check_shipping
from gateway.validation.values import check_record

NAMED = ("secrets", "backends", "identity", "locations", "stores", "channels", "issuers", "profiles", "api_keys")
"""Sections whose entries have names of the operator's own."""
_log = structlog.get_logger("gateway")


def require(
    settings: Settings, manifests: Mapping[str, Manifest] | None = None, *, found: Iterable[Mistake] = ()
) -> None:
    """Raises ConfigurationError with every mistake that keeps a gateway from serving; the others are logged. `found`
    are those of the form."""
    every = validate(settings, tuple(found), manifests=manifests)
    grave = [mistake for mistake in every if mistake.grave]
    if grave:
        raise ConfigurationError.of(grave)
    for mistake in every:
        _log.warning("configuration", place=mistake.place, problem=mistake.message)


def validate(
    settings: Settings, found: Sequence[Mistake] = (), *, manifests: Mapping[str, Manifest] | None = None
) -> tuple[Mistake, ...]:
    """All mistakes, those of the form (`found`) first. Opens nothing but the files that the configuration names.
    `manifests` are adapters at hand besides the installed ones."""
    facts = facts_of(settings)
    kept: dict[tuple[str | None, str], Mistake] = {}
    for mistake in found:
        kept[mistake.place, mistake.message] = mistake
    for mistake in _values(settings, facts):
        if not follows(mistake, found):
            kept.setdefault((mistake.place, mistake.message), mistake)
    told = tuple(kept.values())
    meant = mended(settings, told)
    for mistake in _meaning(meant, facts_of(meant), manifests or {}):
        if not follows(mistake, told):
            kept.setdefault((mistake.place, mistake.message), mistake)
    return tuple(kept.values())


def facts_of(settings: Settings) -> Facts:
    names = {section: tuple(getattr(settings, section)) for section in NAMED}
    names["languages"] = settings.languages.available
    return Facts(names, settings.environment, settings.base)


def _values(settings: Settings, facts: Facts) -> Iterator[Mistake]:
    for section in settings.__struct_fields__:
        value = getattr(settings, section)
        if section in ("environment", "base"):
            continue
        if section in NAMED or section in ("domains", "markets", "shipping"):
            for name, entry in value.items():
                yield from _check_name(section, name)
                yield from check_record(entry, facts, f"{section}.{name}")
        else:
            yield from check_record(value, facts, section)


def _meaning(settings: Settings, facts: Facts, manifests: Mapping[str, Manifest]) -> Iterator[Mistake]:
    """What fits with what."""
    yield from check_machine(settings)
    yield from check_backends(settings, facts, manifests)
    yield from check_places(settings)
    yield from check_markets(settings)
    yield from check_shipping(settings)
    yield from check_people(settings)
    yield from check_limits(settings)


def _check_name(section: str, name: str) -> Iterator[Mistake]:
    fault = country_fault(name) if section == "markets" else section_fault(name)
    if fault is not None:
        yield Mistake(message=f"`{name}` {fault.message}", place=f"{section}.{name}", nearest=fault.nearest)
