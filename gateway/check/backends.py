"""One backend asked: is it there, what is it, and does it know what the configuration says of it."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from gateway.app import Gateway
from gateway.calls.operation.bound import BoundBackend
from gateway.check.causes import CauseKind, problem_of
from gateway.check.contexts import markets
from gateway.check.currencies import refused_currencies
from gateway.check.findings import BackendReport, Problem
from gateway.check.prices import compared, drifted, unsold
from gateway.constraints import nearest
from gateway.errors import Mistake
from gateway.model.context import CallContext, Priority
from gateway.model.stores import StoreRecord
from gateway.ports.backend import AUDIT, PRICE_DRIFT, PROBE, Probe
from gateway.ports.domain import DataDomain, domains
from gateway.ports.identity import IdentityAudit, IdentityPort
from gateway.ports.order import GET_CURRENCIES, ORDER
from gateway.ports.price import PRICE, PriceAudit, PriceAuditPort
from gateway.ports.product import PRODUCT
from gateway.ports.stock import STOCK
from gateway.ports.store import LIST_STORES, STORE

SECONDS = 30.0
DRIFT_SAMPLE = 20
SHOWN = 20
T = TypeVar("T")
_ODD_ID = re.compile(r"@|\d{7}.*\s|\s.*\d{7}|.{81}", re.DOTALL)


def _shown(ref: str) -> str:
    """A place's id as its system says it, unless it holds what no id does: a sentence, a contact, a number to call."""
    return "..." if _ODD_ID.search(ref) else ref


