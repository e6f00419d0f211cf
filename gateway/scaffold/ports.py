"""The ports that there are templates for, and what the files about all of them say of each."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Port(Struct, frozen=True, kw_only=True):
    """`made` is the class in `{name}.py`, `suite` its conformance suite. `listing` is the vendor's list that answers
    it and the constant that names it, `node` its GraphQL type; empty where another port's list does. `impossible` are
    facts that the made-up vendor has not, with the reason. `imports` are those of its example in `test_reading`."""

    name: str
    made: str
    suite: str
    listing: str = ""
    node: str = ""
    operations: Mapping[str, str]
    impossible: Mapping[str, str] = {}
    needs: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()

    @property
    def constant(self) -> str:
        return self.listing.upper()


DECIMAL = "from decimal import Decimal"
CUSTOMER_KEYS = "from gateway.model.customers import CustomerKey, CustomerKeyKind"
MONEY = "from gateway.model.money import Money"

PORTS: dict[str, Port] = {
    port.name: port
    for port in (
        Port(
            name="product",
            made="Products",
            suite="CatalogConformance",
            listing="products",
            node="Product",
            operations={
                "product.get_products": "1 for up to 100 keys of all kinds",
                "product.list_products": "1 a page",
            },
            impossible={
                "category": "the vendor has no categories",
                "collection": "the vendor has no collections",
                "translated": "the vendor keeps one language",
            },
            imports=(
                "from gateway.model.catalog import ProductKey, ProductKeyKind",
                "from gateway.model.text import Text",
            ),
        ),
        Port(
            name="price",
            made="Prices",
            suite="PriceConformance",
            listing="prices",
            node="Price",
            operations={"price.get_prices": "1 for up to 100 keys"},
            impossible={
                "group_price": "the vendor has one price for everybody",
                "grouped_customer": "the vendor has one price for everybody",
            },
            imports=(DECIMAL, MONEY, "from gateway.model.pricing import PriceKey"),
        ),
        Port(
            name="stock",
            made="Stock",
            suite="StockConformance",
            listing="stock",
            node="Stock",
            operations={"stock.get_stock": "1 for up to 100 keys, whatever places"},
            impossible={"kit": "nothing is made of other goods"},
            imports=(DECIMAL, "from gateway.model.stock import StockKey"),
        ),
        Port(
            name="store",
            made="Stores",
            suite="StoreConformance",
            listing="places",
            node="Place",
            operations={"store.list_stores": "1 for up to 250 places"},
        ),
        Port(
            name="customer",
            made="Customers",
            suite="CustomerConformance",
            listing="people",
            node="Person",
            operations={"customer.find_customers": "1 for up to 100 keys of all kinds"},
            imports=(CUSTOMER_KEYS,),
        ),
        Port(
            name="order",
            made="Orders",
            suite="OrdersConformance",
            listing="orders",
            node="Order",
            operations={"order.list_orders": "1 a page", "order.get_orders": "1 for up to 100 ids"},
            imports=(DECIMAL, MONEY, "from gateway.model.identity import NativeRef"),
        ),
        Port(
            name="loyalty",
            made="Accounts",
            suite="LoyaltyConformance",
            listing="accounts",
            node="Account",
            operations={"loyalty.find_accounts": "1 for up to 100 keys of all kinds"},
            imports=(DECIMAL, CUSTOMER_KEYS),
        ),
        Port(
            name="search",
            made="Search",
            suite="SearchConformance",
            operations={"search.search": "1 a page"},
            impossible={"facets with counts": "the vendor has no facets"},
            needs=("product",),
            imports=(),
        ),
    )
}
