"""What goes wrong between us and Square, over a real socket: refusals, throttling, outages, and answers that make no
sense. Each is one of the gateway's errors, with nothing personal in it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from adapters.square.client import SquareClient
from adapters.square.errors import CursorRefused, refusal
from adapters.square.rows import Answer, Error
from gateway.errors import (
    CredentialsRefused,
    DeadlineExceeded,
    InvalidAnswer,
    RateLimited,
    RequestRefused,
    Unavailable,
)
from gateway.model.context import CallContext
from gateway.model.customers import CustomerKey, CustomerKeyKind
from gateway.model.pricing import PriceKey
from gateway.model.stock import StockKey
from gateway.ports.transport import Request, Response, plain_throttle
from tests.contract.adapters.square.connected import Connect, Connected, call, seen_by

COUNTS = "/v2/inventory/counts/batch-retrieve"


class EndlessPages:
    """A transport behind which every page has the same next page."""

    async def send(self, request: Request, call: CallContext) -> Response:
        return Response(200, {}, b'{"cursor": "again"}')


async def prices(till: Connected) -> None:
    await till.adapter.get_prices([PriceKey("MUG-S")], seen_by("price.get_prices"), call())


async def stock(till: Connected) -> None:
    await till.adapter.get_stock([StockKey("MUG-S", ("L1",))], seen_by("stock.get_stock"), call())


async def test_a_wrong_token_is_the_operators(till: Connected) -> None:
    till.sandbox.token = "revoked"
    with pytest.raises(CredentialsRefused) as caught:
        await till.adapter.probe(call())
    assert caught.value.detail == "HTTP 401: UNAUTHORIZED"
    assert "EAAA" not in f"{caught.value!r} {caught.value.extensions()} {caught.value.detail}"


async def test_a_version_square_does_not_know_is_a_refused_request(connect: Connect) -> None:
    till = await connect(square_version="2019-01-01")
    with pytest.raises(RequestRefused):
        await prices(till)


async def test_throttling_is_rate_limited(till: Connected) -> None:
    till.sandbox.faults.throttle = 1
    with pytest.raises(RateLimited) as caught:
        await prices(till)
    assert caught.value.retryable
    assert till.asked() == ["POST /v2/catalog/search"]


def test_a_bare_429_is_a_throttle_signal() -> None:
    signal = plain_throttle(Response(429, {}, b""))
    assert signal is not None
    assert (signal.limited, signal.retry_after) == (True, None)


async def test_an_outage_is_unavailable(till: Connected) -> None:
    till.sandbox.faults.down = True
    with pytest.raises(Unavailable):
        await till.adapter.probe(call())


async def test_silence_ends_at_the_deadline(till: Connected) -> None:
    till.sandbox.faults.slow = 30.0
    with pytest.raises(DeadlineExceeded):
        await till.adapter.get_prices([PriceKey("TOTE")], seen_by("price.get_prices"), CallContext.within(0.2))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"counts": [{"catalog_object_id": "A", "location_id": "L1"',
        b'{"counts": [{"catalog_object_id": "A", "location_id": "L1"}]}',
        b'{"counts": {"0": 1}}',
        b'{"counts": [{"catalog_object_id": 7, "location_id": "L1", "state": "IN_STOCK", "quantity": "1"}]}',
        b"\xff\xfe",
    ],
)
async def test_counts_that_make_no_sense_are_an_invalid_answer(till: Connected, body: bytes) -> None:
    till.sandbox.faults.reply[COUNTS] = body
    with pytest.raises(InvalidAnswer):
        await stock(till)


@pytest.mark.parametrize("quantity", ["many", "NaN", "Infinity", ""])
async def test_a_quantity_that_is_no_number_is_an_invalid_answer(till: Connected, quantity: str) -> None:
    variation = till.sandbox.account.variation_of("MUG-S")["id"]
    row = (
        f'{{"catalog_object_id":"{variation}","location_id":"L1","state":"IN_STOCK","quantity":"{quantity}",'
        '"calculated_at":"2026-07-01T12:00:00Z"}'
    )
    till.sandbox.faults.reply[COUNTS] = f'{{"counts":[{row}]}}'.encode()
    with pytest.raises(InvalidAnswer):
        await stock(till)


async def test_a_time_without_an_offset_is_an_invalid_answer(till: Connected) -> None:
    variation = till.sandbox.account.variation_of("MUG-S")["id"]
    row = (
        f'{{"catalog_object_id":"{variation}","location_id":"L1","state":"IN_STOCK","quantity":"1",'
        '"calculated_at":"2026-07-01T12:00:00"}'
    )
    till.sandbox.faults.reply[COUNTS] = f'{{"counts":[{row}]}}'.encode()
    with pytest.raises(InvalidAnswer):
        await stock(till)


async def test_a_float_where_minor_units_belong_is_an_invalid_answer(till: Connected) -> None:
    await prices(till)
    body = b'{"objects":[{"type":"ITEM_VARIATION","id":"V","item_variation_data":{"price_money":{"amount":10.5}}}]}'
    till.sandbox.faults.reply["/v2/catalog/batch-retrieve"] = body
    with pytest.raises(InvalidAnswer):
        await prices(till)


async def test_a_cursor_that_does_not_advance_is_an_invalid_answer(till: Connected) -> None:
    environment: Any = replace(till.env, transport=EndlessPages())
    client = SquareClient(environment)
    with pytest.raises(InvalidAnswer):
        _ = [page async for page in client.pages("/v2/x", {}, Answer, call())]


async def test_errors_inside_a_200_are_errors(till: Connected) -> None:
    body = b'{"errors":[{"category":"API_ERROR","code":"INTERNAL_SERVER_ERROR"}]}'
    till.sandbox.faults.reply[COUNTS] = body
    with pytest.raises(Unavailable):
        await stock(till)


async def test_what_square_quotes_of_a_request_reaches_no_error(till: Connected) -> None:
    key = CustomerKey(CustomerKeyKind.PHONE, "020 7946 0111")  # not E.164: refused, quoted in the vendor's detail
    with pytest.raises(RequestRefused) as caught:
        await till.adapter.find_customers([key], seen_by("customer.find_customers"), call())
    assert "7946" not in f"{caught.value!r} {caught.value.detail} {caught.value.extensions()}"


@pytest.mark.parametrize(
    ("status", "errors", "kind"),
    [
        (400, [Error("INVALID_REQUEST_ERROR", "INVALID_CURSOR")], CursorRefused),
        (503, [], Unavailable),
        (504, [], DeadlineExceeded),
        (403, [], CredentialsRefused),
        (429, [], RateLimited),
        (400, [Error("INVALID_REQUEST_ERROR", "A_CODE_OF_TOMORROW")], RequestRefused),
        (401, [Error("AUTHENTICATION_ERROR", "ACCESS_TOKEN_EXPIRED")], CredentialsRefused),
        (403, [Error("AUTHENTICATION_ERROR", "INSUFFICIENT_SCOPES")], CredentialsRefused),
        (500, [Error("API_ERROR", "INTERNAL_SERVER_ERROR")], Unavailable),
    ],
)
def test_each_refusal_has_its_class(status: int, errors: list[Error], kind: type[Exception]) -> None:
    assert type(refusal(status, errors)) is kind
