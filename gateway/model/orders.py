"""Orders and till receipts, as one backend knows them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum

from msgspec import Struct

from gateway.model.carts import Buyer, PostalAddress
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney


class OrderStatus(Enum):
    """Coarse, over all systems; the backend's own word stands in `raw_status`."""

    OPEN = "OPEN"
    CONFIRMED = "CONFIRMED"
    PARTIALLY_FULFILLED = "PARTIALLY_FULFILLED"
    FULFILLED = "FULFILLED"
    CANCELLED = "CANCELLED"
    RETURNED = "RETURNED"
    UNKNOWN = "UNKNOWN"


class OrderKind(Enum):
    """WEB: ordered online. RECEIPT: bought at a till. REFUND: money given back at a till, amounts negative."""

    WEB = "WEB"
    RECEIPT = "RECEIPT"
    REFUND = "REFUND"


MIRRORED = "gateway:"
"""How the text begins by which an order that the gateway wrote a second time names the first one."""


class OrderOrigin(Struct, frozen=True, gc=False, cache_hash=True):
    """The order's number in the system that first took it. `system` is that backend's configured name or None where the
    record only carries a bare reference."""

    reference: str
    system: str | None = None

    @property
    def written(self) -> str:
        """As a mirror bears it: a text that neither people nor connectors write."""
        return self.reference if self.system is None else f"{MIRRORED}{self.system}:{self.reference}"

    @property
    def spellings(self) -> tuple[str, ...]:
        """The texts that may stand for it: a connector writes the bare number."""
        return tuple(dict.fromkeys((self.reference, self.written)))

    @classmethod
    def read(cls, text: str) -> OrderOrigin:
        system, colon, reference = text.removeprefix(MIRRORED).partition(":")
        return cls(reference, system) if colon and text.startswith(MIRRORED) else cls(text)

    def means(self, asked: OrderOrigin) -> bool:
        """Whether a record with this origin is what is asked for."""
        return self.written in asked.spellings


class OrderLine(Struct, frozen=True, gc=False):
    """A snapshot, as sold. `unit` and `total` after discounts, for `quantity` pieces; `title` as printed then."""

    id: str
    title: str
    quantity: Decimal
    sku: str | None = None
    unit: TaxedMoney | None = None
    total: TaxedMoney | None = None
    returned_quantity: Decimal | None = None


class OrderPart(Struct, frozen=True, gc=False):
    """One of the orders that a checkout became, because their owner fulfils each from one place. `status` None: it
    could not be read now; `location` the owner's reference of the place, where that is told."""

    ref: NativeRef
    number: str
    total: TaxedMoney
    status: OrderStatus | None = None
    raw_status: str | None = None
    lines: tuple[OrderLine, ...] = ()
    location: str | None = None


class Order(Struct, frozen=True, gc=False):
    """`number` is what the customer sees; `placed_at` aware UTC; `location` the native reference of the store it was
    sold at; `origin` set where another system took the order first. `parts`: all orders that one checkout became, this
    one first, where they are shown as one: lines and total are then of all of them."""

    ref: NativeRef
    number: str
    kind: OrderKind
    placed_at: datetime
    status: OrderStatus
    raw_status: str
    total: TaxedMoney
    freshness: Freshness
    lines: tuple[OrderLine, ...] = ()
    lines_truncated: bool = False
    location: str | None = None
    origin: OrderOrigin | None = None
    customer: NativeRef | None = None
    cancelled_at: datetime | None = None
    refunded: Money | None = None
    test: bool = False
    parts: tuple[OrderPart, ...] = ()


class OrderEnrichment(Struct, frozen=True, gc=False):
    """What another system than the one an order was taken in knows of it. `placed_at` is that system's own date."""

    ref: NativeRef
    number: str
    status: OrderStatus
    raw_status: str
    placed_at: datetime
    freshness: Freshness


class OrderPosition(Struct, frozen=True, gc=False):
    """Where a page of one backend's orders ends: the last order consumed, newest first. `token` is the adapter's own
    opaque addition (an edge cursor, ids already given at that instant)."""

    placed_at: datetime
    id: str
    token: str | None = None


