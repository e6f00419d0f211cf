"""What `gateway check` tries at an Odoo: everything the configuration names, and each right the operations need. One
thing that is wrong keeps nothing else from being tried."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

from msgspec import Struct

from adapters.odoo.errors import ForeignCompany, MissingModel
from adapters.odoo.prices import OdooPrices
from adapters.odoo.protocols import Ask, detect_version
from adapters.odoo.rights import has_group, sees_own_documents_only
from adapters.odoo.values import Empty, text
from gateway.errors import AdapterError, CredentialsRefused, InvalidAnswer, RequestRefused, Unavailable
from gateway.model.context import CallContext
from gateway.ports.domains import Problem

PROBE = "probe"
PLAIN = {"lang": "en_US"}
"""The one language that every Odoo takes, so that a wrong one hides nothing else."""
OFFERED = 20
ANY_STATE = ["active", "in", [True, False]]
INTERNAL, SALES = "any internal user", "Sales / User: All Documents"
INVENTORY, TILL = "Inventory / User", "Point of Sale / User"
LINE_DISCOUNTS, SYSTEM_USER = "sale.group_discount_per_so_line", 1
"""A feature is on where the system's own user has its group."""

R = TypeVar("R", bound=Struct)


class Needed(Struct, frozen=True):
    """A model that operations of a data domain read, the menu entry that grants it (Settings / Users), and the module
    that brings it."""

    domain: str
    operation: str
    model: str
    grant: str
    module: str = ""


NEEDED = (
    Needed("product", "product.get_products", "product.template", INTERNAL),
    Needed("price", "price.get_prices", "product.product", INTERNAL),
    Needed("price", "price.get_prices", "product.pricelist", INTERNAL),
    Needed("price", "price.get_prices", "product.pricelist.item", INTERNAL),
    Needed("price", "price.get_prices", "res.currency.rate", INTERNAL),
    Needed("price", "price.get_prices", "account.tax", INTERNAL),
    Needed("price", "price.get_prices", "account.fiscal.position", INTERNAL),
    Needed("stock", "stock.get_stock", "stock.warehouse", INTERNAL, "Inventory"),
    Needed("stock", "stock.get_stock", "stock.quant", INTERNAL, "Inventory"),
    Needed("stock", "stock.get_stock", "mrp.bom", INVENTORY),
    Needed("stock", "stock.get_stock", "mrp.bom.line", INVENTORY),
    Needed("store", "store.list_stores", "stock.warehouse", INTERNAL, "Inventory"),
    Needed("customer", "customer.find_customers", "res.partner", INTERNAL),
    Needed("loyalty", "loyalty.find_accounts", "loyalty.card", SALES, "Coupons & Loyalty"),
    Needed("loyalty", "loyalty.list_programs", "loyalty.program", SALES, "Coupons & Loyalty"),
    Needed("loyalty", "loyalty.list_programs", "loyalty.rule", SALES, "Coupons & Loyalty"),
    Needed("loyalty", "loyalty.list_entries", "loyalty.history", SALES, "Coupons & Loyalty"),
    Needed("order", "order.list_orders", "sale.order", SALES, "Sales"),
    Needed("order", "order.list_orders", "sale.order.line", SALES, "Sales"),
    Needed("order", "order.list_orders", "pos.order", TILL, "Point of Sale"),
    Needed("order", "order.list_orders", "pos.order.line", TILL, "Point of Sale"),
    Needed("order", "order.list_orders", "pos.config", TILL, "Point of Sale"),
)


class _Language(Struct, frozen=True):
    id: int
    code: str


class _Named(Struct, frozen=True):
    id: int
    name: str | Empty


class _Place(Struct, frozen=True):
    id: int
    complete_name: str | Empty


