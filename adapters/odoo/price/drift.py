"""PriceAuditPort: the same prices and totals by the rules and by Odoo's own dry run. They differ where a setting is not
told to the adapter, where a custom module changes prices, or where this adapter is wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from decimal import Decimal

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.identity import every_sku
from adapters.odoo.price.prices import Basis, Prices
from adapters.odoo.rights import has_group
from adapters.odoo.variants import Variants
from gateway.errors import AdapterError, Mistake, RequestRefused
from gateway.model.context import CallContext
from gateway.model.money import Money
from gateway.model.pricing import Price, PriceKey
from gateway.ports.price import PriceAudit, PriceDrift

NOTICEABLE = Decimal("0.000001")
"""Relative. Below it is what floats lose of a unit price; totals are exact."""
QUANTITIES = (Decimal(1), Decimal(3))


LINE_DISCOUNTS, SYSTEM_USER = "sale.group_discount_per_so_line", 1
"""A feature is on where the system's own user has its group."""


async def settings_that_differ(client: OdooClient, config: OdooConfig, call: CallContext) -> tuple[Mistake, ...]:
    """Of those that every user is told: the others take an administrator to read. 17 sets discounts by list."""
    if await client.version(call) < 18:
        return ()
    try:
        shown = await has_group(client, SYSTEM_USER, LINE_DISCOUNTS, call)
    except RequestRefused:
        return ()
    if shown is config.line_discounts:
        return ()
    said = f'"Discounts" on sales order lines is {"on" if shown else "off"} in Odoo'
    mine, theirs = str(config.line_discounts).lower(), str(shown).lower()
    return (Mistake(message=said, place="line_discounts", value=mine, nearest=theirs),)


class PriceAudits:
    def __init__(self, config: OdooConfig, client: OdooClient, variants: Variants, prices: Prices) -> None:
        self._config = config
        self._client = client
        self._variants = variants
        self._prices = prices

    async def price_drift(self, sample: int, call: CallContext, skus: Sequence[str] = ()) -> PriceAudit:
        """On every configured price list and fiscal position, for one piece and for three."""
        chosen = list(dict.fromkeys(skus)) or await self._random(sample, call)
        keys = [PriceKey(sku, quantity) for sku in chosen for quantity in QUANTITIES]
        bases = await self._bases(call)
        compared, found = 0, list[PriceDrift]()
        for basis in bases:
            evaluated = await self._prices.evaluated(keys, basis, call)
            charged = await self._prices.charged(keys, basis, call)
            for key in keys:
                own, theirs = evaluated.get(key), charged.get(key)
                if isinstance(own, Price) and isinstance(theirs, Price):
                    pairs = list(_pairs(key, own, theirs))
                    compared += len(pairs)
                    found += [drift for drift in (_drift(key, *pair) for pair in pairs) if drift is not None]
        if found:
            cause = await self._cause(call)
            found = [PriceDrift(one.sku, one.evaluated, one.charged, one.what, cause) for one in found]
        names = tuple(basis.price_list.name if basis.price_list else "sales prices" for basis in bases)
        return PriceAudit(tuple(chosen), names, compared, tuple(found))

    async def _random(self, sample: int, call: CallContext) -> list[str]:
        codes = sorted({code for code in await every_sku(self._client, self._variants, call) if code})
        return random.sample(codes, min(sample, len(codes)))

    async def _bases(self, call: CallContext) -> list[Basis]:
        tables = await self._prices.tables.get(call, kept_is_enough=True)
        wanted = {(choice.pricelist, choice.country or ""): None for choice in self._config.pricelists}
        if self._config.default_pricelist is not None:
            wanted |= dict.fromkeys(
                (self._config.default_pricelist, one.country) for one in self._config.fiscal_positions
            )
            if not any(listed == self._config.default_pricelist for listed, _ in wanted):
                wanted[self._config.default_pricelist, ""] = None
        lists: list[tuple[int | None, str]] = list(wanted) or [(None, "")]
        bases: list[Basis] = []
        for identifier, country in lists:
            known = tables.lists.get(identifier) if identifier is not None else None
            basis = self._prices.basis_of(
                tables, identifier, known.currency if known else tables.company_currency, country
            )
            if isinstance(basis, Basis):
                bases.append(basis)
        return bases

    async def _cause(self, call: CallContext) -> str:
        """A setting first: what the configuration says otherwise than Odoo, and only then a custom module."""
        try:
            problems = await settings_that_differ(self._client, self._config, call)
        except AdapterError:
            problems = ()
        if problems:
            return "; ".join(f"`{problem.place} = {problem.nearest}`: {problem.message}" for problem in problems)
        tables = await self._prices.tables.get(call, kept_is_enough=True)
        if len(tables.lineage) > 1:
            return f"`company = {self._config.company}` is a branch: is it the one that sells? Else a customisation"
        return "a customisation decides this price"


def _pairs(key: PriceKey, own: Price, theirs: Price) -> Iterator[tuple[str, Money, Money, Decimal]]:
    """What is comparable, what it is called, and by how much it may differ, relatively."""
    if key.quantity == 1:
        yield "one piece", own.current.stated, theirs.current.stated, NOTICEABLE
    if own.line is not None and theirs.line is not None:
        for name in ("net", "gross"):
            ours, real = getattr(own.line, name), getattr(theirs.line, name)
            if isinstance(ours, Money) and isinstance(real, Money):
                yield f"the {name} total of {key.quantity:f}", ours, real, Decimal(0)


def _drift(key: PriceKey, what: str, ours: Money, real: Money, allowed: Decimal) -> PriceDrift | None:
    if abs(ours.amount - real.amount) <= allowed * max(abs(real.amount), Decimal(1)):
        return None
    return PriceDrift(key.sku or "", f"{ours.amount:f} {ours.currency}", f"{real.amount:f} {real.currency}", what)
