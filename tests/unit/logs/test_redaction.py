from __future__ import annotations

import base64
import random
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.logs.redaction import LONGEST, know_secrets, redacted

SECRET = "hush-hush/1 and more"


@pytest.mark.parametrize(
    "words",
    [
        "contact ada@example.com exists",
        "contact ada.lovelace+shop@example.co.uk exists",
        "contact <ADA%40EXAMPLE.COM> exists",
        "contact 'ada@example.com' exists",
        "email=ada@example.com",
    ],
)
def test_no_email_is_written(words: str) -> None:
    assert "example" not in redacted(words).lower()
    assert "ada" not in redacted(words).lower()


@pytest.mark.parametrize(
    "number",
    [
        "+447700888000",
        "07700 888 000",
        "(0)7700-888-000",
        "+81 90 8881 2000",
        "07700.888.000",
        "+1 (415) 555-0100",
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111,1111,1111,1111",
        "4111 | 1111 | 1111 | 1111",
        "4111+1111+1111+1111",
        "3782:822463:10005",
        ",".join("4111111111111111"),
        "3782 822463 10005",
        "5901234123457",
    ],
)
def test_no_phone_and_no_card_is_written(number: str) -> None:
    told = redacted(f"customer {number} has no account")
    assert not any(character.isdigit() for character in told)
    assert told.startswith("customer ")
    assert told.endswith(" has no account")


@given(digits=st.integers(10**8, 10**22), gap=st.sampled_from(["", " ", "-", "\u00a0"]), seed=st.integers(0, 999))
def test_however_a_long_number_is_written_it_is_not(digits: int, gap: str, seed: int) -> None:
    dice = random.Random(seed)
    written = "".join(digit + (gap if dice.random() < 0.4 else "") for digit in str(digits))
    assert sum(character.isdigit() for character in redacted(f"number {written}!")) < 7


@pytest.mark.parametrize(
    "words",
    [
        "Authorization: Bearer abc.def.ghi refused",
        "authorization=Basic YWRhOmh1c2g=",
        "api_key=s3cr3t refused",
        "X-Shopify-Access-Token: shpat_0123456789abcdef0123456789abcdef",
        "password: s3cr3t",
        '{"password": "s3cr3t"}',
        "https://user:s3cr3t@erp.example.com/x",
        "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
        "client_secret=s3cr3t&x=1",
    ],
)
def test_no_credential_is_written(words: str) -> None:
    told = redacted(words)
    for secret in ("s3cr3t", "abc.def", "YWRh", "shpat_0123", "eyJ", "dozj"):
        assert secret not in told


def test_a_configured_secret_is_known_in_every_form() -> None:
    know_secrets([SECRET, "abc"])
    encoded = base64.b64encode(SECRET.encode()).decode()
    for form in (SECRET, quote(SECRET, safe=""), encoded, repr(SECRET)[1:-1]):
        assert redacted(f"key {form} refused").startswith("key [")
        assert "hush" not in redacted(f"key {form} refused")
    assert redacted("the abc of it") == "the abc of it", "too short to be told from a word"


@pytest.mark.parametrize(
    "words",
    [
        "HTTP 503",
        "no connection: ConnectionRefusedError",
        "Cannot query field 'lokation' on type 'InventoryLevel'",
        "Object missing required field `key` - at `$.items[0]`",
        "odoo.exceptions.AccessError at decimal.precision.web_search_read",
        "10.0.0.5 is a private address",
        "the request's address makes no sense",
        "answer's headers make no sense: ValueError",
        "body announces more than 1048576 bytes",
        "Variable `$first` of type `[ID!]!`",
        "sold in EUR since 2026-11-29",
    ],
)
def test_what_an_operator_needs_is_left(words: str) -> None:
    assert redacted(words).replace("[number]", "1048576") == words


def test_what_is_quoted_and_no_name_of_a_field_is_left_out() -> None:
    assert redacted("""no partner "Ada Lovelace" at 'Baker Street 1'""") == """no partner "..." at '...'"""


def test_a_line_is_one_line_and_not_long() -> None:
    told = redacted("first\nsecond\r\n\x1b[31mred\u202e" + "x " * 5_000)
    assert "\n" not in told
    assert "\x1b" not in told
    assert len(told) <= LONGEST


@given(st.text(max_size=3_000))
def test_any_text_is_taken(text: str) -> None:
    assert len(redacted(text)) <= LONGEST
