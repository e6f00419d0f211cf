"""Where a checkout that has ended and its owners do not agree: a function of our row and of what they said, and of
nothing else. What was not heard is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from gateway.checkout.apart import amounts_of
from gateway.checkout.reconcile.findings import Finding, FindingKind
from gateway.model.checkouts import CheckoutState
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.orders import OrderStatus
from gateway.model.payments import Payment, PaymentState
from gateway.model.syncing import SyncState
from gateway.state.commitments import CommitmentState

CAPTURE_SECONDS = 900.0
"""So long after an order its money may still be only held: the run that takes it is tried on."""
GIVING_BACK_SECONDS = 60.0
"""So long after it was noted that an order is none any more its goods may still stand: a run is at it."""
_GIVEN_BACK = (CommitmentState.RETURNED.value, CommitmentState.DROPPED.value)
_WAITING = (PaymentState.AUTHORISED, PaymentState.REQUIRES_ACTION, PaymentState.PENDING)
_OVER = (OrderStatus.CANCELLED, OrderStatus.RETURNED)


class SeenOrder(Struct, frozen=True):
    """`reference`: which of a checkout's it was asked for by."""

    status: OrderStatus
    total: Money | None
    reference: str = ""


class Seen(Struct, frozen=True, kw_only=True):
    """What owners have of one checkout, and its `tenders` and its orders beside the first (`further`) as our rows have
    them. `doubtful`: two payments under one reference, and the processor does not say which. `absent`: orders of our
    rows whose owner was asked for them by reference and by id, and has none. `pending`: an OPEN order of this owner
    waits for its confirmation."""

    tenders: Sequence[Any] = ()
    payments: Mapping[NativeRef, Payment] = {}
    orders: Mapping[NativeRef, SeenOrder] = {}
    doubtful: Sequence[NativeRef] = ()
    further: Sequence[Any] = ()
    absent: frozenset[NativeRef] = frozenset()
    pending: bool = False


class SeenMirror(Struct, frozen=True):
    """What a system has of an order that it should know besides the order's owner; `own` is the one in our row.
    `absent`: it was asked by reference and by id, and has none."""

    own: NativeRef
    orders: Mapping[NativeRef, SeenOrder]
    absent: bool


def judged(row: Any, seen: Seen) -> list[Finding]:
    """`row` of `checkouts`, with the database's time as `now`."""
    bought = row.state == CheckoutState.COMPLETED.value
    return [*(_bought(row, seen) if bought else _not_bought(row, seen)), *_doubtful(row, seen)]


def cancelled(row: Any, seen: Seen) -> bool:
    """Whether the order of a checkout that was bought is none any more, as its owner says; of several, all of them:
    what else was told (its goods, to other systems) is not told by order, and stands as long as one of them does."""
    bought = [NativeRef(row.order_backend, row.order_id)]
    bought += [NativeRef(each.backend, each.order_id) for each in seen.further if each.order_id is not None]
    orders = [seen.orders.get(ref) for ref in bought]
    return all(order is not None and order.status is OrderStatus.CANCELLED for order in orders)


def judged_mirrors(
    row: Any, seen: Seen, mirrors: Sequence[Any], known: Mapping[tuple[str, str], SeenMirror | None]
) -> Iterator[Finding]:
    """`mirrors` are the rows of `order_mirrors` of one checkout; of those in `known` their systems were heard."""
    over = cancelled(row, seen)
    for mirror in mirrors:
        late = mirror.state == SyncState.REFUSED.value or (
            mirror.state == SyncState.WAITING.value and mirror.due < mirror.now
        )
        if late and mirror.cancel_asked is None and not over:
            yield _not_there(row, NativeRef(mirror.backend, ""), mirror, mirror.state)
        told = known.get((row.run, mirror.backend))
        if told is not None:
            yield from _mirrored(row, mirror, told, cancelled=over)


