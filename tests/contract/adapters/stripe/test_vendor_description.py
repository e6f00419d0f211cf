"""Every request the adapter makes, and every answer its sandbox gives, against the vendor's own description; what is
newer than that file, against the typed parameters of the vendor's client."""

from __future__ import annotations

import gzip
import json
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import pytest
import stripe.params as typed

from adapters.stripe.sandbox.forms import TAKES
from gateway.errors import AdapterError
from gateway.model.identity import NativeRef
from gateway.model.payments import DeleteMethod, EnsurePayer, OpenSession, PaymentOptionsQuery
from gateway.testing.sandbox_server import Exchange
from tests.contract.adapters.stripe.conftest import Connect
from tests.contract.adapters.stripe.connected import (
    BACKEND,
    HERE,
    Connected,
    authorise,
    call,
    capture,
    gbp,
    reference,
    refund,
    void,
)

pytestmark = pytest.mark.specs
ROOT = Path(__file__).resolve().parents[4]
Json = dict[str, Any]
NEWER = {
    "GET /v1/payment_intents/search",
    "GET /v1/customers/{id}/payment_methods",
    "GET /v1/customers/search",
    "POST /v1/payment_methods/{id}/detach",
}
"""Not in the file, which is a part of the whole."""
FORM = "application/x-www-form-urlencoded"
TYPED: dict[str, Any] = {
    "POST /v1/payment_intents": typed.PaymentIntentCreateParams,
    "POST /v1/payment_intents/{id}": typed.PaymentIntentModifyParams,
    "POST /v1/payment_intents/{id}/confirm": typed.PaymentIntentConfirmParams,
    "POST /v1/payment_intents/{id}/capture": typed.PaymentIntentCaptureParams,
    "POST /v1/payment_intents/{id}/cancel": typed.PaymentIntentCancelParams,
    "POST /v1/refunds": typed.RefundCreateParams,
    "GET /v1/payment_intents": typed.PaymentIntentListParams,
    "GET /v1/payment_intents/{id}": typed.PaymentIntentRetrieveParams,
    "GET /v1/payment_intents/search": typed.PaymentIntentSearchParams,
    "GET /v1/refunds/{id}": typed.RefundRetrieveParams,
    "POST /v1/customers": typed.CustomerCreateParams,
    "GET /v1/customers/search": typed.CustomerSearchParams,
    "GET /v1/payment_methods/{id}": typed.PaymentMethodRetrieveParams,
    "POST /v1/payment_methods/{id}/detach": typed.PaymentMethodDetachParams,
    "GET /v1/customers/{id}/payment_methods": typed.CustomerListPaymentMethodsParams,
}
OLDER = {"payment_method_types"}
"""Renamed in a version of the API that is younger than ours; the file has it."""


@lru_cache(maxsize=1)
def described() -> Json:
    path = Path(os.environ.get("VENDOR_SPECS") or ROOT.parent / "shared" / "specs") / "stripe" / "payments.json.gz"
    if not path.exists():
        if os.environ.get("GATEWAY_TESTS_STRICT") == "1":
            pytest.fail(f"the vendor's description is absent: {path}")
        pytest.skip(f"the vendor's description is absent: {path}")
    return json.loads(gzip.decompress(path.read_bytes()))


def operation(name: str) -> Json:
    method, _, path = name.partition(" ")
    found = [each for each in described()["paths"] if re.sub(r"\{[^}]+\}", "{id}", each) == path]
    return described()["paths"][found[0]][method.lower()]


def taken(name: str) -> set[str]:
    """Parameters of an operation, as the file has them."""
    there = operation(name)
    if name.startswith("GET"):
        return {each["name"].removesuffix("[]") for each in there["parameters"] if each["in"] == "query"}
    return set(there["requestBody"]["content"][FORM]["schema"]["properties"])


def check(value: object, schema: Json, place: str = "") -> None:
    """The part of JSON Schema that the file uses: references, types, words, nulls, alternatives, what is required.
    Raises AssertionError."""
    schema = _resolved(schema)
    if value is None:
        assert schema.get("nullable"), f"{place} is null"
        return None
    if "anyOf" in schema:
        failures: list[AssertionError] = []
        for one in schema["anyOf"]:
            try:
                return check(value, one, place)
            except AssertionError as failure:
                failures.append(failure)
        raise failures[0]
    kinds = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict, "number": (int, float)}
    kind = schema.get("type")
    if kind:
        assert isinstance(value, kinds[kind]), f"{place} is no {kind}"
    if "enum" in schema:
        assert value in schema["enum"], f"{place}: {value}"
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for name in schema.get("required", ()):
            assert name in value, f"{place}.{name} is missing"
        for name, each in cast("Json", value).items():
            if known:
                assert name in known, f"{place}.{name} is unknown"
                check(each, known[name], f"{place}.{name}")
    if isinstance(value, list):
        for number, each in enumerate(cast("list[object]", value)):
            check(each, schema.get("items", {}), f"{place}[{number}]")
    return None


