"""What is written: contacts, quotations, and orders confirmed and cancelled, as Odoo 17 to 19 do it. A quotation holds
nothing; an order that is confirmed reserves what there is, and is confirmed all the same when there is too little.

Source: addons/sale/models/sale_order.py and addons/sale_stock of Odoo 18; 1,000 pieces confirmed with 24 on hand, and
an order confirmed twice, were seen on a real server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from adapters.odoo.sandbox.faults import ProgramError, UserError, ValidationError
from adapters.odoo.sandbox.quotations import Quotations
from adapters.odoo.sandbox.reading import Session
from adapters.odoo.sandbox.reserving import Reservations, parts_of
from adapters.odoo.sandbox.store import Record, Store
from adapters.odoo.sandbox.taxation import order_totals
from adapters.odoo.sandbox.writing import check_new, check_said, check_values, writable

WRITERS = frozenset(
    {
        ("sale.order", "create"),
        ("sale.order", "action_confirm"),
        ("sale.order", "action_cancel"),
        ("res.partner", "create"),
    }
)


class Sales:
    """`effects`: each record that was made or moved, in order: model, method and id."""

    def __init__(self, store: Store, quotations: Quotations, reservations: Reservations) -> None:
        self.store = store
        self.quotations = quotations
        self.reservations = reservations
        self.effects: list[tuple[str, str, int]] = []

    def records_of(self, reference: str) -> list[dict[str, Any]]:
        """The orders that bear it, as a person reads them; of their goods what lies in the order's warehouse."""
        return [self._told(row) for row in self.store.all("sale.order") if row.get("reference") == reference]

    def _told(self, order: Record) -> dict[str, Any]:
        store, warehouse = self.store, self.store.browse("stock.warehouse", order["warehouse_id"])
        lying = [
            quant
            for quant in store.all("stock.quant")
            if (place := store.browse("stock.location", quant["location_id"]))["usage"] == "internal"
            and place["warehouse_id"] == warehouse["id"]
        ]
        return {
            "model": "sale.order",
            "name": order["name"],
            "state": order["state"],
            "reference": order["reference"],
            "partner": store.browse("res.partner", order["partner_id"])["name"],
            "warehouse": warehouse["code"],
            "total": f"{order['amount_total']:.3f}".rstrip("0").rstrip("."),
            "currency": store.browse("res.currency", order["currency_id"])["name"],
            "goods": [
                {
                    "sku": store.browse("product.product", product)["default_code"],
                    "ordered": pieces,
                    "on_hand": sum(quant["quantity"] for quant in lying if quant["product_id"] == product),
                    "reserved": sum(quant["reserved_quantity"] for quant in lying if quant["product_id"] == product),
                }
                for product, pieces in self._goods(order).items()
            ],
        }

    def write(self, session: Session, model: str, method: str, ids: Sequence[int], arguments: dict[str, Any]) -> Any:
        if method == "create":
            return self._create(session, model, **arguments)
        if arguments:
            raise ProgramError("TypeError", f"{method}() got an unexpected keyword argument {next(iter(arguments))!r}")
        rows = writable(session, model, ids)
        return self._confirm(rows) if method == "action_confirm" else self._cancel(session, rows)

    def _create(self, session: Session, model: str, vals_list: Any) -> list[int]:
        several = cast("list[Any]", vals_list) if isinstance(vals_list, list) else [vals_list]
        made: list[int] = []
        for values in several:
            check_new(session, model, values)
            make = self._quotation if model == "sale.order" else self._contact
            made.append(make(session, dict(values)))
            self.effects.append((model, "create", made[-1]))
        return made

    def _contact(self, session: Session, values: dict[str, Any]) -> int:
        kind = values.setdefault("type", "contact")
        if kind == "contact" and not values.get("name"):
            raise ValidationError("Contacts require a name")
        values = {name: None if value is False else value for name, value in values.items()}
        return self.store.add("res.partner", {"write_date": datetime.now(UTC), **values})

    def _quotation(self, session: Session, values: dict[str, Any]) -> int:
        store, commands = self.store, values.pop("order_line", [])
        check_said("sale.order", values, {"partner_id": "Customer"})
        order: Record = {"company_id": (session.context.get("allowed_company_ids") or [1])[0], **values}
        partner = store.browse("res.partner", order["partner_id"])
        order.setdefault("pricelist_id", partner.get("property_product_pricelist"))
        order["pricelist_id"] = order["pricelist_id"] or None
        order["currency_id"] = (
            store.browse("product.pricelist", order["pricelist_id"])["currency_id"]
            if order["pricelist_id"]
            else store.browse("res.company", order["company_id"])["currency_id"]
        )
        order.setdefault("partner_invoice_id", partner["id"])
        order.setdefault("partner_shipping_id", partner["id"])
        warehouses = [row["id"] for row in store.all("stock.warehouse") if row["company_id"] == order["company_id"]]
        order.setdefault("warehouse_id", min(warehouses, default=None))
        now = datetime.now(UTC).replace(microsecond=0)
        head = {"state": "draft", "locked": False, "date_order": now, "delivery_status": None}
        order |= head | {"user_id": partner.get("user_id") or session.user.id}
        lines = [self._line(order, command) for command in commands]
        added = store.add("sale.order", order)
        store.write("sale.order", added, {"name": f"S{added:05d}", **self._amounts(order, lines)})
        for line in lines:
            store.add("sale.order.line", {**line, "order_id": added})
        return added

    def _line(self, order: Record, command: Sequence[Any]) -> Record:
        if command[0] != 0:
            raise ProgramError("ValueError", "Wrong value for order_line: a new order has new lines")
        line: Record = dict(command[2])
        check_values(self.store, "sale.order.line", line)
        if line.get("display_type"):
            if line.get("product_id") or line.get("price_unit"):
                raise ValidationError("Forbidden values on non-accountable sale order line")
            return line
        if not line.get("product_id"):
            raise ValidationError("Missing required fields on accountable sale order line.")
        line.setdefault("product_uom_qty", 1.0)
        product = self.store.browse("product.product", line["product_id"])
        line.setdefault("name", self.store.value("product.product", product, "name", {}))
        told = self.quotations.line({**order, "date_order": order["date_order"].isoformat()[:19]}, line)
        told.pop("pricelist_item_id")
        return {**line, **told, "price_tax": told["price_total"] - told["price_subtotal"]}

    def _amounts(self, order: Record, lines: Sequence[Record]) -> Mapping[str, float]:
        store = self.store
        company = store.browse("res.company", order["company_id"])
        step = float(store.browse("res.currency", order["currency_id"])["rounding"])
        sold = [
            (
                line["price_unit"] * (1 - line["discount"] / 100),
                line["product_uom_qty"],
                self.quotations.taxes(order, store.browse("product.product", line["product_id"])),
            )
            for line in lines
            if not line.get("display_type")
        ]
        globally = company.get("tax_calculation_rounding_method") == "round_globally"
        net, gross = order_totals(store, sold, step, globally=globally)
        return {"amount_untaxed": net, "amount_tax": gross - net, "amount_total": gross}

    def _confirm(self, rows: Sequence[Record]) -> Any:
        if any(row["state"] not in ("draft", "sent") for row in rows):
            raise UserError("Some orders are not in a state requiring confirmation.")
        for row in rows:
            now = datetime.now(UTC).replace(microsecond=0)
            goods = self._goods(row)
            self.store.write(
                "sale.order",
                row["id"],
                {"state": "sale", "date_order": now, "delivery_status": "pending" if goods else None},
            )
            self.reservations.take(("sale.order", row["id"]), goods, _in(row["warehouse_id"]))
            self.effects.append(("sale.order", "action_confirm", row["id"]))
        if self.store.version >= 19 and any(self.store.all("loyalty.program")):
            return {"type": "ir.actions.client", "tag": "display_notification", "params": {"message": "Rewards"}}
        return True

    def _cancel(self, session: Session, rows: Sequence[Record]) -> Any:
        if any(row.get("locked") for row in rows):
            raise UserError("You cannot cancel a locked order. Please unlock it first.")
        asks = any(row["state"] != "draft" for row in rows) and not session.context.get("disable_cancel_warning")
        if asks and self.store.version < 19:  # a person is asked in a window, and nothing happens
            return {"type": "ir.actions.act_window", "res_model": "sale.order.cancel", "target": "new"}
        for row in rows:
            self.reservations.release(("sale.order", row["id"]))
            self.store.write("sale.order", row["id"], {"state": "cancel"})
            self.effects.append(("sale.order", "action_cancel", row["id"]))
        return True

    def _goods(self, order: Record) -> dict[int, float]:
        found: dict[int, float] = {}
        for line in self.store.all("sale.order.line"):
            if line["order_id"] == order["id"] and line.get("product_id"):
                product = self.store.browse("product.product", line["product_id"])
                for part, pieces in parts_of(self.store, product, line["product_uom_qty"]).items():
                    found[part] = found.get(part, 0.0) + pieces
        return found


def _in(warehouse: int) -> Callable[[Record], bool]:
    return lambda location: location["warehouse_id"] == warehouse
