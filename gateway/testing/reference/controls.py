"""The knobs of the reference adapter: what a test turns to make a backend slow, down or wrong, and what it counts."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from msgspec import Struct

from gateway.errors import AdapterError, DeadlineExceeded, RequestRefused, Unavailable
from gateway.model.context import CallContext
from gateway.model.customers import CustomerRecord
from gateway.model.freshness import Freshness
from gateway.model.identity import KeyRule, NativeRef, VariantKey
from gateway.model.operation import OperationSpec
from gateway.model.orders import Order, OrderStatus, PlacedOrder
from gateway.model.stock import CommitStock, Restock, Restocked, StockCommitted
from gateway.ports.manifest import AdapterEnvironment
from gateway.testing.reference.operations import OPERATIONS
from gateway.testing.sandbox import Seed


class Asked(Struct, frozen=True):
    """One request the adapter was asked to make: the operation's name and the business keys (or the query) of it."""

    operation: str
    keys: tuple[object, ...]


async def _at_once() -> None:
    return None


class Controls:
    """Base of the reference adapter. `down` fails every operation, `failing` single ones by name, `fail_keys` single
    keys by their text (a SKU, a slug, an email, a native id). `delay` in seconds is slept before every answer, `delays`
    beside it before those of single operations by name.
    `requests` counts by operation name, `asked` keeps every request in order, `cancelled` those that were abandoned.
    `untracked` are SKUs sold without counting, `places` the native location of a configured store (default: its own
    name), `truncated_before` the instant before which this credential reads no orders, `restricted` whether it is
    shown only some."""

    operations: Mapping[str, OperationSpec] = OPERATIONS

    def __init__(
        self,
        environment: AdapterEnvironment | str,
        seed: Seed,
        *,
        clock: Callable[[], datetime] | None = None,
        key_rule: KeyRule | None = None,
    ) -> None:
        self.seed = seed
        if isinstance(environment, AdapterEnvironment):
            self.name = environment.name
            self.clock = clock or environment.clock
            self.key_rule = key_rule or environment.key_rule
        else:
            self.name = environment
            self.clock = clock or (lambda: seed.now or datetime.now(UTC))
            self.key_rule = key_rule or KeyRule()
        self.down = False
        self.delay = 0.0
        self.delays: dict[str, float] = {}
        self.failing: dict[str, AdapterError] = {}
        self.fail_keys: dict[str, AdapterError] = {}
        self.requests: Counter[str] = Counter()
        self.cancelled: Counter[str] = Counter()
        self.asked: list[Asked] = []
        self.untracked: set[str] = set()
        self.places: dict[str, str] = {}
        self.truncated_before: datetime | None = None
        self.restricted = False
        self.placed: list[tuple[str, PlacedOrder, float]] = []
        self.ensured: list[tuple[str, CustomerRecord]] = []
        self.committed: list[tuple[str, CommitStock, StockCommitted, float]] = []
        self.restocked: list[tuple[str, Restock, Restocked, float]] = []
        self.shipped: set[str] = set()
        """References of commitments whose goods have left."""
        self.order_states: dict[str, OrderStatus] = {}
        self.order_records: dict[str, Order] = {}
        self.order_goods: dict[str, Counter[tuple[str, str]]] = {}
        self.sold: Counter[tuple[str, str]] = Counter()
        """Pieces by SKU and place that stand in orders, its own or others': its stock leaves them out."""
        self.surcharge = Decimal(0)
        self.surprising = False
        self.order_currencies: tuple[str, ...] | None = None
        self.uncancellable = False
        self.refused_places: set[str] = set()
        self.lag = 0.0
        self.after_placing: Callable[[], Awaitable[None]] = _at_once

    def goods(self, variant: VariantKey, place: str, pieces: int) -> Counter[tuple[str, str]]:
        """What leaves the shelf when so many are sold, as `sold` counts it."""
        return Counter({(variant if isinstance(variant, str) else variant.id, place): pieces})

    def effects(self, reference: str) -> int:
        """How many orders were made under a reference."""
        return sum(1 for known, _, _ in self.placed if known == reference)

    async def _written(self, operation: str, command: object, call: CallContext) -> None:
        """Of a write."""
        await self._request(operation, (command,))
        if call.once and call.remaining() <= 0:  # as the wire does: nothing is sent after its time
            late = DeadlineExceeded(source=self.name, domain=operation.split(".")[0])
            late.unsent = True
            raise late

    async def _request(self, operation: str, keys: Iterable[object] = ()) -> None:
        """Stands where a vendor's adapter makes its HTTP request."""
        asked = Asked(operation, tuple(keys))
        self.requests[operation] += 1
        self.asked.append(asked)
        try:
            await asyncio.sleep(self.delay + self.delays.get(operation, 0.0))
        except asyncio.CancelledError:
            self.cancelled[operation] += 1
            raise
        domain = operation.split(".")[0]
        if self.down:
            raise Unavailable(source=self.name, domain=domain)
        if operation in self.failing:
            raise self.failing[operation].fresh().located(self.name, domain)
        spec = self.operations.get(operation)
        if spec is not None and len(asked.keys) > spec.max_keys:
            raise RequestRefused(detail=f"{len(asked.keys)} keys", source=self.name, domain=domain)

    def _failure(self, key: VariantKey, domain: str) -> AdapterError | None:
        error = self.fail_keys.get(key if isinstance(key, str) else key.id)
        return None if error is None else error.fresh().located(self.name, domain)

    def _named(self, variant: VariantKey) -> VariantKey:
        """As this backend writes it; a reference of the seed under this backend's own name."""
        return self.key_rule.written(variant) if isinstance(variant, str) else variant

    def _seeded(self, variant: VariantKey) -> VariantKey:
        return self._named(variant if isinstance(variant, str) else self._own(variant))

    def _freshness(self) -> Freshness:
        return Freshness(self.name, self.clock())

    def _own(self, ref: NativeRef) -> NativeRef:
        """The same native id, under this backend's configured name."""
        return NativeRef(self.name, ref.id)
