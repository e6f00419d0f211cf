"""Carts as rows, and as records. What a shopper typed goes into one sealed value of the cart and one of each line."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Row

from gateway.model.carts import (
    Buyer,
    Cart,
    CartGiftCard,
    CartLine,
    CartState,
    DeliveryGroup,
    ExpectedPrice,
    PostalAddress,
)
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.stock import Fulfilment
from gateway.state.sealing import SubjectKey, Unsealable


class _Private(Struct, omit_defaults=True):
    """Of a cart: all that says who somebody is or was written by hand. Addresses by delivery group."""

    buyer: Buyer | None = None
    addresses: dict[str, PostalAddress] = {}
    note: str | None = None
    attributes: dict[str, str] = {}
    by: str | None = None
    gift_cards: tuple[CartGiftCard, ...] = ()


class _PrivateLine(Struct, omit_defaults=True):
    options: dict[str, str] = {}
    attributes: dict[str, str] = {}
    note: str | None = None
    by: str | None = None


def new_id() -> str:
    """128 random bits in 26 characters of A-Z and 2-7."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=")


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def cart_of(row: Row[Any], lines: Sequence[Row[Any]], key: SubjectKey | None) -> Cart:
    private = _opened(row.sealed, key, row.id, _Private)
    groups = tuple(
        DeliveryGroup(
            id=group["id"],
            fulfilment=Fulfilment(group["fulfilment"]),
            store=group.get("store"),
            location=group.get("location"),
            option=group.get("option"),
            address=private.addresses.get(group["id"]),
        )
        for group in json.loads(row.groups)
    )
    return Cart(
        id=row.id,
        version=row.version,
        state=CartState(row.state),
        country=row.country,
        currency=row.currency,
        channel=row.channel,
        store=row.store,
        person=row.person,
        checkout=row.checkout,
        order=row.order_reference,
        merged_into=row.merged_into,
        created=moment(row.created),
        changed=moment(row.changed),
        lines=tuple(line_of(line, key) for line in lines),
        groups=groups,
        codes=tuple(json.loads(row.codes)),
        buyer=private.buyer,
        note=private.note,
        attributes=private.attributes,
        written_by=private.by,
        gift_cards=private.gift_cards,
    )


def line_of(row: Row[Any], key: SubjectKey | None) -> CartLine:
    private = _opened(row.sealed, key, f"{row.cart}|{row.id}", _PrivateLine) if row.sealed else _PLAIN
    native = None if row.native is None else json.loads(row.native)
    return CartLine(
        id=row.id,
        variant=row.sku if native is None else NativeRef(native[0], native[2]),
        product=None if native is None else NativeRef(native[0], native[1]),
        quantity=Decimal(row.quantity),
        added=moment(row.added),
        changed=moment(row.changed),
        version=row.version,
        group=row.delivery_group,
        saved=bool(row.saved),
        expected=None if row.expected is None else _expected(row.expected),
        options=private.options,
        attributes=private.attributes,
        note=private.note,
        by=private.by,
    )


def needs_sealing(cart: Cart, lines: Iterable[CartLine]) -> bool:
    """Whether anything here must be sealed: most carts of visitors have nothing that needs a key."""
    return _private(cart) is not None or any(_private_line(line) is not None for line in lines)


def cart_row(cart: Cart, key: SubjectKey | None) -> dict[str, Any]:
    """All columns that a change of the cart may touch, but its times."""
    private = _private(cart)
    groups = [
        {
            "id": group.id,
            "fulfilment": group.fulfilment.value,
            "store": group.store,
            "location": group.location,
            "option": group.option,
        }
        for group in cart.groups
    ]
    return {
        "version": cart.version,
        "state": cart.state.value,
        "channel": cart.channel,
        "country": cart.country,
        "currency": cart.currency,
        "store": cart.store,
        "person": cart.person,
        "checkout": cart.checkout,
        "order_reference": cart.order,
        "merged_into": cart.merged_into,
        "groups": json.dumps([{name: value for name, value in group.items() if value} for group in groups]),
        "codes": json.dumps(cart.codes),
        "sealed": _sealed(private, key, cart.id),
    }


def line_row(cart: str, line: CartLine, key: SubjectKey | None) -> dict[str, Any]:
    native = None
    if isinstance(line.variant, NativeRef):
        product = "" if line.product is None else line.product.id
        native = json.dumps([line.variant.backend, product, line.variant.id])
    expected = None
    if line.expected is not None:
        amount = line.expected.amount
        expected = json.dumps([str(amount.amount), amount.currency, line.expected.observed.timestamp()])
    return {
        "cart": cart,
        "id": line.id,
        "sku": line.sku,
        "native": native,
        "quantity": int(line.quantity),
        "delivery_group": line.group,
        "saved": int(line.saved),
        "expected": expected,
        "sealed": _sealed(_private_line(line), key, f"{cart}|{line.id}"),
        "version": line.version,
        "added": line.added.timestamp(),
        "changed": line.changed.timestamp(),
    }


def lines_by_cart(rows: Iterable[Row[Any]]) -> Mapping[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.cart, []).append(row)
    return found


_PLAIN = _PrivateLine()


def _opened(sealed: bytes | None, key: SubjectKey | None, place: str, kind: type[Any]) -> Any:
    """What was erased is as if it had never been typed."""
    if sealed is None or key is None:
        return kind()
    try:
        return msgspec.msgpack.decode(key.unseal(sealed, place), type=kind)
    except Unsealable:
        return kind()


def _sealed(private: Struct | None, key: SubjectKey | None, place: str) -> bytes | None:
    if private is None:
        return None
    if key is None:
        raise ValueError("nothing personal is written unsealed")
    return key.seal(msgspec.msgpack.encode(private), place)


def _private(cart: Cart) -> _Private | None:
    addresses = {group.id: group.address for group in cart.groups if group.address is not None}
    if not (cart.buyer or addresses or cart.note or cart.attributes or cart.gift_cards):
        return None
    return _Private(cart.buyer, addresses, cart.note, dict(cart.attributes), cart.written_by, cart.gift_cards)


def _private_line(line: CartLine) -> _PrivateLine | None:
    if not (line.options or line.attributes or line.note):
        return None
    return _PrivateLine(dict(line.options), dict(line.attributes), line.note, line.by)


def _expected(written: str) -> ExpectedPrice:
    amount, currency, observed = json.loads(written)
    return ExpectedPrice(Money(Decimal(amount), currency), moment(observed))


def stamped(line: CartLine, version: int, now: datetime) -> CartLine:
    return replace(line, version=version, changed=now)
