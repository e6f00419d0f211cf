"""Every request the adapter makes, every answer its sandbox gives and every webhook it sends, against the vendor's own
OpenAPI files. The `idempotency-key` header is not in them."""

from __future__ import annotations

import gzip
import json
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from adapters.adyen.sandbox.bodies import TAKES
from adapters.adyen.sandbox.ledger import CHALLENGED
from adapters.adyen.webhooks import TOPICS
from gateway.errors import AdapterError
from gateway.model.identity import NativeRef
from gateway.model.payments import DeleteMethod, OpenSession, PaymentOptionsQuery, Void
from gateway.testing.sandbox_server import Exchange
from tests.contract.adapters.adyen.conftest import Connect
from tests.contract.adapters.adyen.connected import (
    BACKEND,
    BRANDS,
    HERE,
    NUMBER,
    PIN,
    Connected,
    asked_about,
    authorise,
    call,
    capture,
    card,
    eur,
    gift_card,
    reference,
    refund,
    together,
    void,
)

pytestmark = pytest.mark.specs
ROOT = Path(__file__).resolve().parents[4]
Json = dict[str, Any]
CHECKOUT, WEBHOOKS = "CheckoutService-v72", "Webhooks-v1"
TOKENS = ("GET /v72/storedPaymentMethods", "DELETE /v72/storedPaymentMethods/{id}")


@lru_cache(maxsize=2)
def described(name: str) -> Json:
    path = Path(os.environ.get("VENDOR_SPECS") or ROOT.parent / "shared" / "specs") / "adyen" / f"{name}.json.gz"
    if not path.exists():
        if os.environ.get("GATEWAY_TESTS_STRICT") == "1":
            pytest.fail(f"the vendor's description is absent: {path}")
        pytest.skip(f"the vendor's description is absent: {path}")
    return json.loads(gzip.decompress(path.read_bytes()))


def check(value: object, schema: Json, spec: str, place: str = "") -> None:
    """The part of JSON Schema that the files use: references, types, words, lengths, alternatives, what is required,
    what else there may be. Raises AssertionError."""
    while "$ref" in schema:
        schema = described(spec)["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "oneOf" in schema:
        failures: list[AssertionError] = []
        for one in schema["oneOf"]:
            try:
                return check(value, one, spec, place)
            except AssertionError as failure:
                failures.append(failure)
        raise failures[0]
    kinds = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict, "number": (int, float)}
    if kind := schema.get("type"):
        assert isinstance(value, kinds[kind]), f"{place} is no {kind}"
    if "enum" in schema:
        assert value in schema["enum"], f"{place}: {value}"
    if isinstance(value, str):
        assert len(value) <= schema.get("maxLength", len(value)), f"{place} is too long"
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for name in schema.get("required", ()):
            assert name in value, f"{place}.{name} is missing"
        for name, each in cast("Json", value).items():
            more = schema.get("additionalProperties", not known)
            assert name in known or more, f"{place}.{name} is unknown"
            if name in known:
                check(each, known[name], spec, f"{place}.{name}")
    if isinstance(value, list):
        for number, each in enumerate(cast("list[object]", value)):
            check(each, schema.get("items", {}), spec, f"{place}[{number}]")
    return None


def operation(name: str) -> Json:
    method, _, path = name.replace("/v72", "").partition(" ")
    there = {re.sub(r"\{[^}]+\}", "{id}", each): each for each in described(CHECKOUT)["paths"]}
    return described(CHECKOUT)["paths"][there[path]][method.lower()]


def validate(exchange: Exchange) -> None:
    asked = operation(exchange.operation)
    if exchange.method == "POST":
        schema = asked["requestBody"]["content"]["application/json"]["schema"]
        check(json.loads(exchange.request), schema, CHECKOUT, "request")
    known = {each["name"]: each for each in asked.get("parameters", ()) if each.get("in") == "query"}
    if exchange.operation in TOKENS:
        assert set(exchange.query) <= set(known)
        assert {name for name, each in known.items() if each["required"]} <= set(exchange.query)
    answer = asked["responses"].get(str(exchange.status))
    assert answer is not None, f"{exchange.operation} answers no {exchange.status}"
    if exchange.status == 204:
        assert exchange.response == b""
        return
    check(json.loads(exchange.response), answer["content"]["application/json"]["schema"], CHECKOUT, "answer")