class OdooExamination(OdooPrices):
    async def examine(self, call: CallContext) -> tuple[Problem, ...]:
        """Raises AdapterError where nothing can be asked at all."""
        found = await self._entrance(call)
        if found:
            return tuple(found)
        return (
            *await self._languages(call),
            *await self._rights(call),
            *await self._missing_fields(call),
            *await self._unknown_names(call),
        )

    async def _entrance(self, call: CallContext) -> list[Problem]:
        """Without version and company nothing else answers."""
        if self.config.version != "auto":
            try:
                real = await detect_version(self.client.transport, call)
            except (InvalidAnswer, RequestRefused):
                real = None
            if real is not None and real != int(self.config.version):
                return [Problem(f'`version` says "{self.config.version}", but this server is an Odoo {real}')]
        try:
            await self._count("res.company", call)
        except ForeignCompany:
            return [
                Problem(
                    f"`company = {self.config.company}`: this user may not work for it, or it is not there: add it to "
                    "Allowed Companies (Settings / Users)"
                )
            ]
        return []

    async def _languages(self, call: CallContext) -> list[Problem]:
        rows = await self._search(_Language, "res.lang", [["active", "=", True]], call)
        installed = {row.code for row in rows}
        wanted = {"`language`": self.config.language} | {
            f"`languages.{tag}`": code for tag, code in self.config.languages.items()
        }
        return [
            Problem(f'{key} = "{code}" is not installed; installed are {", ".join(sorted(installed))}')
            for key, code in wanted.items()
            if code not in installed
        ]

    async def _rights(self, call: CallContext) -> list[Problem]:
        """Each model of each operation is counted, since nested records are refused only where there are some."""
        found: list[Problem] = []
        for needed in NEEDED:
            if not self._uses(needed):
                continue
            try:
                await self._count(needed.model, call)
            except MissingModel:
                if needed.module:
                    found.append(Problem(self._uninstalled(needed), needed.domain))
            except (Unavailable, CredentialsRefused):
                raise
            except AdapterError:
                text = f"`{needed.operation}`: may not read `{needed.model}`: grant {needed.grant} (Settings / Users)"
                found.append(Problem(text, needed.domain))
        if self.config.orders != "pos" and await sees_own_documents_only(self.client, call):
            text = (
                "`order.list_orders`: this user sees own documents only, so orders of other salespeople are missing: "
            )
            found.append(Problem(f"{text}grant {SALES} (Settings / Users)", "order"))
        return found

    def _uses(self, needed: Needed) -> bool:
        if needed.model.startswith("mrp."):
            return self.config.kits
        if needed.model.startswith("sale."):
            return self.config.orders != "pos"
        if needed.model.startswith("pos."):
            return self.config.orders != "sale"
        if needed.model == "account.fiscal.position":
            return bool(self.config.fiscal_positions)
        return True

    def _uninstalled(self, needed: Needed) -> str:
        instead = {"sale": '; say `orders = "pos"`', "pos": '; say `orders = "sale"`'}.get(
            needed.model.split(".")[0], ""
        )
        return f"`{needed.operation}`: {needed.module} is not installed (`{needed.model}`){instead}"

    async def _missing_fields(self, call: CallContext) -> list[Problem]:
        found: list[Problem] = []
        if self.config.website and not await self._has_fields(
            "product.template", ("is_published", "website_url"), call
        ):
            found.append(Problem("`website = true`: the website shop is not installed here", "product"))
        origin = self.config.origin_field
        if origin and self.config.orders != "pos" and not await self._has_fields("sale.order", (origin,), call):
            found.append(Problem(f'`origin_field = "{origin}"`: a sales order has no such field', "order"))
        return [*found, *await self.settings_that_differ(call)]

    async def settings_that_differ(self, call: CallContext) -> tuple[Problem, ...]:
        """Of those that every user is told: the others take an administrator to read. 17 sets discounts by list."""
        if await self.client.version(call) < 18:
            return ()
        try:
            shown = await has_group(self.client, SYSTEM_USER, LINE_DISCOUNTS, call)
        except RequestRefused:
            return ()
        if shown is self.config.line_discounts:
            return ()
        text = f'"Discounts" on sales order lines is {"on" if shown else "off"} in Odoo'
        return (Problem(f"`line_discounts`: {text}: say `line_discounts = {str(shown).lower()}`", "price"),)

    async def _unknown_names(self, call: CallContext) -> list[Problem]:
        """Ids and names of the configuration that this Odoo, or this user, does not know."""
        lists = {choice.pricelist for choice in self.config.pricelists}
        if self.config.default_pricelist is not None:
            lists.add(self.config.default_pricelist)
        positions = {choice.position for choice in self.config.fiscal_positions}
        contact = {self.config.quotation_partner} - {0}
        found = await self._unknown("price", "price list", "product.pricelist", lists, call, archived=True)
        found += await self._unknown(
            "price", "fiscal position", "account.fiscal.position", positions, call, archived=True
        )
        found += await self._unknown(
            "price", "contact (`quotation_partner`)", "res.partner", contact, call, offered=False
        )
        found += await self._unknown("price", "unit (`units`)", "uom.uom", set(self.config.units.values()), call)
        names = list(self.config.unassigned_locations)
        if names:
            domain = [["complete_name", "in", names], ["usage", "=", "internal"]]
            rows = await self._search(_Place, "stock.location", domain, call)
            known = {text(row.complete_name) for row in rows}
            found += [
                Problem(f'`unassigned_locations`: no internal location "{name}"', "stock")
                for name in names
                if name not in known
            ]
        return found

    async def _unknown(
        self,
        domain: str,
        what: str,
        model: str,
        ids: Collection[int],
        call: CallContext,
        *,
        archived: bool = False,
        offered: bool = True,
    ) -> list[Problem]:
        """With those that are there, but for people, whose names belong in no report (`offered`)."""
        if not ids:
            return []
        state = [ANY_STATE] if archived else []
        try:
            rows = await self._search(_Named, model, [["id", "in", sorted(ids)], *state], call)
            there = await self._search(_Named, model, [], call, OFFERED) if offered and len(rows) < len(ids) else ()
        except RequestRefused:
            return []  # the right is missing, which is told already
        named = ", ".join(f"{row.id} ({text(row.name) or ''})" for row in there) or "none"
        more = f"; there are {named}" if offered else ""
        missing = sorted(set(ids) - {row.id for row in rows})
        return [Problem(f"no {what} {one} that this user may read{more}", domain) for one in missing]

    async def _has_fields(self, model: str, names: Sequence[str], call: CallContext) -> bool:
        arguments = {"allfields": list(names), "attributes": ["type"]}
        ask = Ask(model=model, method="fields_get", arguments=arguments, operation=PROBE)
        try:
            return set(names) <= set(await self.client.call(dict[str, object], ask, call, PLAIN))
        except MissingModel:
            return True  # told already

    async def _count(self, model: str, call: CallContext) -> int:
        ask = Ask(model=model, method="search_count", arguments={"domain": []}, operation=PROBE)
        return await self.client.call(int, ask, call, PLAIN)

    async def _search(
        self, row: type[R], model: str, domain: Sequence[object], call: CallContext, limit: int | None = None
    ) -> tuple[R, ...]:
        return await self.client.search(row, model, domain, call, operation=PROBE, context=PLAIN, limit=limit)
