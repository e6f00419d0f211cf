"""What a voice assistant says: every sentence in every language, with nothing from a backend unescaped."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from gateway.model.freshness import Freshness
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import OrderKind, OrderLine
from gateway.model.pricing import Price
from gateway.model.stock import (
    Availability,
    AvailabilityStatus,
    Confidence,
    Fulfilment,
    Promise,
    StoreAvailability,
)
from gateway.model.stores import Address, OpeningPeriod, Store
from gateway.model.text import SpeakableText, Text
from gateway.services.languages import Languages
from gateway.services.speech import Speech
from gateway.settings import LanguagesSection
from tests.unit.services.retailer import NOW, SEEN, gbp, order, product

LANGUAGES = ("en", "ja", "he", "ar")
SPEECH = Speech(Languages(LanguagesSection(default="en", available=(*LANGUAGES, "cy"))))
DOORS = tuple(OpeningPeriod(day, NOW.time().replace(hour=9), NOW.time().replace(hour=20)) for day in range(7))
STORE = Store(
    "x", Text("Covent Garden", "en"), "GB", "Europe/London", Address(("12 James Street",), "London"), hours=DOORS
)


def spoken(said: SpeakableText) -> str:
    """The text of the SSML, which must be well formed."""
    return "".join(ET.fromstring(said.ssml).itertext())


def found(status: AvailabilityStatus, fulfilment: Fulfilment, quantity: int) -> Availability:
    buyable = status in (AvailabilityStatus.IN_STOCK, AvailabilityStatus.LOW_STOCK)
    promise = Promise(NOW, NOW, Confidence.HIGH) if buyable else None
    place = StoreAvailability("x", status, quantity, False, True, promise, (SEEN,))
    return Availability("MUG", fulfilment, status, quantity, False, False, 1, promise, (place,), (SEEN,))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_exists_in_every_language(language: str) -> None:
    said: list[SpeakableText] = []
    for kind in Fulfilment:
        for status in AvailabilityStatus:
            said += (
                SPEECH.availability(found(status, kind, quantity), {"x": STORE}, language) for quantity in (1, 2, 3, 7)
            )
    said += (SPEECH.order(replace(order("1", "1", 1), kind=kind), language) for kind in OrderKind)
    closed = datetime(2026, 7, 1, 3, tzinfo=UTC)
    said += (SPEECH.store(STORE, instant, language) for instant in (NOW, closed))
    said.append(SPEECH.store(replace(STORE, hours=()), NOW, language))
    said.append(SPEECH.product(product("1", "MUG"), language))
    for one in said:
        assert one.language == language
        assert one.text
        assert "{" not in one.text
        assert spoken(one).replace(" ", "") == one.text.replace(" ", "")
        assert one.direction == ("RTL" if language in ("he", "ar") else "LTR")


def test_a_shopper_hears_the_price_with_its_tax_wherever_it_is_known() -> None:
    taxed = TaxedMoney(gbp("10.00"), gbp("12.00"), gbp("2.00"), TaxTreatment.EXCLUDED)
    assert SPEECH.price(Price(taxed, SEEN), "en").text == "It costs 12.00 British pounds."
    net_only = TaxedMoney(net=gbp("10.00"), treatment=TaxTreatment.EXCLUDED)
    assert SPEECH.price(Price(net_only, SEEN), "en").text == "It costs 10.00 British pounds, plus tax."


def test_a_reduced_price_names_the_old_one_and_a_stale_one_says_so() -> None:
    now = TaxedMoney(gross=gbp("12.00"), treatment=TaxTreatment.INCLUDED)
    before = TaxedMoney(gross=gbp("15.00"), treatment=TaxTreatment.INCLUDED)
    stale = Freshness("erp", NOW, stale=True, reason="BACKEND_UNAVAILABLE")
    said = SPEECH.price(Price(now, stale, list=before), "en").text
    assert said.startswith("It costs 12.00 British pounds, reduced from 15.00 British pounds.")
    assert "may have changed since" in said


@pytest.mark.parametrize(("currency", "amount", "digits"), [("JPY", "1980", "1,980"), ("KWD", "6.145", "6.145")])
def test_money_is_said_with_its_currencys_own_digits(currency: str, amount: str, digits: str) -> None:
    price = Price(TaxedMoney(gross=Money(Decimal(amount), currency), treatment=TaxTreatment.INCLUDED), SEEN)
    assert digits in SPEECH.price(price, "en").text


def test_everything_from_a_backend_is_escaped_in_the_ssml() -> None:
    hostile = product("1", "MUG", title='Mug <break time="9s"/> & <audio src="https://evil.example"/>')
    said = SPEECH.product(hostile, "en")
    assert [element.tag.rpartition("}")[2] for element in ET.fromstring(said.ssml).iter()] == ["speak", "p", "s"]
    assert "<break" in spoken(said)


def test_a_language_without_sentences_is_served_by_its_stand_in() -> None:
    assert SPEECH.product(product("1", "MUG"), "cy").language == "en"


def test_a_receipt_counts_its_pieces() -> None:
    total = TaxedMoney(gross=gbp("12.00"), treatment=TaxTreatment.INCLUDED)
    receipt = replace(
        order("1", "1", 1), kind=OrderKind.RECEIPT, lines=(OrderLine("1", "Mug", Decimal(2), "MUG", total, total),)
    )
    assert "2 items" in SPEECH.order(receipt, "en").text
