"""Webhooks in: what a backend says has changed is asked anew. The HTTP door (`http/pages`) hands deliveries over; the
adapter verifies them; most of what follows happens when the vendor has its answer already.

What names something stale carries no value into the gateway. So it does not matter in which order such events come or
how often: whatever is read afterwards is the source's present state. An event that says more than that (a payment, a
fulfilment) is stored before the vendor is answered, and dealt with from there (`state/inbox.py`).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import structlog
from cachetools import TTLCache

from gateway.calls.metrics import CallMetrics
from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.tags import Changed
from gateway.errors import BadInput, Overloaded, Unauthenticated
from gateway.logs.failures import FAILURES
from gateway.ports.webhooks import AcknowledgesWebhooks, Received, WebhookDelivery, WebhookEvent

DEBOUNCE = 0.1
"""Seconds during which changes are collected: a bulk edit sends a delivery for each record."""
_MOST_WAITING = 10_000
_REMEMBERED = 100_000
_REMEMBERED_FOR = 86_400.0
"""Vendors repeat a delivery for hours (one of them eight times in four)."""

_log = structlog.get_logger("gateway.webhooks")

StoreFacts = Callable[[Sequence[Received]], Awaitable[int]]
"""Keeps what must not be lost; how many were new. Raises StateUnavailable when it cannot."""


class SeenEvents(Protocol):
    """Remembers for all gateways which events were taken; `state/` has one."""

    async def put_if_absent(self, key: str, value: bytes, ttl: float | None = None) -> bool: ...


class WebhookInbox:
    """`changed(backend, tags)` is awaited once per backend and debounce; `close` finishes what was accepted."""

    def __init__(
        self,
        backends: Mapping[str, BoundBackend],
        changed: Changed,
        *,
        seen: SeenEvents | None = None,
        store: StoreFacts | None = None,
        metrics: CallMetrics | None = None,
        debounce: float = DEBOUNCE,
    ) -> None:
        self._backends = backends
        self._changed = changed
        self._seen = seen
        self._store = store
        self._debounce = debounce
        self._count = (metrics or CallMetrics()).webhooks
        self._recent: TTLCache[str, bool] = TTLCache(_REMEMBERED, _REMEMBERED_FOR)
        self._waiting: asyncio.Queue[tuple[str, str, WebhookEvent]] = asyncio.Queue(_MOST_WAITING)
        self._worker: asyncio.Task[None] | None = None

    async def accept(self, backend: str, delivery: WebhookDelivery) -> bytes:
        """The body its vendor waits for, mostly none. Returns before the work the delivery causes, and after what it
        tells is safe. Raises KeyError for a backend that has no webhooks, Unauthenticated for a forged or old delivery,
        BadInput for one that makes no sense, Overloaded when too many wait and StateUnavailable when it cannot be kept
        (the vendor will repeat it)."""
        port = self._backends[backend].backend.webhooks
        if port is None:
            raise KeyError(backend)
        try:
            events = port.receive(delivery)
        except (Unauthenticated, BadInput) as error:
            outcome = "forged" if isinstance(error, Unauthenticated) else "refused"
            self._count.labels(backend, outcome).inc()
            FAILURES.webhook_refused(backend, outcome)
            raise
        except Exception as error:  # of a body, which is the sender's: an adapter may trip over it, the door may not
            self._count.labels(backend, "refused").inc()
            FAILURES.unexpected(error, event="webhook_unreadable", backend=backend)
            raise BadInput("The delivery makes no sense.") from error
        await self._keep(backend, delivery, events)
        if self._waiting.qsize() + len(events) > _MOST_WAITING:
            self._count.labels(backend, "overloaded").inc()
            raise Overloaded(source=backend)
        for event in events:
            self._waiting.put_nowait((backend, _identity(backend, event, delivery.body), event))
        self._count.labels(backend, "accepted").inc()
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._work())
        return port.acknowledgement if isinstance(port, AcknowledgesWebhooks) else b""

    async def _keep(self, backend: str, delivery: WebhookDelivery, events: Sequence[WebhookEvent]) -> None:
        facts = [
            Received(
                identity=f"{_identity(backend, event, delivery.body)}|{event.fact.kind}|{event.fact.subject}",
                backend=backend,
                kind=event.fact.kind,
                subject=event.fact.subject,
                facts=event.fact.facts,
            )
            for event in events
            if event.fact is not None
        ]
        if not facts:
            return
        if self._store is None:
            raise Overloaded(source=backend)
        await self._store(facts)

    async def settled(self) -> None:
        """Returns when everything accepted so far has had its effect."""
        await self._waiting.join()

    async def close(self) -> None:
        await self.settled()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            await asyncio.sleep(self._debounce)
            while not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                await self._apply(batch)
            except Exception as error:
                FAILURES.unexpected(error, event="webhooks_failed", events=len(batch))
            finally:
                for _ in batch:
                    self._waiting.task_done()

    async def _apply(self, batch: Sequence[tuple[str, str, WebhookEvent]]) -> None:
        tags: dict[str, dict[str, None]] = {}
        for backend, identity, event in batch:
            if await self._is_first(identity):
                tags.setdefault(backend, {}).update(dict.fromkeys(event.tags))
                self._count.labels(backend, "applied").inc()
            else:
                self._count.labels(backend, "duplicate").inc()
        for backend, changed in tags.items():
            if changed:
                await self._changed(backend, tuple(changed))

    async def _is_first(self, identity: str) -> bool:
        if identity in self._recent:
            return False
        self._recent[identity] = True
        if self._seen is None:
            return True
        try:
            return await self._seen.put_if_absent(identity, b"", _REMEMBERED_FOR)
        except Exception:  # applied twice is harmless, not applied is not
            _log.warning("webhooks_memory_unreachable")
            return True


def _identity(backend: str, event: WebhookEvent, body: bytes) -> str:
    """The vendor's event id; else what was said and when it happened."""
    if event.id is not None:
        return f"{backend}|{event.topic}|{event.id}"
    when = event.occurred_at.isoformat() if event.occurred_at is not None else ""
    content = hashlib.sha256(body).hexdigest()
    return f"{backend}|{event.topic}|{when}|{content}"
