"""What owners have of checkouts, from our own rows outward: payments and orders by our reference where an owner can be
asked so, and by the ids we noted. One request after another, with a pause between them, in the lane of what nobody
waits for; an owner that does not answer is left alone until the next round.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from gateway.calls.operation.caller import BackendCaller
from gateway.calls.operation.look_ups import LookUps
from gateway.checkout.owners import every_owner
from gateway.checkout.reconcile.judging import Seen, SeenMirror, SeenOrder
from gateway.checkout.references import derived
from gateway.errors import AdapterError, AmbiguousKey
from gateway.model.context import CallContext, CommerceContext, Priority
from gateway.model.identity import NativeRef
from gateway.model.orders import Order
from gateway.model.payments import Payment
from gateway.model.syncing import SyncRole, SyncState
from gateway.ownership import Ownership
from gateway.ports.domain import KeyedOperation
from gateway.ports.order import GET_ORDERS, PLACE_ORDER, OrderWriting
from gateway.ports.payment import AUTHORISE, GET_PAYMENTS
from gateway.ports.stock import COMMIT_STOCK
from gateway.ports.writes import FindKind

V = TypeVar("V")

CALL_SECONDS = 10.0
PAUSE_SECONDS = 0.05
_KEYS = 20
"""Ids asked for in one call."""
_PATIENCE = 3
"""Calls in a row that an owner may leave without an answer before it is left alone."""
_NOWHERE = CommerceContext(country="", currency="", language="")


class Asking:
    """Of one round. `unheard` are the owners that did not answer a question, each of which keeps what it was about from
    being judged."""

    def __init__(
        self, ownership: Ownership, caller: BackendCaller, pause: float = PAUSE_SECONDS, seconds: float = CALL_SECONDS
    ) -> None:
        self._ownership = ownership
        self._caller = caller
        self._pause = pause
        self._seconds = seconds
        self._silent: defaultdict[str, int] = defaultdict(int)
        self.unheard: set[str] = set()

    async def seen(
        self,
        rows: Sequence[Any],
        tenders: Mapping[str, Sequence[Any]],
        further: Mapping[str, Sequence[Any]] = MappingProxyType({}),
    ) -> dict[str, Seen | None]:
        """By run, as `tenders` and `further` orders are; None where somebody who had to be heard was not."""
        asked = (each for mine in tenders.values() for each in mine if each.payment_id is not None)
        payments = await self._by_id(GET_PAYMENTS, map(paid_by, asked))
        placed = [_ordered(row) for row in rows if row.order_id is not None]
        others = (each for mine in further.values() for each in mine if each.order_id is not None)
        orders = await self._by_id(GET_ORDERS, (*placed, *(NativeRef(each.backend, each.order_id) for each in others)))
        return {
            row.run: await self._one(row, tenders.get(row.run, ()), further.get(row.run, ()), payments, orders)
            for row in rows
        }

    async def _one(
        self,
        row: Any,
        tenders: Sequence[Any],
        further: Sequence[Any],
        payments: dict[NativeRef, Payment | AdapterError],
        orders: dict[NativeRef, Order | AdapterError],
    ) -> Seen | None:
        try:
            paid, doubtful = dict[NativeRef, Payment](), list[NativeRef]()
            for tender in tenders:
                await self._payment(tender, payments, paid, doubtful)
            ordered, absent = await self._orders(row, further, orders)
        except AdapterError:
            return None
        return Seen(
            tenders=tenders,
            payments=paid,
            orders=ordered,
            doubtful=doubtful,
            further=further,
            absent=absent,
            pending=row.order_backend is not None and self._ordering(row.order_backend).pending,
        )

    async def _payment(
        self,
        tender: Any,
        known: dict[NativeRef, Payment | AdapterError],
        found: dict[NativeRef, Payment],
        doubtful: list[NativeRef],
    ) -> None:
        """All that is there of one tender, put into `found` and `doubtful`."""
        backend = tender.backend
        if backend not in self._ownership.backends:  # a processor that is no longer configured
            return
        if tender.payment_id is not None and (payment := _heard(known.get(paid_by(tender)))) is not None:
            found[payment.ref] = payment
        look = self._look_ups(backend)
        if look.able(AUTHORISE):
            try:
                another = await self._asked(backend, lambda: look.found(AUTHORISE, tender.reference, tender.run))
            except AmbiguousKey:
                doubtful.append(NativeRef(backend, tender.reference))
            else:
                if another is not None:
                    found.setdefault(another.ref, another)

    async def _orders(
        self, row: Any, further: Sequence[Any], known: dict[NativeRef, Order | AdapterError]
    ) -> tuple[dict[NativeRef, SeenOrder], frozenset[NativeRef]]:
        """Of each order of the checkout; and those of our rows that are certainly not there."""
        found, absent = dict[NativeRef, SeenOrder](), set[NativeRef]()
        first = _ordered(row) if row.order_id is not None else None
        asked = [(row.run, first, list(self._owners(row)))]
        for each in further:
            own = None if each.order_id is None else NativeRef(each.backend, each.order_id)
            asked.append((each.reference, own, [each.backend] if each.backend in self._ownership.backends else []))
        for reference, own, owners in asked:
            exact = False
            for backend in owners:
                look = self._look_ups(backend)
                if not look.able(PLACE_ORDER):
                    continue
                under = await self._asked(backend, lambda look=look, name=reference: look.orders(name, row.run))
                for placed in under:
                    found[placed.ref] = SeenOrder(placed.status, placed.total, reference)
                spec = self._ownership.backends[backend].manifest.writes[PLACE_ORDER.name]
                exact = exact or (own is not None and backend == own.backend and spec.find is FindKind.EXACT)
            if own is not None and (order := _heard(known.get(own))) is not None:
                found.setdefault(own, SeenOrder(order.status, order.total.gross, reference))
            if exact and own is not None and own not in found:
                absent.add(own)
        return found, frozenset(absent)

    async def mirrors(self, rows: Sequence[Any]) -> dict[tuple[str, str], SeenMirror | None]:
        """What other systems have of the orders in these rows (`order_mirrors`) that should be there; None where a
        system was not heard."""
        there = [row for row in rows if row.order_id is not None and row.state == SyncState.THERE.value]
        orders = await self._by_id(GET_ORDERS, (NativeRef(row.backend, row.order_id) for row in there))
        return {(row.run, row.backend): await self._mirror(row, orders) for row in there}

    async def _mirror(self, row: Any, known: dict[NativeRef, Order | AdapterError]) -> SeenMirror | None:
        own, found, exact = NativeRef(row.backend, row.order_id), dict[NativeRef, SeenOrder](), False
        if row.backend not in self._ownership.backends:  # no longer configured
            return SeenMirror(own, found, absent=False)
        look = self._look_ups(row.backend)
        try:
            if row.kind == SyncRole.MIRROR.value and look.able(PLACE_ORDER):
                for placed in await self._asked(row.backend, lambda: look.orders(row.run, row.run)):
                    found[placed.ref] = SeenOrder(placed.status, placed.total)
                spec = self._ownership.backends[row.backend].manifest.writes[PLACE_ORDER.name]
                exact = spec.find is FindKind.EXACT
            if (order := _heard(known.get(own))) is not None:
                found.setdefault(own, SeenOrder(order.status, order.total.gross))
        except AdapterError:
            return None
        return SeenMirror(own, found, absent=exact and own not in found)

    async def goods(self, rows: Sequence[Any]) -> set[str] | None:
        """Of the goods in these rows (`stock_commitments` of one checkout) which systems have none any more, of those
        that can be asked by our reference and be believed; None where one of them was not heard."""
        absent: set[str] = set()
        for row in rows:
            bound = self._ownership.backends.get(row.backend)
            spec = None if bound is None else bound.manifest.writes.get(COMMIT_STOCK.name)
            if row.record is None or spec is None or spec.find is not FindKind.EXACT:
                continue
            look, reference = self._look_ups(row.backend), derived(row.run, f"commit.{row.backend}")
            try:
                found = await self._asked(
                    row.backend, lambda look=look, known=reference: look.found(COMMIT_STOCK, known, known)
                )
            except AdapterError:
                return None
            absent |= set() if found is not None else {row.backend}
        return absent

    def _owners(self, row: Any) -> Iterable[str]:
        """Who may have an order of it: whoever the row names, else everybody through whom a checkout may sell."""
        configured = self._ownership.backends
        if row.order_backend is not None:
            return [row.order_backend] if row.order_backend in configured else []
        return every_owner(self._ownership)

    async def _by_id(
        self, operation: KeyedOperation[NativeRef, V], refs: Iterable[NativeRef]
    ) -> dict[NativeRef, V | AdapterError]:
        asked: defaultdict[str, list[NativeRef]] = defaultdict(list)
        for ref in refs:
            if ref.backend in self._ownership.backends and self._ownership.offers(ref.backend, operation.name):
                asked[ref.backend].append(ref)
        found: dict[NativeRef, V | AdapterError] = {}
        for backend, keys in asked.items():
            for begin in range(0, len(keys), _KEYS):
                some = keys[begin : begin + _KEYS]
                try:
                    answers = await self._asked(backend, lambda some=some: self._keyed(operation, some))
                except AdapterError as error:
                    answers = dict.fromkeys(some, error)
                found.update(answers)
        return found

    async def _keyed(
        self, operation: KeyedOperation[NativeRef, V], keys: Sequence[NativeRef]
    ) -> dict[NativeRef, V | AdapterError]:
        """Raises AdapterError where none of them was answered."""
        call = CallContext(time.monotonic() + self._seconds, Priority.BACKGROUND, "reconcile", fresh=True)
        answers = dict(await self._caller.keyed(keys[0].backend, operation, keys, _NOWHERE, call))
        failed = [answer for answer in answers.values() if isinstance(answer, AdapterError) and not answer.per_key]
        if len(failed) == len(keys):
            raise failed[0].fresh()
        return answers

    async def _asked(self, backend: str, ask: Callable[[], Awaitable[V]]) -> V:
        if self._silent[backend] >= _PATIENCE:
            raise AdapterError(source=backend)
        await asyncio.sleep(self._pause)
        try:
            answer = await ask()
        except AdapterError as error:
            if not error.per_key:
                self._silent[backend] += 1
                self.unheard.add(backend)
            raise
        self._silent[backend] = 0
        return answer

    def _look_ups(self, backend: str) -> LookUps:
        return LookUps(self._ownership.backends[backend], self._seconds)  # type: ignore[arg-type]

    def _ordering(self, backend: str) -> OrderWriting:
        found = self._ownership.backends.get(backend)
        return (None if found is None else found.manifest.ordering) or OrderWriting(cancels=False)


def paid_by(tender: Any) -> NativeRef:
    """The payment of a tender that has one."""
    return NativeRef(tender.backend, tender.payment_id)


def _ordered(row: Any) -> NativeRef:
    return NativeRef(row.order_backend, row.order_id)


def _heard(answer: V | AdapterError | None) -> V | None:
    """Raises AdapterError for one that was asked for and not answered."""
    if isinstance(answer, AdapterError):
        raise answer.fresh()
    return answer
