"""What a request asks for: languages as RFC 9110 and RFC 4647 read them, and an operation's name that is empty."""

from __future__ import annotations

import msgspec
import pytest

from gateway.entry.refusal import Refusal
from gateway.entry.requests import GraphQLRequest, facts_of
from gateway.http.requests import from_body, from_query_string
from gateway.model.principal import Principal
from gateway.security.profiles import Profiles
from gateway.settings import decode

PROFILES = Profiles(
    decode(
        {
            "languages": {"default": "en", "available": ["en", "ja", "zh-Hant", "pt-BR", "nb"]},
            "profiles": {
                "anonymous": {"touchpoint": "web", "default_country": "GB", "default_currency": "GBP"},
                "kiosk": {"touchpoint": "kiosk", "default_country": "GB", "default_currency": "GBP",
                          "default_language": "ja-JP-u-ca-japanese"},
            },
        },
        {},
    )
)  # fmt: skip


def served(accept: str, profile: str = "anonymous") -> str:
    facts = facts_of({"accept-language": accept}, "trace")
    return PROFILES.select(PROFILES.of(Principal(profile=profile)), facts).language


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "en"), ("ja", "ja"), ("fr, ja;q=0.8, en;q=0.1", "ja"), ("en;q=0.1, ja;q=0.9", "ja"),
        ("ja;q=0.9,en;q=0.9", "ja"),
        ("zh-TW", "zh-Hant"), ("zh-hk;q=0.5", "zh-Hant"), ("no", "nb"), ("pt-PT", "pt-BR"), ("fr", "en"),
        ("ja;q=0, *", "en"), ("en;q=0, *", "ja"), ("en;q=0", "ja"), ("en;q=0, ja;q=0, *;q=0.1", "zh-Hant"),
        ("ja, *;q=0", "ja"), ("*;q=0", "en"), ("fr, *;q=0.5", "en"), ("*, ja", "en"),
        ("ja;q=abc, pt-BR", "pt-BR"), ("ja;q=2, pt-BR", "pt-BR"), ("ja;q=0.1234, pt-BR;q=0.1", "pt-BR"),
        ("ja;q=1;q=0, pt-BR", "pt-BR"), ("-, ;, q=1, pt-BR", "pt-BR"), ("JA ; q=0.5", "ja"), ("ja;q=1.", "ja"),
        ("x-klingon, ja", "ja"), ("ja-JP-u-ca-japanese", "ja"), ("en-US-x-twain, ja", "en"),
    ],
)  # fmt: skip
def test_the_best_wish_that_can_be_served_is(accept: str, language: str) -> None:
    assert served(accept) == language


def test_a_profiles_language_is_one_of_the_configured_however_it_is_written() -> None:
    assert served("", "kiosk") == "ja"
    assert served("ja;q=0", "kiosk") == "en"


@pytest.mark.parametrize("asked", ["iw", "en-US-u-mu-celsius", "zh-Hant-TW", "en_GB"])
def test_a_header_takes_every_language_tag(asked: str) -> None:
    assert facts_of({"x-commerce-language": asked}, "trace").language == asked


@pytest.mark.parametrize("asked", ["", "english please", "en--US", "*", "e" * 129])
def test_a_header_that_is_no_tag_is_refused(asked: str) -> None:
    with pytest.raises(Refusal, match="not a language tag"):
        facts_of({"x-commerce-language": asked}, "trace")


def test_an_empty_operation_name_is_none_at_every_door() -> None:
    told = {"query": "{ a }", "operationName": ""}
    assert from_body(msgspec.json.encode(told)).operation_name is None
    assert from_query_string(b"query=%7B+a+%7D&operationName=").operation_name is None
    assert msgspec.convert(told, GraphQLRequest).operation_name is None
    assert from_body(b'{"query":"{ a }","operationName":"A"}').operation_name == "A"
