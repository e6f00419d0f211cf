"""The root of the Admin API: everything the shop has, drafts too."""

# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# Fields with arguments are lambdas, called by graphql-core.

from __future__ import annotations

from collections.abc import Set
from datetime import timedelta
from decimal import Decimal
from typing import Any

from graphql import GraphQLError, value_from_ast_untyped

from adapters.shopify.sandbox.catalog_view import CatalogView, amount
from adapters.shopify.sandbox.connections import connection
from adapters.shopify.sandbox.draft_view import DraftView
from adapters.shopify.sandbox.global_ids import of_type
from adapters.shopify.sandbox.order_desk import OrderDesk
from adapters.shopify.sandbox.people_view import PeopleView
from adapters.shopify.sandbox.search_syntax import Fields, Texts, parse
from adapters.shopify.sandbox.stock_room import StockRoom
from adapters.shopify.sandbox.world import ShopVariant, World, number
from gateway.model.money import Money
from gateway.model.stores import StoreRecord
from gateway.testing.sandbox import SeedPrice

VARIANT_TEXTS: Texts = {"sku": lambda variant: variant.sku, "barcode": lambda variant: variant.barcode}
RIGHTS = [
    "read_products",
    "read_inventory",
    "read_locations",
    "read_customers",
    "read_orders",
    "read_markets",
    "write_draft_orders",
    "read_discounts",
    "write_orders",
    "write_customers",
    "write_inventory",
]
RIGHT_OF = {
    "products": "read_products",
    "productByIdentifier": "read_products",
    "productVariants": "read_products",
    "collections": "read_products",
    "collectionByIdentifier": "read_products",
    "locations": "read_locations",
    "customerByIdentifier": "read_customers",
    "customerCreate": "write_customers",
    "orders": "read_orders",
    "marketsResolvedValues": "read_markets",
    "draftOrderCalculate": "write_draft_orders",
    "codeDiscountNodeByCode": "read_discounts",
    "orderCreate": "write_orders",
    "orderCancel": "write_orders",
    "orderByIdentifier": "read_orders",
    "inventoryAdjustQuantities": "write_inventory",
}
"""The right that a root field needs; without it the vendor answers ACCESS_DENIED to the whole query."""
ORDER_HISTORY = timedelta(days=60)


def _key(info: Any) -> str | None:
    """What the field's `@idempotent` says."""
    for directive in info.field_nodes[0].directives or ():
        if directive.name.value == "idempotent":
            return value_from_ast_untyped(directive.arguments[0].value, info.variable_values.coerced)
    return None


def money(found: Money) -> dict[str, str]:
    return {"amount": amount(found.amount), "currencyCode": found.currency}


