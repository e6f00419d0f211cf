"""Deliveries from HubSpot: only its own, only fresh ones, and what they make stale."""

from __future__ import annotations

import base64
import hashlib
import hmac
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from adapters.hubspot.config import HubSpotConfig
from gateway.errors import BadInput, Unauthenticated
from gateway.ports.manifest import Secret
from gateway.ports.webhooks import WebhookDelivery, WebhookPort
from gateway.testing.faults.deliveries import unreadable
from tests.contract.adapters.hubspot.connected import Connect, Crm

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
URL = "https://gateway.example/webhooks/crm"
CHANGE: dict[str, object] = {
    "objectId": 501,
    "propertyName": "email",
    "propertyValue": "New@Example.com",
    "changeSource": "CRM_UI",
    "eventId": 3816279340,
    "subscriptionId": 25,
    "portalId": 33,
    "appId": 1160452,
    "occurredAt": 1782907190000,
    "subscriptionType": "contact.propertyChange",
    "attemptNumber": 0,
}
MERGE: dict[str, object] = {
    "objectId": 502,
    "eventId": 2,
    "subscriptionId": 26,
    "occurredAt": 1782907195000,
    "subscriptionType": "contact.merge",
    "primaryObjectId": 502,
    "mergedObjectIds": [502, 503],
    "newObjectId": 504,
}


def signed(body: bytes, *, secret: str = "client-secret", url: str = URL, at: datetime = NOW) -> WebhookDelivery:
    stamp = str(int(at.timestamp() * 1000))
    text = b"POST" + url.encode() + body + stamp.encode()
    signature = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp}
    return WebhookDelivery(headers, body, url, NOW)


def delivery(*events: dict[str, object]) -> WebhookDelivery:
    return signed(msgspec.json.encode(events))


@pytest.fixture
def receiver(connect: Connect) -> WebhookPort:
    connected: Crm = connect(webhook_secret=Secret(("client-secret", "the-one-before")))
    adapter = connected.adapter
    assert isinstance(adapter, WebhookPort)
    return adapter


def test_events_name_what_they_make_stale(receiver: WebhookPort) -> None:
    change, merge = receiver.receive(delivery(CHANGE, MERGE))
    assert change.topic == "contact.propertyChange"
    assert change.tags == ("customer:501", "customer:new@example.com")
    assert change.occurred_at == datetime(2026, 7, 1, 11, 59, 50, tzinfo=UTC)
    assert merge.tags == ("customer:502", "customer:503")


def test_event_id_alone_does_not_make_a_duplicate(receiver: WebhookPort) -> None:
    """HubSpot does not promise that event ids are unique."""
    first, again, other = receiver.receive(delivery(CHANGE, CHANGE, {**CHANGE, "subscriptionId": 26}))
    assert first.id == again.id != other.id


def test_secret_before_rotation_is_still_accepted(receiver: WebhookPort) -> None:
    assert receiver.receive(signed(msgspec.json.encode([CHANGE]), secret="the-one-before"))


def test_forged_altered_and_unsigned_deliveries_are_refused(receiver: WebhookPort) -> None:
    good = delivery(CHANGE)
    forged = signed(good.body, secret="guess")
    altered = msgspec.structs.replace(good, body=good.body.replace(b"501", b"777"))
    moved = msgspec.structs.replace(good, url="https://elsewhere.example/webhooks/crm")
    unsigned = msgspec.structs.replace(good, headers={})
    restamped = msgspec.structs.replace(
        good, headers={**good.headers, "x-hubspot-request-timestamp": str(int(NOW.timestamp() * 1000) - 1)}
    )
    for bad in (forged, altered, moved, unsigned, restamped):
        with pytest.raises(Unauthenticated):
            receiver.receive(bad)


@pytest.mark.parametrize("seconds", [301, -301])
def test_old_and_future_deliveries_are_refused(receiver: WebhookPort, seconds: int) -> None:
    with pytest.raises(Unauthenticated):
        receiver.receive(signed(msgspec.json.encode([CHANGE]), at=NOW - timedelta(seconds=seconds)))


def test_delivery_just_inside_the_window_is_taken(receiver: WebhookPort) -> None:
    assert receiver.receive(signed(msgspec.json.encode([CHANGE]), at=NOW - timedelta(seconds=299)))


def test_url_is_signed_with_some_characters_decoded(receiver: WebhookPort) -> None:
    made = signed(msgspec.json.encode([CHANGE]), url="https://gateway.example/webhooks/crm?to=a:b@c")
    seen = msgspec.structs.replace(made, url="https://gateway.example/webhooks/crm?to=a%3Ab%40c")
    assert receiver.receive(seen)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[{}]", b"[1]", b"not json", b'[{"subscriptionType": "contact.merge", "objectId": "x"}]']
)
def test_signed_nonsense_is_bad_input(receiver: WebhookPort, body: bytes) -> None:
    with pytest.raises(BadInput):
        receiver.receive(signed(body))


def test_absurd_time_is_bad_input(receiver: WebhookPort) -> None:
    with pytest.raises(BadInput):
        receiver.receive(delivery({**CHANGE, "occurredAt": 10**18}))


def test_without_a_secret_nothing_is_accepted(connect: Connect) -> None:
    with pytest.raises(Unauthenticated):
        connect().adapter.receive(delivery(CHANGE))


def test_configured_url_is_what_was_signed(connect: Connect) -> None:
    public = "https://shop.example/hooks/crm"
    adapter = connect(webhook_secret=Secret(("client-secret",)), webhook_url=public).adapter
    made = signed(msgspec.json.encode([CHANGE]), url=public)
    assert adapter.receive(msgspec.structs.replace(made, url="http://10.0.0.1:8000/webhooks/crm"))
    assert "client-secret" not in repr(
        HubSpotConfig(access_token=Secret(("t",)), webhook_secret=Secret(("client-secret",)))
    )


def test_no_body_makes_more_than_a_refusal(receiver: WebhookPort) -> None:
    for body in unreadable(msgspec.json.encode([CHANGE, MERGE])):
        with suppress(BadInput):
            receiver.receive(signed(body))
