"""The real retailer's backends: shop and till speak their vendors' protocols and hold what was published; what the data
does not have is drawn from a seed and served by a backend of its own, whose alias says so in every `source`."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from gateway.demo.real_data.documents import SalesDocuments
from gateway.demo.real_data.items import Items
from gateway.demo.real_data.locator import Locator, RealStore
from gateway.demo.real_data.transactions import Line
from gateway.model.customers import CustomerRecord
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.stores import StoreRecord
from gateway.testing.sandbox import Seed, SeedStock

SEED = "online-retail"
VENDORS = {"shop": "shopify", "till": "square"}
GENERATED = "generated"
ALIASES = {"shop": "online-retail-web", "till": "online-retail-till", GENERATED: "generated-from-a-seed"}
CHANNEL = "giftware"
_GIVEN = ("Alex", "Sam", "Robin", "Charlie", "Jamie", "Morgan", "Taylor", "Casey", "Jordan", "Riley", "Avery", "Quinn")
_FAMILY = ("Ash", "Birch", "Cedar", "Dale", "Elm", "Field", "Grove", "Heath", "Lake", "Moor", "North", "Rivers")


def email_of(customer: str) -> str:
    """Where nobody can be reached: the data has customers by number only."""
    return f"customer.{customer}@example.com"


def customers(lines: tuple[Line, ...], seen: Freshness) -> tuple[CustomerRecord, ...]:
    """Every customer of the data, by the real number, under a name drawn from the seed."""
    records: dict[str, CustomerRecord] = {}
    for line in lines:
        if line.customer and line.customer not in records:
            draw = random.Random(f"{SEED}:name:{line.customer}")
            records[line.customer] = CustomerRecord(
                NativeRef("seed", line.customer),
                seen,
                emails=(email_of(line.customer),),
                given_name=draw.choice(_GIVEN),
                family_name=draw.choice(_FAMILY),
                language="en",
            )
    return tuple(records.values())


def seeds(
    items: Items,
    documents: SalesDocuments,
    people: tuple[CustomerRecord, ...],
    trading: tuple[RealStore, ...],
    now: datetime,
) -> Mapping[str, Seed]:
    seen = Freshness("seed", now)
    places = tuple(StoreRecord(NativeRef("seed", store.key), store.name, seen, currency="GBP") for store in trading)
    at_tills = {order.customer.id for order in documents.till if order.customer}
    online = {order.customer.id for order in documents.web if order.customer}
    return {
        "shop": Seed(
            currency="GBP",
            country="GB",
            currencies=("GBP",),
            products=items.products,
            prices=items.prices,
            customers=tuple(person for person in people if person.ref.id in online),
            orders=documents.web,
            now=now,
        ),
        "till": Seed(
            currency="GBP",
            country="GB",
            currencies=("GBP",),
            products=items.products,
            prices=items.prices,
            stores=places,
            customers=tuple(person for person in people if person.ref.id in at_tills),
            orders=documents.till,
            now=now,
        ),
        GENERATED: Seed(
            currency="GBP",
            country="GB",
            products=items.products,
            stock=_stock(items, trading),
            stores=places,
            customers=people,
            now=now,
        ),
    }


def _stock(items: Items, trading: tuple[RealStore, ...]) -> tuple[SeedStock, ...]:
    draw = random.Random(f"{SEED}:stock")
    return tuple(
        SeedStock(sku, store.key, Decimal(draw.choice((0, 0, 1, 2, 3, 5, 8, 13, 21))))
        for sku in items.skus
        for store in trading
    )


def configuration(
    settings: Mapping[str, Mapping[str, str]],
    urls: Mapping[str, str],
    locator: Locator,
    trading: tuple[RealStore, ...],
    folder: Path,
    url: str,
) -> dict[str, Any]:
    """The sections of `gateway.toml`, as its loader decodes them."""
    return {
        "gateway": {"public_url": url, "state": f"sqlite+aiosqlite:///{folder.as_posix()}/gateway.sqlite"},
        "secrets": {
            "cursor": {"env": ["DEMO_CURSOR_KEY"]},
            "shop_admin": {"env": ["DEMO_SHOP_ADMIN_TOKEN"]},
            "shop_storefront": {"env": ["DEMO_SHOP_STOREFRONT_TOKEN"]},
            "till_token": {"env": ["DEMO_TILL_ACCESS_TOKEN"]},
        },
        "backends": {
            "shop": {
                **_common("shop", "shopify", urls["shop"]),
                "admin_token": "shop_admin",
                "storefront_token": "shop_storefront",
                "read_all_orders": True,
            },
            "till": {
                **_common("till", "square", urls["till"]),
                "access_token": "till_token",
                "language": settings["till"].get("language", "en"),
            },
            GENERATED: {
                **_common(GENERATED, "memory", "http://127.0.0.1:9"),
                "seed": f"{folder.as_posix()}/generated.json",
            },
        },
        "domains": {
            "product": {"order": ["shop"]},
            "price": {"order": ["shop"], "compare": ["till"]},
            "stock": {"order": [GENERATED]},
            "store": {"order": ["till"]},
            "customer": {"order": [GENERATED, "shop", "till"]},
            "order": {"order": ["shop", "till"]},
            "search": {"order": ["shop"]},
        },
        "locations": {
            store.key: {"refs": {GENERATED: store.key, "till": store.key}, "stock": GENERATED} for store in trading
        },
        "stores": locator.sections,
        "channels": {
            CHANNEL: {
                "countries": ["GB", "US"],
                "currencies": {"GB": ["GBP"], "US": ["GBP"]},
                "locations": [store.key for store in trading],
            }
        },
        "issuers": {
            name: {
                "issuer": f"https://id.northlight.example/{name}",
                "audience": "commerce-gateway",
                "algorithms": ["ES256"],
                "jwks_file": f"{folder.as_posix()}/{name}/jwks.json",
                "kind": kind,
                "roles_claim": roles,
            }
            for name, kind, roles in (
                ("customers", "customer", ""),
                ("devices", "device", ""),
                ("staff", "staff", "roles"),
            )
        },
        "profiles": {
            "anonymous": {"touchpoint": "web", "default_country": "US", "default_language": "en"},
            "web": {"touchpoint": "web", "default_country": "US", "default_language": "en"},
            "voice": {"touchpoint": "voice", "default_country": "US", "default_language": "en"},
            "kiosk": {
                "touchpoint": "kiosk",
                "stores": [trading[0].key],
                "default_store": trading[0].key,
                "personal_data": False,
            },
            "staff": {
                "touchpoint": "agent",
                "default_country": "US",
                "default_language": "en",
                "explain": True,
                "detailed_errors": True,
            },
        },
    }


def _common(name: str, adapter: str, url: str) -> dict[str, Any]:
    return {"adapter": adapter, "alias": ALIASES[name], "url": url, "allow_private_network": True}
