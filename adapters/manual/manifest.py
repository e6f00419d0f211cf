"""What the manual adapter says of itself."""

from __future__ import annotations

from msgspec.structs import replace

from adapters.manual.config import ManualConfig
from adapters.manual.payment import Payments
from gateway.kit import budgets
from gateway.model.operation import OperationSpec
from gateway.ports.backend import Backend
from gateway.ports.manifest import AdapterEnvironment, Manifest, QualityTier
from gateway.ports.writes import FindKind, WriteSpec

TEN_YEARS = 10 * 365 * 86_400.0
PURE = WriteSpec(find=FindKind.REPLAY, by_key=TEN_YEARS, timeout=5.0, settles=5.0)
"""The same command has the same answer, whenever it is asked."""


def create(env: AdapterEnvironment[ManualConfig]) -> Backend:
    payments = Payments(env)
    return Backend(ports=(payments,), probe=payments)


MANIFEST = Manifest(
    name="manual",
    title="Paid by hand: pickup, invoice, transfer",
    api_version="1",
    config=ManualConfig,
    create=create,
    tier=QualityTier.GOLD,
    key_fields=(),
    operations={
        "payment.list_methods": OperationSpec(personal=True, vary_on=frozenset({"language"}), requests=budgets.NONE),
    },
    writes={
        "payment.authorise": replace(PURE, vary_on=frozenset({"country"})),
        "payment.capture": PURE,
        "payment.void": PURE,
        "payment.refund": PURE,
    },
)
