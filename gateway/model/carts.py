"""A cart as the gateway keeps it: what was chosen, by whom, for which market. It holds no price, discount or tax: those
are their owners' answers and stand in `model.cart_answers`.

Everything a shopper typed (buyer, addresses, notes, attributes, options) is sealed where it is stored and is in clear
only in these records.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from gateway.model.gift_cards import GiftCard
from gateway.model.identity import NativeRef, VariantKey, sku_of
from gateway.model.money import Money
from gateway.model.stock import Fulfilment
from gateway.model.streams import StreamEnd


class CartState(Enum):
    """OPEN -> FROZEN -> ORDERED, or back to OPEN. MERGED and ABANDONED are ends of an open cart."""

    OPEN = "OPEN"
    FROZEN = "FROZEN"
    """A checkout runs: nothing may be changed until it has ended or was cancelled."""
    ORDERED = "ORDERED"
    MERGED = "MERGED"
    """Its lines went into another cart (`Cart.merged_into`)."""
    ABANDONED = "ABANDONED"


class HandOffMode(Enum):
    MOVE = "MOVE"
    """The giver's secret dies when the code is claimed."""
    SHARE = "SHARE"
    """Both hold the cart; each may revoke the other."""


class MergeRule(Enum):
    """What becomes of a line that both carts have."""

    SUM = "SUM"
    KEEP_NEWEST = "KEEP_NEWEST"
    """The line that was changed last."""
    REPLACE = "REPLACE"
    """Nothing of the cart that is merged into is kept: the other's lines take their place."""


class ExpectedPrice(Struct, frozen=True, gc=False):
    """What one piece cost where the shopper saw it: a unit price in major units; `observed` is aware UTC."""

    amount: Money
    observed: datetime


class CartLine(Struct, frozen=True, kw_only=True):
    """`id` is random and stays the line's own; `quantity` is a positive whole number of pieces. `product` is set where
    the variant is known by reference only. `group` is the delivery group it goes with; None is the first one.
    `version` is the cart's when the line was last changed; times are aware UTC."""

    id: str
    variant: VariantKey
    quantity: Decimal
    added: datetime
    changed: datetime
    version: int
    product: NativeRef | None = None
    group: str | None = None
    saved: bool = False
    """Kept for later: in no total, no delivery and no order."""
    expected: ExpectedPrice | None = None
    options: Mapping[str, str] = {}
    attributes: Mapping[str, str] = {}
    note: str | None = None
    by: str | None = None
    """The holder that typed options, attributes and note; None: the signed-in customer, or several."""

    @property
    def sku(self) -> str | None:
        return sku_of(self.variant)

    def alike(self, other: CartLine) -> bool:
        """Whether the two are one line in two places: the same thing, wanted in the same way."""
        same = self.variant == other.variant and self.group == other.group and self.saved == other.saved
        return (
            same
            and self.options == other.options
            and self.attributes == other.attributes
            and (self.note or None) == (other.note or None)
        )


class PostalAddress(Struct, frozen=True, kw_only=True):
    """Where goods go. `country` ISO 3166-1 alpha-2, `region` the part behind the hyphen of ISO 3166-2. `by` is the
    holder that typed it (None: the signed-in customer)."""

    country: str
    lines: tuple[str, ...] = ()
    name: str = ""
    company: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    phone: str = ""
    by: str | None = None


class Buyer(Struct, frozen=True, kw_only=True):
    """Who buys. `email` lower-cased, `phone` E.164 where it could be read as one. `by` as of `PostalAddress`."""

    email: str | None = None
    phone: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    company: str | None = None
    by: str | None = None


class DeliveryGroup(Struct, frozen=True, kw_only=True):
    """What goes one way together. `store` is the configured store of a PICKUP; `location` the configured location the
    goods leave from, where a fulfilment plan was chosen; `option` the shipping owner's id of the chosen option."""

    id: str
    fulfilment: Fulfilment = Fulfilment.DELIVERY
    store: str | None = None
    location: str | None = None
    option: str | None = None
    address: PostalAddress | None = None


FIRST_GROUP = "1"
"""The delivery group every cart has, to which lines belong that name none."""


class CartGiftCard(Struct, frozen=True, kw_only=True):
    """A gift card that pays for the cart. `id` is random, `backend` its processor's configured name, `label` what its
    kind is called. `card` is sealed where it is stored; once the cart was ordered its last four signs are left.
    `balance`, and what one purchase may take of it where that is less (`most`), are of `checked` (aware UTC). `by` as
    of `PostalAddress`."""

    id: str
    backend: str
    label: str
    card: GiftCard
    balance: Money
    checked: datetime
    most: Money | None = None
    by: str | None = None

    @property
    def shown(self) -> str:
        return f"{self.label} **** {self.card.last_four}"


class CartHolder(Struct, frozen=True, kw_only=True):
    """A device that holds the cart's secret. `touchpoint` and `store` are of the client that it was given to."""

    id: str
    touchpoint: str
    since: datetime
    store: str | None = None


class CartAccess(Struct, frozen=True, kw_only=True):
    """What a caller may open carts with: `person` is the signed-in customer's `Principal.key`, `secret` what the header
    `Commerce-Cart-Secret` bears."""

    person: str | None = None
    secret: str | None = None


