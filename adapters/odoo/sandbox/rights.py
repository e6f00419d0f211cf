"""Who may read and write what: groups and what they imply, rights on models, and rules on records, as 17 to 19 ship
them.

Source: ir.model.access.csv and ir.rule records of Odoo 18's modules, and the refusals of a real server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.odoo.sandbox.faults import AccessError

INTERNAL = "base.group_user"
SETTINGS = "base.group_system"
CONTACTS = "base.group_partner_manager"
OWN_DOCUMENTS = "sales_team.group_sale_salesman"
ALL_DOCUMENTS = "sales_team.group_sale_salesman_all_leads"
INVENTORY = "stock.group_stock_user"
MANUFACTURING = "mrp.group_mrp_user"
TILL = "point_of_sale.group_pos_user"

GROUP_NAMES: Mapping[str, str] = {
    INTERNAL: "User types/Internal User",
    SETTINGS: "Administration/Settings",
    CONTACTS: "Extra Rights/Contact Creation",
    OWN_DOCUMENTS: "Sales/User: Own Documents Only",
    ALL_DOCUMENTS: "Sales/User: All Documents",
    INVENTORY: "Inventory/User",
    MANUFACTURING: "Manufacturing/User",
    TILL: "Point of Sale/User",
}
IMPLIED: Mapping[str, tuple[str, ...]] = {ALL_DOCUMENTS: (OWN_DOCUMENTS,)}

_SELLERS = (OWN_DOCUMENTS,)
_LOYALTY = (OWN_DOCUMENTS, TILL)
_STOCKED = (INVENTORY, MANUFACTURING)
_MOVERS = (INVENTORY, OWN_DOCUMENTS, TILL)
"""Of transfers: not the stock's people alone, but who sells has them too, at a desk and at a till."""
_MOVING: Mapping[str, tuple[str, ...]] = {"stock.picking": _MOVERS, "stock.move": (*_MOVERS, MANUFACTURING)}

READ: Mapping[str, tuple[str, ...]] = {
    "decimal.precision": (SETTINGS, TILL),
    "sale.order": (INVENTORY, MANUFACTURING, *_SELLERS),
    "sale.order.line": (INVENTORY, MANUFACTURING, *_SELLERS),
    "pos.order": (INVENTORY, TILL),
    "pos.order.line": (TILL,),
    "pos.config": (TILL,),
    "loyalty.program": _LOYALTY,
    "loyalty.rule": _LOYALTY,
    "loyalty.card": _LOYALTY,
    "loyalty.history": _LOYALTY,
    **_MOVING,
    "mrp.bom": _STOCKED,
    "mrp.bom.line": _STOCKED,
}
"""Models that not every internal user may read."""

CREATE: Mapping[str, tuple[str, ...]] = {"sale.order": _SELLERS, "res.partner": (CONTACTS,), **_MOVING}
WRITE: Mapping[str, tuple[str, ...]] = {
    "sale.order": (*_SELLERS, INVENTORY),
    "res.partner": (CONTACTS,),
    **_MOVING,
}
_TABLES = {"read": READ, "create": CREATE, "write": WRITE}

FIELD_GROUPS: Mapping[tuple[str, str], str] = {("product.product", "standard_price"): INTERNAL}

Domain = list[Any]

_OF_COMPANY = (
    "sale.order",
    "sale.order.line",
    "pos.order",
    "pos.order.line",
    "pos.config",
    "stock.warehouse",
    "stock.picking.type",
    "stock.picking",
    "stock.move",
)
_OF_COMPANY_OR_NONE = ("stock.location", "stock.quant", "loyalty.history")
_OF_LINEAGE = ("account.tax", "account.fiscal.position")
_OF_LINEAGE_OR_NONE = (
    "res.currency.rate",
    "product.template",
    "product.pricelist",
    "product.pricelist.item",
    "loyalty.program",
    "loyalty.card",
    "loyalty.rule",
)


@dataclass
class User:
    """`companies`: those it may work for."""

    login: str = "gateway"
    name: str = "Gateway"
    id: int = 2
    groups: set[str] = field(default_factory=lambda: {INTERNAL, ALL_DOCUMENTS, INVENTORY, TILL, CONTACTS})
    companies: set[int] = field(default_factory=lambda: {1})

    def has_group(self, group: str) -> bool:
        return any(group == own or group in IMPLIED.get(own, ()) for own in self.groups)


def check_model(user: User, model: str, *, document: str, operation: str = "read") -> None:
    """Raises AccessError in Odoo's own words, which name the groups that would do."""
    allowed = _TABLES[operation].get(model, (INTERNAL,))
    if any(user.has_group(group) for group in allowed):
        return
    verb = "access" if operation == "read" else operation
    groups = "\n".join(f"\t- {name}" for name in sorted(GROUP_NAMES[group] for group in allowed))
    raise AccessError(
        f"You are not allowed to {verb} '{document}' ({model}) records.\n\n"
        f"This operation is allowed for the following groups:\n{groups}\n\n"
        "Contact your administrator to request access if necessary."
    )


def check_fields(user: User, model: str, names: Iterable[str], hidden: Mapping[tuple[str, str], str]) -> None:
    """A field that is for a group only, standard or customised (`hidden`)."""
    refused = [name for name in names if not may_see(user, model, name, hidden)]
    if refused:
        raise AccessError(
            f'You do not have enough rights to access the fields "{",".join(refused)}" on {model} ({model}). '
            "Please contact your system administrator.\n\nOperation: read"
        )


def may_see(user: User, model: str, name: str, hidden: Mapping[tuple[str, str], str]) -> bool:
    group = hidden.get((model, name)) or FIELD_GROUPS.get((model, name))
    return group is None or user.has_group(group)


def record_rules(user: User, model: str, companies: Sequence[int]) -> list[Domain]:
    """All of these hold for every record the user sees. `companies`: those the call is made for."""
    allowed = list(companies) or sorted(user.companies)
    rules: list[Domain] = []
    if model == "res.company" and not user.has_group(SETTINGS):
        rules.append([["id", "in", allowed]])
    if model in _OF_COMPANY:
        rules.append([["company_id", "in", allowed]])
    if model in _OF_COMPANY_OR_NONE:
        rules.append([["company_id", "in", [*allowed, False]]])
    if model in _OF_LINEAGE:
        rules.append([["company_id", "parent_of", allowed]])
    if model in _OF_LINEAGE_OR_NONE:
        rules.append(["|", ["company_id", "parent_of", allowed], ["company_id", "=", False]])
    if model == "sale.order" and user.has_group(OWN_DOCUMENTS) and not user.has_group(ALL_DOCUMENTS):
        rules.append(["|", ["user_id", "=", user.id], ["user_id", "=", False]])
    return rules
