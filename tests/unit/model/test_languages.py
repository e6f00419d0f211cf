"""Language tags: one form for each language, and the right one of those there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.languages import acceptable, canonical_tag, direction_of, locale_of, lookup, tag_or


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("iw", "he"), ("iw-IL", "he-IL"), ("no", "nb"), ("no-NO", "nb-NO"), ("in", "id"), ("mo", "ro"),
        ("sh", "sr-Latn"), ("ji", "yi"), ("jw", "jv"), ("tl", "fil"), ("zh-tw", "zh-TW"), ("ZH-HANT-tw", "zh-Hant-TW"),
        ("pt_BR", "pt-BR"), ("en-UK", "en-GB"), ("zh-cmn-Hans-CN", "zh-Hans-CN"), ("zh-yue", "yue"),
        ("zh-min-nan", "nan"), ("i-klingon", "tlh"), ("art-lojban", "jbo"), ("no-bok", "nb"), ("no-nyn", "nn"),
        ("en-GB-oed", "en-GB-oxendict"), ("sgn-BE-FR", "sfb"), ("de-CH-1996", "de-CH-1996"),
        ("sl-rozaj-biske-1994", "sl-rozaj-biske-1994"), ("en-US-u-mu-celsius", "en-US"), ("en-x-twain", "en"),
        ("de-a-value-u-co-phonebk-x-own", "de"), ("es-419", "es-419"),
    ],
)  # fmt: skip
def test_a_tag_has_one_canonical_form(written: str, canonical: str) -> None:
    assert canonical_tag(written) == canonical


@pytest.mark.parametrize(
    "written", ["", "a", "en--US", "x-foo", "en-u", "-en", "en-", "1en", "e" * 200, "日本語", "en\n"]
)
def test_what_is_no_tag_has_none(written: str) -> None:
    assert canonical_tag(written) is None or written.strip() == "en"
    assert tag_or(written, "de") in ("de", "en")


def test_a_backends_locale_becomes_a_tag() -> None:
    assert tag_or("sr@latin", "en") == "sr-Latn"
    assert tag_or("en_US.UTF-8", "de") == "en-US"
    assert tag_or("zh_Hans", "de") == "zh-Hans"
    assert tag_or(None, "de") == "de"


@pytest.mark.parametrize(
    ("wanted", "available", "served"),
    [
        ("iw-IL", ["en", "he"], "he"), ("he", ["iw"], "iw"), ("no", ["nb"], "nb"), ("nb-NO", ["no"], "no"),
        ("zh-TW", ["zh-Hans", "zh-Hant"], "zh-Hant"), ("zh-TW", ["zh-CN", "zh-Hant-TW"], "zh-Hant-TW"),
        ("zh-Hant", ["zh-CN", "zh-TW"], "zh-TW"), ("zh-HK", ["zh-CN", "zh-TW"], "zh-TW"),
        ("zh-CN", ["zh-TW", "zh"], "zh"), ("zh-TW", ["en", "zh"], "zh"), ("zh", ["zh-TW"], None),
        ("sh", ["sr", "sr-Latn"], "sr-Latn"), ("de-CH-1996", ["de", "de-CH"], "de-CH"),
        ("en-AU", ["en-US", "en-GB"], "en-GB"), ("en-US-u-mu-celsius", ["en"], "en"),
        ("es-MX", ["es-ES", "es-419"], "es-419"), ("en", ["ja", "en-GB"], "en-GB"),
        ("en-US-x-a", ["en-GB", "en-US"], "en-US"), ("fr", ["en"], None), ("*", ["en"], None), ("in", ["id"], "id"),
    ],
)  # fmt: skip
def test_a_wish_is_served_by_the_nearest_language(wanted: str, available: list[str], served: str | None) -> None:
    assert lookup(wanted, available) == served


@given(st.text(max_size=40) | st.from_regex(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,5}", fullmatch=True))
def test_whatever_is_written_is_read_or_not_and_never_fails(written: str) -> None:
    tag = canonical_tag(written)
    assert tag is None or canonical_tag(tag) == tag
    assert direction_of(written) in ("LTR", "RTL")
    assert lookup(written, ["en", "zh-TW"]) in (None, "en", "zh-TW")
    locale_of(written)


@pytest.mark.parametrize(
    ("tag", "direction"),
    [
        ("he", "RTL"), ("iw", "RTL"), ("ar", "RTL"), ("fa-AF", "RTL"), ("ur", "RTL"), ("ckb", "RTL"), ("ks", "RTL"),
        ("ks-Deva", "LTR"), ("uz-AF", "RTL"), ("uz", "LTR"), ("pa-PK", "RTL"), ("pa", "LTR"), ("az-Arab", "RTL"),
        ("ku-Arab", "RTL"), ("dv", "RTL"), ("syr", "RTL"), ("nqo", "RTL"), ("ff-Adlm", "RTL"), ("yi", "RTL"),
        ("he-Latn", "LTR"), ("sd-Deva", "LTR"), ("en", "LTR"), ("ja", "LTR"), ("und", "LTR"), ("nonsense!", "LTR"),
    ],
)  # fmt: skip
def test_the_script_decides_the_direction(tag: str, direction: str) -> None:
    assert direction_of(tag) == direction


def test_a_refused_range_is_never_served_but_for_what_is_wished_by_name() -> None:
    available = ["en", "en-GB", "ja", "zh-TW"]
    assert acceptable(available, (), ("en",)) == ["ja", "zh-TW"]
    assert acceptable(available, ("en-GB",), ("en",)) == ["en-GB", "ja", "zh-TW"]
    assert acceptable(available, (), ("zh-Hant",)) == ["en", "en-GB", "ja"]


def test_the_nearest_locale_writes_numbers() -> None:
    found = {tag: str(locale_of(tag)) for tag in ("en-US-u-mu-celsius", "en-XX", "zh-TW", "iw", "no", "ar-u-nu-arab")}
    assert found == {
        "en-US-u-mu-celsius": "en_US",
        "en-XX": "en",
        "zh-TW": "zh_Hant_TW",
        "iw": "he",
        "no": "nb",
        "ar-u-nu-arab": "ar",
    }
    assert locale_of("tlh") is None
