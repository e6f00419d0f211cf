"""Ids: opaque outside, canonical inside. From the business key where there is one, else from backend alias and native
id. The text inside is versioned and nobody's business; clients compare ids, they never take them apart."""

from __future__ import annotations

import base64
import binascii
from enum import Enum

from msgspec import Struct

from gateway.errors import MalformedId
from gateway.model.catalog import Product, Variant
from gateway.model.identity import NativeRef
from gateway.model.orders import Order
from gateway.model.remembered import remembered
from gateway.ownership import Ownership


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


class NodeId(Struct, frozen=True):
    """`scheme` is `sku`, `name`, `native` (then `space` is a backend alias), `number` (an order's, `space` its origin)
    or `gateway` (our own random id)."""

    type: NodeType
    scheme: str
    space: str
    value: str

    def encode(self) -> str:
        return _encoded(self.type.value, self.scheme, self.space, self.value)


def _encoded(kind: str, scheme: str, space: str, value: str) -> str:
    text = "\x1f".join(("1", kind, scheme, space, value))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@remembered(1024)
def decode(identifier: str) -> NodeId:
    """Raises MalformedId for anything the gateway did not issue."""
    try:
        raw = base64.urlsafe_b64decode(identifier.encode("ascii") + b"=" * (-len(identifier) % 4))
        version, kind, scheme, space, value = raw.decode().split("\x1f")
        if version != "1" or not value or len(identifier) > 512:
            raise ValueError(version)
        return NodeId(NodeType(kind), scheme, space, value)
    except (ValueError, binascii.Error) as error:
        raise MalformedId("This is not an id that this API issued.") from error


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

    def ref(self, node: NodeId) -> NativeRef | None:
        """The native reference inside; None where it is of a backend that is not configured (any more)."""
        backend = self._ownership.backend_of_alias(node.space)
        return None if node.scheme != "native" or backend is None else NativeRef(backend, node.value)

    def product(self, product: Product) -> str:
        return self.native(NodeType.PRODUCT, product.ref)

    def variant(self, variant: Variant) -> str:
        if variant.sku is None:
            both = NativeRef(variant.ref.backend, f"{variant.product.id}\x1e{variant.ref.id}")
            return self.native(NodeType.VARIANT, both)
        return _encoded(_VARIANT, "sku", "", variant.sku)

    def order(self, order: Order) -> str:
        return self.native(NodeType.ORDER, order.ref)

    def store(self, name: str) -> str:
        return NodeId(NodeType.STORE, "name", "", name).encode()

    def category(self, key: str) -> str:
        return NodeId(NodeType.CATEGORY, "name", "", key).encode()

    def collection(self, key: str) -> str:
        return NodeId(NodeType.COLLECTION, "name", "", key).encode()

    def customer(self, customer_id: str) -> str:
        return NodeId(NodeType.CUSTOMER, "gateway", "", customer_id).encode()
