"""Deliveries that are the vendor's, and those that are not."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Unauthenticated
from gateway.kit.signatures import SignatureText, require_recent, require_signature, require_token
from gateway.ports.manifest import Secret

NEW, OLD = "new-key", "old-key"
ROTATING = Secret((NEW, OLD))
NOW = datetime(2026, 7, 1, tzinfo=UTC)


def base64_of(key: str, body: bytes, digest: str = "sha256") -> str:
    return base64.b64encode(hmac.new(key.encode(), body, digest).digest()).decode()


@given(st.binary(max_size=50), st.sampled_from([NEW, OLD]))
def test_every_secret_of_a_rotation_is_good(body: bytes, key: str) -> None:
    require_signature(ROTATING, body, base64_of(key, body))
    hexadecimal = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    require_signature(ROTATING, body, hexadecimal, text=SignatureText.HEX)
    require_signature(ROTATING, body, hexadecimal.upper(), text=SignatureText.HEX)
    require_signature(ROTATING, body, base64_of(key, body, "sha1"), digest="sha1")


@given(st.binary(max_size=50), st.text(max_size=60))
def test_any_other_text_is_refused(body: bytes, given_: str) -> None:
    with pytest.raises(Unauthenticated):
        require_signature(ROTATING, body, given_)
    with pytest.raises(Unauthenticated):
        require_signature(ROTATING, body, given_, text=SignatureText.HEX)


@pytest.mark.parametrize("given_", [None, "", "é", "\udcff", [], ["", ""], base64_of("stranger", b"body")])
def test_a_delivery_without_a_right_signature_is_refused(given_: str | list[str] | None) -> None:
    with pytest.raises(Unauthenticated):
        require_signature(ROTATING, b"body", given_)


def test_without_a_secret_nothing_is_accepted() -> None:
    with pytest.raises(Unauthenticated):
        require_signature(None, b"body", base64_of("", b"body"))
    with pytest.raises(Unauthenticated):
        require_token(None, "x")


def test_another_spelling_of_the_same_bytes_is_refused() -> None:
    right = base64_of(NEW, b"body")
    for spelling in (right.rstrip("="), right + "\n", f" {right}", right.swapcase()):
        with pytest.raises(Unauthenticated):
            require_signature(ROTATING, b"body", spelling)


def test_one_of_several_signatures_is_enough_but_not_one_of_any_number() -> None:
    right = base64_of(OLD, b"body")
    require_signature(ROTATING, b"body", ["x", right])
    with pytest.raises(Unauthenticated):
        require_signature(ROTATING, b"body", [*["x"] * 8, right])


def test_a_token_is_one_of_the_secrets() -> None:
    require_token(ROTATING, NEW)
    require_token(ROTATING, OLD)
    for wrong in (None, "", "new", "new-key ", "é"):
        with pytest.raises(Unauthenticated):
            require_token(ROTATING, wrong)


@pytest.mark.parametrize(("age", "good"), [(0, True), (300, True), (301, False), (-10, True), (-11, False)])
def test_a_delivery_is_neither_old_nor_from_the_future(age: int, good: bool) -> None:
    sent = NOW - timedelta(seconds=age)
    if good:
        require_recent(sent, NOW, within=300, ahead=10)
    else:
        with pytest.raises(Unauthenticated):
            require_recent(sent, NOW, within=300, ahead=10)


def test_a_delivery_that_does_not_say_when_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        require_recent(None, NOW, within=300)
