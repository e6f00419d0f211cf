"""No address that is shown holds a password, wherever people and libraries let it stand."""

from __future__ import annotations

import pytest

from gateway.constraints.addresses import hidden


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql+asyncpg://u:pa/ss@127.0.0.1:1/db", "postgresql+asyncpg://***@127.0.0.1:1/db"),
        ("postgresql://u:p@ss@h/db", "postgresql://***@h/db"),
        ("postgresql://u:s@h/db?password=hunter2", "postgresql://***@h/db?password=***"),
        ("redis://:a/b@h/0", "redis://***@h/0"),
        ("redis://h:1/0?password=x&db=1", "redis://h:1/0?password=***&db=***"),
        ("https://id.example/jwks?api_key=hunter3", "https://id.example/jwks?api_key=***"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("u:p@h/0", "***@h/0"),
    ],
)
def test_user_password_and_the_values_of_a_query_are_hidden(address: str, shown: str) -> None:
    assert hidden(address) == shown
