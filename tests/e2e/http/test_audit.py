"""GraphQL over HTTP, as the specification's own audit sees it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from node_clients import node, require_clients

AUDITS = 61


@pytest.mark.node
async def test_every_audit_passes_with_a_development_key(served: Any, storefront_key: str) -> None:
    packages = require_clients()
    out = await node(packages, "audit.js", served.graphql, json.dumps({"x-api-key": storefront_key}))
    results = [json.loads(line) for line in out.splitlines()]
    failed = [(result["id"], result["name"], result["reason"]) for result in results if result["status"] != "ok"]
    assert failed == []
    assert len(results) == AUDITS
