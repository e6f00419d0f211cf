"""Whether an adapter is what it says it is: its manifest against the declared operations, before anything is made of
it; its backend against its manifest, once at start. What does not agree would fail the first shopper, or be cached,
limited and counted as something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, cast

from gateway.constraints import nearest
from gateway.errors import Mistake
from gateway.model.context import CONTEXT_PARTS
from gateway.ports.backend import Backend, faults, members, protocols
from gateway.ports.domain import DataDomain, ReadOperation, WriteOperation, domains, reads, writes
from gateway.ports.manifest import AdapterConfig, Manifest
from gateway.ports.payment import CHECK_GIFT_CARD, GiftCardPort
from gateway.ports.writes import FindKind


def undeclared(manifest: Manifest, place: str) -> Iterator[Mistake]:
    """Names in a manifest that nothing bears. `place` is the backend's `adapter` key."""
    subject = f"the manifest of adapter `{manifest.name}`"
    for kind, names, known in (
        ("operation", manifest.operations, reads()),
        ("write", manifest.writes, writes()),
        ("data domain", manifest.needs, domains()),
    ):
        for name in names:
            if name not in known:
                yield Mistake(
                    message=f"{subject} declares `{name}`, which is no {kind}",
                    place=place,
                    nearest=nearest(name, known),
                )
    for name, spec in (*manifest.operations.items(), *manifest.writes.items()):
        for part in sorted(spec.vary_on - set(CONTEXT_PARTS)):
            yield Mistake(
                message=f"{subject} lets `{name}` vary on `{part}`, which is no part of the commerce context",
                place=place,
                nearest=nearest(part, CONTEXT_PARTS),
            )
    fields = manifest.config.__struct_fields__
    for domain, key in manifest.needs.items():
        if key not in fields:
            yield Mistake(
                message=f"{subject} says that {domain} needs `{key}`, which is no key of its configuration",
                place=place,
                nearest=nearest(key, fields),
            )


def unserved(manifest: Manifest, domain: DataDomain) -> tuple[str, ...]:
    """Operations without which nobody serves a domain, and that the manifest does not declare."""
    return tuple(
        name
        for name, operation in reads().items()
        if operation.domain is domain and operation.essential and name not in manifest.operations
    )


def serves_any(manifest: Manifest, domain: DataDomain) -> bool:
    known = {**reads(), **writes()}
    return any(name in known and known[name].domain is domain for name in (*manifest.operations, *manifest.writes))


def disagreements(manifest: Manifest, backend: Backend, config: AdapterConfig, place: str) -> Iterator[Mistake]:
    """Where a backend is not what its manifest says. `place` is the backend's `adapter` key."""
    subject = f"the adapter `{manifest.name}`"
    known = protocols()
    for fault in faults(backend, known):
        yield Mistake(message=f"{subject}: {fault}", place=place)
    yield from _of_kind(manifest.operations, reads(), manifest, backend, config, place)
    yield from _of_kind(manifest.writes, writes(), manifest, backend, config, place)
    if backend.port(GiftCardPort) is not None and CHECK_GIFT_CARD not in manifest.errands:
        yield Mistake(message=f"{subject} takes gift cards and does not declare `{CHECK_GIFT_CARD}`", place=place)
    if manifest.webhook_topics and backend.webhooks is None:
        yield Mistake(
            message=f"{subject} declares the webhook topic `{manifest.webhook_topics[0]}` and receives no webhooks",
            place=place,
        )
    if backend.webhooks is not None and not manifest.webhook_topics:
        yield Mistake(message=f"{subject} receives webhooks and declares no `webhook_topics`", place=place)


def _of_kind(
    specs: Mapping[str, Any],
    known: Mapping[str, ReadOperation] | Mapping[str, WriteOperation[Any, Any]],
    manifest: Manifest,
    backend: Backend,
    config: AdapterConfig,
    place: str,
) -> Iterator[Mistake]:
    subject = f"the adapter `{manifest.name}`"
    for name, operation in known.items():
        there = _whole(backend, operation, specs.get(name))
        if name in specs and not there and not _without_its_key(manifest, operation.domain, config):
            wanting = _wanting(backend, operation)
            yield Mistake(
                message=f"{subject} declares `{name}`, and no port of it has `{wanting}`",
                place=place,
                nearest=_likely(wanting, backend),
            )
        elif name not in specs and there:
            close = get_close_matches(name, [each for each in specs if each not in known], n=1)
            yield Mistake(
                message=f"{subject} has `{operation.method}`, and its manifest does not declare `{name}`",
                place=place,
                nearest=close[0] if close else None,
            )


def _whole(backend: Backend, operation: ReadOperation | WriteOperation[Any, Any], spec: Any) -> bool:
    port = bearer(backend, operation.port, operation.method)
    if port is None:
        return False
    if isinstance(operation, WriteOperation) and spec is not None and spec.find is not FindKind.REPLAY:
        return callable(getattr(port, operation.find, None))
    return True


def _wanting(backend: Backend, operation: ReadOperation | WriteOperation[Any, Any]) -> str:
    """The method for want of which an operation is not whole."""
    if isinstance(operation, WriteOperation) and bearer(backend, operation.port, operation.method) is not None:
        return operation.find
    return operation.method


def bearer(backend: Backend, protocol: type, method: str) -> Any:
    """The port that implements a Protocol, with the method to call."""
    port = cast("Any", backend.port(protocol))
    return port if port is not None and callable(getattr(port, method, None)) else None


def _without_its_key(manifest: Manifest, domain: DataDomain, config: AdapterConfig) -> bool:
    """An operation that needs an optional key is declared whether or not the key is there."""
    key = manifest.needs.get(domain.name)
    return key is not None and not getattr(config, key, None)


def _likely(method: str, backend: Backend) -> str | None:
    """What a port has in place of a method, where it looks like a slip of the pen."""
    taken = {name for protocol in protocols() for name in members(protocol)}
    offered = [name for port in backend.ports for name in dir(port) if not name.startswith("_") and name not in taken]
    return nearest(method, offered)
