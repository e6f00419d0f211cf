"""Both protocols: credentials, versions, errors that come with a 200, and answers that make no sense."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from msgspec import Struct

from adapters.odoo.errors import MissingModel, RightMissing
from adapters.odoo.sandbox.reading import Session, search_read
from adapters.odoo.sandbox.rights import INTERNAL
from gateway.errors import (
    AdapterError,
    ConfigurationError,
    CredentialsRefused,
    InvalidAnswer,
    RateLimited,
    RequestRefused,
    Unavailable,
)
from gateway.model.context import CallContext, CommerceContext
from gateway.model.stock import StockKey
from gateway.ports.manifest import Secret
from gateway.testing.sandbox import Seed
from tests.contract.adapters.odoo.connected import Running, run

SEED = Seed(currency="EUR", country="DE")


class Code(Struct):
    id: int
    default_code: str | bool


@pytest.fixture
async def odoo(stack: AsyncExitStack, version: int) -> Running:
    running = await run(stack, SEED, version)
    running.product("MUG")
    return running


async def ask(odoo: Running, model: str = "product.product", row: type[Struct] = Code, **keys: Any) -> object:
    client = odoo.adapter(**keys).client
    return await client.search(row, model, [], CallContext.within(5))


async def test_a_wrong_key_is_a_refused_credential(odoo: Running) -> None:
    with pytest.raises(CredentialsRefused) as refused:
        await ask(odoo, api_key=Secret(("wrong-key-7731",)))
    assert "wrong-key-7731" not in repr(refused.value) + str(refused.value.detail)


async def test_a_key_revoked_while_running_is_a_refused_credential_and_a_new_one_is_taken(odoo: Running) -> None:
    client = odoo.adapter().client
    odoo.sandbox.key_revoked = False
    await client.search(Code, "product.product", [], CallContext.within(5))
    odoo.sandbox.key_revoked = True
    for _ in range(2):
        with pytest.raises(CredentialsRefused):
            await client.search(Code, "product.product", [], CallContext.within(5))
    odoo.sandbox.key_revoked = False
    assert await client.search(Code, "product.product", [], CallContext.within(5))


async def test_a_company_that_is_not_allowed_is_a_missing_right(odoo: Running) -> None:
    with pytest.raises(RightMissing) as refused:
        await ask(odoo, company=2)
    assert "odoo.exceptions.AccessError" in str(refused.value.detail)


async def test_a_language_odoo_lacks_is_refused_for_the_whole_call(odoo: Running) -> None:
    with pytest.raises(RequestRefused):
        await ask(odoo, language="xx_XX")


async def test_a_model_that_is_not_installed_is_told_apart(odoo: Running) -> None:
    with pytest.raises(MissingModel):
        await ask(odoo, "fleet.vehicle")


async def test_a_field_that_does_not_exist_is_named_for_operators(odoo: Running) -> None:
    class Wrong(Struct):
        id: int
        colour: str

    with pytest.raises(RequestRefused) as refused:
        await ask(odoo, row=Wrong)
    assert "Invalid field 'colour' on model 'product.product'" in str(refused.value.detail)
    assert "colour" not in refused.value.message


async def test_a_missing_right_is_told_without_names_and_not_held_against_the_backend(odoo: Running) -> None:
    odoo.sandbox.grant(INTERNAL)
    with pytest.raises(RightMissing) as refused:
        await ask(odoo, "sale.order")
    assert not refused.value.counts_against_backend
    assert "Gateway" not in str(refused.value.detail)


@pytest.mark.parametrize(("knob", "error"), [("down", Unavailable), ("throttle", RateLimited)], ids=["503", "429"])
async def test_a_proxy_in_front_speaks_http(odoo: Running, knob: str, error: type[AdapterError]) -> None:
    setattr(odoo.sandbox.faults, knob, 1_000)
    with pytest.raises(error):
        await ask(odoo)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>",
        b'{"jsonrpc": "2.0", "id": 1, "result": {"length": 1, "records": [{"id": 1',
        b"[]",
        b'{"jsonrpc": "2.0", "id": 1, "result": {"length": 1, "records": [{"id": "1", "default_code": "A"}]}}',
        b'{"length": 1, "records": [{"id": "1", "default_code": "A"}]}',
        b'{"jsonrpc": "2.0", "id": 1, "result": {"length": 1, "records": [{"id": 1}]}}',
        b'{"length": 1, "records": [{"id": 1}]}',
        b'{"jsonrpc": "2.0", "id": 1}',
        b"null",
    ],
)
async def test_an_answer_that_makes_no_sense_is_invalid(odoo: Running, raw: bytes) -> None:
    client = odoo.adapter().client
    await client.search(Code, "product.product", [], CallContext.within(5))
    odoo.sandbox.faults.rewrite = lambda _: raw
    with pytest.raises(InvalidAnswer):
        await client.search(Code, "product.product", [], CallContext.within(5))


async def test_true_where_a_text_belongs_is_invalid(odoo: Running) -> None:
    adapter = odoo.adapter(kits=False)
    key = StockKey("MUG", ())
    context = CommerceContext("DE", "EUR", "en").only(frozenset())
    await adapter.get_stock([key], context, CallContext.within(5))
    row: dict[str, Any] = {"id": 1, "default_code": True, "barcode": False, "is_storable": True, "stock_quant_ids": []}
    page: dict[str, Any] = {"length": 1, "records": [row]}
    body = json.dumps(page if odoo.sandbox.version >= 19 else {"id": 1, "result": page}).encode()
    odoo.sandbox.faults.rewrite = lambda _: body
    with pytest.raises(InvalidAnswer):
        await adapter.get_stock([key], context, CallContext.within(5))


@pytest.mark.parametrize("version", [17, 18, 19])
async def test_the_version_is_found_without_a_credential(stack: AsyncExitStack, version: int) -> None:
    odoo = await run(stack, SEED, version)
    adapter = odoo.adapter(version="auto")
    assert (await adapter.probe(CallContext.within(5))).version == f"{version}.0"
    paths = [request.path for request in odoo.sandbox.requests]
    assert paths[-1] == ("/json/2/stock.picking/search_count" if version >= 19 else "/jsonrpc")


async def test_a_server_that_redirects_unknown_addresses_is_an_older_one(stack: AsyncExitStack) -> None:
    odoo = await run(stack, SEED, 18)
    odoo.sandbox.redirecting = True
    assert (await odoo.adapter(version="auto").probe(CallContext.within(5))).version == "18.0"


@pytest.mark.parametrize("version", [16, 20])
async def test_a_version_nobody_tried_is_refused(stack: AsyncExitStack, version: int) -> None:
    odoo = await run(stack, SEED, version)
    with pytest.raises(RequestRefused):
        await odoo.adapter(version="auto").probe(CallContext.within(5))


async def test_json_rpc_without_a_login_is_a_configuration_error(stack: AsyncExitStack) -> None:
    odoo = await run(stack, SEED, 18)
    with pytest.raises(ConfigurationError):
        odoo.adapter(login="")


async def test_the_login_is_asked_once(stack: AsyncExitStack) -> None:
    odoo = await run(stack, SEED, 18)
    client = odoo.adapter().client
    for _ in range(3):
        await client.search(Code, "product.product", [], CallContext.within(5))
    assert odoo.operations().count("common.authenticate") == 1


async def test_19_still_answers_json_rpc(stack: AsyncExitStack) -> None:
    """As the real one does, with a deprecation in its log; the adapter speaks it where the configuration says 18."""
    odoo = await run(stack, SEED, 19)
    odoo.product("MUG")
    assert await ask(odoo, version="18")
    assert {request.path for request in odoo.sandbox.requests} == {"/jsonrpc"}


async def test_errors_look_as_the_real_servers_write_them(odoo: Running) -> None:
    """JSON-RPC: 200 and `error.data.name`; JSON-2: the status, `name` and a traceback in `debug`."""
    settings = odoo.sandbox.settings
    async with aiohttp.ClientSession() as session:
        if odoo.sandbox.version >= 19:
            headers = {"Authorization": f"bearer {settings['api_key']}"}
            url = f"{odoo.url}/json/2/product.product/web_search_read"
            body: dict[str, Any] = {"domain": [], "specification": {"colour": {}}}
            async with session.post(url, json=body, headers=headers) as answer:
                assert answer.status == 500
                fault = await answer.json()
            async with session.post(url, json=body) as answer:
                assert answer.status == 401
        else:
            args: list[Any] = [settings["database"], 2, settings["api_key"], "product.product", "web_search_read", []]
            call = {"service": "object", "method": "execute_kw"}
            params: dict[str, Any] = {**call, "args": [*args, {"domain": [], "specification": {"colour": {}}}]}
            async with session.post(
                f"{odoo.url}/jsonrpc", json={"jsonrpc": "2.0", "id": 1, "params": params}
            ) as answer:
                assert answer.status == 200
                fault = (await answer.json())["error"]["data"]
    assert fault["name"] == "builtins.ValueError"
    assert fault["debug"].startswith("Traceback")


@pytest.mark.parametrize("field", ["default_code", "barcode"])
async def test_empty_values_are_false_and_a_many2one_is_a_pair(odoo: Running, field: str) -> None:
    odoo.product(None)
    session = Session(odoo.store, odoo.sandbox.user, {})
    rows = search_read(session, "product.product", [["default_code", "=", False]], [field, "product_tmpl_id"])
    assert rows[0][field] is False
    assert rows[0]["product_tmpl_id"][0] == odoo.store.browse("product.product", rows[0]["id"])["product_tmpl_id"]
