"""What a voice assistant says: every sentence in every language, with nothing from a backend unescaped."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
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
from gateway.services.speech import Speech, has_sentences
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


def test_times_are_said_by_the_clock_of_the_place() -> None:
    late = datetime(2026, 7, 1, 17, 34, tzinfo=UTC)
    gross = TaxedMoney(gross=gbp("12.00"), treatment=TaxTreatment.INCLUDED)
    stale = Price(gross, Freshness("erp", late, stale=True, reason="BACKEND_UNAVAILABLE"))
    assert "2:34 AM on July 2, 2026" in SPEECH.price(stale, "en", "Asia/Tokyo").text.replace("\u202f", " ")
    assert "2026年7月2日の2:34" in SPEECH.price(stale, "ja", "Asia/Tokyo").text
    placed = replace(order("1", "1", 0), placed_at=late)
    assert "July 2, 2026" in SPEECH.order(placed, "en", "Asia/Tokyo").text
    promise = Promise(late, late, Confidence.HIGH)
    delivery = replace(found(AvailabilityStatus.IN_STOCK, Fulfilment.DELIVERY, 9), promise=promise)
    assert "delivered by July 2, 2026" in SPEECH.availability(delivery, {}, "en", "Asia/Tokyo").text


def test_an_answer_that_is_only_being_renewed_is_said_without_a_hedge() -> None:
    gross = TaxedMoney(gross=gbp("12.00"), treatment=TaxTreatment.INCLUDED)
    for reason, hedged in (("REVALIDATING", False), ("OLDER_ANSWER_REFUSED", False), ("BACKEND_TIMEOUT", True)):
        said = SPEECH.price(Price(gross, Freshness("erp", NOW, stale=True, reason=reason)), "en").text
        assert ("may have changed" in said) is hedged


def test_a_sentence_is_of_one_language_with_its_money_and_dates() -> None:
    price = Price(TaxedMoney(gross=gbp("1234.50"), treatment=TaxTreatment.INCLUDED), SEEN)
    german = Speech(Languages(LanguagesSection(available=("de", "en"))))
    assert german.price(price, "de").text == "It costs 1,234.50 British pounds."
    assert german.order(order("1", "1", 0), "de").text.startswith(
        "Your order N1 of July 1, 2026 over 12.00 British pounds"
    )
    british = german.price(
        replace(price, freshness=Freshness("erp", NOW, stale=True, reason="BACKEND_TIMEOUT")), "en-GB"
    )
    assert (british.language, "12:00 on 1 July 2026" in british.text) == ("en-GB", True)
    assert SPEECH.product(product("1", "MUG"), "iw").language == "he"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_distance_that_was_asked_is_said(language: str) -> None:
    far = {
        "en": "1.2 kilometers away",
        "ja": "1.2 キロメートル先",
        "he": "במרחק 1.2 קילומטרים",
        "ar": "على بعد 1.2 كيلومتر",
    }
    close = {"en": "850 meters away", "ja": "850 メートル先", "he": "במרחק 850 מטרים", "ar": "على بعد 850 مترًا"}
    for status in (AvailabilityStatus.IN_STOCK, AvailabilityStatus.LOW_STOCK):
        here = found(status, Fulfilment.PICKUP, 2)
        assert not any(
            unit in SPEECH.availability(here, {"x": STORE}, language).text for unit in ("met", "メ", "מט", "متر")
        )
        for kilometres, words in ((1.234, far), (0.842, close)):
            asked = replace(here, stores=(replace(here.stores[0], distance_km=kilometres),))
            assert words[language] in SPEECH.availability(asked, {"x": STORE}, language).text
    assert far[language] in SPEECH.store(replace(STORE, distance_km=1.234), NOW, language).text


ODD = [
    "\x00",
    "\x0b",
    "\x1f",
    "\x7f",
    "\x85",
    "\ud800",
    "\udfff",
    "\ufffe",
    "\uffff",
    "\U0001fffe",
    "\u202e",
    "\u2067",
    "\u2028",
]


@pytest.mark.parametrize("odd", ODD)
def test_what_cannot_stand_in_xml_is_left_out_of_what_is_said(odd: str) -> None:
    said = SPEECH.product(
        replace(product("1", "MUG"), title=Text(f"Mug{odd} <b>", "en"), brand=f"{odd}Kiln & Co"), "en"
    )
    assert spoken(said) == said.text == "Mug <b>, by Kiln & Co."
    said.ssml.encode("utf-8")


@given(st.text(st.characters()), st.text(st.characters()))
def test_whatever_a_title_holds_the_document_is_whole(title: str, brand: str) -> None:
    said = SPEECH.product(replace(product("1", "MUG"), title=Text(title, "en"), brand=brand), "ar")
    assert spoken(said) == said.text
    assert len(said.text) < 700


def test_an_endless_title_is_cut_at_a_word_and_an_endless_address_too() -> None:
    said = SPEECH.product(product("1", "MUG", title="Mug " * 40_000), "en").text
    assert said.startswith("Mug Mug ")
    assert said.endswith("Mug….")
    assert len(said) <= 302
    lines = Address(tuple("12 James Street" for _ in range(5_000)), "London")
    assert len(SPEECH.store(replace(STORE, address=lines, hours=()), NOW, "ja").text) < 700
    assert len(SPEECH.product(product("1", "MUG", title="長" * 40_000), "ja").text) <= 303


@pytest.mark.parametrize("tag", ["ar-Latn", "he-Latn", "ja-Latn", "en-Arab"])
def test_sentences_in_another_script_are_another_language(tag: str) -> None:
    assert not has_sentences(tag)
    assert has_sentences(tag.partition("-")[0])
