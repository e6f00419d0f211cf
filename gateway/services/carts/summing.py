"""A cart's rows as its owners' answers come in, and what they are together. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gateway.errors import AdapterError, InvalidAnswer
from gateway.model.baskets import BasketTax, Discount, Promotions, ShippingOption, TaxQuery
from gateway.model.cart_answers import AppliedDiscount, CartTotals, LineAnswer
from gateway.model.carts import Cart, CartLine
from gateway.model.freshness import Freshness
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.pricing import Price
from gateway.services.carts.baskets import NamedBasket
from gateway.services.carts.totals import ZERO, RowAmounts, added, amounts, line_amounts, quantum, same_price, shares

PriceAnswer = Price | AdapterError | None
NOTHING = RowAmounts(ZERO, ZERO, TaxTreatment.INCLUDED)


class CartSum:
    """Of the lines that are bought; each step takes one owner's answer. `unspread` are discounts that could not be
    taken off, because they are stated on a side of the tax that the lines do not know; `unsound` those that cannot be
    what they say they are."""

    def __init__(self, cart: Cart, prices: Mapping[str, PriceAnswer]) -> None:
        self.cart = cart
        self._answers = prices
        self.prices: dict[str, Price] = {}
        self.errors: dict[str, str] = {}
        self.subtotals: dict[str, RowAmounts] = {}
        for line in cart.lines:
            self._price(line, prices.get(line.id))
        self.bought = [line.id for line in cart.active if line.id in self.prices]
        self.rows = {line: self.subtotals[line] for line in self.bought}
        self.shipping: dict[str, RowAmounts] = {}
        self.discounts: list[AppliedDiscount] = []
        self.unspread = 0
        self.unsound = 0
        self.rounding = ZERO
        self._whole: RowAmounts | None = None
        self._by_line: dict[str, list[AppliedDiscount]] = {}

    def ship(self, group: str, option: ShippingOption) -> None:
        """The chosen option of one delivery group, which `offered` let through."""
        self.shipping[group] = amounts(option.price)

    def let_off(self, promotions: Promotions, basket: NamedBasket) -> None:
        """First what is taken from single lines, then from all of them, then from shipping."""
        source = promotions.freshness.source
        ordered = sorted(promotions.discounts, key=lambda one: (one.shipping, one.line is None))
        for discount in ordered:
            if sound(discount.amount, self.cart.currency) is None:
                self.unsound += 1
                continue
            rows = self.shipping if discount.shipping else self.rows
            named = basket.named(discount.line) if discount.line is not None and not discount.shipping else None
            targets = [named] if named is not None else list(rows)
            if discount.line is not None and not discount.shipping and named not in rows:
                self.unsound += 1  # from a line that was never in the basket
                continue
            if targets:
                self._take(discount, rows, targets, source)

    def tax_query(self, basket: NamedBasket) -> TaxQuery | None:
        """What to ask the tax's owner; None where every row says it all."""
        rows = [*self.rows.values(), *self.shipping.values()]
        if all(row.net is not None and row.certain for row in rows):
            return None
        taken = tuple(self._taken(basket.named(line.id) or "") for line in basket.basket.lines)
        shipped = added(list(self.shipping.values())).money(self.cart.currency) if self.shipping else None
        known = shipped if shipped is not None and (shipped.net or shipped.gross) else None
        return TaxQuery(basket.basket, taken, known)

    def taxed(self, tax: BasketTax, basket: NamedBasket) -> bool:
        """Each row as the tax's owner has it, all together as its own sum. False, and nothing is believed, where it
        speaks of other rows, or of other prices than their owners', or where what it says does not add up."""
        currency = self.cart.currency
        unit = quantum(currency)
        told = {basket.named(line.line): sound(line.total, currency) for line in tax.lines}
        total = sound(tax.total, currency)
        if total is None or len(told) != len(tax.lines) or told.keys() != self.rows.keys():
            return False
        rows: dict[str, RowAmounts] = {}
        for line, row in self.rows.items():
            one = told[line]
            if one is None or not same_price(row, one, unit):
                return False
            rows[line] = one
        shipping, beside = self.shipping, NOTHING
        if shipping and tax.shipping is not None:
            whole = sound(tax.shipping, currency)
            if whole is None or not same_price(added(list(shipping.values())), whole, unit * len(shipping)):
                return False
            first, *others = shipping  # the owner tells one amount for all that is shipped
            shipping = {first: whole, **dict.fromkeys(others, NOTHING)}
        elif shipping:  # it speaks of the goods alone
            beside = added(list(shipping.values()))
            if not beside.certain:
                return False
        together = added([*rows.values(), *([] if beside is not NOTHING else shipping.values())])
        most = unit * (len(rows) + len(shipping))
        off = [
            ours - theirs
            for ours, theirs in ((together.net, total.net), (together.gross, total.gross))
            if ours is not None and theirs is not None
        ]
        gross = total.gross if total.gross is not None else together.gross
        if gross is None or not off or any(abs(one) > most for one in off):
            return False
        self.rows, self.shipping = rows, shipping
        self.rounding = ZERO if together.gross is None else gross - together.gross
        net = together.net if together.net is not None else total.net
        whole = RowAmounts(net, gross, together.treatment)
        self._whole = whole if beside is NOTHING else added([whole, beside])
        return True

    @property
    def certain(self) -> bool:
        """Whether it is known what is to be paid."""
        return all(row.certain for row in (*self.rows.values(), *self.shipping.values()))

    def totals(self) -> CartTotals | None:
        """None where no row has the same side as the others, or a cart is empty of what has a price."""
        currency = self.cart.currency
        goods = added(list(self.rows.values())) if self.rows else NOTHING
        shipped = added(list(self.shipping.values())) if self.shipping else None
        together = self._whole or added([goods, shipped] if shipped is not None else [goods])
        if together.net is None and together.gross is None:
            return None
        before = added([self.subtotals[line] for line in self.bought]) if self.bought else NOTHING
        off = added([amounts(one.amount) for one in self.discounts]) if self.discounts else NOTHING
        if before.net is None and before.gross is None:
            return None
        if off.net is None and off.gross is None:
            off = RowAmounts(ZERO, ZERO, before.treatment)
        return CartTotals(
            subtotal=before.money(currency),
            discount=off.money(currency),
            total=together.money(currency),
            rounding=Money(self.rounding, currency),
            shipping=None if shipped is None else shipped.money(currency),
        )

    def lines(self) -> tuple[LineAnswer, ...]:
        """Of every line, those kept for later too."""
        currency = self.cart.currency
        found: list[LineAnswer] = []
        for line in self.cart.lines:
            before, after = self.subtotals.get(line.id), self.rows.get(line.id)
            found.append(
                LineAnswer(
                    line=line.id,
                    price=self.prices.get(line.id),
                    error=self.errors.get(line.id),
                    subtotal=None if before is None else before.money(currency),
                    total=None if after is None else after.money(currency),
                    discounts=tuple(self._by_line.get(line.id, ())),
                )
            )
        return tuple(found)

    def _price(self, line: CartLine, price: PriceAnswer) -> None:
        if price is None:
            self.errors[line.id] = "NOT_SOLD"
        elif isinstance(price, AdapterError):
            self.errors[line.id] = price.code
        else:
            try:
                self.subtotals[line.id] = line_amounts(price, line.quantity, self.cart.currency)
                self.prices[line.id] = price
            except InvalidAnswer as error:
                self.errors[line.id] = error.code

    def _take(self, discount: Discount, rows: dict[str, RowAmounts], targets: Sequence[str], source: str) -> None:
        currency = self.cart.currency
        parts = shares(amounts(discount.amount), [rows[target] for target in targets], currency)
        if any(part.net is None and part.gross is None for part in parts):
            self.unspread += 1
            return
        for target, part in zip(targets, parts, strict=True):
            rows[target] = rows[target].less(part.net, part.gross)
            if not discount.shipping and (part.gross or part.net):
                self._by_line.setdefault(target, []).append(_applied(discount, part, source, currency))
        self.discounts.append(_applied(discount, added(parts), source, currency))

    def _taken(self, line: str) -> Money | None:
        """What is taken from a line, on the side on which its price is stated."""
        before, after = self.subtotals.get(line), self.rows.get(line)
        if before is None or after is None:
            return None
        sides = (before.net, after.net) if before.treatment is TaxTreatment.EXCLUDED else (before.gross, after.gross)
        if None in sides:
            sides = (before.net, after.net) if before.net is not None else (before.gross, after.gross)
        first, last = sides
        taken = ZERO if first is None or last is None else first - last
        return Money(taken, self.cart.currency) if taken else None


def sound(money: TaxedMoney, currency: str) -> RowAmounts | None:
    """None for an amount in another currency than the cart's, or below nothing: nobody may have meant it."""
    try:
        return amounts(money) if money.currency == currency else None
    except InvalidAnswer:
        return None


def oldest(freshness: Iterable[Freshness]) -> tuple[Freshness, ...]:
    """One for each source, the oldest; the oldest of all first."""
    found: dict[str, Freshness] = {}
    for one in sorted(freshness, key=lambda fresh: fresh.as_of):
        found.setdefault(one.source, one)
    return tuple(found.values())


def _applied(discount: Discount, part: RowAmounts, source: str, currency: str) -> AppliedDiscount:
    return AppliedDiscount(
        label=discount.label,
        source=source,
        amount=part.money(currency),
        code=discount.code,
        shipping=discount.shipping,
    )
