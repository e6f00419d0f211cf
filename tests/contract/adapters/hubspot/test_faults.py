"""Refusals and nonsense, limits and their signals."""

from __future__ import annotations

import aiohttp
import msgspec
import pytest

from adapters.hubspot.config import HubSpotConfig
from adapters.hubspot.errors import throttle
from adapters.hubspot.sandbox import HubSpotSandbox
from gateway.errors import (
    AdapterError,
    ConfigurationError,
    CredentialsRefused,
    InvalidAnswer,
    RateLimited,
    RequestRefused,
    Unavailable,
)
from gateway.ports.manifest import Secret
from gateway.ports.transport import Response, ThrottleSignal
from tests.contract.adapters.hubspot.connected import NOTHING, Connect, Crm, a_call, email, native, phone
from tests.servers.scripted import Reply, scripted

ADA = email("ada@example.com")


def said(**fields: object) -> bytes:
    return msgspec.json.encode({"status": "error", "message": "about ada@example.com", **fields})


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(said(category="INVALID_AUTHENTICATION"), 401), CredentialsRefused),
        (Reply(said(category="EXPIRED_AUTHENTICATION"), 401), CredentialsRefused),
        (Reply(said(category="MISSING_SCOPES"), 403), CredentialsRefused),
        (Reply(said(category="VALIDATION_ERROR"), 400), RequestRefused),
        (Reply(said(category="OBJECT_NOT_FOUND"), 404), RequestRefused),
        (Reply(said(category="RATE_LIMITS", policyName="SECONDLY"), 429), RateLimited),
        (Reply(b"locked", 423), Unavailable),
        (Reply(b"moving", 477), Unavailable),
        (Reply(b"<html>Gateway time-out</html>", 504), Unavailable),
        (Reply(b"<html>Cloudflare</html>", 522), Unavailable),
        (Reply(b"<html>hello</html>"), InvalidAnswer),
        (Reply(b'{"status": "COMPLETE", "results": [{"id": "1", "prop'), InvalidAnswer),
        (Reply(b'{"status": "COMPLETE", "results": {}}'), InvalidAnswer),
        (Reply(b'{"status": "COMPLETE"}', 207), InvalidAnswer),
        (Reply(b'{"results": [{"id": 1, "properties": {}, "updatedAt": "2026-07-01T00:00:00Z"}]}'), InvalidAnswer),
        (Reply(b"[]"), InvalidAnswer),
    ],
)
async def test_refusal_becomes_the_error_that_says_whose_fault_it_is(
    connect: Connect, reply: Reply, error: type[AdapterError]
) -> None:
    async with scripted(reply) as server:
        with pytest.raises(error) as raised:
            await connect(at=server.url).find(ADA)
    assert raised.value.source == "crm"
    told = f"{raised.value.message} {raised.value.detail}"
    assert "ada@example.com" not in told


async def test_wrong_token_is_refused(sandbox: HubSpotSandbox, connect: Connect) -> None:
    crm = connect(config=HubSpotConfig(access_token=Secret(("wrong",))))
    for ask in (crm.find(ADA), crm.adapter.probe(a_call()), crm.adapter.get_consents(["a@b.c"], NOTHING, a_call())):
        with pytest.raises(CredentialsRefused) as raised:
            await ask
        assert "INVALID_AUTHENTICATION" in (raised.value.detail or "")
    assert {request.status for request in sandbox.requests} == {401}


async def test_newest_token_is_sent_during_rotation(connect: Connect, sandbox: HubSpotSandbox) -> None:
    config = HubSpotConfig(access_token=Secret((sandbox.token, "the-one-before")))
    assert set(await connect(config=config).find(ADA)) == {ADA}


@pytest.mark.parametrize(("policy", "seconds"), [("SECONDLY", 1.0), ("TEN_SECONDLY_ROLLING", 10.0), ("DAILY", None)])
async def test_limit_says_when_to_come_back(
    sandbox: HubSpotSandbox, crm: Crm, policy: str, seconds: float | None
) -> None:
    sandbox.faults.throttle, sandbox.policy = 1_000, policy
    with pytest.raises(RateLimited) as raised:
        await crm.find(ADA)
    assert raised.value.retry_after == seconds


async def test_search_has_a_limit_of_its_own(sandbox: HubSpotSandbox, crm: Crm) -> None:
    """Emails are still answered while phones are refused."""
    sandbox.limits.searches_per_second = 0
    number = phone("+442079460111")
    answer = await crm.find(ADA, number, native("502"))
    assert {key: type(value) for key, value in answer.items()} == {
        ADA: tuple,
        number: RateLimited,
        native("502"): tuple,
    }
    with pytest.raises(RateLimited):
        await crm.find(number)


