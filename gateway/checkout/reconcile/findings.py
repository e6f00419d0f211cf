"""What can be found where our rows and their owners do not agree, and how a finding is called."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct

from gateway.checkout.desk import STUCK_TASK
from gateway.model.identity import NativeRef


class FindingKind(Enum):
    PAYMENT_ORPHAN = "payment.orphan"
    """Money is held, or was taken, and no order stands for it. Repair: given free, or back."""
    PAYMENT_DIFFERENT = "payment.different"
    """What is held or was taken for an order is less than its total, or in another currency. A person's."""
    PAYMENT_UNTAKEN = "payment.untaken"
    """An order stands, and its money is still only held. Repair: taken."""
    ORDER_ORPHAN = "order.orphan"
    """An order stands that nobody bought. Repair: cancelled."""
    ORDER_DOUBLE = "order.double"
    """A second order stands under one reference. Repair: cancelled; the one in our row remains."""
    ORDER_MISSING = "order.missing"
    """Bought, and its owner has no such order. A person's."""
    ORDER_UNCONFIRMED = "order.unconfirmed"
    """Bought, and its owner still has it as pending. Repair: confirmed."""
    ORDER_DIFFERENT = "order.different"
    """The owner's total is not the one that was charged. A person's."""
    MIRROR_MISSING = "mirror.missing"
    """A system that is to know the order does not. Repair: written there; one that a connector writes is a person's."""
    MIRROR_DOUBLE = "mirror.double"
    """A second order stands there under our reference. Repair: cancelled; the one in our row remains."""
    MIRROR_DIFFERENT = "mirror.different"
    """It has another total or currency there than was charged. A person's."""
    MIRROR_STANDING = "mirror.standing"
    """It was cancelled at its owner, and still stands there. Repair: cancelled."""
    GOODS_STANDING = "goods.standing"
    """Its order was cancelled, and the system that counts its goods still has them as sold. Repair: given back, by
    whoever serves."""
    HOLD_ORPHAN = "hold.orphan"
    """Pieces are kept back by nobody who still buys. Repair: free again, or handed over to the order."""
    RUN_OPEN = "run.open"
    """A checkout without an end that makes no progress. Repair: gone on with, by whoever serves."""


BY_HAND = frozenset(
    {
        FindingKind.PAYMENT_DIFFERENT,
        FindingKind.ORDER_MISSING,
        FindingKind.ORDER_DIFFERENT,
        FindingKind.MIRROR_DIFFERENT,
    }
)
"""Kinds that no program mends: a person looks, mends it at the owner, or accepts it as it is."""
TASK_PREFIX = "reconcile."


class Finding(Struct, frozen=True, kw_only=True):
    """`ref` is the payment or the order it is about. `facts` are ids, states and amounts: they stand in a task."""

    kind: FindingKind
    run: str
    ref: NativeRef | None = None
    facts: Mapping[str, str] = {}

    @property
    def subject(self) -> str:
        return self.run if self.ref is None else f"{self.run}:{self.ref.backend}:{self.ref.id}"

    @property
    def name(self) -> str:
        """As `gateway reconcile --repair` is given it."""
        return f"{self.kind.value}:{self.subject}"

    @property
    def task(self) -> str:
        """The kind of its task. A checkout that stands still has one already, where it is watched for."""
        return STUCK_TASK if self.kind is FindingKind.RUN_OPEN else f"{TASK_PREFIX}{self.kind.value}"

    @property
    def told(self) -> dict[str, str]:
        return {"checkout": self.run, **self.facts}


class NamedFinding(Struct, frozen=True):
    """A finding as a person names it."""

    kind: FindingKind
    run: str
    subject: str

    @classmethod
    def of(cls, written: str) -> NamedFinding | None:
        kind, _, subject = written.partition(":")
        known = {each.value: each for each in FindingKind}
        run = subject.partition(":")[0]
        return cls(known[kind], run, subject) if kind in known and run else None
