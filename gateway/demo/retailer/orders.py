"""Two thousand orders of one year: web orders in the shop with copies in the ERP, receipts at the tills, refunds."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from gateway.demo.retailer import disagreements as planted
from gateway.demo.retailer.catalogue import NOW, SEED, SEEN, Item, sold_items
from gateway.demo.retailer.people import Person, known_to, people
from gateway.demo.retailer.places import CURRENCIES, STORES, TILLS, RetailPlace
from gateway.demo.retailer.prices import TAX_RATES, gross
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import Order, OrderKind, OrderLine, OrderOrigin, OrderStatus

WEB, RECEIPTS, REFUNDS = 1_100, {"GB": 350, "JP": 250, "IL": 130, "KW": 120}, 50
ADA_WEB = 7
ADA_RECEIPT_DAYS = (20, 75, 75, 180, 300)
"""How long ago Ada paid at a till; twice at the same instant, which a careless cursor loses."""
TWIN_PART = 0.8
"""The part of the web orders that had reached the ERP by the time of the snapshot."""


class Purchase(Struct, frozen=True, kw_only=True):
    """One purchase before any system wrote it down. `person` None: paid in cash and left."""

    placed_at: datetime
    country: str
    lines: tuple[tuple[Item, int], ...]
    person: Person | None


@cache
def web_orders() -> tuple[Order, ...]:
    """The shop's, numbered by date; the oldest is Ada's."""
    draw = random.Random(f"{SEED}:web")
    ada, shoppers = people()[0], known_to("shop")[1:]
    baskets = [
        replace(_basket(draw, ada.country, ada), placed_at=NOW - timedelta(days=340 - 55 * place, hours=place))
        for place in range(ADA_WEB)
    ]
    for _ in range(WEB - ADA_WEB):
        person = shoppers[int(len(shoppers) * draw.random() ** 1.7)]
        baskets.append(_basket(draw, person.country, person))
    baskets.sort(key=lambda basket: basket.placed_at)
    return tuple(_web(basket, number) for number, basket in enumerate(baskets))


@cache
def erp_twins() -> tuple[Order, ...]:
    """The ERP's copies: other ids and names, dated by their confirmation, carrying the shop's number."""
    twins: list[Order] = []
    by_shop_id = {person.ref("shop"): person for person in people()}
    for place, order in enumerate(web_orders()):
        draw = random.Random(f"{SEED}:twin:{order.number}")
        if order.number != planted.TWIN_ORDER and draw.random() > TWIN_PART:
            continue
        person = by_shop_id.get(order.customer) if order.customer else None
        known = person is not None and "erp" in person.known
        twins.append(
            replace(
                order,
                ref=NativeRef("seed", str(20_001 + place)),
                number=f"S{place + 1:05}",
                placed_at=min(order.placed_at + timedelta(hours=draw.randrange(20, 120)), NOW),
                raw_status="cancel" if order.status is OrderStatus.CANCELLED else "sale",
                status=OrderStatus.CANCELLED if order.status is OrderStatus.CANCELLED else OrderStatus.CONFIRMED,
                origin=OrderOrigin(order.number, "shop"),
                customer=person.ref("erp") if person is not None and known else None,
            )
        )
    return tuple(twins)


@cache
def receipts(backend: str) -> tuple[Order, ...]:
    """What the tills of this backend printed. Three in ten customers give no name."""
    made: list[Order] = []
    for country, amount in RECEIPTS.items():
        if TILLS[country] != backend:
            continue
        draw = random.Random(f"{SEED}:till:{country}")
        stores = [store for store in STORES if store.country == country]
        regulars = [person for person in known_to(backend) if person.country == country and person.number]
        baskets: list[tuple[Purchase, RetailPlace]] = []
        if country == "GB":
            ada = people()[0]
            moments = [NOW - timedelta(days=day) for day in ADA_RECEIPT_DAYS]
            baskets += [(replace(_basket(draw, country, ada), placed_at=moment), stores[0]) for moment in moments]
        for _ in range(amount - len(baskets)):
            person = None if draw.random() < 0.3 else regulars[int(len(regulars) * draw.random() ** 1.5)]
            baskets.append((_basket(draw, country, person), draw.choice(stores)))
        made += [_receipt(basket, place, backend, number) for number, (basket, place) in enumerate(baskets)]
    if backend == "erp":
        made += _refunds([order for order in made if order.customer is not None])
    return tuple(made)


def _basket(draw: random.Random, country: str, person: Person | None) -> Purchase:
    items = draw.sample(sold_items(), draw.choice((1, 1, 2, 2, 3, 4)))
    lines = tuple((item, draw.choice((1, 1, 1, 2, 3))) for item in items)
    return Purchase(placed_at=_moment(draw), country=country, lines=lines, person=person)


def _moment(draw: random.Random) -> datetime:
    """Within the last year, older than a day, to the minute."""
    return NOW - timedelta(minutes=draw.randrange(24 * 60, 330 * 24 * 60))


def _amounts(amount: Money, country: str) -> TaxedMoney:
    tax = Money(amount.amount - amount.amount / (1 + TAX_RATES[country]), amount.currency).quantized()
    return TaxedMoney(Money(amount.amount - tax.amount, amount.currency), amount, tax, TaxTreatment.INCLUDED)


def _lines(basket: Purchase, order: str) -> tuple[OrderLine, ...]:
    return tuple(
        OrderLine(
            f"{order}{place:02}",
            item.title,
            Decimal(pieces),
            item.sku,
            _amounts(gross(item, basket.country), basket.country),
            _amounts(gross(item, basket.country).times(pieces), basket.country),
        )
        for place, (item, pieces) in enumerate(basket.lines)
    )


def _total(basket: Purchase) -> TaxedMoney:
    amount = Money(Decimal(0), CURRENCIES[basket.country])
    for item, pieces in basket.lines:
        amount = amount.plus(gross(item, basket.country).times(pieces))
    return _amounts(amount.quantized(), basket.country)


def _web(basket: Purchase, number: int) -> Order:
    age = NOW - basket.placed_at
    cancelled = number % 40 == 17
    status, raw = (OrderStatus.FULFILLED, "fulfilled") if age > timedelta(days=4) else (OrderStatus.OPEN, "unfulfilled")
    if cancelled:
        status, raw = OrderStatus.CANCELLED, "cancelled"
    id_ = str(5_000_001 + number)
    return Order(
        NativeRef("seed", id_), f"#{1001 + number}", OrderKind.WEB, basket.placed_at, status, raw, _total(basket), SEEN,
        lines=_lines(basket, id_), customer=basket.person.ref("shop") if basket.person else None,
        cancelled_at=basket.placed_at + timedelta(hours=3) if cancelled else None,
    )  # fmt: skip


def _receipt(basket: Purchase, place: RetailPlace, backend: str, number: int) -> Order:
    country = place.country
    id_ = str({"GB": 610_001, "JP": 620_001, "IL": 630_001, "KW": 640_001}[country] + number)
    return Order(
        NativeRef("seed", id_), f"{place.code}-{number + 1:05}", OrderKind.RECEIPT, basket.placed_at,
        OrderStatus.FULFILLED, "paid" if backend == "erp" else "COMPLETED", _total(basket), SEEN,
        lines=_lines(basket, id_), location=place.till or place.code,
        customer=basket.person.ref(backend) if basket.person else None,
    )  # fmt: skip


def _refunds(bought: list[Order]) -> list[Order]:
    """Money given back at a till, a week after the purchase: an order of its own with negative amounts."""
    draw = random.Random(f"{SEED}:refunds")
    return [
        replace(
            order,
            ref=NativeRef("seed", str(650_001 + number)),
            number=f"{order.number}-R",
            kind=OrderKind.REFUND,
            placed_at=min(order.placed_at + timedelta(days=7), NOW),
            status=OrderStatus.RETURNED,
            total=_negative(order.total),
            lines=tuple(
                replace(
                    line,
                    id=f"9{line.id}",
                    quantity=-line.quantity,
                    total=None if line.total is None else _negative(line.total),
                )
                for line in order.lines
            ),
        )
        for number, order in enumerate(draw.sample(bought, REFUNDS))
    ]


def _negative(amount: TaxedMoney) -> TaxedMoney:
    net, all_of_it, tax = (None if part is None else part.times(-1) for part in (amount.net, amount.gross, amount.tax))
    return TaxedMoney(net, all_of_it, tax, amount.treatment)
