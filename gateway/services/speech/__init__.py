"""What a voice assistant says: short sentences in the operation's language, plain and as SSML. Sentences come from
Fluent files beside this one (plurals by CLDR), money, dates and distances from Babel. Everything from a backend is
escaped in the SSML, and times are said by the clock of the place they are about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.calls.operation.staleness import OLDER_REFUSED, REVALIDATING
from gateway.model.catalog import Product
from gateway.model.freshness import Freshness
from gateway.model.fulfilment import FulfilmentPlan, PlanPart, PlanWay
from gateway.model.money import Money
from gateway.model.opening_hours import closing, next_opening, open_at
from gateway.model.orders import Order, OrderKind
from gateway.model.pricing import Price
from gateway.model.stock import Availability, AvailabilityStatus, Fulfilment, StoreAvailability
from gateway.model.stores import Store
from gateway.model.text import SpeakableText
from gateway.services.languages import Languages
from gateway.services.speech.voice import Sentence, Voice, voice_of


def has_sentences(language: str) -> bool:
    """Whether anything can be said in a language without falling back to another."""
    return voice_of(language) is not None


class Speech:
    """Speakable texts. A language without sentences of its own is served by the next of its fallback chain, money and
    dates with it. `zone` (IANA) is whose clock and calendar are meant where no store's are: the market's."""

    def __init__(self, languages: Languages) -> None:
        self._languages = languages

    def product(self, product: Product, language: str) -> SpeakableText:
        facts = {"title": product.title.value, "brand": product.brand or ""}
        return self._voice(language).say([Sentence("product-branded" if product.brand else "product", facts)])

    def price(self, price: Price, language: str, zone: str = "UTC") -> SpeakableText:
        """The price of one piece, rounded to the currency, with its tax wherever the source knows it; says when it may
        be out of date."""
        voice = self._voice(language)
        current = price.current.gross or price.current.stated
        before = None if price.list is None else (price.list.gross or price.list.stated)
        facts = {
            "price": voice.money(current),
            "list": "" if before is None else voice.money(before),
            "tax": "INCLUDED" if price.current.gross is not None else price.current.treatment.value,
        }
        sentences = [Sentence("price" if price.list is None else "price-reduced", facts)]
        if _may_have_changed(price.freshness):
            seen = price.freshness.as_of
            sentences.append(Sentence("stale", {"time": voice.time(seen, zone), "date": voice.date(seen, zone)}))
        return voice.say(sentences)

    def availability(
        self, found: Availability, stores: Mapping[str, Store], language: str, zone: str = "UTC"
    ) -> SpeakableText:
        """For pickup, of the nearest store that has it; `stores` by configured name."""
        voice = self._voice(language)
        pickup = found.fulfilment is Fulfilment.PICKUP
        name = f"{found.fulfilment.value.lower()}-{_key(found.status)}"
        facts: dict[str, str | int] = {"quantity": found.quantity or 0, "store": "", "date": "", "time": ""}
        place = _first_buyable(found) if pickup else None
        if place is not None and place.promise is not None and place.store in stores:
            store = stores[place.store]
            facts |= {
                "store": store.title.value,
                "quantity": place.quantity or 0,
                "date": voice.date(place.promise.ready_at, store.timezone),
                "time": voice.time(place.promise.ready_at, store.timezone),
                **_distance(place.distance_km, voice),
            }
            name = f"pickup-{_key(place.status)}"
        elif pickup and found.status in (AvailabilityStatus.IN_STOCK, AvailabilityStatus.LOW_STOCK):
            name = "pickup-unknown"
        if not pickup and found.promise is not None:
            facts["date"] = voice.date(found.promise.ready_by, zone)
        elif not pickup and found.status in (AvailabilityStatus.IN_STOCK, AvailabilityStatus.LOW_STOCK):
            name = "delivery-unknown"
        sentences = [Sentence(name, facts)]
        if not found.complete:
            sentences.append(Sentence("incomplete", {}))
        return voice.say(sentences)

    def store(self, store: Store, now: datetime, language: str) -> SpeakableText:
        voice = self._voice(language)
        parts = (*store.address.lines, store.address.city) if store.address is not None else (store.country,)
        address = ", ".join(part for part in parts if part)
        facts = {"name": store.title.value, "address": address, **_distance(store.distance_km, voice)}
        return voice.say([Sentence("store", facts), *_doors(store, now, voice)])

    def order(self, order: Order, language: str, zone: str = "UTC") -> SpeakableText:
        """`zone` is the store's where it was bought at one."""
        voice = self._voice(language)
        name = {OrderKind.WEB: "order", OrderKind.RECEIPT: "receipt", OrderKind.REFUND: "refund"}[order.kind]
        total = order.total.stated
        if order.kind is OrderKind.REFUND:
            total = Money(abs(total.amount), total.currency)
        facts: dict[str, str | int] = {
            "number": order.number,
            "date": voice.date(order.placed_at, zone),
            "total": voice.money(total),
            "status": order.status.value,
            "count": int(sum(line.quantity for line in order.lines)),
        }
        return voice.say([Sentence(name, facts)])

    def cart(self, pieces: int, total: Money | None, language: str) -> SpeakableText:
        """`total` None: not every owner of a part of it has answered."""
        voice = self._voice(language)
        if not pieces:
            return voice.say([Sentence("cart-empty", {})])
        sums = (
            Sentence("cart-total-unknown", {})
            if total is None
            else Sentence("cart-total", {"total": voice.money(total)})
        )
        return voice.say([Sentence("cart", {"count": pieces}), sums])

    def plan(
        self, plan: FulfilmentPlan, stores: Mapping[str, Store], language: str, zone: str = "UTC"
    ) -> SpeakableText:
        """`stores` by configured name; a pickup's times are told by its store's clock, a delivery's by `zone`."""
        voice = self._voice(language)
        sentences = [_part(part, len(plan.parts) > 1, stores, voice, zone) for part in plan.parts]
        if plan.cost is not None and plan.parcels:
            free = not plan.cost.amount
            facts = {"price": voice.money(plan.cost)}
            sentences.append(Sentence("plan-free", {}) if free else Sentence("plan-cost", facts))
        if plan.missing:
            lacking = sum(gap.wanted for gap in plan.missing)
            sentences.append(Sentence("plan-missing", {"count": lacking}))
        return voice.say(sentences)

    def _voice(self, language: str) -> Voice:
        for candidate in (*self._languages.chain(language), "en"):
            voice = voice_of(candidate)
            if voice is not None:
                return voice
        raise LookupError("the English sentences are missing from the installation")


