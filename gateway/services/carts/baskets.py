"""A cart as the basket its owners are asked with: equal for equal carts, whatever their lines are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from gateway.model.baskets import Basket, BasketLine, Destination
from gateway.model.carts import Cart, CartLine, DeliveryGroup
from gateway.model.identity import NativeRef
from gateway.model.pricing import Price
from gateway.model.stock import Fulfilment


class NamedBasket(Struct, frozen=True):
    """`lines` are the cart's lines by what the basket calls them: 1, 2, and so on, in an order of their own."""

    basket: Basket
    lines: Mapping[str, CartLine]

    def named(self, line: str) -> str | None:
        """The cart's own id of a line that an answer names."""
        found = self.lines.get(line)
        return None if found is None else found.id


def basket_of(
    cart: Cart,
    lines: Sequence[CartLine],
    prices: Mapping[str, Price],
    *,
    destination: Destination | None = None,
    customer: NativeRef | None = None,
    shipping: str | None = None,
) -> NamedBasket:
    """The lines that have a price. In the order of what they are, so that two carts which were filled in another order
    are one basket."""
    priced = [line for line in lines if line.id in prices]
    priced.sort(key=lambda line: (str(line.variant), line.quantity, line.id))
    named = {str(place): line for place, line in enumerate(priced, 1)}
    rows = tuple(_row(name, line, prices[line.id]) for name, line in named.items())
    basket = Basket(rows, tuple(sorted(cart.codes)), destination, customer, shipping)
    return NamedBasket(basket, named)


def destination_of(cart: Cart, group: DeliveryGroup) -> Destination | None:
    """Where a delivery group goes as far as prices depend on it; the cart's country while there is no address. None for
    what is collected."""
    if group.fulfilment is not Fulfilment.DELIVERY:
        return None
    address = group.address
    if address is None:
        return Destination(cart.country)
    return Destination(address.country, address.region, address.postal_code, address.city)


def first_destination(cart: Cart) -> Destination | None:
    """Of the first delivery group that is delivered: where one destination must stand for all."""
    found = (destination_of(cart, group) for group in cart.groups if cart.lines_of(group))
    return next((place for place in found if place is not None), None)


def _row(name: str, line: CartLine, price: Price) -> BasketLine:
    whole = price.line if price.quantity == line.quantity else None
    return BasketLine(name, line.variant, line.quantity, price.current, whole)
