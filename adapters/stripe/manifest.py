"""What the Stripe adapter says of itself."""

from __future__ import annotations

from adapters.stripe.client import VERSION, StripeClient
from adapters.stripe.config import StripeConfig
from adapters.stripe.payers import Payers
from adapters.stripe.payment import AT_ONCE, Payments
from adapters.stripe.probe import StripeProbe
from adapters.stripe.webhooks import TOPICS, Webhooks
from gateway.kit import budgets
from gateway.model.operation import OperationSpec
from gateway.ports.backend import Backend
from gateway.ports.manifest import AdapterEnvironment, Manifest, QualityTier
from gateway.ports.writes import FindKind, WriteSpec

DAY = 86_400.0
TIMEOUT, SETTLES = 25.0, 90.0
"""Seconds; an issuer may take twenty."""
SEARCH_LAG = 3600.0
"""Seconds; a minute on most days, up to an hour in an outage."""
REPLAYED = WriteSpec(find=FindKind.REPLAY, by_key=DAY, timeout=TIMEOUT, settles=SETTLES)
SEARCHED = WriteSpec(find=FindKind.LAGGING, find_after=SEARCH_LAG, by_key=DAY, timeout=TIMEOUT, settles=SETTLES)


def create(env: AdapterEnvironment[StripeConfig]) -> Backend:
    client = StripeClient(env)
    ports = (Payments(env, client), Payers(env, client))
    return Backend(ports=ports, probe=StripeProbe(env.config, client), webhooks=Webhooks(env.config))


MANIFEST = Manifest(
    name="stripe",
    title="Stripe",
    api_version=VERSION,
    config=StripeConfig,
    create=create,
    tier=QualityTier.SILVER,
    key_fields=(),
    operations={
        "payment.list_methods": OperationSpec(personal=True),
        "payment.get_payments": OperationSpec(personal=True, max_keys=AT_ONCE, requests=budgets.keys),
    },
    writes={
        "payment.authorise": SEARCHED,
        "payment.capture": REPLAYED,
        "payment.void": REPLAYED,
        "payment.refund": REPLAYED,
        "payment.ensure_payer": SEARCHED,
        "payment.delete_method": REPLAYED,
    },
    errands=("payment.open_session",),
    webhook_topics=TOPICS,
    unverified=(
        "No live account was seen: the vendor's description, its typed client and its documentation are the oracles.",
        "Accounts in India have no search: a payment is then not found by our reference, only repeated by its key.",
        "`multicapture` is a feature that Stripe switches on for an account.",
    ),
)