class Examination:
    """Of one backend; everything that goes wrong on the way becomes a problem of the report."""

    def __init__(self, gateway: Gateway, backend: BoundBackend, skus: Sequence[str] = ()) -> None:
        """`skus`: those whose prices are compared, in place of some at random."""
        self._gateway = gateway
        self._skus = skus
        self._backend = backend
        self._section = gateway.settings.backends[backend.name]
        self._problems: list[Problem] = []

    async def report(self) -> BackendReport:
        backend, started = self._backend, time.perf_counter()
        probe: Probe | None = await self._tried(lambda: backend.backend.probe.probe(self._call(PROBE)), PROBE)
        milliseconds = (time.perf_counter() - started) * 1000
        audit: IdentityAudit | None = None
        prices: PriceAudit | None = None
        notes: Sequence[str] = ()
        if probe is not None:
            self._problems += [_told(problem, backend.name) for problem in probe.problems]
            self._rights(probe)
            identity = backend.backend.port(IdentityPort)
            if identity is not None and not hindered(probe.hinders, PRODUCT.name):
                audit = await self._tried(lambda: identity.audit(self._call(AUDIT)), "the audit of keys")
            if not hindered(probe.hinders, PRICE.name):
                prices = await self._prices()
            if not hindered(probe.hinders, STORE.name):
                await self._places()
            if not hindered(probe.hinders, ORDER.name):
                notes = await self._currencies()
        return BackendReport(
            name=backend.name,
            alias=backend.alias,
            adapter=backend.manifest.name,
            tier=backend.manifest.tier.value,
            version=None if probe is None else probe.version,
            milliseconds=round(milliseconds, 1),
            operations=tuple(sorted(backend.manifest.operations)),
            serves=self._serves(),
            keys=None if audit is None else _keys(audit),
            prices=None if prices is None else compared(prices),
            ambiguous=() if audit is None else audit.duplicates[:SHOWN],
            notes=(*(probe.notes if probe else ()), *notes, *backend.manifest.unverified),
            hindered=probe.hinders if probe else (),
            problems=tuple(self._problems),
        )

    async def _tried(self, work: Callable[[], Awaitable[T]], doing: str) -> T | None:
        try:
            return await work()
        except Exception as error:  # an adapter may be anybody's: its mistakes are told, not thrown at the operator
            config = self._gateway.registry.configs.get(self._backend.name)
            self._problems.append(problem_of(error, self._backend, config, self._section.url, doing=doing))
            return None

    def _rights(self, probe: Probe) -> None:
        """A right that nobody needs here is none that is missing."""
        for name, rights in probe.lacking.items():
            domain = domains().get(name)
            if domain is not None and self._gateway.ownership.serves(domain) and self._asked_for(domain):
                self._problems.append(
                    Problem(
                        message=f"the credential lacks the right {', '.join(rights)}, which {name} needs",
                        backend=self._backend.name,
                        cause=CauseKind.RIGHTS.value,
                    )
                )

    def _asked_for(self, domain: DataDomain) -> bool:
        ownership, name = self._gateway.ownership, self._backend.name
        plan = ownership.plan(domain)
        counts = domain is STOCK and any(location.backend == name for location in ownership.locations.values())
        return counts or name in plan.order or name in plan.compare

    async def _prices(self) -> PriceAudit | None:
        name, port = self._backend.name, self._backend.backend.port(PriceAuditPort)
        if port is None or not self._owns(PRICE):
            return None
        call = self._call(PRICE_DRIFT)
        audit = await self._tried(lambda: port.price_drift(DRIFT_SAMPLE, call, self._skus), PRICE_DRIFT)
        if audit is None:
            return None
        self._problems += drifted(name, audit)
        call = replace(self._call(), fresh=False)
        self._problems += await self._tried(lambda: unsold(self._gateway, name, audit.skus, call), "prices") or ()
        return audit

    async def _currencies(self) -> Sequence[str]:
        """In which markets the orders that it owns can be taken."""
        name, gateway = self._backend.name, self._gateway
        if not self._owns(ORDER) or not gateway.ownership.offers(name, GET_CURRENCIES.name):
            return ()
        found = await self._tried(lambda: refused_currencies(gateway, name, self._call()), GET_CURRENCIES.name)
        notes, problems = found or ([], [])
        self._problems += problems
        return notes

    async def _places(self) -> None:
        """The backend's places against [locations]: those that nobody mapped, and references that it does not know."""
        gateway, name = self._gateway, self._backend.name
        ownership = gateway.ownership
        used = any(plan.backend == name for plan in ownership.locations.values())
        listed = ownership.serves(STORE) and name in ownership.plan(STORE).order
        refs = ownership.references(name)
        if not (used or listed or refs) or not ownership.offers(name, LIST_STORES.name):
            return
        context = markets(gateway.settings)[0]
        records = await self._tried(
            lambda: gateway.caller.paged(name, LIST_STORES, None, context, self._call()), LIST_STORES.name
        )
        if records is not None:
            self._compare(records, mapped=used or listed)

    def _compare(self, records: tuple[StoreRecord, ...], *, mapped: bool) -> None:
        name, ownership = self._backend.name, self._gateway.ownership
        known = {record.ref.id: record for record in records}
        ignored = self._section.ignored_places
        if mapped:
            for ref, record in known.items():
                if record.active and ref not in ignored and not ownership.location_of(name, ref):
                    message = (
                        f"place `{_shown(ref)}` is mapped to no location: add it to [locations], or to "
                        f"`backends.{name}.ignored_places` if it is none on purpose"
                    )
                    self._problems.append(Problem(message=message, backend=name))
        for location, plan in ownership.locations.items():
            ref = plan.refs.get(name)
            if ref is not None and ref not in known:
                self._unknown(f"locations.{location}.refs.{name}", ref, known)
            elif ref is not None and not known[ref].active:
                message = f"`{ref}` is switched off in `{name}`"
                self._problems.append(Problem(message=message, place=f"locations.{location}.refs.{name}", value=ref))
        for index, ref in enumerate(ignored):
            if ref not in known:
                self._unknown(f"backends.{name}.ignored_places[{index}]", ref, known)

    def _unknown(self, place: str, ref: str, known: dict[str, StoreRecord]) -> None:
        self._problems.append(
            Problem(
                message=f"`{ref}` is no place of `{self._backend.name}`",
                place=place,
                value=ref,
                allowed=tuple(map(_shown, known)) if len(known) <= SHOWN else (),
                nearest=nearest(ref, [each for each in known if _shown(each) == each]),
            )
        )

    def _serves(self) -> tuple[str, ...]:
        name = self._backend.name
        return tuple(
            f"{domain.name}{'' if plan.order[0] == name else ' (stands in or adds)'}"
            for domain, plan in self._gateway.ownership.domains.items()
            if name in plan.order
        )

    def _owns(self, domain: DataDomain) -> bool:
        ownership = self._gateway.ownership
        return ownership.serves(domain) and self._backend.name in ownership.plan(domain).order

    def _call(self, operation: str = "") -> CallContext:
        return CallContext.within(SECONDS, priority=Priority.BACKGROUND, fresh=True, operation=operation)


def hindered(domains: Sequence[str], domain: str) -> bool:
    """Whether a data domain is among those that a probe says cannot be tried."""
    return "*" in domains or domain in domains


def _told(problem: str | Mistake, backend: str) -> Problem:
    """What an adapter says of its own section, with the section's place."""
    if isinstance(problem, str):
        return Problem(message=problem, backend=backend)
    return Problem.of(replace(problem, place=f"backends.{backend}.{problem.place}" if problem.place else None))


def _keys(audit: IdentityAudit) -> str:
    return f"{audit.records} records, {audit.missing} without a key, {len(audit.duplicates)} ambiguous"
