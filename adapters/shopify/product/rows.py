"""The shapes of catalogue answers, decoded strictly: a missing or wrong-typed field is an invalid answer. Fields with a
default are those a document may leave out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct, field

T = TypeVar("T")
Moment = Annotated[datetime, Meta(tz=True)]
"""An instant; one without a time zone is refused."""
HIGHEST = Decimal(10) ** 15
"""More than any price, in any currency."""


class Node(Struct, frozen=True, rename="camel", kw_only=True):
    """Base of all shapes: the vendor writes camelCase."""


class PageInfo(Node, frozen=True, kw_only=True):
    has_next_page: bool
    end_cursor: str | None = None


class Nodes(Node, Generic[T], frozen=True, kw_only=True):
    nodes: list[T]


class Page(Node, Generic[T], frozen=True, kw_only=True):
    page_info: PageInfo
    nodes: list[T]


class Edge(Node, Generic[T], frozen=True, kw_only=True):
    cursor: str
    node: T


class Edges(Node, Generic[T], frozen=True, kw_only=True):
    page_info: PageInfo
    edges: list[Edge[T]]


class Money(Node, frozen=True, kw_only=True):
    """`amount` is a decimal string on the wire."""

    amount: Decimal
    currency_code: Annotated[str, Meta(pattern="^[A-Z]{3}$")]

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or abs(self.amount) >= HIGHEST:
            raise ValueError("an amount that is none")


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
    sources: list[Source] = []


class OptionValue(Node, frozen=True, kw_only=True):
    name: str


class Option(Node, frozen=True, kw_only=True):
    name: str
    option_values: list[OptionValue]


class Selected(Node, frozen=True, kw_only=True):
    name: str
    value: str


class Measurement(Node, frozen=True, kw_only=True):
    quantity_value: Decimal
    reference_value: Decimal
    quantity_unit: str | None = None
    reference_unit: str | None = None

    def __post_init__(self) -> None:
        for value in (self.quantity_value, self.reference_value):
            if not value.is_finite() or abs(value.adjusted()) >= 15:
                raise ValueError("a measure that is none")


class Variant(Node, frozen=True, kw_only=True):
    id: str
    title: str
    taxable: bool
    selected_options: list[Selected]
    sku: str | None = None
    barcode: str | None = None
    image: Image | None = None
    unit_price_measurement: Measurement | None = None


class Handle(Node, frozen=True, kw_only=True):
    handle: str


class Product(Node, frozen=True, kw_only=True):
    """`status` and `published_at` are told by Admin only."""

    id: str
    handle: str
    title: str
    description: str
    vendor: str
    product_type: str
    tags: list[str]
    updated_at: Moment
    options: list[Option]
    media: Nodes[Media]
    collections: Nodes[Handle]
    variants: Page[Variant]
    status: str = "ACTIVE"
    published_at: Moment | None = None


class ProductTexts(Node, frozen=True, kw_only=True):
    """What of a product is translated. A variant's title is made of its option values."""

    id: str
    title: str
    description: str
    options: list[Option]


class TextNodes(Node, frozen=True, kw_only=True):
    nodes: list[ProductTexts | None]


class MoreVariants(Node, frozen=True, kw_only=True):
    variants: Page[Variant]


class Code(Node, frozen=True, kw_only=True):
    iso_code: str


class Localization(Node, frozen=True, kw_only=True):
    """What the answer was really given in; `available_countries` when asked for."""

    country: Code
    language: Code
    available_countries: list[Code] | None = None


class Resource(Node, frozen=True, kw_only=True):
    """Set when the menu item leads to a collection."""

    handle: str | None = None


class MenuItem(Node, frozen=True, kw_only=True):
    title: str
    resource: Resource | None = None
    items: list[MenuItem] = []


class Menu(Node, frozen=True, kw_only=True):
    items: list[MenuItem]


class Head(Node, frozen=True, kw_only=True):
    localization: Localization
    menu: Menu | None = None


class ProductList(Head, frozen=True, kw_only=True):
    products: Edges[Product]


class ProductsOfCollection(Node, frozen=True, kw_only=True):
    products: Edges[Product]


class CollectionList(Head, frozen=True, kw_only=True):
    collection: ProductsOfCollection | None


class Collection(Node, frozen=True, kw_only=True):
    handle: str
    title: str
    description: str
    image: Image | None = None


class Collections(Head, frozen=True, kw_only=True):
    collections: Page[Collection]
