"""Two carts made one, as when somebody signs in: a pure function of both, with every change listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from gateway.model.cart_faults import CartTooLarge, CurrencyMismatch, MarketDiffers
from gateway.model.carts import Cart, CartChange, CartLine, ChangeKind, DeliveryGroup, MergeRule
from gateway.model.stock import Fulfilment
from gateway.services.carts.editing import same_card, typed_by
from gateway.services.carts.wishes import CODES, GIFT_CARDS, GROUPS, Bounds
from gateway.state.cart_rows import new_id
from gateway.state.carts import Edit, Refused

Combining = Callable[[Cart, Cart, datetime], Edit]


def merging(rule: MergeRule, bounds: Bounds) -> Combining:
    """Of the cart that is given up and the one that lives on. What a line would have too many of is cut to what one may
    have, and said; more lines than a cart may have are refused, and both carts stay."""

    def combine(source: Cart, target: Cart, now: datetime) -> Edit:
        if source.currency != target.currency:
            raise Refused(CurrencyMismatch(expected=target.currency, path=("input", "cartId")))
        if (source.country, source.channel) != (target.country, target.channel):
            raise Refused(MarketDiffers(country=target.country, channel=target.channel, path=("input", "cartId")))
        groups, places = _groups(source, target)
        lines: list[CartLine] = [] if rule is MergeRule.REPLACE else list(target.lines)
        changes = [_gone(line) for line in target.lines] if rule is MergeRule.REPLACE else []
        for line in source.lines:
            moved = replace(line, id=new_id(), group=places[source.group_of(line).id])
            same = next((index for index, other in enumerate(lines) if other.alike(moved)), None)
            if same is None:
                lines.append(moved)
                changes.append(CartChange(kind=ChangeKind.ADDED, line=moved.id, after=moved.quantity))
                continue
            other = lines[same]
            lines[same] = _both(other, moved, rule, bounds)
            kind = ChangeKind.KEPT if lines[same].quantity == other.quantity else ChangeKind.QUANTITY_CHANGED
            changes.append(CartChange(kind=kind, line=other.id, before=other.quantity, after=lines[same].quantity))
        bounds.count(len(lines), ("input", "cartId"))
        codes = tuple(dict.fromkeys([*target.codes, *source.codes]))
        changes += [CartChange(kind=ChangeKind.CODE_LOST, code=code) for code in codes[CODES:]]
        cards = [*target.gift_cards]
        cards += [card for card in source.gift_cards if not any(same_card(card, each) for each in cards)]
        changes += [CartChange(kind=ChangeKind.GIFT_CARD_LOST, gift_card=card.shown) for card in cards[GIFT_CARDS:]]
        merged = replace(
            target,
            lines=tuple(lines),
            groups=groups,
            codes=codes[:CODES],
            gift_cards=tuple(cards[:GIFT_CARDS]),
            buyer=target.buyer or source.buyer,
            note=target.note or source.note,
            attributes={**source.attributes, **target.attributes},
            written_by=_writer(source, target),
        )
        return Edit(merged, tuple(changes))

    return combine


def _both(other: CartLine, moved: CartLine, rule: MergeRule, bounds: Bounds) -> CartLine:
    if rule is MergeRule.SUM:
        return replace(other, quantity=min(other.quantity + moved.quantity, Decimal(bounds.pieces)))
    newest = max(other, moved, key=lambda line: line.changed)
    return replace(newest, id=other.id, added=other.added)


def _writer(source: Cart, target: Cart) -> str | None:
    theirs, ours = (bool(cart.note or cart.attributes) for cart in (source, target))
    return typed_by(target.written_by, source.written_by, beside=ours) if theirs else target.written_by


def _gone(line: CartLine) -> CartChange:
    return CartChange(kind=ChangeKind.REMOVED, line=line.id, before=line.quantity)


def _groups(source: Cart, target: Cart) -> tuple[tuple[DeliveryGroup, ...], Mapping[str, str | None]]:
    """All delivery groups of the merged cart, and where in it each group of the source goes: into one that goes the
    same way, else into one of its own. Raises Refused for more than a cart may have."""
    groups = list(target.groups)
    places: dict[str, str | None] = {}
    for group in source.groups:
        if not source.lines_of(group) and all(source.group_of(line) is not group for line in source.lines):
            continue
        way = (group.fulfilment, group.store, group.location)
        same = next(
            (
                one
                for one in groups
                if (one.fulfilment, one.store, one.location) == way
                and (one.fulfilment is Fulfilment.PICKUP or group.address in (None, one.address))
            ),
            None,
        )
        if same is None:
            same = replace(group, id=new_id())
            groups.append(same)
        places[group.id] = None if same.id == groups[0].id else same.id
    if len(groups) > GROUPS:
        raise Refused(CartTooLarge(what="delivery groups", limit=GROUPS, path=("input", "cartId")))
    return tuple(groups), places
