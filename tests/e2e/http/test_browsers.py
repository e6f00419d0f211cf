"""What a page of another origin can make a browser do (nothing), and what an allowed one may."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

SHOP = "https://shop.example.com"
EVIL = "https://evil.example.com"
MUTATION = "mutation { setPrice(cents: 1) }"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
        "application/graphql",
        "application/json; charset=utf-16",
        "",
    ],
)
async def test_what_a_form_can_send_is_not_read(served: Any, session: aiohttp.ClientSession, content_type: str) -> None:
    headers = {"content-type": content_type, "origin": EVIL}
    body = b'{"query": "mutation { setPrice(cents: 1) }"}'
    async with session.post(served.graphql, data=body, headers=headers, skip_auto_headers=["content-type"]) as answer:
        assert answer.status == 415
        assert "access-control-allow-origin" not in answer.headers
    assert served.opener.price == 1999


@pytest.mark.parametrize("headers", [{}, {"accept": "*/*"}, {"origin": EVIL}, {"content-type": "text/plain"}])
async def test_a_get_that_an_image_could_send_is_refused(
    served: Any, session: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    params = {"query": '{ product(sku: "a") { sku } }'}
    async with session.get(served.graphql, params=params, headers=headers) as answer:
        assert answer.status == 403
    assert served.opener.calls == {}


async def test_only_listed_origins_may_read(serve_with: Any, session: aiohttp.ClientSession) -> None:
    async with serve_with(server={"cors_origins": [SHOP]}) as served:
        asks = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
        for origin, allowed in ((SHOP, SHOP), (EVIL, None), ("null", None)):
            async with session.options(served.graphql, headers={"origin": origin, **asks}) as preflight:
                assert preflight.status == 204
                assert preflight.headers.get("access-control-allow-origin") == allowed
                assert "access-control-allow-credentials" not in preflight.headers
            json = {"query": "{ deadline }"}
            async with session.post(served.graphql, json=json, headers={"origin": origin}) as answer:
                assert answer.headers.get("access-control-allow-origin") == allowed
                assert answer.headers["vary"] == "Origin"


async def test_every_answer_has_the_security_headers(served: Any, session: aiohttp.ClientSession) -> None:
    async with session.post(served.graphql, json={"query": "{ deadline }"}) as answer:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["cache-control"] == "private, no-store"
        assert "server" not in answer.headers


async def test_a_browser_is_shown_an_explorer_that_needs_nothing_from_elsewhere(
    served: Any, session: aiohttp.ClientSession
) -> None:
    async with session.get(served.graphql, headers={"accept": "text/html,application/xhtml+xml"}) as answer:
        assert answer.content_type == "text/html"
        page = await answer.text()
        policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "//" not in page.replace("<!doctype html>", "")
    for name in ("explorer.js", "documentation.js", "explorer.css"):
        assert f"/graphql/explorer/{name}" in page or name == "documentation.js"
        async with session.get(f"{served.url}/graphql/explorer/{name}") as asset:
            assert asset.status == 200
            assert "http" not in (await asset.text()).replace("http-equiv", "")
    async with session.get(f"{served.url}/graphql/explorer/../__init__.py") as nothing:
        assert nothing.status == 404


async def test_a_built_graphiql_is_shown_instead(
    serve_with: Any, session: aiohttp.ClientSession, tmp_path: Any
) -> None:
    bundle = tmp_path / "graphiql"
    (bundle / "assets").mkdir(parents=True)
    (bundle / "index.html").write_text("<!doctype html><title>GraphiQL</title>")
    (bundle / "assets" / "a.js").write_text("export {};")
    (bundle / "assets" / "secret.env").write_text("no")
    async with serve_with(more={"graphiql": bundle}) as served:
        async with session.get(served.graphql, headers={"accept": "text/html"}) as answer:
            assert "GraphiQL" in await answer.text()
        for path, status in (("assets/a.js", 200), ("assets/secret.env", 404)):
            async with session.get(f"{served.url}/graphql/graphiql/{path}") as asset:
                assert asset.status == status