class OrdersQuery(Struct, frozen=True, gc=False):
    """Orders of one person in one backend, newest first. `customers` are native references of that backend;
    `exclude_foreign` leaves out records that carry another system's origin reference, at the source.
    `locations` are native references where the backend must be asked by place (empty: all it has)."""

    customers: tuple[NativeRef, ...]
    first: int
    after: OrderPosition | None = None
    emails: tuple[str, ...] = ()
    exclude_foreign: bool = True
    locations: tuple[str, ...] = ()


class OrderDiscount(Struct, frozen=True, gc=False):
    """Taken off a line; `amount` is positive, for all its pieces. `label` is its owner's own words."""

    label: str
    amount: Money
    code: str | None = None


class PlaceOrderLine(Struct, frozen=True, gc=False):
    """`unit` is what one piece costs, in the order's currency, as the price owner said it; `quantity` positive. `total`
    is what all of them cost after `discounts`, with its tax as far as it is known. `places` are this owner's references
    of the places the pieces are taken from, with how many from each; empty: the owner decides. `delivery` names the
    delivery it goes with."""

    sku: str
    quantity: Decimal
    unit: Money
    total: TaxedMoney | None = None
    discounts: tuple[OrderDiscount, ...] = ()
    places: tuple[tuple[str, int], ...] = ()
    delivery: str | None = None


class OrderDelivery(Struct, frozen=True):
    """One way that lines go: collected at `place` (this owner's reference), or sent to `address` by `option` (the
    shipping owner's id, shown as `label`) for `price` after discounts."""

    id: str
    collected: bool = False
    place: str | None = None
    option: str | None = None
    label: str | None = None
    price: TaxedMoney | None = None
    address: PostalAddress | None = None


class PaidPart(Struct, frozen=True, gc=False):
    """One of several payments of one order."""

    processor: str
    payment: str
    amount: Money


class PaidElsewhere(Struct, frozen=True, gc=False):
    """That somebody else has the money, or will have it: `payment` is the processor's own id of it. `amount` is held,
    or due (`due`). Paid in several, it is the last of them with the amount of all, and `parts` are all, for owners that
    can be told several."""

    processor: str
    payment: str
    amount: Money
    due: bool = False
    parts: tuple[PaidPart, ...] = ()


class PlaceOrder(Struct, frozen=True):
    """An order to be placed at its owner, under our reference (26 characters of A-Z and 0-9). `customer` is a native
    reference of that owner; None: a guest's. `total` is what the shopper was told. `pending`: not confirmed before
    `ConfirmOrder`. `origin`: another system took it already, and this is its mirror, which bears that in a field of its
    own. `moves_stock` False: its pieces are counted elsewhere (`OrderWriting.stockless`). `buyer` and addresses are
    people's data, and the reason why no journal keeps a command."""

    reference: str
    lines: tuple[PlaceOrderLine, ...]
    customer: NativeRef | None = None
    deliveries: tuple[OrderDelivery, ...] = ()
    total: Money | None = None
    codes: tuple[str, ...] = ()
    buyer: Buyer | None = None
    note: str | None = None
    payment: PaidElsewhere | None = None
    pending: bool = False
    origin: OrderOrigin | None = None
    moves_stock: bool = True


class ConfirmOrder(Struct, frozen=True, kw_only=True):
    """A pending order is one from now on; one that is not pending and was placed without its payment is told of it.
    `reference` is the one it was placed under."""

    reference: str
    order: NativeRef
    payment: PaidElsewhere | None = None


class CancelOrder(Struct, frozen=True, kw_only=True):
    """An order is none any more, and its stock is free. `reference` is the one it was placed under."""

    reference: str
    order: NativeRef


class PlacedOrder(Struct, frozen=True):
    """What the owner made of it. `total` is the owner's own figure with tax, None where it does not say one yet.
    `places` are the places it really took, where it says so."""

    ref: NativeRef
    number: str
    status: OrderStatus
    total: Money | None = None
    places: tuple[str, ...] = ()


class OrderPreview(Struct, frozen=True):
    """What an order would come to at its owner, with tax; None where the owner says that only of orders that stand."""

    total: Money | None = None


class OrdersPage(Struct, frozen=True, gc=False):
    """`positions[i]` resumes after `orders[i]`. `truncated_before`: older orders exist that this credential may not
    read (a gap, not an end). `restricted`: this credential is shown some of the customer's orders only, of whatever
    age, and cannot tell which are left out."""

    orders: tuple[Order, ...]
    positions: tuple[OrderPosition, ...]
    has_next: bool
    truncated_before: datetime | None = None
    restricted: bool = False
