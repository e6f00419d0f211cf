"""A seed as an Odoo would hold it, one part a file."""

from __future__ import annotations

from adapters.odoo.sandbox.seeding.catalogue import fill_catalogue
from adapters.odoo.sandbox.seeding.company import fill_company
from adapters.odoo.sandbox.seeding.orders import fill_orders
from adapters.odoo.sandbox.seeding.people import fill_loyalty, fill_people
from adapters.odoo.sandbox.seeding.places import fill_places
from adapters.odoo.sandbox.seeding.prices import fill_prices
from adapters.odoo.sandbox.seeding.seeded import Seeded
from adapters.odoo.sandbox.store import Store
from gateway.testing.sandbox import Seed


def fill(store: Store, seed: Seed) -> Seeded:
    seeded = Seeded()
    fill_company(store, seed, seeded)
    fill_catalogue(store, seed, seeded)
    fill_places(store, seed, seeded)
    fill_people(store, seed, seeded)
    fill_prices(store, seed, seeded)
    fill_loyalty(store, seed, seeded)
    fill_orders(store, seed, seeded)
    return seeded
