"""What the owners of prices, promotions, shipping and tax answer for a cart, put together: nothing here is stored."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum

from msgspec import Struct

from gateway.model.baskets import RefusedCode, ShippingOption
from gateway.model.freshness import Freshness
from gateway.model.money import Money, TaxedMoney
from gateway.model.pricing import Price
from gateway.model.tenders import PlannedTender


class CartPart(Enum):
    """What a total is made of, each with an owner of its own."""

    PRICE = "PRICE"
    PROMOTION = "PROMOTION"
    SHIPPING = "SHIPPING"
    TAX = "TAX"


class PartAnswer(Struct, frozen=True, kw_only=True):
    """How one part was had. `complete` False: its owner has not answered (`reason` a code of `errors`, or `SLOW`), or
    something is still to be chosen (`NOT_CHOSEN`). `freshness` of each answer it is made of, the oldest first."""

    part: CartPart
    complete: bool
    reason: str | None = None
    freshness: tuple[Freshness, ...] = ()


class AppliedDiscount(Struct, frozen=True, kw_only=True):
    """`label` is the owner's own words, `source` its configured name, `code` what brought it about. `amount` is
    positive, taxed as the lines are, quantised."""

    label: str
    source: str
    amount: TaxedMoney
    code: str | None = None
    shipping: bool = False


class LineAnswer(Struct, frozen=True, kw_only=True):
    """One line's money. `price` None: not sold, or its owner did not answer (`error` says which code). `subtotal`
    before and `total` after discounts, both for all pieces, quantised; net + tax = gross where all three are known."""

    line: str
    price: Price | None = None
    error: str | None = None
    subtotal: TaxedMoney | None = None
    total: TaxedMoney | None = None
    discounts: tuple[AppliedDiscount, ...] = ()


class GroupAnswer(Struct, frozen=True, kw_only=True):
    """One delivery group's options and money. `chosen` is the option that counts; `price` after discounts."""

    group: str
    options: tuple[ShippingOption, ...] = ()
    chosen: ShippingOption | None = None
    price: TaxedMoney | None = None
    freshness: Freshness | None = None


class CartTotals(Struct, frozen=True, kw_only=True):
    """In the cart's currency, quantised. `subtotal` of the lines before discounts, `discount` positive, `shipping`
    after its discounts (None: nothing shipped or not known), `total` all together. `rounding` is what the owner's own
    sum differs from the sum of the rows by; zero as a rule. A side (net, gross, tax) is null where any row lacks it."""

    subtotal: TaxedMoney
    discount: TaxedMoney
    total: TaxedMoney
    rounding: Money
    shipping: TaxedMoney | None = None


class Quote(Struct, frozen=True, kw_only=True):
    """What a checkout names. `id` is signed and bears the rest in it, so that nobody needs to keep it: cart, version,
    total, `valid_until` (aware UTC; no price in it is valid for longer) and whether every owner has answered. `missing`
    are the parts that have not."""

    id: str
    cart: str
    version: int
    total: Money | None
    valid_until: datetime
    complete: bool
    missing: tuple[CartPart, ...] = ()
    tenders: tuple[PlannedTender, ...] = ()
    """What would pay it: gift cards by what they were worth, and the rest. Not in the id: the cart's version is."""


class ProblemKind(Enum):
    """What keeps a cart from being bought as it is, or should be said before it is."""

    PRICE_CHANGED = "PRICE_CHANGED"
    PRICE_UNKNOWN = "PRICE_UNKNOWN"
    NOT_SOLD = "NOT_SOLD"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    SHORT_STOCK = "SHORT_STOCK"
    NOT_COLLECTABLE = "NOT_COLLECTABLE"
    NOT_TOGETHER = "NOT_TOGETHER"
    CODE_REFUSED = "CODE_REFUSED"
    TAX_UNKNOWN = "TAX_UNKNOWN"
    ADDRESS_MISSING = "ADDRESS_MISSING"
    DELIVERY_NOT_CHOSEN = "DELIVERY_NOT_CHOSEN"
    NOT_DELIVERED_THERE = "NOT_DELIVERED_THERE"
    OWNER_SILENT = "OWNER_SILENT"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    ABOVE_MAXIMUM = "ABOVE_MAXIMUM"
    AGE_LIMIT = "AGE_LIMIT"
    ORDERED_ELSEWHERE = "ORDERED_ELSEWHERE"


class Remedy(Enum):
    """What a client can do about it."""

    ACCEPT_PRICE = "ACCEPT_PRICE"
    REMOVE_LINE = "REMOVE_LINE"
    REDUCE_QUANTITY = "REDUCE_QUANTITY"
    CHOOSE_ANOTHER_STORE = "CHOOSE_ANOTHER_STORE"
    REMOVE_CODE = "REMOVE_CODE"
    GIVE_ADDRESS = "GIVE_ADDRESS"
    CHANGE_ADDRESS = "CHANGE_ADDRESS"
    CHOOSE_DELIVERY = "CHOOSE_DELIVERY"
    TRY_LATER = "TRY_LATER"
    INCREASE_QUANTITY = "INCREASE_QUANTITY"
    PROVE_AGE = "PROVE_AGE"
    ORDER_APART = "ORDER_APART"


class CartProblem(Struct, frozen=True, kw_only=True):
    """`line`, `group` and `code` say what it is about. `expected` and `current` are unit prices, `receipt` the price
    itself with its source and age; `available` is how many can be had, `limit` the pieces or years that are wanted.
    `refusal` is why the owner refused a code."""

    kind: ProblemKind
    remedy: Remedy
    message: str
    line: str | None = None
    group: str | None = None
    code: str | None = None
    expected: Money | None = None
    current: Money | None = None
    receipt: Price | None = None
    available: int | None = None
    limit: int | None = None
    refusal: RefusedCode | None = None
    part: CartPart | None = None


class CartAnswer(Struct, frozen=True, kw_only=True):
    """A cart evaluated: each part as far as its owner answered."""

    cart: str
    version: int
    lines: tuple[LineAnswer, ...]
    parts: tuple[PartAnswer, ...]
    groups: tuple[GroupAnswer, ...] = ()
    discounts: tuple[AppliedDiscount, ...] = ()
    accepted: tuple[str, ...] = ()
    refused: tuple[RefusedCode, ...] = ()
    totals: CartTotals | None = None
    valid_until: datetime | None = None

    @property
    def complete(self) -> bool:
        return all(part.complete for part in self.parts)

    def line(self, identifier: str) -> LineAnswer | None:
        return next((line for line in self.lines if line.line == identifier), None)


ZERO = Decimal(0)