def _mirrored(row: Any, mirror: Any, seen: SeenMirror, *, cancelled: bool) -> Iterator[Finding]:
    for ref, other in seen.orders.items():
        if ref != seen.own and other.status not in _OVER:
            yield _of_order(FindingKind.MIRROR_DOUBLE, row, ref, other)
    own = seen.orders.get(seen.own)
    if cancelled:
        if own is not None and own.status not in _OVER:
            found = _of_order(FindingKind.MIRROR_STANDING, row, seen.own, own)
            asked = "no" if mirror.cancel_asked is None else "yes"
            yield replace(found, facts={**found.facts, "asked": asked})
    elif own is None and seen.absent:
        yield _not_there(row, seen.own, mirror, "GONE")
    elif own is not None and own.status is OrderStatus.CANCELLED:
        yield _not_there(row, seen.own, mirror, own.status.value)
    elif own is not None and own.total is not None and own.total.settled() != _charged(row):
        yield _of_order(FindingKind.MIRROR_DIFFERENT, row, seen.own, own)


def judged_goods(row: Any, seen: Seen, goods: Sequence[Any], absent: Set[str]) -> Iterator[Finding]:
    """`goods` are the rows of `stock_commitments` of one checkout; `absent` the systems that say that they have none of
    it any more."""
    if not cancelled(row, seen):
        return
    for each in goods:
        over = each.state in _GIVEN_BACK or (each.record is not None and each.backend in absent)
        if over or (each.cancel_asked is not None and each.cancel_asked > each.now - GIVING_BACK_SECONDS):
            continue
        facts = {"backend": each.backend, "commitment": each.record or "", "state": each.state}
        facts["asked"] = "no" if each.cancel_asked is None else "yes"
        ref = NativeRef(each.backend, each.record or "")
        yield Finding(kind=FindingKind.GOODS_STANDING, run=row.run, ref=ref, facts=facts)


def _not_there(row: Any, ref: NativeRef, mirror: Any, state: str) -> Finding:
    facts = {"backend": ref.backend, "order": ref.id, "role": mirror.kind, "state": state}
    return Finding(kind=FindingKind.MIRROR_MISSING, run=row.run, ref=ref, facts=facts)


def _doubtful(row: Any, seen: Seen) -> Iterator[Finding]:
    for ref in seen.doubtful:
        yield Finding(
            kind=FindingKind.PAYMENT_ORPHAN,
            run=row.run,
            ref=ref,
            facts={"backend": ref.backend, "payment": "", "state": "several under one reference"},
        )


def _not_bought(row: Any, seen: Seen) -> Iterator[Finding]:
    for ref, payment in seen.payments.items():
        yield from _loose(row, ref, payment, "none")
    for ref, order in seen.orders.items():
        if order.status not in _OVER:
            yield _of_order(FindingKind.ORDER_ORPHAN, row, ref, order, _meant(row, seen, order))


def _bought(row: Any, seen: Seen) -> Iterator[Finding]:
    owned = _owned(row, seen)
    for ref, other in seen.orders.items():
        if ref not in owned and other.status not in _OVER:
            yield _of_order(FindingKind.ORDER_DOUBLE, row, ref, other, _meant(row, seen, other))
    for ref, charged in owned.items():
        order = seen.orders.get(ref)
        if order is None and ref in seen.absent:
            facts = {"backend": ref.backend, "order": ref.id}
            yield Finding(kind=FindingKind.ORDER_MISSING, run=row.run, ref=ref, facts=facts)
        if order is not None and order.status not in _OVER:
            if seen.pending and order.status is OrderStatus.OPEN:
                yield _of_order(FindingKind.ORDER_UNCONFIRMED, row, ref, order, charged)
            if order.total is not None and order.total.settled() != charged:
                yield _of_order(FindingKind.ORDER_DIFFERENT, row, ref, order, charged)
    statuses = [seen.orders[ref].status if ref in seen.orders else None for ref in owned]
    paid = {NativeRef(each.backend, each.payment_id): each for each in seen.tenders if each.payment_id is not None}
    for ref, payment in seen.payments.items():
        if ref not in paid or not Decimal(paid[ref].amount):
            yield from _loose(row, ref, payment, "another payment's")
        elif all(status is OrderStatus.CANCELLED for status in statuses):  # of several one may: the rest is still paid
            yield from _loose(row, ref, payment, "cancelled")
        elif any(status not in _OVER for status in statuses):
            shipped = all(status is None or status in (OrderStatus.FULFILLED, *_OVER) for status in statuses)
            waits = bool(row.taken_later) and any(status is not None for status in statuses) and not shipped
            yield from _owed(row, paid[ref], ref, payment, waits=waits)


