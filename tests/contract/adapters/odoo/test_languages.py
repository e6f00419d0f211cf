"""Odoo's codes of languages against BCP 47: one language, however either side writes it."""

from __future__ import annotations

import pytest

from adapters.odoo.config import OdooConfig
from gateway.ports.manifest import Secret

KEY = Secret(("key",))
LANGUAGES = {"zh-TW": "zh_TW", "no": "nb_NO", "he": "he_IL", "sr-Latn": "sr@latin", "pt-BR": "pt_BR", "de-AT": "de_AT"}


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("zh-TW", "zh_TW"),
        ("zh-Hant-TW", "zh_TW"),
        ("zh-Hant", "zh_TW"),
        ("zh-CN", "en_US"),
        ("nb", "nb_NO"),
        ("nb-NO", "nb_NO"),
        ("iw", "he_IL"),
        ("he-IL", "he_IL"),
        ("sr-Latn-RS", "sr@latin"),
        ("sr", "en_US"),
        ("pt", "pt_BR"),
        ("de-CH", "de_AT"),
        ("en-GB", "en_US"),
        ("sv", "en_US"),
    ],
)
def test_a_language_is_asked_by_the_nearest_code_there_is(asked: str, code: str) -> None:
    assert OdooConfig(api_key=KEY, languages=LANGUAGES).odoo_language(asked) == code


def test_the_records_own_language_needs_no_mapping() -> None:
    config = OdooConfig(api_key=KEY, language="fr_FR", languages={"fr-CA": "fr_CA"})
    assert [config.odoo_language(tag) for tag in ("fr", "fr-FR", "fr-CA", "de")] == ["fr_FR", "fr_FR", "fr_CA", "fr_FR"]


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("en_GB", "en-GB"),
        ("sr@latin", "sr-Latn"),
        ("sr@Cyrl", "sr-Cyrl"),
        ("es_419", "es-419"),
        ("iw_IL", "he-IL"),
        ("no_NO", "nb-NO"),
    ],
)
def test_a_text_says_the_script_it_is_written_in(code: str, tag: str) -> None:
    assert OdooConfig(api_key=KEY).language_tag(code) == tag