class AdminRoot:
    def __init__(self, world: World, *, read_all_orders: bool, withheld: Set[str] = frozenset()) -> None:
        self._world = world
        self._all_orders = read_all_orders
        self._withheld = withheld
        self._catalog = CatalogView(world, world.seed.default_language, admin=True)
        self._desk = OrderDesk(world)
        self._stock = StockRoom(world)
        self._drafts = DraftView(world, self._asked)
        self._people = PeopleView(world, None if read_all_orders else world.now - ORDER_HISTORY)

    def shop(self, info: Any) -> dict[str, Any]:
        return {
            "name": "Sandbox shop",
            "currencyCode": self._world.seed.currency,
            "taxesIncluded": self._world.taxes_included,
            "ianaTimezone": "Etc/UTC",
        }

    def currentAppInstallation(self, info: Any) -> dict[str, Any]:
        rights = [*RIGHTS, "read_all_orders"] if self._all_orders else RIGHTS
        return {"accessScopes": [{"handle": right} for right in rights if right not in self._withheld]}

    def marketsResolvedValues(self, info: Any, buyerSignal: dict[str, Any]) -> dict[str, Any]:
        country = buyerSignal["countryCode"]
        if country not in self._world.markets:
            country = self._world.seed.country
        included = self._world.tax_overrides.get(country, self._world.taxes_included)
        return {
            "currencyCode": self._world.markets[country],
            "priceInclusivity": {"taxesIncluded": included},
        }

    # --- catalogue ----------------------------------------------------------------------------------------------

    def products(self, info: Any, first: Any = None, after: Any = None, query: Any = None, sortKey: Any = None) -> Any:
        fields: Fields = {"status": lambda product, value: product.status.lower() == value.lower()}
        matches = parse(query, fields)
        return self._catalog.products([p for p in self._catalog.listed() if matches(p)], first, after)

    def productByIdentifier(self, info: Any, identifier: dict[str, Any]) -> Any:
        native = identifier.get("id")
        known = self._world.products.get(of_type("Product", native)) if native else None
        found = known or self._world.handles.get(identifier.get("handle", ""))
        return self._catalog.product(found) if found else None

    def collectionByIdentifier(self, info: Any, identifier: dict[str, Any]) -> Any:
        found = self._world.collections.get(identifier.get("handle", ""))
        return self._catalog.collection(found) if found else None

    def collections(self, info: Any, first: Any = None, after: Any = None, sortKey: Any = None) -> Any:
        return self._catalog.collections(first, after)

    def productVariants(
        self, info: Any, first: Any = None, after: Any = None, query: Any = None, sortKey: Any = None
    ) -> Any:
        matches = parse(query, {}, VARIANT_TEXTS)
        return connection(
            [variant for variant in self._world.variants.values() if matches(variant)],
            self._variant,
            order="id",
            key=lambda variant: (number(variant.id),),
            first=first,
            after=after,
        )

    def _variant(self, variant: ShopVariant) -> dict[str, Any]:
        return {
            **self._catalog.variant(variant),
            "inventoryItem": lambda info: self._item(variant),
            "product": lambda info: self._catalog.product(self._world.products[variant.product]),
            "contextualPricing": lambda info, context: self._pricing(variant, context),
        }

    def nodes(self, info: Any, ids: list[str]) -> list[Any]:
        return [self.node(info, native) for native in ids]

    def node(self, info: Any, id: str) -> Any:  # noqa: A002  the vendor's name
        if variant := self._world.variants.get(id):
            return self._variant(variant)
        if id.startswith("gid://shopify/InventoryItem/"):
            found = self._world.variants.get(f"gid://shopify/ProductVariant/{number(id)}")
            return self._item(found) if found else None
        return self._catalog.node(id) or self._people.node(id) or self._stock.node(id)

    # --- prices and stock ---------------------------------------------------------------------------------------

    def _pricing(self, variant: ShopVariant, context: dict[str, Any]) -> dict[str, Any]:
        world = self._world
        country = context.get("country") or world.seed.country
        if country not in world.markets:
            country = world.seed.country
        prices = world.price_for(variant.key, country, self._company_location(context))
        if not prices:
            free = Money(Decimal(0), world.seed.currency)
            return {"price": money(free), "quantityPriceBreaks": lambda info, first=None: self._breaks([], first)}
        price, currency = prices[0], world.markets[country]
        shown, before = self._converted(price.price, currency), price.list
        measure = variant.record.measurement
        unit = None
        if measure:
            per = shown.amount * measure.reference_quantity / measure.quantity
            unit = money(Money(per, shown.currency).quantized())
        return {
            "price": money(shown),
            "compareAtPrice": money(self._converted(before, currency)) if before else None,
            "unitPrice": unit,
            "quantityPriceBreaks": lambda info, first=None: self._breaks(prices[1:], first),
        }

    def _converted(self, price: Money, currency: str) -> Money:
        rate = self._world.seed.rates.get(currency)
        if price.currency == currency or rate is None:
            return price
        return Money(price.amount * rate, currency).quantized()

    def _breaks(self, prices: list[SeedPrice], first: int | None) -> dict[str, Any]:
        return connection(
            prices,
            lambda price: {"id": "1", "minimumQuantity": int(price.minimum_quantity), "price": money(price.price)},
            order="quantity",
            key=lambda price: (int(price.minimum_quantity),),
            first=first,
            after=None,
        )

    def _company_location(self, context: dict[str, Any]) -> str | None:
        """Only one that the shop has: prices for another are nobody's."""
        asked = context.get("companyLocationId")
        if asked is None:
            return None
        if of_type("CompanyLocation", asked) not in self._world.company_locations.values():
            raise GraphQLError("Company location does not exist", extensions={"code": "RESOURCE_NOT_FOUND"})
        return asked

    def _item(self, variant: ShopVariant) -> dict[str, Any]:
        def level(info: Any, locationId: str) -> dict[str, Any] | None:
            found = self._world.stock.get((variant.key, of_type("Location", locationId)))
            if found is None:
                return None
            states = {"available": found.available, "on_hand": found.on_hand, "incoming": found.incoming}
            return {
                "id": f"gid://shopify/InventoryLevel/{number(locationId)}?inventory_item_id={number(variant.id)}",
                "quantities": lambda info, names: [
                    {"id": "1", "name": name, "quantity": states[name]} for name in names if name in states
                ],
            }

        return {
            "__typename": "InventoryItem",
            "id": variant.item,
            "sku": variant.sku,
            "tracked": variant.tracked,
            "inventoryLevel": level,
        }

    # --- places, people, orders ---------------------------------------------------------------------------------

    def locations(self, info: Any, first: Any = None, after: Any = None, includeInactive: bool = False) -> Any:
        stores = [store for store in self._world.stores.values() if store.active or includeInactive]
        return connection(
            stores, self._location, order="name", key=lambda store: (store.name, store.ref.id), first=first, after=after
        )

    def _location(self, store: StoreRecord) -> dict[str, Any]:
        address, point = store.address, store.point
        lines = (*(address.lines if address else ()), None, None)

        def metafield(info: Any, key: str, namespace: str | None = None) -> dict[str, str] | None:
            return {"id": "1", "value": store.unparsed_hours} if store.unparsed_hours else None

        return {
            "__typename": "Location",
            "id": store.ref.id,
            "name": store.name,
            "isActive": store.active,
            "fulfillsOnlineOrders": "ship" in store.services or store.pickup is not False,
            "shipsInventory": "ship" in store.services,
            "localPickupSettingsV2": {"instructions": ""} if store.pickup else None,
            "address": {
                "address1": lines[0],
                "address2": lines[1],
                "city": address.city if address else None,
                "province": address.region if address else None,
                "countryCode": address.country if address else None,
                "zip": address.postal_code if address else None,
                "phone": store.phone,
                "latitude": point.latitude if point else None,
                "longitude": point.longitude if point else None,
            },
            "metafield": metafield,
        }

    def draftOrderCalculate(self, info: Any, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002  the vendor's name
        return self._drafts.calculate(input)

    def orderCreate(self, info: Any, order: dict[str, Any], options: dict[str, Any] | None = None) -> dict[str, Any]:
        made, errors = self._desk.create(order, options)
        return {"order": self._people.node(made.id) if made else None, "userErrors": errors}

    def orderCancel(
        self, info: Any, orderId: str, reason: str, restock: bool, notifyCustomer: bool | None = None
    ) -> dict[str, Any]:
        errors = self._desk.cancel(of_type("Order", orderId), restock=restock)
        job = {"id": f"gid://shopify/Job/{number(orderId)}", "done": False}
        return {"job": None if errors else job, "orderCancelUserErrors": errors}

    def orderByIdentifier(self, info: Any, identifier: dict[str, Any]) -> Any:
        if "id" in identifier:
            return self._people.node(identifier["id"])
        found = self._desk.by_reference(identifier["customId"])
        return self._people.node(found.id) if found else None

    def metafieldDefinition(self, info: Any, identifier: dict[str, Any]) -> dict[str, Any] | None:
        place = (identifier.get("namespace") or "", identifier["key"])
        if place not in self._world.unique_metafields:
            return None
        return {
            "id": "gid://shopify/MetafieldDefinition/1",
            "key": place[1],
            "type": {"name": "id"},
            "capabilities": {"uniqueValues": {"enabled": True}},
        }

    def codeDiscountNodeByCode(self, info: Any, code: str) -> dict[str, Any] | None:
        return self._drafts.code_node(code)

    def _asked(self, variant: ShopVariant, country: str) -> Money:
        """What the shop asks for one piece there."""
        prices = self._world.price_for(variant.key, country, None)
        return self._converted(prices[0].price, self._world.markets[country]) if prices else Money(Decimal(0), "")

    def customerCreate(self, info: Any, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002  the vendor's name
        native, errors = self._people.create(input)
        return {"customer": self._people.node(native) if native else None, "userErrors": errors}

    def inventoryAdjustQuantities(self, info: Any, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002  the vendor's
        return self._stock.adjust(input, _key(info))

    def customerByIdentifier(self, info: Any, identifier: dict[str, Any]) -> Any:
        return self._people.customer_by(identifier)

    def orders(
        self,
        info: Any,
        first: Any = None,
        after: Any = None,
        query: Any = None,
        sortKey: Any = None,
        reverse: bool | None = None,
    ) -> Any:
        return self._people.orders(first, after, query, bool(reverse))
