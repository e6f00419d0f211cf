"""What is told of one price, one stock, one product: who answered, by which rule, how old it is, what others say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from gateway.app import Gateway
from gateway.errors import AdapterError
from gateway.model.catalog import Product, ProductKey, ProductKeyKind
from gateway.model.freshness import Freshness, Role
from gateway.model.money import TaxedMoney
from gateway.model.pricing import Price, PriceExplanation
from gateway.model.stock import Availability, Fulfilment, StockKey, StockLevels
from gateway.ports.stock import GET_STOCK
from gateway.services.scope import Scope

WIDE = 14


class Told(Struct, frozen=True):
    found: bool
    lines: tuple[str, ...]


async def price(gateway: Gateway, sku: str, quantity: Decimal, scope: Scope) -> Told:
    (found,) = await gateway.services.pricing.prices([sku], quantity, None, scope)
    if not isinstance(found, Price):
        return _nothing(found, "not sold here: the owner has no price for it")
    (explained,) = await gateway.services.pricing.explanations([found], scope)
    lines = [
        _line("price", _money(found.current)),
        *(() if found.list is None else (_line("instead of", _money(found.list)),)),
        *(() if found.line is None else (_line("for all", _money(found.line)),)),
        *_source(found.freshness, scope.now),
        _line("rule", found.rule or "the system names none"),
        _line("price list", found.price_list or "the system names none"),
        _line("context", explained.price_context or "the public one: no group of this customer's own"),
        *(() if found.changes_at is None else (_line("changes", _instant(found.changes_at)),)),
        *(() if found.valid_until is None else (_line("valid until", _instant(found.valid_until)),)),
        *_others(explained),
    ]
    return Told(True, tuple(lines))


async def stock(gateway: Gateway, sku: str, quantity: Decimal, scope: Scope) -> Told:
    places = gateway.ownership.locations.values()
    refs: dict[str, list[str]] = {}
    for place in places:
        refs.setdefault(place.backend, []).append(place.ref)
    keys = {backend: StockKey(sku, tuple(dict.fromkeys(several))) for backend, several in refs.items()}
    ask = gateway.caller.keyed
    answers = await asyncio.gather(
        *(ask(backend, GET_STOCK, [key], scope.commerce, scope.call) for backend, key in keys.items())
    )
    levels = {backend: answer.get(key) for (backend, key), answer in zip(keys.items(), answers, strict=True)}
    lines: list[str] = []
    for place in places:
        counted = _counted(levels[place.backend], place.ref, place.safety_stock, scope.now)
        lines.append(_line(place.name, f"{place.backend}: {counted}"))
    for fulfilment in Fulfilment:
        (offered,) = await gateway.services.availability.of([sku], fulfilment, None, None, scope)
        lines += _offered(fulfilment, offered, quantity)
    known = any(isinstance(one, StockLevels) for one in levels.values())
    return Told(known, tuple(lines)) if places else _nothing(None, "no `[locations]` are configured")


async def product(gateway: Gateway, sku: str, quantity: Decimal, scope: Scope) -> Told:
    key = ProductKey(ProductKeyKind.SKU, sku)
    (found,) = await gateway.services.catalog.products([key], scope)
    if not isinstance(found, Product):
        return _nothing(found, "no product has this SKU where products come from")
    lines = [
        _line("title", f"{found.title.value} ({found.title.language})"),
        _line("slug", found.slug or "none"),
        _line("status", found.status.value.lower()),
        _line("known as", f"{found.ref.id} to {found.ref.backend}"),
        *_source(found.freshness, scope.now),
        *(() if found.updated_at is None else (_line("changed", _instant(found.updated_at)),)),
        _line("variants", ", ".join(one.sku or f"{one.ref.id} (no SKU: joined with nobody)" for one in found.variants)),
    ]
    return Told(True, tuple(lines))


def _nothing(answer: AdapterError | object | None, otherwise: str) -> Told:
    said = f"{answer.code}: {answer.message}" if isinstance(answer, AdapterError) else otherwise
    return Told(False, (_line("none", said),))


def _line(name: str, said: str) -> str:
    return f"{name:{WIDE}}{said}"


def _source(freshness: Freshness, now: datetime) -> Iterator[str]:
    part = "the owner" if freshness.role is Role.PRIMARY else freshness.role.value.lower()
    reason = "" if freshness.reason is None else f": {freshness.reason}"
    yield _line("said by", f"{freshness.source}, {part}{reason}")
    stale = ", stale" if freshness.stale else ""
    yield _line("as of", f"{_instant(freshness.as_of)}, {_age(freshness.as_of, now)}{stale}")


def _others(explained: PriceExplanation) -> Iterator[str]:
    differing = {one.source: one.difference for one in explained.disagreements}
    for one in explained.comparisons:
        stated = "no price" if one.price is None else _money(one.price)
        if not one.comparable:
            verdict = f"cannot be compared: {one.reason}"
        elif one.source in differing:
            verdict = f"DISAGREES by {differing[one.source].amount:+f}"
        else:
            verdict = "the same"
        yield _line("compared", f"{one.source}: {stated}, {verdict}")
    if not explained.comparisons:
        yield _line("compared", "with nobody (`[domains.price] compare`)")


def _counted(levels: StockLevels | AdapterError | None, ref: str, safety: int, now: datetime) -> str:
    if isinstance(levels, AdapterError):
        return f"unknown, {levels.code}: {levels.message}"
    level = None if levels is None else levels.levels.get(ref)
    if level is None:
        return "never counted here" if levels is not None else "the SKU is not known here"
    if level.available is None:
        return level.tracking.value.lower()
    kept = f", {safety} of them kept back" if safety else ""
    hand = "" if level.on_hand is None else f", {_number(level.on_hand)} on hand"
    stale = ", stale" if level.freshness.stale else ""
    return f"{_number(level.available)} available{hand}{kept}, {_age(level.freshness.as_of, now)}{stale}"


def _offered(fulfilment: Fulfilment, offered: Availability | AdapterError | None, quantity: Decimal) -> Iterator[str]:
    name = fulfilment.value.lower()
    if not isinstance(offered, Availability):
        yield _line(name, "nobody counts it" if offered is None else f"unknown, {offered.code}")
        return
    many = "uncounted" if offered.quantity is None else f"{offered.quantity}{' or more' if offered.capped else ''}"
    enough = "" if offered.quantity is None or offered.capped or offered.quantity >= quantity else ", too few"
    part = "" if offered.complete else f", {offered.unknown_places} places not heard"
    yield _line(name, f"{offered.status.value}, {many}{enough}{part}")
    for store in offered.stores:
        ready = "" if store.promise is None else f", ready {_instant(store.promise.ready_at)}"
        many = "" if store.quantity is None else f", {store.quantity}"
        yield _line("", f"{store.store}: {store.status.value}{many}{ready}")


def _money(money: TaxedMoney) -> str:
    sides = {"net": money.net, "gross": money.gross, "tax": money.tax}
    known = ", ".join(f"{name} {side.amount:f}" for name, side in sides.items() if side is not None)
    return f"{money.stated.amount:f} {money.currency} ({known}; tax {money.treatment.value.lower()})"


def _number(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _instant(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def _age(instant: datetime, now: datetime) -> str:
    seconds = (now - instant).total_seconds()
    return "asked just now" if seconds < 1 else f"{seconds:.0f} s old"
