"""How many decimals an order line keeps: what "Product Price", "Discount" and the unit's precision are set to.

Only administrators and till users may read those settings (`decimal.precision`), but every user is told the digits of a
field by `fields_get`, which answers what the server itself rounds to."""

from __future__ import annotations

from msgspec import Struct

from adapters.odoo.client import OdooClient
from adapters.odoo.errors import MissingModel, RightMissing
from gateway.errors import RequestRefused
from gateway.model.context import CallContext


class LineDigits(Struct, frozen=True):
    """None: all that a float holds (unit prices of 19)."""

    price: int | None
    discount: int | None
    quantity: int | None


class _Field(Struct, frozen=True):
    """`digits`: all and those after the point; empty where a field keeps what it is given."""

    digits: tuple[int, int] | bool | None = None

    @property
    def kept(self) -> int | None:
        return self.digits[1] if isinstance(self.digits, tuple) else None


async def read_digits(client: OdooClient, call: CallContext) -> LineDigits:
    """One request; another where there are no sales orders to look at. Raises RequestRefused when nothing tells."""
    try:
        price, discount, quantity = await _kept(
            client, "sale.order.line", ("price_unit", "discount", "product_uom_qty"), call
        )
    except (MissingModel, RightMissing):
        (listed,) = await _kept(client, "product.product", ("lst_price",), call)
        return LineDigits(listed, 2, 2)
    return LineDigits(price, discount, quantity)


async def _kept(client: OdooClient, model: str, names: tuple[str, ...], call: CallContext) -> list[int | None]:
    """A field that is hidden from this user is left out without a word."""
    arguments = {"allfields": list(names), "attributes": ["digits"]}
    fields = await client.call(dict[str, _Field], model, "fields_get", arguments, call)
    for name in names:
        if name not in fields:
            said = f"nothing tells how prices are rounded: `{model}.{name}` is hidden from this user"
            raise RequestRefused(detail=said)
    return [fields[name].kept for name in names]
