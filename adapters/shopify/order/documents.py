"""The order documents and the shapes of their answers. Amounts are presentment money: what the customer saw."""

from __future__ import annotations

from functools import lru_cache

from adapters.shopify.client import Document
from adapters.shopify.shapes import Amount, Edges, Identified, Moment, Node
from gateway.kit.graphql import RelayNodes
from gateway.model.money import Money

ORDER_POINTS = 9
"""An order without lines: itself, place, customer, three amounts of two objects each."""
LINE_POINTS = 8

_AMOUNT = "{presentmentMoney{amount currencyCode}}"
_LINE = (
    "fragment L on LineItem{id sku title variantTitle quantity currentQuantity"
    f" discountedUnitPriceAfterAllDiscountsSet{_AMOUNT} priceAfterAllDiscountsBeforeTaxesSet{_AMOUNT}"
    f" taxLines(first:5){{priceSet{_AMOUNT}}}}}"
)
_ORDER = (
    "fragment O on Order{id name email processedAt cancelledAt test sourceName sourceIdentifier taxesIncluded"
    " displayFinancialStatus displayFulfillmentStatus returnStatus retailLocation{id} customer{id}"
    f" totalPriceSet{_AMOUNT} totalTaxSet{_AMOUNT} totalRefundedSet{_AMOUNT}"
    " lineItems(first:$lines){pageInfo{hasNextPage endCursor} nodes{...L}}}"
)

ORDERS = Document(
    "admin",
    "Orders",
    "query Orders($q:String! $first:Int! $after:String $lines:Int!)"
    "{orders(first:$first after:$after query:$q sortKey:PROCESSED_AT reverse:true)"
    f"{{pageInfo{{hasNextPage endCursor}} edges{{cursor node{{...O}}}}}}}}{_ORDER} {_LINE}",
)
ORDERS_BY_ID = Document(
    "admin",
    "OrdersById",
    f"query OrdersById($ids:[ID!]! $lines:Int!){{nodes(ids:$ids){{...O}}}}{_ORDER} {_LINE}",
)


@lru_cache(maxsize=64)
def more_lines(orders: int) -> Document:
    """The next lines of several orders, each from its own position."""
    parameters = "".join(f" $i{i}:ID! $a{i}:String!" for i in range(orders))
    aliases = "".join(
        f"k{i}:node(id:$i{i}){{...on Order{{lineItems(first:$lines after:$a{i})"
        "{pageInfo{hasNextPage endCursor} nodes{...L}}}} "
        for i in range(orders)
    )
    return Document("admin", "MoreLines", f"query MoreLines($lines:Int!{parameters}){{{aliases}}}{_LINE}")


class Bag(Node, frozen=True, kw_only=True):
    presentment_money: Amount

    @property
    def money(self) -> Money:
        return self.presentment_money.money


class TaxLine(Node, frozen=True, kw_only=True):
    price_set: Bag


class Line(Node, frozen=True, kw_only=True):
    id: str
    title: str
    quantity: int
    current_quantity: int
    discounted_unit_price_after_all_discounts_set: Bag
    price_after_all_discounts_before_taxes_set: Bag
    tax_lines: list[TaxLine]
    sku: str | None = None
    variant_title: str | None = None


class Lines(Node, frozen=True, kw_only=True):
    line_items: RelayNodes[Line]


class Order(Lines, frozen=True, kw_only=True):
    id: str
    name: str
    processed_at: Moment
    test: bool
    taxes_included: bool
    display_fulfillment_status: str
    return_status: str
    total_price_set: Bag
    total_refunded_set: Bag
    total_tax_set: Bag | None = None
    display_financial_status: str | None = None
    email: str | None = None
    cancelled_at: Moment | None = None
    source_name: str | None = None
    source_identifier: str | None = None
    retail_location: Identified | None = None
    customer: Identified | None = None


class OrderList(Node, frozen=True, kw_only=True):
    orders: Edges[Order]
