"""The shapes of products and collections in answers."""

from __future__ import annotations

from msgspec import field

from adapters.shopify.shapes import Moment, Node, Nodes, UnitPriceMeasurement
from gateway.kit.graphql import RelayNodes


class Image(Node, frozen=True, kw_only=True):
    url: str
    alt_text: str | None = None
    width: int | None = None
    height: int | None = None


class Source(Node, frozen=True, kw_only=True):
    url: str
    mime_type: str


class Media(Node, frozen=True, kw_only=True):
    """Any kind of media; kinds that the document does not open have neither image nor sources."""

    kind: str = field(name="__typename")
    alt: str | None = None
    image: Image | None = None
    sources: tuple[Source, ...] = ()


class OptionValue(Node, frozen=True, kw_only=True):
    name: str


class Option(Node, frozen=True, kw_only=True):
    name: str
    option_values: list[OptionValue]


class Selected(Node, frozen=True, kw_only=True):
    name: str
    value: str


class QuantityRule(Node, frozen=True, kw_only=True):
    minimum: int = 1
    maximum: int | None = None


class Variant(Node, frozen=True, kw_only=True):
    id: str
    title: str
    taxable: bool
    selected_options: list[Selected]
    sku: str | None = None
    barcode: str | None = None
    image: Image | None = None
    unit_price_measurement: UnitPriceMeasurement | None = None
    quantity_rule: QuantityRule | None = None


class MoreVariants(Node, frozen=True, kw_only=True):
    variants: RelayNodes[Variant]


class Handle(Node, frozen=True, kw_only=True):
    handle: str


class ProductTexts(Node, frozen=True, kw_only=True):
    """What of a product is translated. A variant's title is made of its option values."""

    id: str
    title: str
    description: str
    options: list[Option]


class Product(ProductTexts, frozen=True, kw_only=True):
    """`status` and `published_at` are told by Admin only."""

    handle: str
    vendor: str
    product_type: str
    tags: list[str]
    updated_at: Moment
    media: Nodes[Media]
    collections: Nodes[Handle]
    variants: RelayNodes[Variant]
    status: str = "ACTIVE"
    published_at: Moment | None = None


class Collection(Node, frozen=True, kw_only=True):
    handle: str
    title: str
    description: str
    image: Image | None = None