async def use_everything(psp: Connected) -> None:
    psp.sandbox.store_card("shopper-7", "M5N7TQ4TG5PFWR50")
    who = NativeRef(BACKEND, "shopper-7")
    await psp.adapter.probe(call())
    await psp.adapter.list_methods(PaymentOptionsQuery(eur("25.00"), "NL", customer=who), HERE, call())
    await psp.pay(token="M5N7TQ4TG5PFWR50", customer=who)
    paid = await psp.pay()
    for command in (capture(paid), refund(paid), void(paid)):
        await getattr(psp.adapter, type(command).__name__.lower())(command, HERE, call())
        psp.sandbox.ledger.settle()
    await psp.pay(token=card("NOT_ENOUGH_BALANCE"))
    first, second = (authorise(token=card(number=CHALLENGED)) for _ in range(2))
    asked, other = [await psp.adapter.authorise(each, HERE, call()) for each in (first, second)]
    details = {"redirectResult": psp.sandbox.answer_challenge(first.reference)}
    await psp.adapter.authorise(authorise(payment=asked.ref, details=details), HERE, call())
    await psp.adapter.void(void(other), HERE, call())
    session = await psp.adapter.open_session(OpenSession(reference(), eur("25.00"), "NL", customer=who), HERE, call())
    result = psp.sandbox.ledger.pay_session(session.ref.id)
    await psp.adapter.authorise(authorise(session=session.ref, token=result), HERE, call())
    for kept in (
        OpenSession(reference(), eur("25.00"), "NL", customer=who, store=True),
        OpenSession(reference(), eur("25.00"), "NL", method="M5N7TQ4TG5PFWR50", customer=who, stored=True),
    ):
        await psp.adapter.open_session(kept, HERE, call())
    await psp.pay(customer=who, store=True)
    await psp.adapter.delete_method(DeleteMethod(reference(), who, "M5N7TQ4TG5PFWR50"), HERE, call())
    with pytest.raises(AdapterError):
        await psp.adapter.capture(capture(type(paid)(NativeRef(BACKEND, "ABCDEFGH12345678"), paid.state)), HERE, call())
    await use_gift_cards(psp)
    for code in ("CAPTURE_FAILED", "REFUND_FAILED", "EXPIRE", "CHARGEBACK"):
        psp.sandbox.ledger.fail_later(code, paid.ref.id, 2500)


async def use_gift_cards(psp: Connected) -> None:
    psp.sandbox.issue_gift_card(NUMBER, 1000, limit=900)
    psp.sandbox.issue_gift_card("6036280000000002", 1000, "GBP")
    for pin in (PIN, "000"):
        await psp.adapter.check_gift_card(asked_about(pin=pin), HERE, call())
    await psp.adapter.check_gift_card(asked_about("6036280000000002"), HERE, call())
    for purchase in ("PURCHASE1", "PURCHASE2"):
        first = together(purchase, "4.00", gift_card=gift_card())
        drawn = await psp.adapter.authorise(first, HERE, call())
        if purchase == "PURCHASE1":
            rest = together(purchase, "21.00", token=card(), together=drawn.together)
            drawn = replace(drawn, together=(await psp.adapter.authorise(rest, HERE, call())).together)
        back = Void(reference(), drawn.ref, eur("4.00"), stored_value=True, together=drawn.together)
        await psp.adapter.void(back, HERE, call())
        psp.sandbox.ledger.settle()
    await psp.adapter.authorise(together("PURCHASE3", "4.00", gift_card=gift_card(pin="000")), HERE, call())


async def test_every_exchange_is_the_vendors(connect: Connect) -> None:
    psp = await connect(gift_cards=BRANDS)
    psp.sandbox.exchanges = []
    await use_everything(psp)
    assert {exchange.operation for exchange in psp.sandbox.exchanges} == {*TAKES, *TOKENS, "GET /v72/sessions/{id}"}
    for exchange in psp.sandbox.exchanges:
        validate(exchange)


async def test_every_webhook_is_the_vendors(connect: Connect) -> None:
    psp = await connect(gift_cards=BRANDS)
    await use_everything(psp)
    items = psp.sandbox.deliveries.items
    wanted = {"AUTHORISATION", "CAPTURE", "REFUND", "CANCELLATION", "EXPIRE"}
    assert {item["eventCode"] for item in items} >= wanted | {"ORDER_OPENED", "ORDER_CLOSED", "CANCEL_OR_REFUND"}
    for item in items:
        there = described(WEBHOOKS)["webhooks"][f"/{item['eventCode']}"]["post"]["requestBody"]
        body = json.loads(psp.sandbox.deliveries.batch([item]))
        if item["eventCode"].startswith("ORDER_"):  # the file's own example of one does not fit its schema there
            body["notificationItems"][0]["NotificationRequestItem"].pop("additionalData")
        check(body, there["content"]["application/json"]["schema"], WEBHOOKS, item["eventCode"])


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_is_an_event_of_the_vendors(topic: str) -> None:
    assert f"/{topic}" in described(WEBHOOKS)["webhooks"]


@pytest.mark.parametrize("name", sorted(TAKES))
def test_the_sandbox_takes_and_wants_what_adyen_does(name: str) -> None:
    schema = operation(name)["requestBody"]["content"]["application/json"]["schema"]
    while "$ref" in schema:
        schema = described(CHECKOUT)["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    assert TAKES[name].names <= set(schema["properties"])
    assert set(TAKES[name].required) == set(schema["required"])
