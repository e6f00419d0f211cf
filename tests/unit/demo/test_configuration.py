"""The demo's configuration file agrees with its retailer, and says so before anything is started."""

from __future__ import annotations

import re

import pytest

from gateway.demo.configuration import TEMPLATE, filled
from gateway.demo.identities import KIOSKS
from gateway.demo.retailer import VENDORS
from gateway.demo.retailer.people import GUESTS
from gateway.demo.retailer.places import CURRENCIES, PLACES, STORES, TILLS, hours
from gateway.errors import ConfigurationError
from gateway.settings import Settings, decode

WORDS = re.compile(r"@([a-z_.]+)@")


@pytest.fixture(scope="module")
def settings() -> Settings:
    import tomllib

    text = TEMPLATE.read_text("utf-8")
    return decode(tomllib.loads(filled(text, dict.fromkeys(WORDS.findall(text), "http://127.0.0.1:1"))), {})


def test_every_backend_of_the_retailer_is_configured(settings: Settings) -> None:
    assert {name: backend.adapter for name, backend in settings.backends.items()} == dict(VENDORS)


def test_every_place_is_configured_as_every_system_calls_it(settings: Settings) -> None:
    for place in PLACES:
        refs = {"erp": place.code}
        if place.till:
            refs[TILLS[place.country]] = place.till
        if place.shop:
            refs["shop"] = place.shop
        location = settings.locations[place.key]
        assert location.refs == refs
        assert location.stock == (TILLS[place.country] if place.store else "erp")
    assert len(settings.locations) == len(PLACES)


def test_every_store_is_configured_as_it_is(settings: Settings) -> None:
    assert set(settings.stores) == {store.key for store in STORES}
    for store in STORES:
        section = settings.stores[store.key]
        assert (section.name, section.names["he"]) == (store.name.en, store.name.he)
        assert (section.timezone, section.currency) == (store.timezone, CURRENCIES[store.country])
        assert section.hours == dict(hours(store))
        assert section.point is not None
        assert (section.point.latitude, section.point.longitude) == store.point


def test_guests_have_the_contact_that_the_erp_has_for_them(settings: Settings) -> None:
    assert settings.backends["erp"].options["guest_contact"] == int(GUESTS.id)


def test_the_price_lists_are_numbered_as_the_erp_numbers_them(settings: Settings) -> None:
    lists: list[dict[str, object]] = settings.backends["erp"].options["pricelists"]
    by_scope = sorted((str(entry["country"]), str(entry.get("group", ""))) for entry in lists)
    numbers = {(entry["country"], entry.get("group", "")): entry["pricelist"] for entry in lists}
    assert [numbers[scope] for scope in by_scope] == list(range(1, 9))


def test_there_is_a_kiosk_profile_for_every_country_and_each_stands_in_one_store(settings: Settings) -> None:
    stores = {store.key: store.country for store in STORES}
    for country, profile in KIOSKS.items():
        (store,) = settings.profiles[profile].stores
        assert stores[store] == country
        assert settings.profiles[profile].personal_data is False


def test_a_word_nobody_knows_is_a_clear_error() -> None:
    with pytest.raises(ConfigurationError, match=r"@shop\.url@"):
        filled('url = "@shop.url@"', {})
