"""What a client may select, and what follows from what it selects."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from gateway.errors import BadInput, ConfigurationError, ContextNotAllowed, Unauthenticated, UnsupportedLanguage
from gateway.model.principal import ANONYMOUS, Principal
from gateway.security.api_keys import ApiKeys
from gateway.security.authentication import Authentication
from gateway.security.profiles import Profiles, RequestFacts, accepted_age, deadline_seconds, lookup
from gateway.settings import decode

STORE: dict[str, Any] = {"locations": [], "timezone": "UTC"}
CONFIGURATION: dict[str, Any] = {
    "channels": {
        "europe": {"countries": ["GB", "IE"], "currencies": {"GB": ["GBP", "EUR"], "IE": ["EUR"]}},
        "japan": {"countries": ["JP"], "currencies": {"JP": ["JPY"]}},
        "outlet": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}},
    },
    "stores": {
        "london": {**STORE, "name": "London", "country": "GB", "currency": "GBP", "channel": "europe"},
        "leeds": {**STORE, "name": "Leeds", "country": "GB", "currency": "GBP", "channel": "europe"},
        "tokyo": {**STORE, "name": "Tokyo", "country": "JP", "currency": "JPY", "channel": "japan"},
        "popup": {**STORE, "name": "Pop-up", "country": "FR", "currency": "EUR"},
    },
    "languages": {"default": "en", "available": ["en", "ja", "zh-Hant", "pt-BR"]},
    "profiles": {
        "anonymous": {"touchpoint": "web", "default_country": "GB"},
        "kiosk": {"touchpoint": "kiosk", "stores": ["london"], "default_language": "ja"},
        "tills": {"touchpoint": "pos", "stores": ["london", "leeds"], "default_store": "leeds"},
        "narrow": {"touchpoint": "web", "channels": ["japan"], "countries": ["JP"], "currencies": ["JPY"]},
        "euro": {"touchpoint": "web", "default_country": "GB", "currencies": ["EUR"]},
        "local": {"touchpoint": "app", "default_store": "london", "deadline": 2.0, "max_age": 60},
    },
}


@pytest.fixture
def profiles() -> Profiles:
    return Profiles(decode(CONFIGURATION, {}))


def selected(profiles: Profiles, profile: str, **facts: Any) -> tuple[str, str, str, str | None, str | None]:
    found = profiles.select(profiles.of(Principal(profile=profile)), RequestFacts(**facts))
    return found.country, found.currency, found.language, found.channel, found.store


def test_defaults_follow_from_each_other(profiles: Profiles) -> None:
    assert selected(profiles, "anonymous") == ("GB", "GBP", "en", "europe", None)
    assert selected(profiles, "narrow") == ("JP", "JPY", "en", "japan", None)
    assert selected(profiles, "kiosk") == ("GB", "GBP", "ja", "europe", "london")
    assert selected(profiles, "tills") == ("GB", "GBP", "en", "europe", "leeds")


def test_a_country_finds_its_channel_and_currency(profiles: Profiles) -> None:
    assert selected(profiles, "anonymous", country="jp") == ("JP", "JPY", "en", "japan", None)
    assert selected(profiles, "anonymous", country="IE") == ("IE", "EUR", "en", "europe", None)


def test_a_channel_finds_its_country(profiles: Profiles) -> None:
    assert selected(profiles, "anonymous", channel="japan")[:4] == ("JP", "JPY", "en", "japan")
    assert selected(profiles, "anonymous", channel="outlet")[3] == "outlet"


def test_a_store_brings_its_country_channel_and_currency(profiles: Profiles) -> None:
    assert selected(profiles, "anonymous", store="tokyo") == ("JP", "JPY", "en", "japan", "tokyo")
    assert selected(profiles, "anonymous", store="popup") == ("FR", "EUR", "en", None, "popup")


def test_a_default_store_gives_way_to_a_country_asked_for(profiles: Profiles) -> None:
    assert selected(profiles, "local")[4] == "london"
    assert selected(profiles, "local", country="JP") == ("JP", "JPY", "en", "japan", None)


def test_a_profiles_currencies_narrow_the_channels(profiles: Profiles) -> None:
    assert selected(profiles, "euro")[1] == "EUR"
    assert selected(profiles, "anonymous", currency="eur")[1] == "EUR"


@pytest.mark.parametrize(
    ("profile", "asked"),
    [
        ("kiosk", {"store": "leeds"}),
        ("kiosk", {"store": "nowhere"}),
        ("kiosk", {"country": "JP"}),
        ("kiosk", {"channel": "outlet"}),
        ("tills", {"store": "tokyo"}),
        ("narrow", {"channel": "europe"}),
        ("narrow", {"country": "GB"}),
        ("narrow", {"store": "london"}),
        ("narrow", {"store": "popup"}),
        ("narrow", {"currency": "USD"}),
        ("euro", {"currency": "GBP"}),
        ("euro", {"country": "JP"}),
        ("anonymous", {"channel": "wholesale"}),
        ("anonymous", {"country": "US"}),
        ("anonymous", {"channel": "outlet", "country": "JP"}),
        ("anonymous", {"store": "london", "country": "JP"}),
        ("anonymous", {"store": "london", "channel": "japan"}),
        ("anonymous", {"currency": "JPY"}),
    ],
)
def test_what_the_profile_does_not_list_is_refused(profiles: Profiles, profile: str, asked: dict[str, str]) -> None:
    with pytest.raises(ContextNotAllowed):
        selected(profiles, profile, **asked)


@pytest.mark.parametrize("asked", [{"country": "GBR"}, {"country": ""}, {"currency": "€"}, {"currency": "POUND"}])
def test_codes_that_make_no_sense_are_refused(profiles: Profiles, asked: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        selected(profiles, "anonymous", **asked)


def test_languages_match_from_the_most_specific(profiles: Profiles) -> None:
    assert selected(profiles, "anonymous", language="ja-JP")[2] == "ja"
    assert selected(profiles, "anonymous", language="zh-Hant-TW")[2] == "zh-Hant"
    assert selected(profiles, "anonymous", accept_languages=("fr", "pt-br", "en"))[2] == "pt-BR"
    assert selected(profiles, "kiosk", accept_languages=("fr",))[2] == "ja"
    with pytest.raises(UnsupportedLanguage):
        selected(profiles, "anonymous", language="zh-Hans")
    assert lookup("en-x-pirate", ["en"]) == "en"


def test_a_client_may_ask_for_less_time_and_younger_answers_only(profiles: Profiles) -> None:
    local = profiles.of(Principal(profile="local"))
    assert deadline_seconds(local, RequestFacts(deadline=60.0)) == 2.0
    assert deadline_seconds(local, RequestFacts(deadline=0.5)) == 0.5
    assert accepted_age(local, RequestFacts(max_age=3_600)) == 60
    assert accepted_age(local, RequestFacts(max_age=5)) == 5
    assert accepted_age(profiles.of(ANONYMOUS), RequestFacts()) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("channels", ["nowhere"]),
        ("stores", ["nowhere"]),
        ("default_channel", "nowhere"),
        ("default_store", "nowhere"),
        ("default_language", "tlh"),
    ],
)
def test_a_profile_that_names_what_is_not_there_is_refused(key: str, value: object) -> None:
    broken = {**CONFIGURATION, "profiles": {"web": {"touchpoint": "web", key: value}}}
    with pytest.raises(ConfigurationError, match=rf"profiles\.web\.{key}"):
        Profiles(decode(broken, {}))


class Tokens:
    """A verifier that believes whatever it is told."""

    async def verify(self, bearer: str) -> Principal:
        return Principal(subject="alice", issuer="test", profile=bearer, kind="customer")


def _authentication(environment: dict[str, str]) -> Authentication:
    keys = {"api_keys": {"shop": {"env": "SHOP_KEY", "profile": "local"}, "off": {"env": "OFF", "profile": "kiosk"}}}
    return Authentication(Tokens(), ApiKeys(decode({**CONFIGURATION, **keys}, environment)))


async def test_a_key_selects_its_profile_and_a_token_says_who() -> None:
    authentication = _authentication({"SHOP_KEY": hashlib.sha256(b"secret").hexdigest()})
    assert await authentication.principal(None, None) == ANONYMOUS
    assert await authentication.principal(None, "secret") == Principal(profile="local")
    both = await authentication.principal("Bearer anonymous", "secret")
    assert (both.subject, both.profile) == ("alice", "local")
    assert (await authentication.principal("bearer kiosk", "secret")).profile == "kiosk"
    for wrong in ("", "secre", "secrets", "x" * 10_000, hashlib.sha256(b"secret").hexdigest()):
        with pytest.raises(Unauthenticated):
            await authentication.principal(None, wrong)


def test_a_key_in_the_clear_is_refused_at_start() -> None:
    with pytest.raises(ConfigurationError, match="SHA-256"):
        _authentication({"SHOP_KEY": "secret"})
