"""What selling costs those who only look, and a cart line beside Vendure's: CPU per request, in interleaved rounds."""

from __future__ import annotations

import contextlib
import json
import statistics
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from tests.bench.contenders import GATEWAY, of_python, running
from tests.bench.interpreters import interpreters
from tests.bench.load import cpu_seconds, measure
from tests.bench.queries import body_of
from tests.bench.upstream import nginx
from tests.servers import vendure_server

ROUNDS = 7
_ADDED = 60
"""Pieces of one line: fewer than lie in Vendure's sample shop."""
_CREATE = "mutation { cartCreate(input: {}) { secret cart { id } } }"
_ADD = """mutation ($cart: ID!) {
  cartLinesAdd(input: {cartId: $cart, lines: [{variant: {sku: "SKU-000-0"}, quantity: 1}]}) {
    cart { id version } userErrors { code } } }"""
_VENDURE = """mutation ($id: ID!) { addItemToOrder(productVariantId: $id, quantity: 1) {
  ... on Order { id code } ... on ErrorResult { errorCode } } }"""


async def shown() -> dict[str, float]:
    """A product page and a listing whose every piece is held somewhere, over the same without a hold."""
    (python, *_) = interpreters()
    gateway = of_python(GATEWAY, python)
    found: dict[str, float] = {}
    with nginx() as upstream, running(gateway, upstream) as plain, running(gateway, upstream, HELD="1") as held:
        for name, requests in (("Q2", 800), ("Q3", 400)):
            ratios: list[float] = []
            for number in range(ROUNDS + 2):
                spent = [
                    (await measure(url, pid, body_of(name), connections=4, requests=requests)).cpu
                    for url, pid in (plain, held)
                ]
                if number >= 2:
                    ratios.append(spent[1] / spent[0])
            found[name] = statistics.median(ratios)
    return found


async def cart_line() -> float:
    """A line added to a cart, no totals selected, over Vendure's `addItemToOrder`."""
    (python, *_) = interpreters()
    installed = vendure_server.install()
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(nginx())
        url, pid = stack.enter_context(running(of_python(GATEWAY, python), upstream))
        vendure = stack.enter_context(vendure_server.running(installed, installed.database))
        variant = next(iter(vendure.seed.variants.values()))
        async with aiohttp.ClientSession() as session:
            ratios: list[float] = []
            for number in range(ROUNDS + 2):
                ours = await _spent(pid, lambda: _ours(session, url))
                theirs = await _spent(vendure.pid, lambda: _theirs(session, vendure.url, variant))
                if number >= 2:
                    ratios.append(ours / theirs)
    return statistics.median(ratios)


async def _spent(pid: int, add: Callable[[], Awaitable[Callable[[], Awaitable[None]]]]) -> float:
    """CPU of adding, after the cart was made and one piece is in it."""
    once = await add()
    await once()
    before = cpu_seconds(pid)
    for _ in range(_ADDED):
        await once()
    return (cpu_seconds(pid) - before) / _ADDED


async def _ours(session: aiohttp.ClientSession, url: str) -> Callable[[], Awaitable[None]]:
    made = (await _ask(session, url, _CREATE, {}, {}))["cartCreate"]
    secret, variables = {"Commerce-Cart-Secret": made["secret"]}, {"cart": made["cart"]["id"]}

    async def once() -> None:
        told = (await _ask(session, url, _ADD, variables, secret))["cartLinesAdd"]
        assert told["userErrors"] == [], told

    return once


async def _theirs(session: aiohttp.ClientSession, url: str, variant: str) -> Callable[[], Awaitable[None]]:
    token: dict[str, str] = {}

    async def once() -> None:
        body = json.dumps({"query": _VENDURE, "variables": {"id": variant}})
        headers = {"content-type": "application/json", **token}
        async with session.post(f"{url}/shop-api", data=body, headers=headers) as answer:
            if given := answer.headers.get("vendure-auth-token"):
                token["authorization"] = f"Bearer {given}"
            told = (await answer.json())["data"]["addItemToOrder"]
            assert "code" in told, told

    return once


async def _ask(
    session: aiohttp.ClientSession, url: str, query: str, variables: dict[str, str], headers: dict[str, str]
) -> dict[str, Any]:
    async with session.post(url, json={"query": query, "variables": variables}, headers=headers) as answer:
        body = await answer.json()
        assert "errors" not in body, body
        return body["data"]
