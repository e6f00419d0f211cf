"""What keeps a cart from being bought as it is, and what should be said before it is: data, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from gateway.errors import AdapterError
from gateway.model.baskets import CodeRefusal
from gateway.model.cart_answers import CartAnswer, CartPart, CartProblem, PartAnswer, ProblemKind, Remedy
from gateway.model.carts import Cart, CartLine
from gateway.model.catalog import Variant
from gateway.model.money import Money
from gateway.model.pricing import Price
from gateway.model.stock import Availability, AvailabilityStatus, Fulfilment
from gateway.services.carts.evaluation import NOT_CHOSEN, NOT_DELIVERED, TAX_UNKNOWN

WARNINGS = frozenset(
    {ProblemKind.PRICE_CHANGED, ProblemKind.CODE_REFUSED, ProblemKind.OWNER_SILENT, ProblemKind.AGE_LIMIT}
)
"""What does not keep anybody from buying; an owner's silence only delays it, and an age is proved to people."""

StockAnswer = Availability | AdapterError | None


def price_changed(line: CartLine, price: Price | None) -> CartProblem | None:
    """Where a piece costs something else than the shopper saw. What they saw may have been either side of the tax."""
    expected = line.expected
    if expected is None or price is None:
        return None
    seen = expected.amount.quantized()
    current = price.current.gross or price.current.stated
    sides = (price.current.gross, price.current.net, current)
    if any(side is not None and side.quantized() == seen for side in sides):
        return None
    return CartProblem(
        kind=ProblemKind.PRICE_CHANGED,
        remedy=Remedy.ACCEPT_PRICE,
        message="This costs something else than what was seen.",
        line=line.id,
        expected=expected.amount,
        current=Money(current.amount, current.currency),
        receipt=price,
    )


def found(
    cart: Cart,
    answer: CartAnswer,
    stock: Mapping[str, StockAnswer],
    variants: Mapping[str, Variant],
    owners: Mapping[str, str | None],
) -> tuple[CartProblem, ...]:
    """Everything, problems and warnings; in the order of the lines, then of the rest. `variants` by line, those that
    are known; `owners` of the order, by delivery group."""
    return (
        *_of_lines(cart, answer),
        *_of_limits(cart, variants),
        *_of_stock(cart, stock),
        *_of_delivery(cart, answer),
        *_of_orders(cart, owners),
        *_of_parts(answer),
    )


def _of_lines(cart: Cart, answer: CartAnswer) -> Iterator[CartProblem]:
    for line in cart.active:
        told = answer.line(line.id)
        if told is None:
            continue
        if told.error in ("NOT_SOLD", "CURRENCY_NOT_SOLD"):
            yield CartProblem(
                kind=ProblemKind.NOT_SOLD, remedy=Remedy.REMOVE_LINE, message="This is not sold here.", line=line.id
            )
        elif told.error is not None:
            lasting = told.error in ("UNSUPPORTED_PRICE_RULE", "AMBIGUOUS_KEY")
            yield CartProblem(
                kind=ProblemKind.PRICE_UNKNOWN,
                remedy=Remedy.REMOVE_LINE if lasting else Remedy.TRY_LATER,
                message="Nobody can say what this costs at the moment.",
                line=line.id,
                part=CartPart.PRICE,
            )
        elif (changed := price_changed(line, told.price)) is not None:
            yield changed


def _of_limits(cart: Cart, variants: Mapping[str, Variant]) -> Iterator[CartProblem]:
    """What its source sells at least and at most together, and to whom. Lines of one variant count as one, and the
    first of them bears the problem."""
    pieces: dict[object, Decimal] = {}
    for line in cart.active:
        pieces[line.variant] = pieces.get(line.variant, Decimal(0)) + line.quantity
    told: set[object] = set()
    for line in cart.active:
        variant = variants.get(line.id)
        if variant is None or line.variant in told:
            continue
        told.add(line.variant)
        if variant.least is not None and pieces[line.variant] < variant.least:
            yield CartProblem(
                kind=ProblemKind.BELOW_MINIMUM,
                remedy=Remedy.INCREASE_QUANTITY,
                message="So few are not sold.",
                line=line.id,
                limit=variant.least,
            )
        if variant.most is not None and pieces[line.variant] > variant.most:
            yield CartProblem(
                kind=ProblemKind.ABOVE_MAXIMUM,
                remedy=Remedy.REDUCE_QUANTITY,
                message="So many are not sold together.",
                line=line.id,
                limit=variant.most,
            )
        if variant.age is not None:
            yield CartProblem(
                kind=ProblemKind.AGE_LIMIT,
                remedy=Remedy.PROVE_AGE,
                message="This is sold from an age on.",
                line=line.id,
                limit=variant.age,
            )