async def test_sandbox_enforces_and_announces_its_limits(sandbox: HubSpotSandbox, url: str) -> None:
    sandbox.limits.per_ten_seconds = 3
    headers = {"authorization": f"Bearer {sandbox.token}"}
    told: list[tuple[int, str]] = []
    policies: list[str | None] = []
    async with aiohttp.ClientSession(headers=headers) as session:
        for _ in range(4):
            async with session.get(f"{url}/crm/v3/objects/contacts") as answer:
                told.append((answer.status, answer.headers["X-HubSpot-RateLimit-Remaining"]))
                policies.append((await answer.json()).get("policyName"))
    assert policies == [None, None, None, "TEN_SECONDLY_ROLLING"]
    assert told == [(200, "2"), (200, "1"), (200, "0"), (429, "0")]


def test_every_answers_headers_are_a_signal() -> None:
    headers = {
        "x-hubspot-ratelimit-max": "190",
        "x-hubspot-ratelimit-remaining": "12",
        "x-hubspot-ratelimit-interval-milliseconds": "10000",
    }
    assert throttle(Response(200, headers, b"{}")) == ThrottleSignal(remaining=12, capacity=190, window=10)
    assert throttle(Response(200, {}, b"{}")) is None
    assert throttle(Response(429, {}, b"busy")) == ThrottleSignal(limited=True)
    limited = throttle(Response(429, {**headers, "retry-after": "7"}, said(policyName="SECONDLY")))
    assert limited == ThrottleSignal(limited=True, retry_after=7, remaining=12, capacity=190, window=10)


async def test_one_failed_consent_does_not_take_the_others(sandbox: HubSpotSandbox, crm: Crm) -> None:
    sandbox.faults.throttle = 1
    answer = await crm.adapter.get_consents(["ada@example.com", "sister@example.com"], NOTHING, a_call())
    assert sorted(type(value).__name__ for value in answer.values()) == ["RateLimited", "tuple"]


async def test_unknown_keys_are_absent(sandbox: HubSpotSandbox, crm: Crm) -> None:
    keys = (
        email("nobody@example.com"),
        email("@"),
        native("999999999"),
        native("not-a-number"),
        native("٣"),
        phone("+442079460999"),
        phone("not a phone"),
    )
    assert await crm.find(*keys) == {}
    assert {request.status for request in sandbox.requests} <= {200, 207}


async def test_key_that_cannot_exist_costs_no_request(sandbox: HubSpotSandbox, crm: Crm) -> None:
    assert await crm.find(native("abc"), phone("x")) == {}
    assert sandbox.requests == []


async def test_row_nobody_asked_for_is_not_served(connect: Connect) -> None:
    """An answer that belongs to somebody else must never become this person's record."""
    stranger = {
        "id": "666",
        "properties": {"email": "eve@example.com", "phone": "+442079460100"},
        "createdAt": "2026-07-01T00:00:00Z",
        "updatedAt": "2026-07-01T00:00:00Z",
    }
    async with scripted(Reply(msgspec.json.encode({"status": "COMPLETE", "results": [stranger]}))) as server:
        crm = connect(at=server.url)
        assert await crm.find(ADA) == {}
        assert await crm.find(native("501")) == {}
        assert await crm.find(phone("+442079460111")) == {}


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"phone_search_properties": tuple(f"p{number}" for number in range(6))}, "at most 5"),
    ],
)
def test_configuration_that_cannot_work_is_refused(settings: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        HubSpotConfig(access_token=Secret(("t",)), **settings).verify("backends.crm")  # type: ignore[arg-type]


async def test_sandbox_refuses_what_hubspot_would(sandbox: HubSpotSandbox, connect: Connect) -> None:
    """More than 100 inputs, an unknown property in a filter."""
    crm = connect(phone_search_properties=("no_such_property",))
    with pytest.raises(RequestRefused):
        await crm.find(phone("+442079460111"))
    many = await connect().find(*(email(f"x{number}@example.com") for number in range(250)))
    assert many == {}
    assert [request.status for request in sandbox.requests] == [400, 207, 207, 207]


async def test_token_never_shows(connect: Connect) -> None:
    config = HubSpotConfig(access_token=Secret(("pat-secret",)))
    assert "pat-secret" not in repr(config)
    assert "pat-secret" not in repr(connect(config=config).adapter.__dict__)