def _owned(row: Any, seen: Seen) -> dict[NativeRef, Money]:
    """The orders of our rows, each with what was charged for it."""
    first, *others = amounts_of(row.total or row.quoted, seen.further)
    owned = {NativeRef(row.order_backend, row.order_id): first}
    for each, amount in zip(seen.further, others, strict=True):
        owned[NativeRef(each.backend, each.order_id)] = amount
    return {ref: Money(amount, row.currency).quantized() for ref, amount in owned.items()}


def _meant(row: Any, seen: Seen, order: SeenOrder) -> Money:
    """What was charged for the order that this one is a second of."""
    first, *others = amounts_of(row.total or row.quoted, seen.further)
    by_reference = {each.reference: amount for each, amount in zip(seen.further, others, strict=True)}
    return Money(by_reference.get(order.reference, first), row.currency).quantized()


def _owed(row: Any, tender: Any, ref: NativeRef, payment: Payment, *, waits: bool) -> Iterator[Finding]:
    """What one tender pays of an order that stands. `waits`: its money is taken once the order is fulfilled."""
    total = Money(Decimal(tender.amount), row.currency).quantized()
    if total.amount == 0 or payment.state in (PaymentState.DUE, PaymentState.PENDING):
        return
    known = [money for money in (payment.authorised, payment.captured) if money is not None]
    lost = payment.state in (PaymentState.VOIDED, PaymentState.FAILED)
    if lost or (known and (max(money.amount for money in known) < total.amount or _foreign(known, total))):
        yield _of_payment(FindingKind.PAYMENT_DIFFERENT, row, ref, payment, total=str(total.amount))
    elif payment.state is PaymentState.AUTHORISED and not waits and row.ended < row.now - CAPTURE_SECONDS:
        yield _of_payment(FindingKind.PAYMENT_UNTAKEN, row, ref, payment)


def _foreign(known: list[Money], total: Money) -> bool:
    return any(money.amount and money.currency != total.currency for money in known)


def _loose(row: Any, ref: NativeRef, payment: Payment, order: str) -> Iterator[Finding]:
    """Money for which no order stands."""
    if payment.state in _WAITING or (
        payment.state is PaymentState.CAPTURED and (payment.captured is None or left(payment))
    ):
        yield _of_payment(FindingKind.PAYMENT_ORPHAN, row, ref, payment, order=order)


def left(payment: Payment) -> Decimal:
    """What was taken and not given back."""
    taken = Decimal(0) if payment.captured is None else payment.captured.amount
    returned = Decimal(0) if payment.refunded is None else payment.refunded.amount
    return max(Decimal(0), taken - returned)


def _charged(row: Any) -> Money:
    return Money(Decimal(row.total or row.quoted), row.currency).quantized()


def _of_order(kind: FindingKind, row: Any, ref: NativeRef, order: SeenOrder, charged: Money | None = None) -> Finding:
    facts = {"backend": ref.backend, "order": ref.id, "state": order.status.value, "total": _text(order.total)}
    facts["charged"] = _text(charged or _charged(row))
    if order.reference not in ("", row.run):
        facts["reference"] = order.reference
    return Finding(kind=kind, run=row.run, ref=ref, facts=facts)


def _of_payment(kind: FindingKind, row: Any, ref: NativeRef, payment: Payment, **more: str) -> Finding:
    facts = {
        "backend": ref.backend,
        "payment": ref.id,
        "state": payment.state.value,
        "authorised": _text(payment.authorised),
        "captured": _text(payment.captured),
        "refunded": _text(payment.refunded),
    }
    return Finding(kind=kind, run=row.run, ref=ref, facts={**facts, **more})


def _text(money: Money | None) -> str:
    return "" if money is None else f"{money.amount} {money.currency}"
