"""Server-sent events and WebSockets, as their own clients see them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from node_clients import node, require_clients

from gateway.http import events
from gateway.http import socket as socket_door

SSE_CHECKS = 7
SOCKET_CHECKS = 21


@pytest.mark.node
async def test_the_graphql_sse_client_is_served(served: Any, storefront_key: str) -> None:
    packages = require_clients()
    out = await node(packages, "sse.js", served.graphql, json.dumps({"x-api-key": storefront_key}))
    assert len(out.splitlines()) == SSE_CHECKS


@pytest.mark.node
async def test_the_graphql_ws_client_is_served(served: Any, storefront_key: str) -> None:
    packages = require_clients()
    url = served.graphql.replace("http://", "ws://")
    out = await node(packages, "socket.js", url, json.dumps({"X-Api-Key": storefront_key}))
    assert len(out.splitlines()) == SOCKET_CHECKS


async def test_a_stream_that_is_left_ends_its_source(served: Any, session: aiohttp.ClientSession) -> None:
    headers = {"accept": "text/event-stream"}
    query = {"query": "subscription { counter(to: 1000000, pause: 0.005) }"}
    async with session.post(served.graphql, json=query, headers=headers) as answer:
        assert answer.content_type == "text/event-stream"
        assert await answer.content.readline() == b"event: next\n"
        answer.close()
    async with asyncio.timeout(2):
        await served.opener.cancelled.wait()


async def test_a_socket_that_is_left_ends_its_operations(served: Any, session: aiohttp.ClientSession) -> None:
    async with session.ws_connect(served.graphql, protocols=("graphql-transport-ws",)) as socket:
        await socket.send_json({"type": "connection_init"})
        assert (await socket.receive_json())["type"] == "connection_ack"
        query = "subscription { counter(to: 1000000, pause: 0.005) }"
        await socket.send_json({"type": "subscribe", "id": "1", "payload": {"query": query}})
        assert (await socket.receive_json())["payload"] == {"data": {"counter": 1}}
    async with asyncio.timeout(2):
        await served.opener.cancelled.wait()


async def test_open_streams_and_sockets_end_when_the_gateway_stops(served: Any, session: aiohttp.ClientSession) -> None:
    endless = {"query": "subscription { counter(to: 1000000, pause: 0.005) }"}
    async with (
        session.ws_connect(served.graphql, protocols=("graphql-transport-ws",)) as socket,
        session.post(served.graphql, json=endless, headers={"accept": "text/event-stream"}) as stream,
    ):
        await socket.send_json({"type": "connection_init"})
        assert (await socket.receive_json())["type"] == "connection_ack"
        served.doors.gate.stop()
        async with asyncio.timeout(2):
            message = await socket.receive()
            assert (message.type, socket.close_code) == (aiohttp.WSMsgType.CLOSE, 1001)
            await stream.read()


async def test_a_socket_acts_for_who_its_token_names(served: Any, session: aiohttp.ClientSession) -> None:
    async with session.ws_connect(served.graphql, protocols=("graphql-transport-ws",)) as socket:
        payload = {"Authorization": f"Bearer {served.customers.token('alice')}", "X-Customer-Id": "bob"}
        await socket.send_json({"type": "connection_init", "payload": payload})
        await socket.receive_json()
        await socket.send_json({"type": "subscribe", "id": "1", "payload": {"query": "{ me { subject } }"}})
        assert (await socket.receive_json())["payload"] == {"data": {"me": {"subject": "alice"}}}


async def test_a_revoked_token_ends_its_socket_and_its_requests(
    served: Any, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_door, "VERIFY_SECONDS", 0.1)
    headers = {"authorization": f"Bearer {served.customers.token('alice')}"}
    async with session.ws_connect(served.graphql, protocols=("graphql-transport-ws",), headers=headers) as socket:
        await socket.send_json({"type": "connection_init"})
        assert (await socket.receive_json())["type"] == "connection_ack"
        served.opener.revoked.add("alice")
        async with asyncio.timeout(5):
            message = await socket.receive()
        assert (message.type, socket.close_code) == (aiohttp.WSMsgType.CLOSE, 4403)
    assert (await served.post(session, "{ deadline }", headers=headers))[0] == 401


async def test_a_revoked_token_ends_what_goes_on_within_seconds(
    served: Any, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for the look at a connection that asks nothing."""
    monkeypatch.setattr(events, "WATCH_SECONDS", 0.1)
    headers = {"authorization": f"Bearer {served.customers.token('alice')}"}
    endless = {"query": "subscription { counter(to: 1000000, pause: 0.05) }"}
    async with (
        session.post(served.graphql, json=endless, headers={**headers, "accept": "text/event-stream"}) as stream,
        session.ws_connect(served.graphql, protocols=("graphql-transport-ws",), headers=headers) as socket,
    ):
        await socket.send_json({"type": "connection_init"})
        assert (await socket.receive_json())["type"] == "connection_ack"
        await socket.send_json({"type": "subscribe", "id": "1", "payload": endless})
        assert (await socket.receive_json())["type"] == "next"
        assert await stream.content.readline() == b"event: next\n"
        served.opener.revoked.add("alice")
        async with asyncio.timeout(5):
            while (await socket.receive()).type is not aiohttp.WSMsgType.CLOSE:
                pass
            told = (await stream.read()).decode()
        assert socket.close_code == 4403
        *_, last, complete, _ = told.split("\n\n")
        assert '"code":"UNAUTHENTICATED"' in last.replace(" ", "")
        assert complete.startswith("event: complete")
