"""Deliveries made by hand: transfers with their lines, confirmed, reserved, cancelled, and sent off, as 17 to 19 do it.
What one call does it does whole or not at all.

Source: addons/stock/models/stock_picking.py and stock_move.py of 17, 18 and 19, addons/mrp/models/stock_move.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from adapters.odoo.sandbox.faults import ProgramError, UserError
from adapters.odoo.sandbox.reading import Session
from adapters.odoo.sandbox.reserving import Reservations, parts_of
from adapters.odoo.sandbox.store import Record, Store
from adapters.odoo.sandbox.writing import check_new, check_said, writable

TRANSFER_WRITERS = frozenset(
    ("stock.picking", method) for method in ("create", "action_confirm", "action_assign", "action_cancel")
)
_OVER = ("done", "cancel")


class Transfers:
    def __init__(self, store: Store, reservations: Reservations) -> None:
        self.store = store
        self.reservations = reservations

    def write(self, session: Session, method: str, ids: Sequence[int], arguments: dict[str, Any]) -> Any:
        if method == "create":
            return self._create(session, **arguments)
        if arguments:
            raise ProgramError("TypeError", f"{method}() got an unexpected keyword argument {next(iter(arguments))!r}")
        rows = writable(session, "stock.picking", ids)
        match method:
            case "action_confirm":
                self._confirm(rows)
            case "action_assign":
                self._assign(rows)
            case _:
                self._cancel(rows)
        return True

    def lines(self, transfer: int) -> list[Record]:
        return [row for row in self.store.all("stock.move") if row["picking_id"] == transfer]

    def sent_off(self, transfer: int) -> None:
        """A person validates it: what is reserved leaves, the rest becomes a transfer of its own."""
        rest = [line for line in self.lines(transfer) if line["quantity"] < line["product_uom_qty"]]
        if rest:
            kept = _copied(self.store.browse("stock.picking", transfer))
            later = self.store.add("stock.picking", {**kept, "name": self._name(kept["picking_type_id"])})
            for line in rest:
                missing = line["product_uom_qty"] - line["quantity"]
                split = {**_copied(line), "picking_id": later, "quantity": 0.0, "product_uom_qty": missing}
                self.store.add("stock.move", {**split, "state": "confirmed"})
                line["product_uom_qty"] = line["quantity"]
        for line in self.lines(transfer):
            self.reservations.send_off(("stock.move", line["id"]))
            line["state"] = "done" if line["quantity"] else "cancel"
        self.store.changed()

    def _create(self, session: Session, vals_list: Any) -> list[int]:
        several = cast("list[Any]", vals_list) if isinstance(vals_list, list) else [vals_list]
        checked = [self._checked(session, dict(values)) for values in several]
        made: list[int] = []
        for head, lines in checked:
            name = self._name(head["picking_type_id"])
            made.append(self.store.add("stock.picking", {**head, "name": name}))
            for line in lines:
                self.store.add("stock.move", {**line, "picking_id": made[-1], "state": "draft", "quantity": 0.0})
        return made

    def _checked(self, session: Session, values: dict[str, Any]) -> tuple[Record, list[Record]]:
        """What will be made, with what Odoo adds. Nothing is yet."""
        commands = values.pop("move_ids", [])
        check_new(session, "stock.picking", values)
        check_said("stock.picking", values, {"picking_type_id": "Operation Type"})
        kind: Record = self.store.browse("stock.picking.type", values["picking_type_id"])
        ends: Record = {
            "location_id": kind["default_location_src_id"],
            "location_dest_id": kind["default_location_dest_id"],
        }
        head = {"user_id": session.user.id, **ends, **values}
        lines: list[Record] = []
        for command in commands:
            if command[0] != 0:
                raise ProgramError("ValueError", "Wrong value for move_ids: a new transfer has new lines")
            line = dict(command[2])
            check_new(session, "stock.move", line)
            lines.append(self._line(head, line))
        rows: list[Record] = [head, *lines]
        places = [self.store.browse("stock.location", row[end]) for row in rows for end in ends]
        if any(place.get("company_id") not in (None, kind["company_id"]) for place in places):
            raise UserError("Incompatible companies on records:\n- the transfer and its locations")
        return head, lines

    def _line(self, head: Record, line: Record) -> Record:
        """Of 17, where it goes from and to has to be said of each line; of 17 and 18, what it is called."""
        labels = {"product_id": "Product"}
        if self.store.version < 19:
            labels["name"] = "Description"
        if self.store.version < 18:
            labels |= {"location_id": "Source Location", "location_dest_id": "Destination Location"}
        check_said("stock.move", line, labels)
        ends = {end: head[end] for end in ("location_id", "location_dest_id")}
        return {**ends, "product_uom_qty": 0.0, **line}

    def _name(self, kind: int) -> str:
        warehouse = self.store.browse("stock.picking.type", kind)["warehouse_id"]
        code = self.store.browse("stock.warehouse", warehouse)["code"] if warehouse else "OUT"
        return f"{code}/OUT/{sum(1 for _ in self.store.all('stock.picking')) + 1:05d}"

    def _confirm(self, rows: Sequence[Record]) -> None:
        """A kit's line makes room for those of its parts; of what is no goods nothing remains."""
        for row in rows:
            for line in [line for line in self.lines(row["id"]) if line["state"] == "draft"]:
                product = self.store.browse("product.product", line["product_id"])
                parts = parts_of(self.store, product, line["product_uom_qty"])
                if set(parts) == {product["id"]}:
                    line["state"] = "confirmed"
                    continue
                self.store.delete("stock.move", line["id"])
                for part, pieces in parts.items():
                    values = {**_copied(line), "product_id": part, "product_uom_qty": pieces, "state": "confirmed"}
                    self.store.add("stock.move", values)
            self.store.changed()
            if self.store.browse("stock.picking.type", row["picking_type_id"])["reservation_method"] == "at_confirm":
                self._reserve(row)

    def _assign(self, rows: Sequence[Record]) -> None:
        if not any(line["state"] not in _OVER for row in rows for line in self._confirmed_lines(row)):
            raise UserError("Nothing to check the availability for.")
        self._confirm([row for row in rows if any(line["state"] == "draft" for line in self.lines(row["id"]))])
        for row in rows:
            self._reserve(row)

    def _confirmed_lines(self, row: Record) -> list[Record]:
        """Those that would be there once it is confirmed."""
        return [
            line
            for line in self.lines(row["id"])
            if parts_of(self.store, self.store.browse("product.product", line["product_id"]), 1.0)
        ]

    def _reserve(self, row: Record) -> None:
        for line in self.lines(row["id"]):
            missing = line["product_uom_qty"] - line["quantity"]
            if line["state"] in (*_OVER, "draft") or missing <= 0:
                continue
            if self._counted(line["product_id"]):
                here = _beneath(self.store.browse("stock.location", line["location_id"]))
                missing = self.reservations.take(("stock.move", line["id"]), {line["product_id"]: missing}, here)
            line["quantity"] += missing
            whole = line["quantity"] >= line["product_uom_qty"]
            line["state"] = "assigned" if whole else "partially_available" if line["quantity"] else "confirmed"
        self.store.changed()

    def _counted(self, product: int) -> bool:
        row = self.store.browse("product.product", product)
        if self.store.version < 18:
            return self.store.value("product.product", row, "type", {}) == "product"
        return bool(self.store.value("product.product", row, "is_storable", {}))

    def _cancel(self, rows: Sequence[Record]) -> None:
        lines = [line for row in rows for line in self.lines(row["id"])]
        if any(line["state"] == "done" for line in lines):
            raise UserError(
                "You cannot cancel a stock move that has been set to 'Done'. "
                "Create a return in order to reverse the moves which took place."
            )
        for line in lines:
            self.reservations.release(("stock.move", line["id"]))
            line |= {"state": "cancel", "quantity": 0.0}
        self.store.changed()


def _copied(row: Mapping[str, Any]) -> Record:
    return {name: value for name, value in row.items() if name != "id"}


def _beneath(top: Record) -> Callable[[Record], bool]:
    """A location and what lies in it, by their paths."""
    path = top["complete_name"]
    return lambda place: place["complete_name"] == path or place["complete_name"].startswith(f"{path}/")
