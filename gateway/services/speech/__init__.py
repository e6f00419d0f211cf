"""What a voice assistant says: short sentences in the operation's language, plain and as SSML. Sentences come from
Fluent files beside this one (plurals by CLDR), money and dates from Babel. Everything from a backend is escaped in the
SSML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency
from fluent.runtime import FluentBundle, FluentResource

from gateway.model.catalog import Product
from gateway.model.money import Money
from gateway.model.opening_hours import next_opening, open_at, periods_on
from gateway.model.orders import Order, OrderKind
from gateway.model.pricing import Price
from gateway.model.stock import Availability, AvailabilityStatus, Fulfilment, StoreAvailability
from gateway.model.stores import Store
from gateway.model.text import SpeakableText
from gateway.services.languages import Languages

Sentence = tuple[str, Mapping[str, str | int]]
_FOLDER = Path(__file__).parent


@cache
def _bundle(language: str) -> FluentBundle | None:
    file = _FOLDER / f"{language}.ftl"
    if not file.is_file():
        return None
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(FluentResource(file.read_text("utf-8")))
    return bundle


def has_sentences(language: str) -> bool:
    """Whether anything can be said in a language without falling back to another."""
    return _bundle(language) is not None


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")


class Speech:
    """Speakable texts. A language without sentences of its own is served by the next of its fallback chain."""

    def __init__(self, languages: Languages) -> None:
        self._languages = languages

    def product(self, product: Product, language: str) -> SpeakableText:
        facts = {"title": product.title.value, "brand": product.brand or ""}
        return self._say([("product-branded" if product.brand else "product", facts)], language)

    def price(self, price: Price, language: str) -> SpeakableText:
        """The price of one piece, rounded to the currency, with its tax wherever the source knows it; says when it may
        be out of date."""
        current = price.current.gross or price.current.stated
        before = None if price.list is None else (price.list.gross or price.list.stated)
        facts = {
            "price": self.money(current, language),
            "list": "" if before is None else self.money(before, language),
            "tax": "INCLUDED" if price.current.gross is not None else price.current.treatment.value,
        }
        sentences: list[Sentence] = [("price" if price.list is None else "price-reduced", facts)]
        if price.freshness.stale:
            sentences.append(("stale", {"time": self._time(price.freshness.as_of, "UTC", language)}))
        return self._say(sentences, language)

    def availability(self, found: Availability, stores: Mapping[str, Store], language: str) -> SpeakableText:
        """For pickup, of the first store that has it; `stores` by configured name."""
        pickup = found.fulfilment is Fulfilment.PICKUP
        name = f"{found.fulfilment.value.lower()}-{found.status.value.lower().replace('_', '-')}"
        facts: dict[str, str | int] = {"quantity": found.quantity or 0, "store": "", "date": "", "time": ""}
        place = _first_buyable(found) if pickup else None
        if place is not None and place.promise is not None and place.store in stores:
            store = stores[place.store]
            facts |= {
                "store": store.title.value,
                "quantity": place.quantity or 0,
                "date": self._date(place.promise.ready_at, store.timezone, language),
                "time": self._time(place.promise.ready_at, store.timezone, language),
            }
            name = f"pickup-{place.status.value.lower().replace('_', '-')}"
        elif pickup and found.status in (AvailabilityStatus.IN_STOCK, AvailabilityStatus.LOW_STOCK):
            name = "pickup-unknown"
        if not pickup and found.promise is not None:
            facts["date"] = self._date(found.promise.ready_by, "UTC", language)
        sentences: list[Sentence] = [(name, facts)]
        if not found.complete:
            sentences.append(("incomplete", {}))
        return self._say(sentences, language)

    def store(self, store: Store, now: datetime, language: str) -> SpeakableText:
        parts = (*store.address.lines, store.address.city) if store.address is not None else (store.country,)
        sentences: list[Sentence] = [
            ("store", {"name": store.title.value, "address": ", ".join(part for part in parts if part)})
        ]
        sentences += self._hours(store, now, language)
        return self._say(sentences, language)

    def _hours(self, store: Store, now: datetime, language: str) -> list[Sentence]:
        state = open_at(now, store.timezone, store.hours, store.special_hours)
        if state is None:
            return []
        if state:
            local = now.astimezone(ZoneInfo(store.timezone))
            closing = [closes for _, closes in periods_on(local.date(), store.hours, store.special_hours)]
            later = [clock for clock in closing if clock > local.time()] or closing
            if later:
                written = format_time(later[0], "short", locale=_locale(language))
                return [("store-open", {"time": written})]
            return []
        opening = next_opening(now, store.timezone, store.hours, store.special_hours)
        if opening is None:
            return [("store-closed", {})]
        when = {
            "time": self._time(opening, store.timezone, language),
            "date": self._date(opening, store.timezone, language),
        }
        return [("store-opens", when)]

    def order(self, order: Order, language: str) -> SpeakableText:
        name = {OrderKind.WEB: "order", OrderKind.RECEIPT: "receipt", OrderKind.REFUND: "refund"}[order.kind]
        total = order.total.stated
        if order.kind is OrderKind.REFUND:
            total = Money(abs(total.amount), total.currency)
        facts: dict[str, str | int] = {
            "number": order.number,
            "date": self._date(order.placed_at, "UTC", language),
            "total": self.money(total, language),
            "status": order.status.value,
            "count": int(sum(line.quantity for line in order.lines)),
        }
        return self._say([(name, facts)], language)

    def money(self, money: Money, language: str) -> str:
        """With the currency's name, as it is said: "12.50 British pounds"."""
        return format_currency(money.displayed(), money.currency, locale=_locale(language), format_type="name")

    def _date(self, instant: datetime, timezone: str, language: str) -> str:
        return format_date(instant.astimezone(ZoneInfo(timezone)).date(), "long", locale=_locale(language))

    def _time(self, instant: datetime, timezone: str, language: str) -> str:
        return format_time(instant, "short", tzinfo=ZoneInfo(timezone), locale=_locale(language))

    def _say(self, sentences: list[Sentence], language: str) -> SpeakableText:
        spoken, bundle = self._bundle(language)
        plain = [_sentence(bundle, name, facts) for name, facts in sentences]
        marked = "".join(f"<s>{escape(sentence)}</s>" for sentence in plain)
        namespace = 'version="1.1" xmlns="http://www.w3.org/2001/10/synthesis"'
        return SpeakableText(
            " ".join(plain), f"<speak {namespace} xml:lang={quoteattr(spoken)}><p>{marked}</p></speak>", spoken
        )

    def _bundle(self, language: str) -> tuple[str, FluentBundle]:
        for candidate in (*self._languages.chain(language), "en"):
            bundle = _bundle(candidate.split("-")[0])
            if bundle is not None:
                return candidate, bundle
        raise LookupError("the English sentences are missing from the installation")


def _sentence(bundle: FluentBundle, name: str, facts: Mapping[str, str | int]) -> str:
    pattern = bundle.get_message(name).value
    assert pattern is not None  # noqa: S101  every message of our files has a value; a test reads them all
    text, errors = bundle.format_pattern(pattern, dict(facts))
    if errors:
        raise errors[0]
    return text if isinstance(text, str) else str(text)


def _first_buyable(found: Availability) -> StoreAvailability | None:
    ready = [place for place in found.stores if place.promise is not None]
    return min(ready, key=lambda place: place.distance_km or 0.0, default=None)