def _resolved(schema: Json) -> Json:
    while "$ref" in schema:
        schema = described()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


PARTIAL = ("latest_charge", "use_stripe_sdk")
"""What the sandbox shows of a charge is the part that is read."""


def validate(exchange: Exchange) -> None:
    name = exchange.operation
    if name in NEWER:
        return
    written = exchange.request.decode() if exchange.method == "POST" else ""
    names = {key.partition("[")[0] for key in (*dict(parse_qsl(written)), *exchange.query)}
    newer = set(TYPED[name].__annotations__)
    assert names <= taken(name) | newer, names - taken(name) - newer
    answers = operation(name)["responses"]
    answered = answers.get(str(exchange.status), answers["default"])
    body: Json = json.loads(exchange.response)
    for part in (body, body.get("error", {}).get("payment_intent") or {}):
        for each in PARTIAL:
            if isinstance(part.get(each), dict):
                del part[each]
    check(body, answered["content"]["application/json"]["schema"])


async def use_everything(psp: Connected) -> None:
    psp.sandbox.store_card("cus_ada", "pm_ada1")
    who = NativeRef(BACKEND, "cus_ada")
    await psp.adapter.probe(call())
    await psp.adapter.list_methods(PaymentOptionsQuery(gbp("25.00"), "GB", customer=who), HERE, call())
    paid = await psp.pay(customer=who, token="pm_ada1")
    await psp.adapter.find_payment(reference(), HERE, call())
    await psp.adapter.capture(capture(paid, "25.00"), HERE, call())
    asked = refund(paid, "5.00")
    for _ in range(2):  # the second is repeated by its key, and read
        await psp.adapter.refund(asked, HERE, call())
    await psp.adapter.void(void(await psp.pay()), HERE, call())
    for token in ("pm_card_threeDSecure2Required", "pm_card_visa_chargeDeclinedStolenCard", "ctoken_visa"):
        await psp.read((await psp.pay(token=token, return_url="https://shop.example/")).ref)
    session = await psp.adapter.open_session(OpenSession(reference(), gbp("25.00"), "GB"), HERE, call())
    await psp.adapter.authorise(authorise("20.00", session=session.ref, token="pm_card_visa"), HERE, call())
    ours = EnsurePayer(reference(), reference(), "ada@example.com")
    ada = (await psp.adapter.ensure_payer(ours, HERE, call())).ref
    await psp.pay(customer=ada, store=True)
    kept = OpenSession(reference(), gbp("25.00"), "GB", customer=ada, store=True)
    session = await psp.adapter.open_session(kept, HERE, call())
    storing = authorise(session=session.ref, token="pm_card_visa", customer=ada, store=True)
    await psp.adapter.authorise(storing, HERE, call())
    await psp.adapter.delete_method(DeleteMethod(reference(), who, "pm_ada1"), HERE, call())
    for wrong in (capture(paid, "1.00"), refund(paid, "900.00")):
        with pytest.raises(AdapterError):
            await getattr(psp.adapter, type(wrong).__name__.lower())(wrong, HERE, call())


async def test_every_exchange_is_the_vendors(connect: Connect) -> None:
    psp = await connect(multicapture=True)
    psp.sandbox.exchanges = []
    await use_everything(psp)
    assert {exchange.operation for exchange in psp.sandbox.exchanges} == set(TAKES)
    for exchange in psp.sandbox.exchanges:
        validate(exchange)


@pytest.mark.parametrize("name", sorted(TAKES))
def test_the_sandbox_takes_no_parameter_that_stripe_does_not(name: str) -> None:
    known: set[str] = set(TYPED[name].__annotations__) | OLDER | (set() if name in NEWER else taken(name))
    assert TAKES[name].names <= known, TAKES[name].names - known


def test_the_check_is_not_empty() -> None:
    intent = described()["components"]["schemas"]["payment_intent"]
    with pytest.raises(AssertionError, match="missing"):
        check({"id": "pi_1"}, intent)