def _of_stock(cart: Cart, stock: Mapping[str, StockAnswer]) -> Iterator[CartProblem]:
    """Lines that share a variant and a way share its stock: the first are served first."""
    taken: dict[object, Decimal] = {}
    for line in cart.active:
        availability = stock.get(line.id)
        if not isinstance(availability, Availability):
            continue
        group = cart.group_of(line)
        collected = group.fulfilment is Fulfilment.PICKUP
        place = (line.variant, group.store if collected else None)
        before = taken.get(place, Decimal(0))
        taken[place] = before + line.quantity
        if collected and not availability.stores:
            yield _short(ProblemKind.NOT_COLLECTABLE, Remedy.CHOOSE_ANOTHER_STORE, line, 0)
            continue
        status = availability.stores[0].status if collected else availability.status
        quantity = availability.stores[0].quantity if collected else availability.quantity
        capped = availability.stores[0].capped if collected else availability.capped
        if status is AvailabilityStatus.OUT_OF_STOCK:
            kind = ProblemKind.NOT_COLLECTABLE if collected else ProblemKind.OUT_OF_STOCK
            yield _short(kind, Remedy.CHOOSE_ANOTHER_STORE if collected else Remedy.REMOVE_LINE, line, 0)
        elif quantity is not None and not capped and before + line.quantity > quantity:
            left = max(0, quantity - int(before))
            remedy = Remedy.REDUCE_QUANTITY if left else Remedy.REMOVE_LINE
            yield _short(ProblemKind.SHORT_STOCK, remedy, line, left)


def _short(kind: ProblemKind, remedy: Remedy, line: CartLine, available: int) -> CartProblem:
    message = "There are not as many." if kind is ProblemKind.SHORT_STOCK else "There is none of this."
    if kind is ProblemKind.NOT_COLLECTABLE:
        message = "This cannot be collected in that store."
    return CartProblem(kind=kind, remedy=remedy, message=message, line=line.id, available=available)


def _of_orders(cart: Cart, owners: Mapping[str, str | None]) -> Iterator[CartProblem]:
    """One checkout is one order, at one owner: the first group's."""
    used = [group for group in cart.groups if cart.lines_of(group)]
    for group in used[1:]:
        if owners[group.id] != owners[used[0].id]:
            yield CartProblem(
                kind=ProblemKind.ORDERED_ELSEWHERE,
                remedy=Remedy.CHOOSE_DELIVERY,
                message="This cannot be bought together with the rest.",
                group=group.id,
            )


def _of_delivery(cart: Cart, answer: CartAnswer) -> Iterator[CartProblem]:
    shipped = next((part for part in answer.parts if part.part is CartPart.SHIPPING), None)
    offered = {group.group: group for group in answer.groups}
    for group in cart.groups:
        if group.fulfilment is not Fulfilment.DELIVERY or not cart.lines_of(group):
            continue
        if group.address is None:
            yield CartProblem(
                kind=ProblemKind.ADDRESS_MISSING,
                remedy=Remedy.GIVE_ADDRESS,
                message="Nobody said where it goes.",
                group=group.id,
            )
        told = offered.get(group.id)
        if shipped is None or told is None or told.freshness is None:
            continue
        if not told.options:
            yield CartProblem(
                kind=ProblemKind.NOT_DELIVERED_THERE,
                remedy=Remedy.CHANGE_ADDRESS,
                message="Nobody delivers this there.",
                group=group.id,
                part=CartPart.SHIPPING,
            )
        elif told.chosen is None:
            yield CartProblem(
                kind=ProblemKind.DELIVERY_NOT_CHOSEN,
                remedy=Remedy.CHOOSE_DELIVERY,
                message="A delivery option must be chosen.",
                group=group.id,
                part=CartPart.SHIPPING,
            )


def _of_parts(answer: CartAnswer) -> Iterator[CartProblem]:
    for refused in answer.refused:
        waiting = refused.reason in (CodeRefusal.MINIMUM_NOT_REACHED, CodeRefusal.NOT_YET, CodeRefusal.NOT_ASKED)
        yield CartProblem(
            kind=ProblemKind.CODE_REFUSED,
            remedy=Remedy.TRY_LATER if waiting else Remedy.REMOVE_CODE,
            message="This code does nothing here.",
            code=refused.code,
            refusal=refused,
            part=CartPart.PROMOTION,
        )
    for part in answer.parts:
        if part.reason == TAX_UNKNOWN and not part.complete:
            yield CartProblem(
                kind=ProblemKind.TAX_UNKNOWN,
                remedy=Remedy.TRY_LATER,
                message="Nobody says what tax is in this.",
                part=part.part,
            )
        elif _silent(part):
            yield CartProblem(
                kind=ProblemKind.OWNER_SILENT,
                remedy=Remedy.TRY_LATER,
                message="A part of this is not known yet.",
                part=part.part,
            )


def _silent(part: PartAnswer) -> bool:
    said = part.reason in (None, NOT_CHOSEN, NOT_DELIVERED, TAX_UNKNOWN)
    return not part.complete and not said and part.part is not CartPart.PRICE


def blocking(problems: Iterable[CartProblem]) -> tuple[CartProblem, ...]:
    return tuple(problem for problem in problems if problem.kind not in WARNINGS)


def warning(problems: Iterable[CartProblem]) -> tuple[CartProblem, ...]:
    return tuple(problem for problem in problems if problem.kind in WARNINGS)
