"""PricePort: browsing is answered from the rules, a fresh price by Odoo's dry run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from msgspec.structs import replace

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.errors import EndlessRecursion, MissingRecord
from adapters.odoo.price.basis import Basis, Keyed, Stated
from adapters.odoo.price.charging import charge, stored
from adapters.odoo.price.dryrun import LINES_A_REQUEST, DryLine, dry_run
from adapters.odoo.price.groups import LIST_MARK
from adapters.odoo.price.rows import UnitRow18, UnitRow19, VariantRow
from adapters.odoo.price.rules import (
    PERCENT,
    EndlessLists,
    Evaluated,
    Evaluation,
    UnsupportedRule,
    Wanted,
    minimums,
)
from adapters.odoo.price.tables import PriceList, PriceTables, Rule, currency_name, pieces_in, read_tables, read_units
from adapters.odoo.price.taxes import Charging, Taxation, of_company, one_piece, repriced, taxed, treatment
from adapters.odoo.values import link, number, record_id
from adapters.odoo.variants import SKUS_A_REQUEST, Variants
from gateway.errors import AdapterError, CurrencyNotSold, RequestRefused, UnsupportedPriceRule
from gateway.kit.concurrency import gathered, in_chunks
from gateway.kit.keyed import answered
from gateway.kit.tables import Table
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.identity import VariantKey
from gateway.model.money import TaxedMoney, TaxTreatment
from gateway.model.pricing import Price, PriceKey, QuantityBreak
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.webhooks import EVERYTHING

PRICE_LISTS = "price.lists"
"""The tag of what this adapter keeps of them itself."""


class Prices:
    """`price_drift` (`drift.py`) compares its two ways."""

    def __init__(self, env: AdapterEnvironment[OdooConfig], client: OdooClient, variants: Variants) -> None:
        self._name = env.name
        self._clock = env.clock
        self._config = env.config
        self._client = client
        self._variants = variants
        self.tables = Table(partial(read_tables, client, env.config), env.config.tables_ttl, env.clock)
        self._units = Table(partial(read_units, client), env.config.tables_ttl, env.clock)

    def forget(self, tags: Sequence[str]) -> None:
        """Price lists are kept whole; only their own changes make them be read again: products change far oftener."""
        if PRICE_LISTS in tags or EVERYTHING[0] in tags:
            self.tables.forget()
        if EVERYTHING[0] in tags:
            self._units.forget()

    async def close(self) -> None:
        await self.tables.close()
        await self._units.close()

    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        tables = await self.tables.get(call, kept_is_enough=True)
        wanted = self.list_for(context)
        if wanted is None and self._config.pricelists:
            return {}
        basis = self.basis_of(tables, wanted, context.currency, context.country)
        if isinstance(basis, AdapterError):
            return dict.fromkeys(keys, basis)
        if not call.fresh:
            return await self.evaluated(keys, basis, call)
        try:
            return await self.charged(keys, basis, call)
        except MissingRecord:  # a product went between the two requests
            return await self.charged(keys, basis, call)

    def basis_of(self, tables: PriceTables, wanted: int | None, currency: str, country: str) -> Basis | AdapterError:
        """A list or fiscal position that this Odoo does not have is an error: prices without it would be wrong ones."""
        price_list = tables.lists.get(wanted) if wanted is not None else None
        if wanted is not None and price_list is None:
            return RequestRefused(detail=f"no price list {wanted} that this user may read")
        sold_in = price_list.currency if price_list is not None else tables.company_currency
        if sold_in != currency:
            return CurrencyNotSold(source=self._name)
        chosen = self._config.position_for(country)
        position = tables.positions.get(chosen) if chosen is not None else None
        if chosen is not None and position is None:
            return RequestRefused(detail=f"no fiscal position {chosen} that this user may read")
        charging = Charging(sold_in, tables.rounding(price_list), tables.version)
        at = self._clock()
        freshness = Freshness(self._name, at)
        return Basis(tables, price_list, charging, position, at, freshness, tables.next_change(at))

    def list_for(self, context: ContextView) -> int | None:
        group = context.price_group
        chosen = record_id(group.removeprefix(LIST_MARK)) if group is not None and group.startswith(LIST_MARK) else None
        if chosen is not None:
            return chosen
        return self._config.pricelist_for(context.country, context.currency, context.channel, group)

    async def _keyed(
        self, keys: Sequence[PriceKey], basis: Basis, call: CallContext
    ) -> Mapping[PriceKey, Keyed | AdapterError | None]:
        async def rows(named: Sequence[Any]) -> tuple[VariantRow, ...]:
            domain = [*named, ["sale_ok", "=", True]]
            return await self._client.search(VariantRow, "product.product", domain, call)

        async def some(variants: Sequence[VariantKey]) -> Mapping[VariantKey, VariantRow | AdapterError]:
            pages = await gathered([rows(named) for named in await self._variants.domains(variants, call)])
            known = self._variants.found(row for page in pages for row in page)
            return answered(variants, known.one, lambda variant, row: row)

        known = await in_chunks((key.variant for key in keys), SKUS_A_REQUEST, some)
        units: Mapping[int, UnitRow18 | UnitRow19] = {}
        if any(key.unit for key in keys):
            units = await self._units.get(call, kept_is_enough=True)

        def met(key: PriceKey) -> Keyed | AdapterError | None:
            variant = known.get(key.variant)
            if variant is None or isinstance(variant, AdapterError):
                return variant
            if variant.type == "combo":
                return UnsupportedPriceRule(source=self._name, detail="a combo is priced by what is chosen in it")
            return self._measured(key, variant, units, basis)

        return {key: met(key) for key in keys}

    def _measured(
        self, key: PriceKey, variant: VariantRow, units: Mapping[int, UnitRow18 | UnitRow19], basis: Basis
    ) -> Keyed | AdapterError | None:
        """None: not sold in that unit."""
        kept_as = basis.tables.digits.quantity
        quantity = stored(key.quantity, kept_as)
        if key.unit is None:
            return Keyed(key, variant, None, Decimal(1), quantity)
        identifier = self._config.units.get(key.unit)
        if identifier is not None and identifier not in units:
            return RequestRefused(detail=f"`units`: no unit of measure {identifier}")
        unit = next((unit for unit in units.values() if identifier == unit.id or key.unit == unit.name), None)
        own = units.get(link(variant.uom_id) or 0)
        pieces = pieces_in(unit, own) if unit is not None and own is not None else None
        return Keyed(key, variant, unit.id, pieces, quantity) if unit is not None and pieces is not None else None

    async def evaluated(
        self, keys: Sequence[PriceKey], basis: Basis, call: CallContext
    ) -> dict[PriceKey, Price | AdapterError]:
        """From the rules: one request for 500 SKUs."""
        keyed = await self._keyed(keys, basis, call)
        evaluation = Evaluation(basis.tables)

        def price(key: PriceKey, one: Keyed) -> Price | AdapterError:
            try:
                return self._from_rules(one, basis, evaluation)
            except UnsupportedRule as reason:
                return UnsupportedPriceRule(source=self._name, detail=str(reason), horizon=basis.changes_at)

        return answered(keys, keyed.get, price)

    def _from_rules(self, one: Keyed, basis: Basis, evaluation: Evaluation) -> Price:
        wanted = Wanted(one.variant, one.quantity, basis.at, one.pieces)
        taxation = self._taxation(one.variant, basis)
        found = self._evaluate(wanted, taxation, basis, evaluation)
        charged = charge(found, basis.tables, self._config.line_discounts)
        line = taxed(charged.unit, one.quantity, taxation.applied, basis.charging)
        breaks = self._breaks(wanted, charged.unit, taxation, basis, evaluation)
        rule = found.rule.row.id if found.rule is not None else None
        said = Stated(charged.unit, charged.regular, line, rule, found.starts, found.ends)
        return said.priced(one, taxation.applied, basis, breaks)

    def _evaluate(self, wanted: Wanted, taxation: Taxation, basis: Basis, evaluation: Evaluation) -> Evaluated:
        """By the list, then as the country's fiscal position re-prices it; before this version's rounding."""
        if basis.price_list is not None:
            found = evaluation.price(basis.price_list, wanted)
        elif currency_name(wanted.variant.currency_id) == basis.charging.currency:
            found = evaluation.without_list(wanted)
        else:
            raise UnsupportedRule("a product in a currency of its own, without a price list")
        if taxation.position is None:
            return found
        unit = repriced(found.unit, taxation)
        before = repriced(found.before_discount, taxation) if found.before_discount is not None else None
        if unit is None:
            raise UnsupportedRule("a fiscal position over taxes that only Odoo can compute")
        return replace(found, unit=unit, before_discount=before)

    def _breaks(
        self, wanted: Wanted, unit: Decimal, taxation: Taxation, basis: Basis, evaluation: Evaluation
    ) -> tuple[QuantityBreak, ...]:
        """Where more pieces cost another price each."""
        if basis.price_list is None or wanted.pieces != 1:
            return ()
        breaks: list[QuantityBreak] = []
        for minimum in minimums(basis.price_list, wanted):
            found = self._evaluate(replace(wanted, quantity=minimum), taxation, basis, evaluation)
            other = charge(found, basis.tables, self._config.line_discounts).unit
            if other != unit:
                price = one_piece(other, taxation.applied, basis.charging)
                breaks.append(QuantityBreak(minimum.normalize() + 0, price, found.starts, found.ends))
                unit = other
        return tuple(breaks)

    def _taxation(self, variant: VariantRow, basis: Basis) -> Taxation:
        return Taxation.of(of_company(variant.taxes_id, basis.tables.lineage), basis.position)

    async def charged(
        self, keys: Sequence[PriceKey], basis: Basis, call: CallContext
    ) -> dict[PriceKey, Price | AdapterError]:
        """By Odoo itself: one request more for each 200 lines."""
        keyed = await self._keyed(keys, basis, call)
        lines = {key: one for key, one in keyed.items() if isinstance(one, Keyed)}

        async def some(chosen: Sequence[PriceKey]) -> Mapping[PriceKey, Price | AdapterError]:
            chunk = [lines[key] for key in chosen]
            refused = UnsupportedPriceRule(source=self._name, horizon=basis.changes_at)
            prices: dict[PriceKey, Price | AdapterError] = dict.fromkeys(chosen, refused)
            try:
                dry = await dry_run(self._client, self._config, basis, chunk, call)
            except EndlessRecursion:  # of one line: the others are asked for without it
                chunk = [one for one in chunk if self._is_finite(one, basis)]
                if not 0 < len(chunk) < len(chosen):
                    return prices
                try:
                    dry = await dry_run(self._client, self._config, basis, chunk, call)
                except EndlessRecursion:
                    return prices
            prices |= {one.key: self._from_line(one, line, basis) for one, line in zip(chunk, dry, strict=True)}
            return prices

        prices = await in_chunks(lines, LINES_A_REQUEST, some, at_once=1)
        if gone := next((each for each in prices.values() if isinstance(each, MissingRecord)), None):
            raise gone
        return answered(keys, keyed.get, lambda key, one: prices[key])

    def _is_finite(self, one: Keyed, basis: Basis) -> bool:
        """Whether the rules lead to an end, as far as they are known here."""
        if basis.price_list is None:
            return True
        try:
            Evaluation(basis.tables).price(basis.price_list, Wanted(one.variant, one.quantity, basis.at, one.pieces))
        except EndlessLists:
            return False
        except UnsupportedRule:
            return True
        return True

    def _from_line(self, one: Keyed, line: DryLine, basis: Basis) -> Price:
        taxes = self._taxation(one.variant, basis).applied
        price_unit = number(line.price_unit)
        unit = price_unit * (1 - number(line.discount) / PERCENT)
        rule = link(line.pricelist_item_id)
        total = _line_total(line, basis.charging, treatment(taxes))
        known = _rule_of(rule, one.variant, basis.price_list)
        starts, ends = (known.starts, known.ends) if known is not None else (None, None)
        said = Stated(unit, price_unit if price_unit > unit else None, total, rule, starts, ends)
        return said.priced(one, taxes, basis)


def _rule_of(identifier: int | None, variant: VariantRow, price_list: PriceList | None) -> Rule | None:
    """The rule Odoo says it used, where the tables know it."""
    if identifier is None or price_list is None:
        return None
    rules = price_list.rules_for(variant.id, link(variant.product_tmpl_id))
    return next((rule for rule in rules if rule.row.id == identifier), None)


def _line_total(line: DryLine, charging: Charging, how: TaxTreatment) -> TaxedMoney:
    """Both totals are Odoo's; monetary floats arrive as 67.82999999999998, so they are rounded first."""
    net, gross = charging.money(number(line.price_subtotal)), charging.money(number(line.price_total))
    return TaxedMoney(net=net, gross=gross, tax=charging.money(gross.amount - net.amount), treatment=how)
