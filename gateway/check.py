"""`gateway check`: opens every backend and prints what an operator should know before shoppers do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from gateway.app import Gateway
from gateway.calls.bound import BoundBackend
from gateway.errors import AdapterError
from gateway.model.context import CallContext, Priority
from gateway.model.principal import ANONYMOUS
from gateway.ports.domains import PORTS, IdentityAudit, IdentityPort, PriceAudit, PriceAuditPort, Probe
from gateway.ports.operations import LIST_STORES
from gateway.price_check import drifted, unsold
from gateway.security.profiles import RequestFacts
from gateway.settings import Settings, load

SECONDS = 30.0
DRIFT_SAMPLE = 20


class Finding(Struct, frozen=True):
    """What one backend answered. `failure` and `problems` make the check fail; `notes` do not."""

    backend: BoundBackend
    probe: Probe | None
    milliseconds: float
    failure: AdapterError | None
    audit: IdentityAudit | None = None
    prices: PriceAudit | None = None
    unmapped: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


async def check(path: Path, skus: Sequence[str] = ()) -> int:
    """Prints the report; 0 when everything can work, 1 with causes otherwise. `skus` are those whose prices are
    compared, in place of some at random. Raises ConfigurationError."""
    settings = load(path)
    gateway = await Gateway.open(settings)
    try:
        findings = await asyncio.gather(*(_examine(gateway, b, skus) for b in gateway.registry.backends.values()))
    finally:
        await gateway.close()
    for finding in findings:
        _print(finding, gateway)
    problems = [problem for finding in findings for problem in finding.problems] + _missing_domains(settings)
    for problem in problems:
        print(f"PROBLEM  {problem}")
    print("ok" if not problems else f"{len(problems)} problem(s)")
    return 1 if problems else 0


async def _examine(gateway: Gateway, backend: BoundBackend, skus: Sequence[str]) -> Finding:
    call = CallContext.within(SECONDS, priority=Priority.BACKGROUND, fresh=True)
    started = time.perf_counter()
    try:
        probe = await backend.adapter.probe(call)
    except AdapterError as error:
        cause = f"{backend.name}: {error.code}: {error.message} {error.detail or ''} {_remedy(error)}".strip()
        return Finding(backend, None, _since(started), error, problems=(cause,))
    milliseconds = _since(started)
    problems = [
        f"{backend.name}: {problem.text}"
        for problem in probe.problems
        if not problem.domain or _owns(gateway, problem.domain, backend.name)
    ]
    audit: IdentityAudit | None = None
    prices: PriceAudit | None = None
    unmapped: tuple[str, ...] = ()
    try:
        if isinstance(backend.adapter, IdentityPort):
            audit = await backend.adapter.audit(call)
        if isinstance(backend.adapter, PriceAuditPort) and _owns(gateway, "price", backend.name):
            prices = await backend.adapter.price_drift(DRIFT_SAMPLE, call, skus)
            problems += await unsold(gateway, backend, prices.skus, call)
        unmapped = await _unmapped(gateway, backend)
    except AdapterError as error:
        problems.append(f"{backend.name}: {error.code}: {error.message} {error.detail or ''}".strip())
    problems += [f"{backend.name}: place `{ref}` is mapped to no location: add it to [locations]" for ref in unmapped]
    problems += drifted(backend.name, prices)
    return Finding(backend, probe, milliseconds, None, audit, prices, unmapped, tuple(problems))


async def _unmapped(gateway: Gateway, backend: BoundBackend) -> tuple[str, ...]:
    """Active places of the backend that no location of the configuration names, where its stock or stores are used."""
    ownership = gateway.ownership
    used = any(plan.backend == backend.name for plan in ownership.locations.values())
    listed = ownership.serves("store") and backend.name in ownership.plan("store").order
    if not (used or listed) or not ownership.offers(backend.name, LIST_STORES.name):
        return ()
    context = gateway.contexts(ANONYMOUS, gateway.profiles.of(ANONYMOUS), RequestFacts())
    call = CallContext.within(SECONDS, priority=Priority.BACKGROUND, fresh=True)
    records = await gateway.caller.paged(backend.name, LIST_STORES, None, context.commerce, call)
    ignored = set(gateway.settings.backends[backend.name].ignored_places)
    return tuple(
        record.ref.id
        for record in records
        if record.active and record.ref.id not in ignored and not ownership.location_of(backend.name, record.ref.id)
    )


def _owns(gateway: Gateway, domain: str, backend: str) -> bool:
    return gateway.ownership.serves(domain) and backend in gateway.ownership.plan(domain).order


def _missing_domains(settings: Settings) -> list[str]:
    return [f"domains.{name}: nobody serves this data domain" for name in PORTS if name not in settings.domains]


def _remedy(error: AdapterError) -> str:
    if error.code == "BACKEND_CREDENTIALS":
        return "(check the backend's credentials in [secrets])"
    return "(is the backend's url right, and is it running?)" if error.retryable else ""


def _print(finding: Finding, gateway: Gateway) -> None:
    backend = finding.backend
    state = "down" if finding.probe is None else finding.probe.version
    print(f"{backend.name}  ({backend.alias}, adapter {backend.manifest.name}, {backend.manifest.tier.value})")
    print(f"  version       {state}   {finding.milliseconds:.0f} ms")
    print(f"  capabilities  {', '.join(sorted(backend.manifest.operations))}")
    domains = [
        f"{name}{'' if plan.order[0] == backend.name else ' (stands in or adds)'}"
        for name, plan in gateway.ownership.domains.items()
        if backend.name in plan.order
    ]
    print(f"  serves        {', '.join(domains) or 'no domain'}")
    if finding.audit is not None:
        audit = finding.audit
        print(
            f"  keys          {audit.records} records, {audit.missing} without a key, {len(audit.duplicates)} ambiguous"
        )
        for key in audit.duplicates[:20]:
            print(f"  ambiguous     {key}")
    if finding.prices is not None:
        prices = finding.prices
        lists = ", ".join(prices.lists) or "no list"
        print(f"  prices        {prices.compared} amounts of {len(prices.skus)} SKUs compared on {lists}")
    for note in (*(finding.probe.notes if finding.probe else ()), *backend.manifest.unverified):
        print(f"  note          {note}")


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
