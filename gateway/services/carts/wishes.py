"""What a client asks of a cart, as records: sound in itself or refused, whatever the cart holds."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from decimal import Decimal

from msgspec import UNSET, Struct, UnsetType

from gateway.model.cart_faults import CartTooLarge, InvalidInput, InvalidQuantity
from gateway.model.carts import ExpectedPrice
from gateway.model.identity import NativeRef, VariantKey
from gateway.model.stock import Fulfilment
from gateway.settings import CartsSection
from gateway.state.carts import Refused

NOTE_BYTES = 2_000
NAME_BYTES, VALUE_BYTES, ENTRIES = 64, 500, 20
"""Of options and attributes: each name, each value, and how many."""
CODES, CODE_LENGTH = 10, 64
GROUPS = 20
GIFT_CARDS = 3
LINES_AT_ONCE = 100
PRICE_DIGITS = 12
"""Of what a shopper says one piece cost: no card number passes for a price."""
FIELD_BYTES = 200
"""Of each part of a name or an address."""

Path = tuple[str, ...]


class LineWish(Struct, frozen=True, kw_only=True):
    """One more line."""

    variant: VariantKey
    product: NativeRef | None = None
    quantity: Decimal = Decimal(1)
    group: str | None = None
    options: Mapping[str, str] = {}
    attributes: Mapping[str, str] = {}
    note: str | None = None
    expected: ExpectedPrice | None = None


class LineUpdate(Struct, frozen=True, kw_only=True):
    """Of one line only what is set."""

    line: str
    quantity: Decimal | UnsetType = UNSET
    options: Mapping[str, str] | UnsetType = UNSET
    attributes: Mapping[str, str] | UnsetType = UNSET
    note: str | UnsetType | None = UNSET
    expected: ExpectedPrice | UnsetType | None = UNSET
    saved: bool | UnsetType = UNSET


class LinePart(Struct, frozen=True):
    """So many of a line; None: all of it."""

    line: str
    quantity: Decimal | None = None


class DeliveryWish(Struct, frozen=True, kw_only=True):
    """How some lines go. `group` None: a new delivery group."""

    group: str | None = None
    fulfilment: Fulfilment | None = None
    store: str | None = None
    location: str | None = None
    option: str | UnsetType | None = UNSET
    lines: tuple[LinePart, ...] = ()


class Bounds(Struct, frozen=True):
    """What a cart may hold; every method raises Refused with the fault and its `path` in the input."""

    lines: int
    pieces: int

    @classmethod
    def of(cls, section: CartsSection) -> Bounds:
        return cls(section.lines, section.quantity)

    def quantity(self, quantity: Decimal, path: Path) -> Decimal:
        """A whole number of pieces within the bounds, without needless digits (`1.0` is 1)."""
        whole = quantity.is_finite() and abs(quantity.adjusted()) < 19 and quantity == quantity.to_integral_value()
        if not whole or not 1 <= quantity <= self.pieces:
            raise Refused(InvalidQuantity(quantity=quantity, maximum=self.pieces, path=path))
        return Decimal(int(quantity))

    def count(self, lines: int, path: Path = ("input", "lines")) -> None:
        if lines > self.lines:
            raise Refused(CartTooLarge(what="lines", limit=self.lines, path=path))


def entries(given: Mapping[str, str], what: str, path: Path) -> dict[str, str]:
    """Options or attributes. Raises Refused."""
    if len(given) > ENTRIES:
        raise Refused(CartTooLarge(what=what, limit=ENTRIES, path=path))
    for name, value in given.items():
        text(name, f"{what} name", NAME_BYTES, path)
        text(value, f"{what} value", VALUE_BYTES, path, empty=True)
    return dict(given)


def note(written: str | None, path: Path) -> str | None:
    """Without what surrounds it; an empty one is none. Raises Refused."""
    stripped = (written or "").strip()
    return text(stripped, "note", NOTE_BYTES, path, lines=True) if stripped else None


def text(written: str, what: str, most: int, path: Path, *, empty: bool = False, lines: bool = False) -> str:
    """A text people could have typed, at most so many bytes in UTF-8. Raises Refused."""
    if len(written) > most or len(written.encode("utf-8", "surrogatepass")) > most:
        raise Refused(CartTooLarge(what=what, limit=most, path=path))
    allowed = "\n\r\t" if lines else ""
    if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in allowed for sign in written):
        raise Refused(InvalidInput(message=f"The {what} has characters that nobody types.", path=path))
    if not empty and not written.strip():
        raise Refused(InvalidInput(message=f"The {what} is empty.", path=path))
    return written


def code(written: str, path: Path) -> str:
    """As owners compare codes: trimmed and upper-cased. Raises Refused."""
    text(written, "code", CODE_LENGTH, path)
    return unicodedata.normalize("NFC", written.strip()).upper()
