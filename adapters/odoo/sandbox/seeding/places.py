"""Warehouses with their addresses, and the quants that lie in them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from adapters.odoo.sandbox.seeding.seeded import COMPANY, Seeded, country_id
from adapters.odoo.sandbox.store import Store
from gateway.testing.sandbox import Seed

DELIVERIES = 1_000
"""Ids of the types of deliveries lie above those of tills, which are their warehouses'."""


def fill_places(store: Store, seed: Seed, seeded: Seeded) -> None:
    seeded.customers = store.add("stock.location", {"complete_name": "Partners/Customers", "usage": "customer"})
    for place in seed.stores:
        address: dict[str, Any] = {"name": place.name, "active": place.active, "phone": place.phone}
        if place.address is not None:
            lines = [*place.address.lines, "", ""]
            address |= {"street": lines[0], "street2": lines[1], "city": place.address.city}
            address["zip"] = place.address.postal_code
            if place.address.country:
                address["country_id"] = country_id(store, seeded, place.address.country)
            if place.address.region:
                known = store.find("res.country.state", name=place.address.region)
                named: dict[str, Any] = {"name": place.address.region, "code": place.address.region}
                named["country_id"] = address.get("country_id")
                address["state_id"] = known["id"] if known else store.add("res.country.state", named)
        if place.point is not None:
            address |= {"partner_latitude": place.point.latitude, "partner_longitude": place.point.longitude}
        add_warehouse(store, seeded, place.ref.id, place.name, place.active, store.add("res.partner", address))
    for level in seed.stock:
        if level.location not in seeded.warehouses:
            add_warehouse(store, seeded, level.location, level.location, True, None)
        if level.variant in seeded.variants:
            product, shelf = seeded.variants[level.variant], seeded.shelves[level.location]
            add_quant(store, product, shelf, level.on_hand, level.reserved)
    for kit in seed.kits:
        product = seeded.variants[kit.variant]
        bom = {"type": "phantom", "product_id": product, "product_qty": 1.0}
        bom["product_tmpl_id"] = store.browse("product.product", product)["product_tmpl_id"]
        added = store.add("mrp.bom", bom)
        for part, needed in kit.parts:
            line = {"bom_id": added, "product_id": seeded.variants[part], "product_qty": float(needed)}
            store.add("mrp.bom.line", {**line, "product_uom_id": 1})


def add_warehouse(store: Store, seeded: Seeded, code: str, name: str, active: bool, partner: int | None) -> int:
    values = {"name": name, "code": code, "active": active, "company_id": COMPANY, "partner_id": partner}
    warehouse = store.add("stock.warehouse", values)
    seeded.warehouses[code] = warehouse
    shelf = {"complete_name": f"{code}/Stock", "usage": "internal", "warehouse_id": warehouse}
    seeded.shelves[code] = store.add("stock.location", shelf)
    store.add("stock.picking.type", {"warehouse_id": warehouse, "name": "Tills", "code": "outgoing"}, warehouse)
    deliveries = add_deliveries(store, seeded, seeded.shelves[code], warehouse)
    store.write("stock.warehouse", warehouse, {"lot_stock_id": seeded.shelves[code], "out_type_id": deliveries})
    return warehouse


def add_deliveries(store: Store, seeded: Seeded, source: int, warehouse: int | None) -> int:
    values = {"name": "Delivery Orders", "code": "outgoing", "warehouse_id": warehouse, "sequence": 1}
    ends = {"default_location_src_id": source, "default_location_dest_id": seeded.customers}
    return store.add("stock.picking.type", {**values, **ends, "reservation_method": "at_confirm"}, DELIVERIES + source)


def add_quant(
    store: Store,
    product: int,
    location: int,
    on_hand: Decimal | float,
    reserved: Decimal | float = 0.0,
    owner: int | None = None,
) -> int:
    values = {"product_id": product, "location_id": location, "owner_id": owner}
    return store.add("stock.quant", {**values, "quantity": float(on_hand), "reserved_quantity": float(reserved)})
