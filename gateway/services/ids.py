"""Ids: opaque outside, canonical inside. From the business key where there is one, else from backend alias and native
id. The text inside is versioned and nobody's business; clients compare ids, they never take them apart."""

from __future__ import annotations

import base64
import binascii
from enum import Enum

from msgspec import Struct

from gateway.errors import MalformedId
from gateway.model.catalog import Category, Collection, Product, Variant
from gateway.model.identity import NativeRef, canonical_key, is_plain
from gateway.model.orders import Order
from gateway.model.remembered import remembered
from gateway.ownership import Ownership

_LONGEST = 2048
"""Of an id: 255 characters of a key, in four bytes each, as base64."""
_LONGEST_VALUE = 512
_INSIDE = "\x1e"
"""Between the product's and the variant's native id."""


class NodeType(Enum):
    """The GraphQL types that have ids, by the letters that stand for them inside an id."""

    PRODUCT = "Product"
    VARIANT = "Variant"
    STORE = "Store"
    CUSTOMER = "Customer"
    ORDER = "Order"
    CATEGORY = "Category"
    COLLECTION = "Collection"
    LOYALTY_ACCOUNT = "LoyaltyAccount"


_VARIANT = NodeType.VARIANT.value
_NATIVE = frozenset({"native"})
_SCHEMES: dict[NodeType, frozenset[str]] = {
    NodeType.PRODUCT: _NATIVE,
    NodeType.VARIANT: frozenset({"native", "sku"}),
    NodeType.STORE: frozenset({"name"}),
    NodeType.CUSTOMER: frozenset({"gateway"}),
    NodeType.ORDER: _NATIVE,
    NodeType.CATEGORY: _NATIVE,
    NodeType.COLLECTION: _NATIVE,
    NodeType.LOYALTY_ACCOUNT: _NATIVE,
}


class NodeId(Struct, frozen=True):
    """`scheme` is `sku`, `name`, `native` (then `space` is a backend's public alias) or `gateway` (our own random
    id)."""

    type: NodeType
    scheme: str
    space: str
    value: str

    @property
    def sound(self) -> bool:
        """Whether a record of this type can be known so."""
        value, native = self.value, self.scheme == "native"
        if native and self.type is NodeType.VARIANT:
            product, inside, value = value.partition(_INSIDE)
            if not (product and inside and is_plain(product)):
                return False
        return (
            self.scheme in _SCHEMES[self.type]
            and bool(self.space) == native
            and 0 < len(value) <= _LONGEST_VALUE
            and is_plain(value + self.space)
            and (self.scheme != "sku" or canonical_key(value) == value)
        )

    def encode(self) -> str:
        return _encoded(self.type.value, self.scheme, self.space, self.value)


def _encoded(kind: str, scheme: str, space: str, value: str) -> str:
    text = "\x1f".join(("1", kind, scheme, space, value))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@remembered(1024)
def decode(identifier: str) -> NodeId:
    """Raises MalformedId for anything the gateway would not issue: another spelling of an id too, so that one record
    has one. Ids are not signed, because they must outlive keys and machines: whether there is such a record, and
    whether this caller may see it, is decided as if it had been found by browsing."""
    try:
        if len(identifier) > _LONGEST:
            raise ValueError("too long")
        raw = base64.urlsafe_b64decode(identifier.encode("ascii") + b"=" * (-len(identifier) % 4))
        version, kind, scheme, space, value = raw.decode().split("\x1f")
        node = NodeId(NodeType(kind), scheme, space, value)
        if version != "1" or not node.sound or node.encode() != identifier:
            raise ValueError(version)
    except (ValueError, binascii.Error) as error:
        raise MalformedId("This is not an id that this API issued.") from error
    return node


def decode_as(identifier: str, kind: NodeType) -> NodeId:
    """Raises MalformedId also for an id of another type."""
    node = decode(identifier)
    if node.type is not kind:
        raise MalformedId(f"This is the id of a {node.type.value}, not of a {kind.value}.")
    return node


class Ids:
    """Ids of records. Needs the ownership only for aliases: a backend's internal name never leaves the gateway."""

    def __init__(self, ownership: Ownership) -> None:
        self._ownership = ownership

    def native(self, kind: NodeType, ref: NativeRef) -> str:
        return _encoded(kind.value, "native", self._ownership.alias(ref.backend), ref.id)

    def parts(self, ref: NativeRef) -> tuple[NativeRef, NativeRef]:
        """The product and the variant of a variant's native reference."""
        product, _, variant = ref.id.partition(_INSIDE)
        return NativeRef(ref.backend, product), NativeRef(ref.backend, variant)

    def ref(self, node: NodeId) -> NativeRef | None:
        """The native reference inside; None where it is of a backend that is not configured (any more)."""
        backend = self._ownership.backend_of_alias(node.space)
        return None if node.scheme != "native" or backend is None else NativeRef(backend, node.value)

    def product(self, product: Product) -> str:
        return self.native(NodeType.PRODUCT, product.ref)

    def variant(self, variant: Variant) -> str:
        if variant.sku is None:
            both = NativeRef(variant.ref.backend, f"{variant.product.id}{_INSIDE}{variant.ref.id}")
            return self.native(NodeType.VARIANT, both)
        return _encoded(_VARIANT, "sku", "", canonical_key(variant.sku))

    def order(self, order: Order) -> str:
        return self.native(NodeType.ORDER, order.ref)

    def store(self, name: str) -> str:
        return NodeId(NodeType.STORE, "name", "", name).encode()

    def category(self, category: Category) -> str:
        return self.native(NodeType.CATEGORY, category.ref)

    def collection(self, collection: Collection) -> str:
        return self.native(NodeType.COLLECTION, collection.ref)

    def customer(self, customer_id: str) -> str:
        return NodeId(NodeType.CUSTOMER, "gateway", "", customer_id).encode()
