"""What the Adyen adapter says of itself."""

from __future__ import annotations

from adapters.adyen.client import VERSION, AdyenClient
from adapters.adyen.config import AdyenConfig
from adapters.adyen.payers import StoredMethods
from adapters.adyen.payment import Payments
from adapters.adyen.probe import AdyenProbe
from adapters.adyen.webhooks import TOPICS, Webhooks
from gateway.model.operation import OperationSpec
from gateway.ports.backend import Backend
from gateway.ports.manifest import AdapterEnvironment, Manifest, QualityTier
from gateway.ports.writes import FindKind, WriteSpec

WEEK = 7 * 86_400.0
TIMEOUT, SETTLES = 35.0, 120.0
"""Seconds; the vendor's own client waits for thirty."""
REPLAYED = WriteSpec(find=FindKind.REPLAY, by_key=WEEK, timeout=TIMEOUT, settles=SETTLES)


def create(env: AdapterEnvironment[AdyenConfig]) -> Backend:
    client = AdyenClient(env)
    ports = (Payments(env, client), StoredMethods(env, client))
    return Backend(ports=ports, probe=AdyenProbe(env, client), webhooks=Webhooks(env.config))


MANIFEST = Manifest(
    name="adyen",
    title="Adyen Checkout",
    api_version=VERSION,
    config=AdyenConfig,
    create=create,
    tier=QualityTier.SILVER,
    key_fields=(),
    operations={"payment.list_methods": OperationSpec(personal=True)},
    writes={
        "payment.authorise": REPLAYED,
        "payment.capture": REPLAYED,
        "payment.void": REPLAYED,
        "payment.refund": REPLAYED,
        "payment.delete_method": REPLAYED,
    },
    errands=("payment.open_session", "payment.check_gift_card"),
    webhook_topics=TOPICS,
    unverified=(
        "No live account was seen: the vendor's description, its client and its documentation are the oracles.",
        "Which providers of gift cards take value at once is not in the description: `gift_cards_captured_at_once`.",
        "With `multicapture` what a last capture leaves is given free when the authorisation expires, not at once.",
    ),
)
