"""OrderWritePort, OrderConfirmPort and OrderCancelPort: a quotation under our reference, which holds nothing.
Confirmed, it is a sales order, and its goods are reserved, as far as there are any; cancelled, they are free.

Odoo knows no key of ours: whoever writes looks first. Source: addons/sale/models/sale_order.py of 18, sale_stock, and
what a real server did with an order confirmed twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.order.addresses import Addresses
from adapters.odoo.order.lines import delivery_commands, line_commands, note_command
from adapters.odoo.order.orders import SALE, order_id, parse_order_id
from adapters.odoo.price.basis import Basis
from adapters.odoo.price.prices import Prices
from adapters.odoo.price.rows import CurrencyRow
from adapters.odoo.rights import SALES
from adapters.odoo.values import Coded, CodeRow, Empty, Row, number, record, record_id, text
from adapters.odoo.variants import SKUS_A_REQUEST, Variants
from gateway.errors import AdapterError, InvalidAnswer, RequestRefused
from gateway.kit.concurrency import together
from gateway.kit.tables import Table
from gateway.kit.writing import after_an_effect, before_sending
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.orders import CancelOrder, ConfirmOrder, OrderStatus, PlacedOrder, PlaceOrder
from gateway.ports.manifest import AdapterEnvironment

STATUS: Mapping[str, OrderStatus] = {
    "draft": OrderStatus.OPEN,
    "sent": OrderStatus.OPEN,
    "sale": OrderStatus.CONFIRMED,
    "done": OrderStatus.CONFIRMED,
    "cancel": OrderStatus.CANCELLED,
}
LEFT = ("partial", "full")
TWINS = 5
"""Orders read under one reference: more than one is one too many."""
UNASKED = {"disable_cancel_warning": True}
"""Else a person is asked in a window whether an order that is confirmed shall be cancelled, and nothing happens."""


class _Placed(Row, frozen=True):
    name: str
    state: str
    delivery_status: str | Empty
    currency_id: CurrencyRow | Empty
    warehouse_id: Coded | Empty
    amount_total: Decimal


class _Sold(CodeRow, frozen=True):
    type: str


class OrderDesk:
    """`own_only`: whether Odoo hides other salespeople's orders from this user; then "absent" means nothing."""

    def __init__(
        self,
        env: AdapterEnvironment[OdooConfig],
        client: OdooClient,
        variants: Variants,
        prices: Prices,
        own_only: Table[bool],
    ) -> None:
        self._env = env
        self._config = env.config
        self._client = client
        self._variants = variants
        self._prices = prices
        self._addresses = Addresses(client)
        self._own_only = own_only

    async def place_order(self, command: PlaceOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        """Up to eight requests, of which one makes the quotation; the totals are Odoo's own. An address is made before
        it, and found again by whoever comes again. Raises RequestRefused for what Odoo cannot be told."""
        with before_sending():
            await self._must_see_all(call)
            values = await self._quotation(command, context, call)
        made = await self._client.create("sale.order", values, call)
        with after_an_effect():
            return await self._read(made, command.reference, call)

    async def find_order(self, reference: str, context: ContextView, call: CallContext) -> PlacedOrder | None:
        """Of several the first: the reference is not copied with an order, but may be in a field that is."""
        domain = [[self._config.reference_field, "=", reference]]
        found = await self._client.search(_Placed, "sale.order", domain, call, order="id", limit=1)
        if not found:
            await self._must_see_all(call)
            return None
        return self._placed(found[0])

    async def find_orders(self, reference: str, context: ContextView, call: CallContext) -> Sequence[PlacedOrder]:
        domain = [[self._config.reference_field, "=", reference]]
        found = await self._client.search(_Placed, "sale.order", domain, call, order="id", limit=TWINS)
        if not found:
            await self._must_see_all(call)
        return [self._placed(row) for row in found]

    async def confirm_order(self, command: ConfirmOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        """Whatever stock there is: Odoo confirms a thousand pieces where it has two dozen."""
        with before_sending():
            before = await self._read_ref(command.order, command.reference, call)
            if before.status is OrderStatus.CONFIRMED:
                return before
        return await self._moved(command.order, command.reference, "action_confirm", OrderStatus.CONFIRMED, call)

    async def find_confirmed(self, reference: str, context: ContextView, call: CallContext) -> PlacedOrder | None:
        return await self._found_in(OrderStatus.CONFIRMED, reference, context, call)

    async def cancel_order(self, command: CancelOrder, context: ContextView, call: CallContext) -> PlacedOrder:
        """Too late, by our rule, once any of its goods have left: Odoo would cancel the rest. By its own rule for an
        order that is locked."""
        with before_sending():
            row = await self._row_of(command.order, command.reference, call)
            if STATUS.get(row.state) is OrderStatus.CANCELLED:
                return self._placed(row)
            if text(row.delivery_status) in LEFT:
                raise RequestRefused(detail="goods of this order have left")
        return await self._moved(command.order, command.reference, "action_cancel", OrderStatus.CANCELLED, call)

    async def find_cancelled(self, reference: str, context: ContextView, call: CallContext) -> PlacedOrder | None:
        return await self._found_in(OrderStatus.CANCELLED, reference, context, call)

    async def _found_in(
        self, status: OrderStatus, reference: str, context: ContextView, call: CallContext
    ) -> PlacedOrder | None:
        found = await self.find_order(reference, context, call)
        return found if found is not None and found.status is status else None

    async def _moved(
        self, order: NativeRef, reference: str, method: str, status: OrderStatus, call: CallContext
    ) -> PlacedOrder:
        """What the method answers is a truth value or what a person should be shown: how the order stands is read."""
        identifier = _identifier(order)
        refused: AdapterError | None = None
        try:
            await self._client.call(object, "sale.order", method, {}, call, ids=(identifier,), context=UNASKED)
        except RequestRefused as error:  # another may have done it meanwhile
            refused = error
        with after_an_effect() if refused is None else nullcontext():
            after = await self._read_ref(order, reference, call)
        if after.status is status:
            return after
        raise refused or RequestRefused(detail=f"{method}: the order stands as it was")

    async def _must_see_all(self, call: CallContext) -> None:
        if await self._own_only.get(call, kept_is_enough=True):
            said = f"this user sees own documents only, and would place an order twice: grant {SALES}"
            raise RequestRefused(detail=said)

    async def _quotation(self, command: PlaceOrder, context: ContextView, call: CallContext) -> Mapping[str, Any]:
        _require_tellable(command)
        basis = await self._basis(command, context, call)
        async with together() as tasks:
            sold = tasks.create_task(self._products(command, call))
            taken = tasks.create_task(self._warehouse(command, call))
        lines: list[Any] = [
            *line_commands(command.lines, sold.result(), basis.tables.digits),
            *delivery_commands(command.deliveries, self._config.delivery_product),
        ]
        if command.note:
            lines.append(note_command(command.note))
        warehouse = taken.result()
        return {
            self._config.reference_field: command.reference,
            **self._origin(command),
            "company_id": self._config.company,
            **await self._whose(command, call),
            **({} if warehouse is None else {"warehouse_id": warehouse}),
            # Left unsaid, both are the contact's own, not what the shopper was told.
            "pricelist_id": basis.price_list.id if basis.price_list is not None else False,
            "fiscal_position_id": basis.position.id if basis.position is not None else False,
            "order_line": lines,
        }

    def _origin(self, command: PlaceOrder) -> Mapping[str, str]:
        if command.origin is None:
            return {}
        fault = self._config.origin_fault(written=True)
        if fault is not None:
            raise RequestRefused(detail=f"`{fault[0]}` {fault[1]}")
        return {self._config.origin_field: command.origin.written}

    async def _basis(self, command: PlaceOrder, context: ContextView, call: CallContext) -> Basis:
        """The list and the fiscal position that fresh prices are asked with."""
        tables = await self._prices.tables.get(call, kept_is_enough=True)
        currency = command.lines[0].unit.currency
        basis = self._prices.basis_of(tables, self._prices.list_for(context), currency, context.country)
        if isinstance(basis, AdapterError):
            raise basis
        return basis

    async def _products(self, command: PlaceOrder, call: CallContext) -> Mapping[str, int]:
        skus = list(dict.fromkeys(line.sku for line in command.lines))
        rows: list[_Sold] = []
        for named in await self._variants.domains(skus, call):
            domain = [*named, ["sale_ok", "=", True]]
            rows += await self._client.search(_Sold, "product.product", domain, call)
        bearers = self._variants.found(rows)
        found = {sku: row.id for sku in skus if isinstance(row := bearers.one(sku), _Sold) and row.type != "combo"}
        if unknown := sum(1 for line in command.lines if line.sku not in found):
            raise RequestRefused(detail=f"{unknown} lines are not known here, or not as one product")
        return found

    async def _warehouse(self, command: PlaceOrder, call: CallContext) -> int | None:
        """None: Odoo's own choice. Raises RequestRefused for a place that is no warehouse of its own."""
        named = {place for line in command.lines for place, _ in line.places}
        named |= {each.place for each in command.deliveries if each.collected and each.place}
        if len(named) > 1:
            raise RequestRefused(detail="an order has one warehouse")
        if not named:
            return None
        rows = await self._client.search(Coded, "stock.warehouse", [["code", "in", list(named)]], call)
        if len(rows) != 1:
            raise RequestRefused(detail="no warehouse is called so")
        return rows[0].id

    async def _whose(self, command: PlaceOrder, call: CallContext) -> Mapping[str, int]:
        """A customer's own contact, or the one that stands for guests; an address beneath it. A guest's is never made
        out to whoever else has that email."""
        address = next((each.address for each in command.deliveries if each.address is not None), None)
        if command.customer is not None:
            contact = record_id(command.customer.id)
            if contact is None or command.customer.backend != self._env.name:
                raise RequestRefused(detail="no customer of this Odoo")
            if address is None:
                return {"partner_id": contact}
            return {"partner_id": contact, "partner_shipping_id": await self._beneath(contact, command, call)}
        guest = self._config.guest_contact
        if not guest:
            raise RequestRefused(detail="a guest's order is made out to `guest_contact`, which is not configured")
        beneath = await self._beneath(guest, command, call)
        return {"partner_id": guest, "partner_invoice_id": beneath, "partner_shipping_id": beneath}

    async def _beneath(self, contact: int, command: PlaceOrder, call: CallContext) -> int:
        address = next((each.address for each in command.deliveries if each.address is not None), None)
        buyer = command.buyer if command.customer is None else None
        return await self._addresses.beneath(contact, address, buyer, call)

    async def _read(self, identifier: int, reference: str, call: CallContext) -> PlacedOrder:
        return await self._read_ref(NativeRef(self._env.name, order_id(SALE, identifier)), reference, call)

    async def _read_ref(self, order: NativeRef, reference: str, call: CallContext) -> PlacedOrder:
        return self._placed(await self._row_of(order, reference, call))

    async def _row_of(self, order: NativeRef, reference: str, call: CallContext) -> _Placed:
        """Raises RequestRefused for an order that is not there, or under another reference."""
        domain = [["id", "=", _identifier(order)], [self._config.reference_field, "=", reference]]
        rows = await self._client.search(_Placed, "sale.order", domain, call)
        if not rows:
            raise RequestRefused(detail="no such order")
        return rows[0]

    def _placed(self, row: _Placed) -> PlacedOrder:
        currency, warehouse = record(row.currency_id), record(row.warehouse_id)
        if currency is None:
            raise InvalidAnswer(detail="an order without a currency")
        place = text(warehouse.code) if warehouse is not None else None
        return PlacedOrder(
            NativeRef(self._env.name, order_id(SALE, row.id)),
            row.name,
            STATUS.get(row.state, OrderStatus.UNKNOWN),
            Money(number(row.amount_total), currency.name).settled(),
            (place,) if place else (),
        )


def _identifier(order: NativeRef) -> int:
    parsed = parse_order_id(order.id)
    if parsed is None or parsed[0] != SALE:
        raise RequestRefused(detail="no such order")
    return parsed[1]


def _require_tellable(command: PlaceOrder) -> None:
    if not 0 < len(command.lines) <= SKUS_A_REQUEST or any(line.quantity <= 0 for line in command.lines):
        raise RequestRefused(detail=f"an order has lines of some pieces, {SKUS_A_REQUEST} at most")
    if not command.moves_stock:
        raise RequestRefused(detail="an order that is confirmed reserves its goods here")
    if not command.pending:
        raise RequestRefused(detail="an order is a quotation until it is confirmed")
    if len({line.unit.currency for line in command.lines}) != 1:
        raise RequestRefused(detail="an order has one currency")
    if len({each.address for each in command.deliveries if each.address is not None}) > 1:
        raise RequestRefused(detail="an order has one address")