def _part(part: PlanPart, some: bool, stores: Mapping[str, Store], voice: Voice, zone: str) -> Sentence:
    """`some`: there are other parts, so it is said how much goes this way."""
    store = stores.get(part.store or "")
    collected = part.way is PlanWay.PICKUP
    clock = store.timezone if collected and store is not None else zone
    instant = None if part.promise is None else part.promise.ready_at if collected else part.promise.ready_by
    facts: dict[str, str | int] = {
        "count": sum(each.quantity for each in part.pieces),
        "all": "NO" if some else "YES",
        "store": "" if store is None else store.title.value,
        "time": "" if instant is None else voice.time(instant, clock),
        "date": "" if instant is None else voice.date(instant, clock),
        **_distance(part.distance_km, voice),
    }
    name = "plan-pickup" if collected else "plan-delivery"
    return Sentence(name if instant is not None else f"{name}-unknown", facts)


def _doors(store: Store, now: datetime, voice: Voice) -> list[Sentence]:
    """Until when it is open, or when it opens: with the date wherever that is not today's."""
    doors = store.timezone, store.hours, store.special_hours
    state = open_at(now, *doors)
    if state is None:
        return []
    change = closing(now, *doors) if state else next_opening(now, *doors)
    if change is None:
        return [Sentence("store-always" if state else "store-closed", {})]
    facts = {"time": voice.time(change, store.timezone), "date": voice.date(change, store.timezone)}
    if not state:
        return [Sentence("store-opens", facts)]
    zone = ZoneInfo(store.timezone)
    today = change.astimezone(zone).date() == now.astimezone(zone).date()
    return [Sentence("store-open" if today else "store-open-until", facts)]


def _may_have_changed(freshness: Freshness) -> bool:
    """Where the owner could not be heard; not while a newer answer is only on its way."""
    return freshness.stale and freshness.reason not in (REVALIDATING, OLDER_REFUSED)


def _distance(kilometres: float | None, voice: Voice) -> dict[str, str]:
    """Nothing is said of a distance nobody asked for."""
    if kilometres is None:
        return {"near": "NO", "distance": ""}
    return {"near": "YES", "distance": voice.distance(kilometres)}


def _key(status: AvailabilityStatus) -> str:
    return status.value.lower().replace("_", "-")


def _first_buyable(found: Availability) -> StoreAvailability | None:
    ready = [place for place in found.stores if place.promise is not None]
    return min(ready, key=lambda place: place.distance_km or 0.0, default=None)
