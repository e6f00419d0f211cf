"""Mistakes that no key shows by itself: between keys, between sections, and many at once."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.errors import ConfigurationError
from gateway.security.issuer import LocalIssuer
from gateway.settings import decode
from gateway.validation import require
from tests.unit.validation.reference import ENVIRONMENT, REFERENCE, ROOT, changed, mistakes, names, without


def with_sections(**sections: Any) -> dict[str, Any]:
    raw = copy.deepcopy(REFERENCE)
    for section, entries in sections.items():
        for name, entry in entries.items():
            raw[section][name] = entry
    return raw


PLANTED = """
[gateway]
public_url = "htp://shop.example"
[server]
port = 80000
cors_origins = ["localhost:3000"]
[limits]
depth = -3
[channels.gb]
countries = ["GB"]
currencies = { GB = ["GPB"] }
delivery_days = [3, 1]
[stores.london]
name = "London"
locations = []
country = "UK"
timezone = "Europe/Londn"
channel = "gbb"
currency = "GPB"
point = { latitude = 515127, longitude = 0 }
phone = "020 7946 0101"
[languages]
fallback = { ja = ["de"] }
[issuers.customers]
issuer = "https://id.example.com"
audience = "a"
jwks_file = "missing.json"
kind = "costumer"
[profiles.web]
touchpoint = "kisok"
countries = ["FR"]
pgae_limit = 3
"""
SAID = {
    "gateway.public_url": "http://shop.example",
    "server.port": None,
    "server.cors_origins[0]": "http://localhost:3000",
    "limits.depth": None,
    "channels.gb.currencies.GB[0]": "GBP",
    "channels.gb.delivery_days": "[1, 3]",
    "stores.london.country": "GB",
    "stores.london.timezone": "Europe/London",
    "stores.london.channel": "gb",
    "stores.london.currency": "GBP",
    "stores.london.point.latitude": None,
    "stores.london.phone": None,
    "languages.fallback.ja": None,
    "languages.fallback.ja[0]": None,
    "issuers.customers.jwks_file": None,
    "issuers.customers.kind": "customer",
    "profiles.web.touchpoint": "kiosk",
    "profiles.web.countries[0]": None,
    "profiles.web.pgae_limit": "page_limit",
    "profiles.anonymous": None,
}


def test_all_mistakes_are_told_at_once_each_with_its_place_and_what_was_meant() -> None:
    found = {mistake.place: mistake.nearest for mistake in mistakes(tomllib.loads(PLANTED))}
    assert {place: found.get(place, "not told") for place in SAID} == SAID


def test_what_check_finds_grave_is_refused_at_start_with_the_same_words() -> None:
    raw = changed(("stores", "covent_garden", "timezone"), "Europe/Londn")
    said = [mistake.text for mistake in mistakes(raw)]
    with pytest.raises(ConfigurationError) as caught:
        require(decode(raw, ENVIRONMENT, base=ROOT))
    assert [mistake.text for mistake in caught.value.mistakes] == said
    assert said == [
        "stores.covent_garden.timezone: `Europe/Londn` is no IANA time zone (such as `Europe/London`); did you mean "
        "`Europe/London`?"
    ]


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (
            with_sections(locations={"twice": {"refs": {"erp": "WH/LON"}}}),
            "locations.twice.refs.erp",
        ),
        (with_sections(locations={"spare": {"refs": {"erp": "WH/SPA"}}}), "locations.spare"),
        (with_sections(locations={"spare": {"refs": {"shop": "1"}}}), "locations.spare"),
        (with_sections(locations={"spare": {"refs": {"shop": "1"}, "stock": "erp"}}), "locations.spare.refs"),
        (with_sections(backends={"erp": {**REFERENCE["backends"]["erp"], "alias": "webshop"}}), "backends.erp.alias"),
        (with_sections(backends={"erp": {**REFERENCE["backends"]["erp"], "alias": "gateway"}}), "backends.erp.alias"),
        (
            with_sections(backends={"erp": {"adapter": "memory", "alias": "erp", "url": "http://10.0.0.1"}}),
            "backends.erp.url",
        ),
        (
            with_sections(backends={"erp": {"adapter": "memory", "alias": "erp", "url": "http://localhost:1"}}),
            "backends.erp.url",
        ),
        (with_sections(identity={"epr": {}}), "identity.epr"),
        (with_sections(identity={"erp": {"field": "barcode"}}), "identity.erp.field"),
        (with_sections(domains={"prise": {"order": ["erp"]}}), "domains.prise"),
        (with_sections(domains={"stock": {"order": ["erp"], "fields": {"groups": ["erp"]}}}), "domains.stock.fields"),
        (changed(("backends", "shop", "policy", "breaker_minimum"), 21), "backends.shop.policy.breaker_minimum"),
        (changed(("backends", "shop", "policy", "slow_call"), 6.0), "backends.shop.policy.slow_call"),
        (changed(("backends", "shop", "countries"), ["FR"]), "backends.shop.countries[0]"),
        (changed(("channels", "retail", "low_stock"), 11), "channels.retail.low_stock"),
        (changed(("channels", "retail", "countries"), ["GB", "IE"]), "channels.retail.currencies"),
        (
            changed(("channels", "retail", "currencies"), {"GB": ["GBP"], "IE": ["EUR"]}),
            "channels.retail.currencies.IE",
        ),
        (without(("stores", "covent_garden", "channel")), "stores.covent_garden.channel"),
        (changed(("stores", "covent_garden", "locations"), []), "stores.covent_garden.locations"),
        (changed(("stores", "covent_garden", "country"), "FR"), "stores.covent_garden.country"),
        (changed(("stores", "covent_garden", "currency"), "EUR"), "stores.covent_garden.currency"),
        (changed(("stores", "covent_garden", "timezone"), "Asia/Tokyo"), "stores.covent_garden.timezone"),
        (
            changed(("stores", "covent_garden", "address"), {"lines": ["1"], "country": "FR"}),
            "stores.covent_garden.address.country",
        ),
        (changed(("stores", "covent_garden", "address"), {"contry": "GB"}), "stores.covent_garden.address.contry"),
        (
            changed(("stores", "covent_garden", "point"), {"latitude": 0.0, "longitude": 0.0}),
            "stores.covent_garden.point",
        ),
        (
            with_sections(stores={"second": {**REFERENCE["stores"]["covent_garden"], "name": "Second"}}),
            "stores.second.locations[0]",
        ),
        (changed(("stores", "covent_garden", "hours"), {"mn": "10:00-12:00"}), "stores.covent_garden.hours.mn"),
        (changed(("stores", "covent_garden", "hours"), {"mon": "20:00-10:00"}), "stores.covent_garden.hours.mon"),
        (
            changed(("stores", "covent_garden", "special_hours"), {"2026-13-01": "closed"}),
            "stores.covent_garden.special_hours.2026-13-01",
        ),
        (
            changed(("stores", "covent_garden", "special_hours"), {"2026-12-20": "20:00-12:00"}),
            "stores.covent_garden.special_hours.2026-12-20",
        ),
        (
            changed(
                ("stores", "covent_garden", "special_hours"), {"2026-12-20": "20:00-02:00", "2026-12-21": "01:00-09:00"}
            ),
            "stores.covent_garden.special_hours.2026-12-20",
        ),
        (with_sections(markets={"UK": {}}), "markets.UK"),
        (with_sections(locations={"again": {"refs": {"erp": " wh/lon "}}}), "locations.again.refs.erp"),
        (changed(("backends", "erp", "ignored_places"), ["wh/lon"]), "backends.erp.ignored_places[0]"),
        (changed(("issuers", "customers", "roles_claim"), "roles"), "issuers.customers.roles_claim"),
        (changed(("issuers", "customers", "jwks_url"), ""), "issuers.customers.jwks_url"),
        (changed(("issuers", "customers", "issuer"), "http://id.example.com"), "issuers.customers.issuer"),
        (changed(("issuers", "customers", "jwks_url"), "http://id.example.com/jwks"), "issuers.customers.jwks_url"),
        (changed(("issuers", "customers", "jwks_url"), "https://10.0.0.1/jwks"), "issuers.customers.jwks_url"),
        (with_sections(issuers={"again": REFERENCE["issuers"]["customers"]}), "issuers.again.issuer"),
        (without(("profiles", "anonymous")), "profiles.anonymous"),
        (changed(("profiles", "web", "free_documents"), False), "profiles.web.operations"),
        (changed(("profiles", "kiosk", "stored_methods"), True), "profiles.kiosk.stored_methods"),
        (changed(("profiles", "web", "countries"), ["FR"]), "profiles.web.countries[0]"),
        (changed(("profiles", "anonymous", "default_country"), "FR"), "profiles.anonymous.default_country"),
        (changed(("profiles", "web", "currencies"), ["EUR"]), "profiles.web"),
        (changed(("profiles", "anonymous", "default_language"), "en-GB"), "profiles.anonymous.default_language"),
        (with_sections(profiles={"web shop": {"touchpoint": "web"}}), "profiles.web shop"),
        (with_sections(api_keys={"again": REFERENCE["api_keys"]["storefront"]}), "api_keys.again.env"),
        (changed(("gateway", "cursor_secret"), "curser"), "gateway.cursor_secret"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_fit_together_is_named_by_its_key(raw: dict[str, Any], place: str) -> None:
    assert place in {mistake.place for mistake in mistakes(raw)}, [mistake.text for mistake in mistakes(raw)]


@pytest.mark.parametrize("hours", ["00:00-24:00", "18:00-02:00", "22:00-06:00", "12:00-24:00", "06:00-02:00"])
def test_a_night_is_no_slip(hours: str) -> None:
    assert mistakes(changed(("stores", "covent_garden", "hours"), {"mon": hours})) == ()


def test_a_secret_that_is_not_set_is_named_with_its_variable() -> None:
    found = mistakes(REFERENCE, ERP_API_KEY="", STOREFRONT_KEY_SHA256="")
    assert {mistake.place for mistake in found} == {"secrets.erp_key.env", "api_keys.storefront.env"}
    assert "ERP_API_KEY" in found[0].message


def test_a_key_in_place_of_its_hash_is_refused_and_not_told() -> None:
    (found,) = mistakes(REFERENCE, STOREFRONT_KEY_SHA256="sk_live_4242")
    assert (found.place, found.grave) == ("api_keys.storefront.env", True)
    assert "sk_live_4242" not in found.text


PASTED = "shpat_0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "raw",
    [
        changed(("secrets", "cursor", "env"), [f"{PASTED}!"]),
        changed(("secrets", "cursor", "env"), [PASTED]),
        changed(("api_keys", "storefront", "env"), PASTED),
        changed(("api_keys", "storefront", "env"), f"{PASTED}!"),
        changed(("gateway", "state"), f"postgres://user:{PASTED}@host/db"),
        changed(("gateway", "redis"), f"rdis://:{PASTED}@host"),
        changed(("gateway", "public_url"), f"htps://user:{PASTED}@host"),
        with_sections(
            backends={"erp": {"adapter": "hubspot", "url": "https://api.hubapi.com", "access_token": PASTED}},
        ),
        with_sections(
            backends={"erp": {"adapter": "hubspot", "url": "https://api.hubapi.com", "access_token": [PASTED]}},
        ),
    ],
)
def test_a_credential_that_was_pasted_into_the_file_is_never_told(raw: dict[str, Any]) -> None:
    found = mistakes(raw)
    assert found
    assert PASTED not in msgspec.json.encode([*found]).decode()


def test_a_shop_without_its_storefront_token_is_told_which_key_is_missing() -> None:
    shop = {"adapter": "shopify", "url": "https://shop.example", "admin_token": "shop_admin", "alias": "webshop"}
    found = {mistake.place: mistake.message for mistake in mistakes(with_sections(backends={"shop": shop}))}
    assert "without `storefront_token` in [backends.shop]" in found["domains.search.order[0]"]


def test_a_backend_that_cannot_serve_a_domain_is_told_before_anything_is_opened() -> None:
    crm = {"adapter": "hubspot", "url": "https://api.hubapi.com", "access_token": "shop_admin", "alias": "webshop"}
    found = mistakes(with_sections(backends={"shop": crm}))
    assert names(found, ("domains", "search", "order"))
    assert not names(found, ("domains", "customer", "order"))


@pytest.mark.parametrize(
    ("key", "value", "nearest"),
    [
        ("language", "german", "de"),
        ("category_menu", "Main Menu", None),
        ("storefront_token_kind", "Private", "private"),
        ("hours_metafield", "opening_hours", None),
        ("query_cost_limit", -1, None),
        ("cost_scale", 0.0, None),
        ("prices_include_tax", {"UK": True}, "GB"),
    ],
)
def test_keys_of_an_adapter_are_checked_as_the_gateways_own(key: str, value: Any, nearest: str | None) -> None:
    shop = {"adapter": "shopify", "url": "https://shop.example", "admin_token": "shop_admin", "alias": "webshop"}
    found = mistakes(with_sections(backends={"shop": {**shop, key: value}}))
    (mistake,) = [each for each in found if each.place and each.place.startswith(f"backends.shop.{key}")]
    assert mistake.nearest == nearest


# --- files ---------------------------------------------------------------------------------------------------------


def _with_keys(tmp_path: Path, content: bytes | None) -> dict[str, Any]:
    if content is not None:
        (tmp_path / "jwks.json").write_bytes(content)
    raw = changed(("issuers", "customers", "jwks_file"), "jwks.json")
    raw["issuers"]["customers"]["jwks_url"] = ""
    return raw


ISSUER = LocalIssuer("https://id.example.com", "commerce-gateway")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"<html>", "no JWK Set: not JSON"),
        (b"[]", "no list `keys`"),
        (b'{"keys": ["x"]}', "no public signature key"),
        (b'{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', "holds a private key"),
        (msgspec.json.encode({"keys": [key.as_dict(private=True) for key in ISSUER.keys]}), "holds a private key"),
    ],
)
def test_a_key_set_that_verifies_nothing_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    found = mistakes(_with_keys(tmp_path, content), tmp_path)
    assert any(each.place == "issuers.customers.jwks_file" and said in each.message for each in found), found


def test_a_good_key_set_is_taken_and_one_for_other_algorithms_is_not(tmp_path: Path) -> None:
    raw = _with_keys(tmp_path, ISSUER.jwks())
    assert mistakes(raw, tmp_path) == ()
    raw["issuers"]["customers"]["algorithms"] = ["RS256"]
    (found,) = mistakes(raw, tmp_path)
    assert "holds no key for RS256" in found.message


def test_a_state_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    for file, said in ((tmp_path, "is a folder"), (tmp_path / "file" / "state.sqlite", "is no folder")):
        (found,) = mistakes(changed(("gateway", "state"), f"sqlite+aiosqlite:///{file}"))
        assert (found.place, said in found.message) == ("gateway.state", True)


@pytest.mark.parametrize(
    ("state", "nearest"),
    [
        ("sqlite:///var/x.sqlite", "sqlite+aiosqlite:///var/x.sqlite"),
        ("postgres://host/db", "postgresql+asyncpg://host/db"),
        ("sqlite:", "sqlite+aiosqlite:"),
        ("mysql://host/db", None),
        ("sqlite+aiosqlite://var/x.sqlite", None),
    ],
)
def test_a_state_with_the_wrong_driver_is_told_the_right_one(state: str, nearest: str | None) -> None:
    (found,) = mistakes(changed(("gateway", "state"), state))
    assert (found.place, found.nearest) == ("gateway.state", nearest)
