from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from structlog.testing import capture_logs

from gateway.calls.metrics import CallMetrics
from gateway.calls.operation.caller import BackendCaller
from gateway.calls.operation.tags import touched, unnamed
from gateway.calls.webhooks import WebhookInbox
from gateway.errors import BadInput, Unauthenticated
from gateway.model.context import CallContext
from gateway.ports.price import GET_PRICES
from gateway.ports.webhooks import WebhookDelivery, WebhookEvent

from .conftest import GB, Shop, amounts, bound, keys

SECRET = b"signing key"


class Signed(msgspec.Struct):
    """What this vendor sends. Without an `id` it is one of the vendors that have none."""

    sku: str
    at: datetime
    id: str | None = None


class Vendor(Shop):
    def receive(self, delivery: WebhookDelivery) -> tuple[WebhookEvent, ...]:
        wanted = hmac.new(SECRET, delivery.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted, delivery.headers.get("x-signature", "")):
            raise Unauthenticated("forged")
        try:
            sent = msgspec.json.decode(delivery.body, type=Signed)
        except msgspec.MsgspecError as error:
            raise BadInput("no event") from error
        return (WebhookEvent("price.changed", (f"price:{sent.sku}",), sent.id, sent.at),)


def delivery(sent: Signed | bytes, signature: str | None = None) -> WebhookDelivery:
    body = sent if isinstance(sent, bytes) else msgspec.json.encode(sent)
    signed = signature or hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    return WebhookDelivery({"x-signature": signed}, body, "https://gw/webhooks/shop", datetime.now(UTC))


class Heard:
    """Remembers what was announced."""

    def __init__(self) -> None:
        self.all: list[tuple[str, tuple[str, ...]]] = []

    async def __call__(self, backend: str, tags: Sequence[str]) -> None:
        self.all.append((backend, tuple(tags)))


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def heard() -> Heard:
    return Heard()


def moment(second: int) -> datetime:
    return datetime(2026, 11, 1, 12, 0, second, tzinfo=UTC)


def inbox_of(vendor: Shop, heard: Heard, metrics: CallMetrics | None = None) -> WebhookInbox:
    return WebhookInbox({"shop": bound(vendor)}, heard, debounce=0.01, metrics=metrics)


async def test_a_delivery_is_acknowledged_before_its_work(vendor: Vendor, heard: Heard) -> None:
    inbox = inbox_of(vendor, heard)
    await inbox.accept("shop", delivery(Signed("S1", moment(1), "e1")))
    assert heard.all == []
    await inbox.settled()
    assert heard.all == [("shop", ("price:S1",))]
    await inbox.close()


async def test_a_delivery_with_any_byte_changed_is_refused_without_work(vendor: Vendor, heard: Heard) -> None:
    inbox = inbox_of(vendor, heard)
    good = delivery(Signed("S1", moment(1), "e1"))
    for place in range(len(good.body)):
        forged = bytearray(good.body)
        forged[place] ^= 1
        with pytest.raises(Unauthenticated):
            await inbox.accept("shop", delivery(bytes(forged), good.headers["x-signature"]))
    await inbox.close()
    assert heard.all == []


async def test_a_signed_delivery_that_makes_no_sense_is_refused(vendor: Vendor, heard: Heard) -> None:
    inbox = inbox_of(vendor, heard)
    with pytest.raises(BadInput):
        await inbox.accept("shop", delivery(b"{}"))
    await inbox.close()


@pytest.mark.parametrize("backend", ["unknown", "plain"])
async def test_a_backend_without_webhooks_has_no_door(vendor: Vendor, heard: Heard, backend: str) -> None:
    inbox = WebhookInbox({"shop": bound(vendor), "plain": bound(Shop("plain"))}, heard)
    with pytest.raises(KeyError):
        await inbox.accept(backend, delivery(Signed("S1", moment(1))))
    await inbox.close()


@pytest.mark.parametrize("event", ["e1", None])
async def test_a_delivery_repeated_a_hundred_times_has_one_effect(
    vendor: Vendor, heard: Heard, event: str | None
) -> None:
    metrics = CallMetrics()
    inbox = inbox_of(vendor, heard, metrics)
    for round_ in range(100):
        await inbox.accept("shop", delivery(Signed("S1", moment(1), event)))
        if round_ in (10, 50):
            await inbox.settled()
    await inbox.close()
    assert heard.all == [("shop", ("price:S1",))]
    assert metrics.registry.get_sample_value("gateway_webhooks_total", {"backend": "shop", "outcome": "applied"}) == 1


async def test_the_same_content_at_another_time_is_another_event(vendor: Vendor, heard: Heard) -> None:
    inbox = inbox_of(vendor, heard)
    for second in (1, 2):
        await inbox.accept("shop", delivery(Signed("S1", moment(second))))
        await inbox.settled()
    await inbox.close()
    assert len(heard.all) == 2


