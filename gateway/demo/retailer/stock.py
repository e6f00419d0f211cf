"""What lies where. Every shelf has one true count; the systems that mirror somebody else's shelf are a little off."""

from __future__ import annotations

import random
from collections.abc import Iterable
from decimal import Decimal

from gateway.demo.retailer import disagreements as planted
from gateway.demo.retailer.catalogue import SEED, Item
from gateway.demo.retailer.places import TILLS, RetailPlace
from gateway.testing.sandbox import SeedStock

SHOP_BELIEVES = Decimal(25)


def count(item: Item, place: RetailPlace) -> tuple[int, int] | None:
    """Pieces on hand and promised; None where the variant is not kept. Warehouses keep everything."""
    draw = random.Random(f"{SEED}:stock:{item.sku}:{place.key}")
    if place.store and draw.random() < 0.15:
        return None
    on_hand = draw.choice((0, 1, 2, 3, 4, 6, 8, 12)) if place.store else draw.choice((0, 8, 20, 40, 60, 120))
    return on_hand, min(on_hand, draw.choice((0, 0, 0, 1, 2)))


def till_stock(items: Iterable[Item], places: Iterable[RetailPlace]) -> tuple[SeedStock, ...]:
    rows: list[SeedStock] = []
    for item in items:
        if item.sku == planted.NEVER_COUNTED_SKU:
            continue
        rows += (
            SeedStock(item.sku, place.till, Decimal(pieces[0]), Decimal(pieces[1]))
            for place in places
            if (pieces := count(item, place)) is not None
        )
    return tuple(rows)


def erp_stock(items: Iterable[Item], places: Iterable[RetailPlace]) -> tuple[SeedStock, ...]:
    """The warehouses and its own stores; of the stores with other tills a mirror that lags behind by up to two."""
    rows: list[SeedStock] = []
    for item in items:
        for place in places:
            pieces = count(item, place)
            if pieces is None or (item.sku == planted.SHOP_ONLY_STOCK_SKU and place.key == "warehouse_gb"):
                continue
            on_hand, reserved = pieces
            if item.sku == planted.ERP_ONLY_STOCK_SKU and place.key == "warehouse_gb":
                on_hand, reserved = 12, 0
            if place.store and TILLS[place.country] != "erp":
                lag = random.Random(f"{SEED}:lag:{item.sku}:{place.key}").choice((0, 0, 0, 1, 2))
                on_hand, reserved = on_hand + lag, 0
            rows.append(SeedStock(item.sku, place.code, Decimal(on_hand), Decimal(reserved)))
    return tuple(rows)


def shop_stock(items: Iterable[Item], places: Iterable[RetailPlace]) -> tuple[SeedStock, ...]:
    """What the web shop was last told of the warehouses."""
    rows: list[SeedStock] = []
    for item in items:
        for place in places:
            pieces = count(item, place)
            british = place.key == "warehouse_gb"
            if pieces is None or (british and item.sku == planted.ERP_ONLY_STOCK_SKU):
                continue
            believed = british and item.sku == planted.SHOP_ONLY_STOCK_SKU
            on_hand = SHOP_BELIEVES if believed else Decimal(pieces[0])
            rows.append(SeedStock(item.sku, place.shop, on_hand, Decimal(0) if believed else Decimal(pieces[1])))
    return tuple(rows)
