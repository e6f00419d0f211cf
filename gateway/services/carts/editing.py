"""What changes of a cart make of it: pure functions, run inside the transaction that writes the result, so that two at
once are upon one another and never beside. Raise `Refused` with a fault, and then nothing was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import UNSET
from msgspec.structs import replace

from gateway.model.cart_faults import CartTooLarge, CurrencyMismatch, GiftCardNotFound, InvalidInput, LineNotFound
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
from gateway.model.stock import Fulfilment
from gateway.services.carts import wishes
from gateway.services.carts.wishes import Bounds, DeliveryWish, LineUpdate, LineWish, Path
from gateway.state.cart_rows import new_id
from gateway.state.carts import Edit, Refused

Editing = Callable[[Cart, datetime], Edit]

LINES: Path = ("input", "lines")


def adding(wanted: Sequence[LineWish], bounds: Bounds) -> Editing:
    """More of a line that is there already and wanted alike, else one more line."""

    def edit(cart: Cart, now: datetime) -> Edit:
        if len(wanted) > wishes.LINES_AT_ONCE:
            raise Refused(CartTooLarge(what="lines at once", limit=wishes.LINES_AT_ONCE, path=LINES))
        lines = list(cart.lines)
        for place, wish in enumerate(wanted):
            path = (*LINES, str(place))
            line = _line(wish, cart, now, bounds, path)
            same = next((index for index, other in enumerate(lines) if other.alike(line)), None)
            if same is None:
                lines.append(line)
                continue
            other = lines[same]
            quantity = bounds.quantity(other.quantity + line.quantity, (*path, "quantity"))
            lines[same] = replace(other, quantity=quantity, expected=line.expected or other.expected)
        bounds.count(len(lines))
        return Edit(replace(cart, lines=tuple(lines)))

    return edit


def updating(updates: Sequence[LineUpdate], bounds: Bounds) -> Editing:
    def edit(cart: Cart, now: datetime) -> Edit:
        if len(updates) > wishes.LINES_AT_ONCE:
            raise Refused(CartTooLarge(what="lines at once", limit=wishes.LINES_AT_ONCE, path=LINES))
        lines = list(cart.lines)
        for place, update in enumerate(updates):
            path = (*LINES, str(place))
            index = _index(lines, update.line, (*path, "lineId"))
            lines[index] = _updated(lines[index], update, cart, now, bounds, path)
        return Edit(replace(cart, lines=joined(lines, bounds)))

    return edit


def removing(ids: Sequence[str]) -> Editing:
    def edit(cart: Cart, now: datetime) -> Edit:
        known = {line.id for line in cart.lines}
        for place, line in enumerate(ids):
            if line not in known:
                raise Refused(LineNotFound(line=line[:64], path=("input", "lineIds", str(place))))
        gone = frozenset(ids)
        return Edit(replace(cart, lines=tuple(line for line in cart.lines if line.id not in gone)))

    return edit


def buying(buyer: Buyer | None) -> Editing:
    def edit(cart: Cart, now: datetime) -> Edit:
        return Edit(replace(cart, buyer=None if buyer is None else replace(buyer, by=cart.holder)))

    return edit


def addressing(address: PostalAddress | None, group: str | None) -> Editing:
    """Of one delivery group; None: of all that are delivered."""

    def edit(cart: Cart, now: datetime) -> Edit:
        typed = None if address is None else replace(address, by=cart.holder)
        if group is not None and all(one.id != group for one in cart.groups):
            raise Refused(InvalidInput(message="There is no such delivery group.", path=("input", "groupId")))

        def changed(one: DeliveryGroup) -> DeliveryGroup:
            meant = one.id == group if group is not None else one.fulfilment is Fulfilment.DELIVERY
            return replace(one, address=typed) if meant else one

        return Edit(replace(cart, groups=tuple(changed(one) for one in cart.groups)))

    return edit


def delivering(choices: Sequence[DeliveryWish], bounds: Bounds) -> Editing:
    """Lines go into the groups that are named with them; of a line that is split, the rest stays where it was."""

    def edit(cart: Cart, now: datetime) -> Edit:
        groups = {group.id: group for group in cart.groups}
        lines = list(cart.lines)
        named: set[str] = set()
        for place, choice in enumerate(choices):
            path = ("input", "deliveries", str(place))
            group = _group(groups, choice, path)
            groups[group.id] = group
            named.add(group.id)
            for index, part in enumerate(choice.lines):
                _send(lines, part, group.id, bounds, now, (*path, "lines", str(index)))
        if len(groups) > wishes.GROUPS:
            raise Refused(CartTooLarge(what="delivery groups", limit=wishes.GROUPS, path=("input", "deliveries")))
        bounds.count(len(lines), ("input", "deliveries"))
        first = next(iter(groups))
        used = {line.group or first for line in lines} | named
        left = tuple(group for group in groups.values() if group.id in used) or (groups[first],)
        settled = [replace(line, group=None) if line.group == left[0].id else line for line in lines]
        return Edit(replace(cart, groups=left, lines=joined(settled, bounds)))

    return edit


def coding(add: Sequence[str], remove: Sequence[str]) -> Editing:
    def edit(cart: Cart, now: datetime) -> Edit:
        gone = {wishes.code(one, ("input", "remove", str(place))) for place, one in enumerate(remove)}
        more = [wishes.code(one, ("input", "add", str(place))) for place, one in enumerate(add)]
        codes = tuple(dict.fromkeys([*(one for one in cart.codes if one not in gone), *more]))
        if len(codes) > wishes.CODES:
            raise Refused(CartTooLarge(what="codes", limit=wishes.CODES, path=("input", "add")))
        return Edit(replace(cart, codes=codes))

    return edit


def writing(note: str | None, set_note: bool, attributes: Mapping[str, str | None]) -> Editing:
    """An attribute whose value is None is taken away; those that are not named stay."""

    def edit(cart: Cart, now: datetime) -> Edit:
        path = ("input", "attributes")
        kept = {name: value for name, value in cart.attributes.items() if name not in attributes}
        kept |= {name: value for name, value in attributes.items() if value is not None}
        written = wishes.note(note, ("input", "note")) if set_note else cart.note
        both = wishes.entries(kept, "attribute", path)
        others = (written and not set_note) or any(name not in attributes for name in kept)
        by = typed_by(cart.written_by, cart.holder, beside=bool(others))
        return Edit(replace(cart, note=written, attributes=both, written_by=by))

    return edit


def abandoning(cart: Cart, now: datetime) -> Edit:
    return Edit(replace(cart, state=CartState.ABANDONED))


def typed_by(before: str | None, holder: str | None, *, beside: bool) -> str | None:
    """Who typed what is shown together, once `holder` has typed a part of it; `beside`: something of `before` stays.
    None where several did: then no shared device is shown any of it."""
    return holder if before == holder or not beside else None


def joined(lines: Iterable[CartLine], bounds: Bounds) -> tuple[CartLine, ...]:
    """Lines that have become alike are one, with the pieces of both."""
    found: list[CartLine] = []
    for line in lines:
        same = next((index for index, other in enumerate(found) if other.alike(line)), None)
        if same is None:
            found.append(line)
        else:
            other = found[same]
            quantity = bounds.quantity(other.quantity + line.quantity, LINES)
            found[same] = replace(other, quantity=quantity, expected=other.expected or line.expected)
    return tuple(found)


def expected_of(expected: ExpectedPrice | None, cart: Cart, now: datetime, path: Path) -> ExpectedPrice | None:
    """Raises Refused for a price in another currency, below nothing, of as many digits as a card's number, or seen in
    the future."""
    if expected is None:
        return None
    path = (*path, "expectedPrice")
    if expected.amount.currency != cart.currency:
        raise Refused(CurrencyMismatch(expected=cart.currency, path=(*path, "currencyCode")))
    amount = expected.amount.amount
    odd = amount < 0 or len(amount.as_tuple().digits) > wishes.PRICE_DIGITS
    if odd or (expected.observed - now).total_seconds() > 300:
        raise Refused(InvalidInput(message="No price could have been seen so.", path=path))
    return expected


def _line(wish: LineWish, cart: Cart, now: datetime, bounds: Bounds, path: Path) -> CartLine:
    if wish.group is not None and all(group.id != wish.group for group in cart.groups):
        raise Refused(InvalidInput(message="There is no such delivery group.", path=(*path, "groupId")))
    if not isinstance(wish.variant, NativeRef):
        wishes.text(wish.variant, "SKU", 255, (*path, "variant"))
    return CartLine(
        id=new_id(),
        variant=wish.variant,
        product=wish.product,
        quantity=bounds.quantity(wish.quantity, (*path, "quantity")),
        added=now,
        changed=now,
        version=cart.version + 1,
        group=None if wish.group == cart.groups[0].id else wish.group,
        expected=expected_of(wish.expected, cart, now, path),
        options=wishes.entries(wish.options, "option", (*path, "options")),
        attributes=wishes.entries(wish.attributes, "attribute", (*path, "attributes")),
        note=wishes.note(wish.note, (*path, "note")),
        by=cart.holder,
    )


def _updated(line: CartLine, update: LineUpdate, cart: Cart, now: datetime, bounds: Bounds, path: Path) -> CartLine:
    changed = line
    if update.quantity is not UNSET:
        changed = replace(changed, quantity=bounds.quantity(update.quantity, (*path, "quantity")))
    stays: list[object] = []
    if update.options is not UNSET:
        changed = replace(changed, options=wishes.entries(update.options, "option", (*path, "options")))
    else:
        stays.append(line.options)
    if update.attributes is not UNSET:
        changed = replace(changed, attributes=wishes.entries(update.attributes, "attribute", (*path, "attributes")))
    else:
        stays.append(line.attributes)
    if update.note is not UNSET:
        changed = replace(changed, note=wishes.note(update.note, (*path, "note")))
    else:
        stays.append(line.note)
    if len(stays) < 3:
        changed = replace(changed, by=typed_by(line.by, cart.holder, beside=any(stays)))
    if update.expected is not UNSET:
        changed = replace(changed, expected=expected_of(update.expected, cart, now, path))
    if update.saved is not UNSET:
        changed = replace(changed, saved=update.saved)
    return changed


def _index(lines: Sequence[CartLine], identifier: str, path: Path) -> int:
    found = next((index for index, line in enumerate(lines) if line.id == identifier), None)
    if found is None:
        raise Refused(LineNotFound(line=identifier[:64], path=path))
    return found


def _group(groups: Mapping[str, DeliveryGroup], choice: DeliveryWish, path: Path) -> DeliveryGroup:
    if choice.group is None:
        group = DeliveryGroup(id=new_id())
    elif (known := groups.get(choice.group)) is not None:
        group = known
    else:
        raise Refused(InvalidInput(message="There is no such delivery group.", path=(*path, "groupId")))
    fulfilment = choice.fulfilment or group.fulfilment
    store = choice.store if choice.store is not None else group.store
    if fulfilment is Fulfilment.PICKUP and store is None:
        raise Refused(InvalidInput(message="Say in which store it is collected.", path=(*path, "storeId")))
    store = store if fulfilment is Fulfilment.PICKUP else None
    other_way = (fulfilment, store) != (group.fulfilment, group.store)
    option = group.option if choice.option is UNSET else choice.option
    if option is not None and choice.option is not UNSET:
        wishes.text(option, "option", 255, (*path, "optionId"))
    location = choice.location if choice.location is not None or other_way else group.location
    kept = None if other_way and choice.option is UNSET else option
    return replace(
        group,
        fulfilment=fulfilment,
        store=store,
        location=location,
        option=kept if fulfilment is Fulfilment.DELIVERY else None,
    )


def _send(lines: list[CartLine], part: wishes.LinePart, group: str, bounds: Bounds, now: datetime, path: Path) -> None:
    index = _index(lines, part.line, (*path, "lineId"))
    line = lines[index]
    quantity = line.quantity if part.quantity is None else bounds.quantity(part.quantity, (*path, "quantity"))
    if quantity > line.quantity:
        limit = replace(bounds, pieces=int(line.quantity))
        limit.quantity(quantity, (*path, "quantity"))
    if quantity == line.quantity:
        lines[index] = replace(line, group=group)
        return
    lines[index] = replace(line, quantity=line.quantity - quantity)
    lines.insert(index + 1, replace(line, id=new_id(), quantity=Decimal(quantity), group=group, added=now))


def adding_gift_card(card: CartGiftCard) -> Editing:
    """The same card again is in its place, with what it is worth now."""

    def edit(cart: Cart, now: datetime) -> Edit:
        mine = replace(card, by=cart.holder)
        place = next((place for place, each in enumerate(cart.gift_cards) if same_card(each, mine)), None)
        if place is not None:
            cards = list(cart.gift_cards)
            cards[place] = replace(mine, id=cards[place].id)
            return Edit(replace(cart, gift_cards=tuple(cards)))
        if len(cart.gift_cards) >= wishes.GIFT_CARDS:
            raise Refused(CartTooLarge(what="gift cards", limit=wishes.GIFT_CARDS))
        return Edit(replace(cart, gift_cards=(*cart.gift_cards, mine)))

    return edit


def removing_gift_card(identifier: str) -> Editing:
    def edit(cart: Cart, now: datetime) -> Edit:
        left = tuple(card for card in cart.gift_cards if card.id != identifier)
        if len(left) == len(cart.gift_cards):
            raise Refused(GiftCardNotFound(gift_card=identifier, path=("input", "giftCardId")))
        return Edit(replace(cart, gift_cards=left))

    return edit


def same_card(one: CartGiftCard, other: CartGiftCard) -> bool:
    return (one.backend, one.card.brand, one.card.number) == (other.backend, other.card.brand, other.card.number)
