"""Connection strings hold passwords, so a container gets them from its environment."""

from __future__ import annotations

from typing import Any

from gateway.settings import decode

FILE: dict[str, Any] = {"gateway": {"state": "sqlite+aiosqlite:///here.sqlite", "redis": "redis://here"}}


def test_connection_strings_of_the_environment_take_the_place_of_the_files() -> None:
    around = {"GATEWAY_STATE": "postgresql+asyncpg://there/gateway", "GATEWAY_REDIS": "redis://:secret@there"}
    found = decode(FILE, around).gateway
    assert (found.state, found.redis) == (around["GATEWAY_STATE"], around["GATEWAY_REDIS"])


def test_without_them_the_file_says_where() -> None:
    for around in ({}, {"GATEWAY_STATE": "", "GATEWAY_REDIS": ""}):
        found = decode(FILE, around).gateway
        assert (found.state, found.redis) == ("sqlite+aiosqlite:///here.sqlite", "redis://here")
