"""One seller's account as the sandbox keeps it: objects in Square's own JSON shape, by id."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from gateway.model.currencies import fraction_digits
from gateway.model.money import Money

Json = dict[str, Any]


def native_id(kind: str, seed_id: str) -> str:
    """A seed's neutral id as this sandbox writes it: 24 upper-case letters and digits, as catalogue objects, customers
    and orders have. `kind` is four letters: ITEM, VARI, CATG, CUST, ORDR. Digits stay readable; anything else is
    hashed, so that two ids never become one."""
    plain = re.fullmatch(r"[0-9A-Z]{1,20}", seed_id)
    return kind + (seed_id.rjust(20, "0") if plain else _digest(seed_id)[:20].upper())


def account_uuid(seed_id: str) -> str:
    """Loyalty accounts, their events and programmes have UUIDs."""
    plain = re.fullmatch(r"[0-9a-f]{1,12}", seed_id)
    return (
        f"00000000-0000-4000-8000-{seed_id.rjust(12, '0')}"
        if plain
        else f"00000000-0000-4000-a000-{_digest(seed_id)[:12]}"
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def minor(money: Money) -> Json:
    """Money in whole minor units, as Square keeps it."""
    digits = fraction_digits(money.currency)
    units = (money.amount * (Decimal(10) ** digits)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return {"amount": int(units), "currency": money.currency}


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def present(**fields: Any) -> Json:
    """Square leaves out what is not set."""
    return {name: value for name, value in fields.items() if value is not None}


class Account:
    """`index_lag` is how many seconds a newly written customer stays invisible to a search, as Square documents."""

    def __init__(self, now: datetime, currency: str, country: str, language: str) -> None:
        self.now = now
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        """The time of day, which `now`, the moment of the seed, is not."""
        self.currency = currency
        self.country = country
        self.language = language
        self.locations: dict[str, Json] = {}
        self.catalog: dict[str, Json] = {}
        self.counts: dict[tuple[str, str, str], Json] = {}
        self.counted_at: dict[tuple[str, str], datetime] = {}
        """When somebody counted last, by variation and location: what happened before is in the count."""
        self.changes: list[Json] = []
        self.children: dict[str, list[Json]] = {}
        self.customers: dict[str, Json] = {}
        self.program: Json | None = None
        self.loyalty_accounts: dict[str, Json] = {}
        self.loyalty_events: list[Json] = []
        self.loyalty_promotions: list[Json] = []
        self.orders: dict[str, Json] = {}
        self.payments: dict[str, Json] = {}
        self.keys: dict[tuple[str, str], tuple[str, Json]] = {}
        """What was asked and answered under an idempotency key, by the kind of what is made."""
        self.effects: list[tuple[str, str, str]] = []
        """What was made here, in order: its kind, our reference, its id."""
        self.orders_of: dict[str | None, list[Json]] = {}
        self.index_lag = 0.0
        self._written: dict[str, float] = {}

    def add(self, entry: Json) -> Json:
        """Put an object into the catalogue; an item's variations are kept in the order they came."""
        self.catalog[entry["id"]] = entry
        if entry["type"] == "ITEM_VARIATION":
            self.children.setdefault(entry["item_variation_data"]["item_id"], []).append(entry)
        return entry

    def add_order(self, order: Json) -> Json:
        self.orders[order["id"]] = order
        self.orders_of.setdefault(order.get("customer_id"), []).append(order)
        return order

    def by_sku(self) -> dict[str | None, str]:
        """SKU to variation id; where two bear it, the last."""
        return {each["item_variation_data"].get("sku"): each["id"] for each in self.variations()}

    def wrote(self, object_id: str) -> None:
        self._written[object_id] = time.monotonic()

    def indexed(self, object_id: str) -> bool:
        """Whether a search finds it yet."""
        written = self._written.get(object_id)
        return written is None or time.monotonic() - written >= self.index_lag

    def variations(self) -> list[Json]:
        return [each for each in self.catalog.values() if each["type"] == "ITEM_VARIATION"]

    def variation_of(self, sku: str) -> Json:
        """The living variation with exactly this SKU; tests change it in place."""
        for each in self.variations():
            if each["item_variation_data"].get("sku") == sku and not each.get("is_deleted"):
                return each
        raise KeyError(sku)
