"""PriceAuditPort: the same prices by the rules and by Odoo's own dry run. They differ where a custom module changes
prices, or where this adapter is wrong."""

from __future__ import annotations

import random
from decimal import Decimal

from adapters.odoo.identity import OdooIdentity
from adapters.odoo.prices import Basis, OdooPrices
from adapters.odoo.values import text
from gateway.model.context import CallContext
from gateway.model.pricing import Price, PriceKey
from gateway.ports.domains import PriceDrift

NOTICEABLE = Decimal("0.000001")
"""Relative. Below it is what floats lose."""


class OdooDrift(OdooPrices, OdooIdentity):
    async def price_drift(self, sample: int, call: CallContext) -> tuple[PriceDrift, ...]:
        """On every configured price list, so `sample` SKUs are priced twice for each."""
        rows = await self.all_codes(call)
        codes = sorted({code for row in rows if (code := text(row.default_code or row.barcode))})
        chosen = random.sample(codes, min(sample, len(codes)))
        found: list[PriceDrift] = []
        for basis in await self._bases(call):
            found += await self._drift([PriceKey(code) for code in chosen], basis, call)
        return tuple(found)

    async def _bases(self, call: CallContext) -> list[Basis]:
        tables = await self.price_tables.get(call)
        wanted = {choice.pricelist: choice.country or "" for choice in reversed(self.config.pricelists)}
        if self.config.default_pricelist is not None:
            wanted.setdefault(self.config.default_pricelist, "")
        lists: list[tuple[int | None, str]] = list(wanted.items()) or [(None, "")]
        bases: list[Basis] = []
        for identifier, country in lists:
            known = tables.lists.get(identifier) if identifier is not None else None
            basis = self.basis_of(tables, identifier, known.currency if known else tables.company_currency, country)
            if isinstance(basis, Basis):
                bases.append(basis)
        return bases

    async def _drift(self, keys: list[PriceKey], basis: Basis, call: CallContext) -> list[PriceDrift]:
        evaluated = await self.evaluated(keys, basis, call)
        charged = await self.charged(keys, basis, call)
        found: list[PriceDrift] = []
        for key, own in evaluated.items():
            theirs = charged.get(key)
            if not isinstance(own, Price) or not isinstance(theirs, Price):
                continue  # duplicates and rules that are not evaluated are reported elsewhere
            ours, real = own.current.stated.amount, theirs.current.stated.amount
            if abs(ours - real) > NOTICEABLE * max(abs(real), Decimal(1)):
                found.append(PriceDrift(key.sku or "", f"{ours:f} {basis.currency}", f"{real:f} {basis.currency}"))
        return found