class Cart(Struct, frozen=True, kw_only=True):
    """`version` grows with every change. The commerce context (`channel`, `country`, `currency`) is the cart's own and
    is left by `cartMove` only. `person` is the `Principal.key` of the customer it belongs to; None: whoever bears a
    secret. `checkout` is set while FROZEN and once ORDERED, `order` is our reference once ORDERED. `codes` are trimmed,
    upper-cased, each once. `holder` is which holder asks, in this operation, and `holder_touchpoint` what its secret
    was given to; None: the customer. Times are aware UTC."""

    id: str
    version: int
    state: CartState
    country: str
    currency: str
    created: datetime
    changed: datetime
    channel: str | None = None
    store: str | None = None
    person: str | None = None
    checkout: str | None = None
    order: str | None = None
    merged_into: str | None = None
    lines: tuple[CartLine, ...] = ()
    groups: tuple[DeliveryGroup, ...] = (DeliveryGroup(id=FIRST_GROUP),)
    codes: tuple[str, ...] = ()
    buyer: Buyer | None = None
    note: str | None = None
    attributes: Mapping[str, str] = {}
    gift_cards: tuple[CartGiftCard, ...] = ()
    """In the order in which they pay."""
    written_by: str | None = None
    """The holder that typed `note` and `attributes`; None: the signed-in customer, or several."""
    holder: str | None = None
    holder_touchpoint: str | None = None

    @property
    def active(self) -> tuple[CartLine, ...]:
        """The lines that are bought: those that are not saved for later."""
        return tuple(line for line in self.lines if not line.saved)

    @property
    def authors(self) -> frozenset[str | None]:
        """Whoever typed something that is in it: holders; None: the signed-in customer, or several together."""
        found = [group.address.by for group in self.groups if group.address is not None]
        found += [card.by for card in self.gift_cards]
        found += [line.by for line in self.lines if line.options or line.attributes or line.note]
        if self.buyer is not None:
            found.append(self.buyer.by)
        if self.note or self.attributes:
            found.append(self.written_by)
        return frozenset(found)

    def typed_by(self, holder: str | None) -> Cart:
        """Without what anybody else typed: the same goods, the same ways."""
        mine = self.written_by == holder
        return replace(
            self,
            buyer=self.buyer if self.buyer is not None and self.buyer.by == holder else None,
            note=self.note if mine else None,
            attributes=self.attributes if mine else {},
            gift_cards=tuple(card for card in self.gift_cards if card.by == holder),
            lines=tuple(
                line if line.by == holder else replace(line, options={}, attributes={}, note=None)
                for line in self.lines
            ),
            groups=tuple(
                group if group.address is None or group.address.by == holder else replace(group, address=None)
                for group in self.groups
            ),
        )

    def group_of(self, line: CartLine) -> DeliveryGroup:
        """The line's delivery group; the first where the line names none that is there."""
        return next((group for group in self.groups if group.id == line.group), self.groups[0])

    def lines_of(self, group: DeliveryGroup) -> tuple[CartLine, ...]:
        return tuple(line for line in self.active if self.group_of(line) is group)


class ChangeKind(Enum):
    """What became of a line when carts were merged or moved to another market."""

    ADDED = "ADDED"
    QUANTITY_CHANGED = "QUANTITY_CHANGED"
    KEPT = "KEPT"
    REMOVED = "REMOVED"
    PRICE_CHANGED = "PRICE_CHANGED"
    NOT_SOLD_THERE = "NOT_SOLD_THERE"
    CODE_LOST = "CODE_LOST"
    GIFT_CARD_LOST = "GIFT_CARD_LOST"
    DELIVERY_RESET = "DELIVERY_RESET"


class CartChange(Struct, frozen=True, kw_only=True):
    """One change that a merge or a move made. `line` is the id of the line in the cart that lives on, `code` the code
    that was lost, `gift_card` the gift card as it was shown; quantities and unit prices before and after, where they
    are what changed."""

    kind: ChangeKind
    line: str | None = None
    code: str | None = None
    gift_card: str | None = None
    before: Decimal | None = None
    after: Decimal | None = None
    price_before: Money | None = None
    price_after: Money | None = None


class LineOfCart(Struct, frozen=True):
    """A line with the cart it is of: what the schema shows."""

    cart: Cart
    line: CartLine

    @property
    def key(self) -> tuple[str, int, str]:
        return (self.cart.id, self.cart.version, self.line.id)


class GroupOfCart(Struct, frozen=True):
    """A delivery group with the cart it is of."""

    cart: Cart
    group: DeliveryGroup

    @property
    def key(self) -> tuple[str, int, str]:
        return (self.cart.id, self.cart.version, self.group.id)


class GiftCardOfCart(Struct, frozen=True):
    """A gift card with the cart it is of."""

    cart: Cart
    card: CartGiftCard

    @property
    def key(self) -> tuple[str, int, str]:
        return (self.cart.id, self.cart.version, self.card.id)


class CartEntry(Struct, frozen=True):
    """One option or attribute."""

    name: str
    value: str


class CartNews(Struct, frozen=True):
    """One event of who follows a cart: the cart as it is now, or None; and the end, where this is the last."""

    cart: Cart | None = None
    ended: StreamEnd | None = None
