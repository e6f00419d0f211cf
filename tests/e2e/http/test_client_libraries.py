"""What frontends are built with, against the whole gateway and its real schema."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from node_clients import node, require_clients

from gateway.demo.answers import document
from gateway.demo.run import MAIN_QUERY, MAIN_VARIABLES, running_demo
from schema import build_schema

LIBRARIES = 4


def operations(shopper: str, kiosk: str) -> list[dict[str, Any]]:
    slug = {"slug": MAIN_VARIABLES["slug"]}
    asked: list[tuple[str, dict[str, Any], str | None]] = [
        (MAIN_QUERY, MAIN_VARIABLES, shopper),
        ("web", {**slug, "signedIn": False}, None),
        ("kiosk", slug, kiosk),
    ]
    return [
        {
            "name": name,
            "query": document(name),
            "variables": variables,
            "headers": {} if token is None else {"authorization": f"Bearer {token}"},
        }
        for name, variables, token in asked
    ]


@pytest.mark.node
async def test_client_libraries_hand_out_what_the_gateway_answered() -> None:
    packages = require_clients()
    async with running_demo(sells=False) as demo:
        asked = operations(demo.tokens.shopper, demo.tokens.kiosks["GB"])
        out = await node(packages, "libraries.js", f"{demo.url}/graphql", json.dumps(asked))
    assert len(out.splitlines()) == LIBRARIES * len(asked)


@pytest.mark.node
async def test_generated_types_compile_strictly(tmp_path: Path) -> None:
    packages = require_clients()
    (tmp_path / "schema.graphql").write_text(build_schema().as_str())
    documents = [document(name) for name in (MAIN_QUERY, "web", "kiosk", "voice")]
    (tmp_path / "operations.graphql").write_text("\n".join(documents))
    folder = packages / "generated" / tmp_path.name
    try:
        arguments = [str(tmp_path / "schema.graphql"), str(tmp_path / "operations.graphql"), str(folder)]
        out = await node(packages, "codegen.js", *arguments, seconds=100)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert out.split() == ["ProductPage", "WebShopper", "Kiosk", "Voice"]
