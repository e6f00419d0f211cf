"""Products, variants, categories, collections and media, as the catalogue's system of record knows them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum

from msgspec import Struct

from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef, VariantKey
from gateway.model.text import Text


class Image(Struct, frozen=True, gc=False, tag="image"):
    """`width` and `height` in pixels."""

    url: str
    alt: str | None = None
    width: int | None = None
    height: int | None = None


class Video(Struct, frozen=True, gc=False, tag="video"):
    """`mime_type` such as `video/mp4`."""

    url: str
    alt: str | None = None
    mime_type: str | None = None


class Model3dSource(Struct, frozen=True, gc=False):
    """One file of a model: glTF (`model/gltf-binary`) for the web and Android, USDZ (`model/vnd.usdz+zip`) for iOS."""

    url: str
    mime_type: str | None = None


class Model3d(Struct, frozen=True, gc=False, tag="model3d"):
    alt: str | None = None
    sources: tuple[Model3dSource, ...] = ()


Media = Image | Video | Model3d


class ProductOption(Struct, frozen=True, gc=False):
    """An axis along which variants differ, such as Size, with its values in display order."""

    name: str
    values: tuple[str, ...] = ()


class SelectedOption(Struct, frozen=True, gc=False):
    name: str
    value: str


class Measurement(Struct, frozen=True, gc=False):
    """What one piece contains, for unit prices: 750 ml sold per 100 ml is (750, 'ml', 100, 'ml').
    Units are UCUM codes."""

    quantity: Decimal
    unit: str
    reference_quantity: Decimal
    reference_unit: str


class Variant(Struct, frozen=True, gc=False):
    """What a customer buys. `sku` is the business key shared by all backends, None where the catalogue has none: then
    only what its own backend says of it is joined. `gtins` have 14 digits. Records carry their product's reference, not
    the product. `least` and `most` pieces are sold together, to whoever is at least `age` years old; None: its source
    sets no such limit, or does not say."""

    ref: NativeRef
    product: NativeRef
    sku: str | None
    title: Text
    freshness: Freshness
    options: tuple[SelectedOption, ...] = ()
    gtins: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    measurement: Measurement | None = None
    taxable: bool | None = None
    tags: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    age: int | None = None

    @property
    def key(self) -> VariantKey:
        """What price and stock are asked by."""
        return self.sku if self.sku is not None else self.ref


class ProductStatus(Enum):
    ACTIVE = "ACTIVE"
    DRAFT = "DRAFT"
    ARCHIVED = "ARCHIVED"


class Product(Struct, frozen=True, gc=False):
    """A product with all its variants, in display order. `slug` is its path in URLs; `description` is plain text.
    `category_keys` and `collection_keys` are keys of `Category` and `Collection`."""

    ref: NativeRef
    title: Text
    freshness: Freshness
    slug: str | None = None
    description: Text | None = None
    brand: str | None = None
    product_type: str | None = None
    tags: tuple[str, ...] = ()
    options: tuple[ProductOption, ...] = ()
    variants: tuple[Variant, ...] = ()
    media: tuple[Media, ...] = ()
    category_keys: tuple[str, ...] = ()
    collection_keys: tuple[str, ...] = ()
    status: ProductStatus = ProductStatus.ACTIVE
    updated_at: datetime | None = None


class Category(Struct, frozen=True, gc=False):
    """A place in the tree. `key` is unique in its backend and stable (a slug or a native id); `parent` is a key."""

    key: str
    name: Text
    freshness: Freshness
    slug: str | None = None
    parent: str | None = None
    position: int = 0

    @property
    def ref(self) -> NativeRef:
        """A key means nothing without the backend that uses it."""
        return NativeRef(self.freshness.source, self.key)

    @property
    def above(self) -> NativeRef | None:
        return None if self.parent is None else NativeRef(self.freshness.source, self.parent)


class Collection(Struct, frozen=True, gc=False):
    """A merchandised set of products; no tree."""

    key: str
    name: Text
    freshness: Freshness
    slug: str | None = None
    description: Text | None = None
    image: Image | None = None

    @property
    def ref(self) -> NativeRef:
        return NativeRef(self.freshness.source, self.key)


class ProductKeyKind(Enum):
    SLUG = "slug"
    SKU = "sku"
    BARCODE = "barcode"
    NATIVE = "native"


class ProductKey(Struct, frozen=True, gc=False, cache_hash=True):
    """One way to ask for a product. `value`: a slug, a SKU, a GTIN of 14 digits, or the backend's own id."""

    kind: ProductKeyKind
    value: str


class ProductQuery(Struct, frozen=True, gc=False):
    """A page of the assortment in a stable order. `after` is the adapter's own opaque position."""

    first: int
    after: str | None = None
    category: str | None = None
    collection: str | None = None


class ProductPage(Struct, frozen=True, gc=False):
    """`positions[i]` is where a page after `products[i]` starts; `total` None where counting costs another call."""

    products: tuple[Product, ...]
    positions: tuple[str, ...]
    has_next: bool
    total: int | None = None