async def test_a_burst_is_announced_once(vendor: Vendor, heard: Heard) -> None:
    inbox = inbox_of(vendor, heard)
    for number in range(200):
        await inbox.accept("shop", delivery(Signed(f"S{number % 20}", moment(1), f"e{number}")))
    await inbox.close()
    assert len(heard.all) == 1
    assert len(heard.all[0][1]) == 20


async def test_every_order_of_five_events_ends_in_the_same_state(vendor: Vendor) -> None:
    """Each event follows a change at the source; whatever the order in which the news arrives, what is read in the end
    is what the source says in the end."""
    ends: set[tuple[tuple[str, object], ...]] = set()
    for order in itertools.permutations(range(5)):
        vendor.prices = {"S1": Decimal(0), "S2": Decimal(0)}
        caller = BackendCaller({"shop": bound(vendor)})
        inbox = WebhookInbox({"shop": bound(vendor)}, caller.invalidate, debounce=0.0)
        wanted = keys("S1", "S2")
        await caller.keyed("shop", GET_PRICES, wanted, GB, CallContext.within(5))
        for number in range(5):
            vendor.prices[f"S{number % 2 + 1}"] = Decimal(number)
        for number in (*order, order[0]):
            event = Signed(f"S{number % 2 + 1}", moment(number), f"e{number}")
            await inbox.accept("shop", delivery(event))
            await caller.keyed("shop", GET_PRICES, wanted, GB, CallContext.within(5))
        await inbox.close()
        found = amounts(await caller.keyed("shop", GET_PRICES, wanted, GB, CallContext.within(5)))
        ends.add(tuple(found.items()))
        await caller.close()
    assert ends == {(("S1", Decimal(4)), ("S2", Decimal(3)))}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("gw-s", "GW-S"),
        ("GW-S", "gw-s"),
        ("GW-S", " GW-S "),
        ("7", "0007"),
        ("0007", "7"),
        ("0", "000"),
        ("é", "e\u0301"),
    ],
)
async def test_a_change_is_found_however_the_vendor_writes_the_key(vendor: Vendor, asked: str, told: str) -> None:
    vendor.prices = {asked: Decimal(1)}
    caller = BackendCaller({"shop": bound(vendor)})
    inbox = WebhookInbox({"shop": bound(vendor)}, caller.invalidate, debounce=0.0)
    await caller.keyed("shop", GET_PRICES, keys(asked), GB, CallContext.within(5))
    vendor.prices = {asked: Decimal(2)}
    await inbox.accept("shop", delivery(Signed(told, moment(1), "e1")))
    await inbox.close()
    found = amounts(await caller.keyed("shop", GET_PRICES, keys(asked), GB, CallContext.within(5)))
    await caller.close()
    assert found == {asked: Decimal(2)}


@pytest.mark.parametrize(
    ("told", "compared"),
    [
        ("customer:Ada@Example.com", "customer:ada@example.com"),
        ("price:GW-S", "price:gw-s "),
        ("product:gid://shop/Product/1", "product:gid://shop/Product/1"),
    ],
)
def test_other_workers_that_are_told_without_names_forget_the_same(told: str, compared: str) -> None:
    assert touched(unnamed([told])) == touched([told]) == touched([compared])
    assert "ada" not in repr((unnamed([told]), touched([told]))).lower()


async def test_what_another_gateway_took_is_not_taken_again(vendor: Vendor, heard: Heard) -> None:
    class Shared:
        """The memory both gateways look into."""

        def __init__(self) -> None:
            self.keys: set[str] = set()

        async def put_if_absent(self, key: str, value: bytes, ttl: float | None = None) -> bool:
            first = key not in self.keys
            self.keys.add(key)
            return first

    shared = Shared()
    for _ in range(2):
        inbox = WebhookInbox({"shop": bound(vendor)}, heard, seen=shared, debounce=0.0)
        await inbox.accept("shop", delivery(Signed("S1", moment(1), "e1")))
        await inbox.close()
    assert len(heard.all) == 1


class Clumsy(Vendor):
    """Trips over what it did not think of."""

    def receive(self, delivery: WebhookDelivery) -> tuple[WebhookEvent, ...]:
        raise RecursionError("maximum recursion depth exceeded")


async def test_an_adapter_that_trips_over_a_body_refuses_it_and_floods_no_log() -> None:
    inbox = WebhookInbox({"shop": bound(Clumsy())}, Heard())
    with capture_logs() as logs:
        for _ in range(300):
            with pytest.raises(BadInput):
                await inbox.accept("shop", delivery(b"[[[["))
    assert {(line["event"], line["reason"]) for line in logs} == {("webhook_unreadable", "RecursionError")}
    assert len(logs) < 50
