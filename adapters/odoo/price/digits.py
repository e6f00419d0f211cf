"""How many decimals an order line keeps: what "Product Price", "Discount" and the unit's precision are set to.

Only administrators and till users may read those settings (`decimal.precision`), but every user is told the digits of a
field by `fields_get`, which answers what the server itself rounds to."""

from __future__ import annotations

from msgspec import Struct

from adapters.odoo.client import OdooClient
from adapters.odoo.errors import MissingModel, RightMissing
from adapters.odoo.protocols import Ask
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


async def read_digits(client: OdooClient, call: CallContext, operation: str) -> LineDigits:
    """One request; another where there are no sales orders to look at. Raises RequestRefused when nothing tells."""
    try:
        line = await _fields(client, "sale.order.line", ("price_unit", "discount", "product_uom_qty"), call, operation)
    except (MissingModel, RightMissing):
        product = await _fields(client, "product.product", ("lst_price",), call, operation)
        listed = _known(product, "lst_price", "product.product")
        return LineDigits(listed.kept, 2, 2)
    return LineDigits(
        price=_known(line, "price_unit", "sale.order.line").kept,
        discount=_known(line, "discount", "sale.order.line").kept,
        quantity=_known(line, "product_uom_qty", "sale.order.line").kept,
    )


async def _fields(
    client: OdooClient, model: str, names: tuple[str, ...], call: CallContext, operation: str
) -> dict[str, _Field]:
    arguments = {"allfields": list(names), "attributes": ["digits"]}
    return await client.call(
        dict[str, _Field], Ask(model=model, method="fields_get", arguments=arguments, operation=operation), call
    )


def _known(fields: dict[str, _Field], name: str, model: str) -> _Field:
    """A field that is hidden from this user is left out without a word."""
    found = fields.get(name)
    if found is None:
        raise RequestRefused(detail=f"nothing tells how prices are rounded: `{model}.{name}` is hidden from this user")
    return found
