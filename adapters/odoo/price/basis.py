"""What all prices of one call share, and how a price is made of either way's answer."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from adapters.odoo.price.rows import TaxRow, VariantRow
from adapters.odoo.price.tables import FiscalPosition, PriceList, PriceTables
from adapters.odoo.price.taxes import Charging, one_piece
from gateway.model.freshness import Freshness
from gateway.model.money import TaxedMoney
from gateway.model.pricing import Price, PriceKey, QuantityBreak


class Basis(Struct, frozen=True):
    """What all prices of one call share. `position`: how this country re-maps taxes; `changes_at` when the tables next
    say something else."""

    tables: PriceTables
    price_list: PriceList | None
    charging: Charging
    position: FiscalPosition | None
    at: datetime
    freshness: Freshness
    changes_at: datetime | None = None


class Keyed(Struct, frozen=True):
    """A key met with its variant. `unit` is a `uom.uom` id, None for the product's own; `pieces` as in
    `Wanted`; `quantity` as a line keeps it."""

    key: PriceKey
    variant: VariantRow
    unit: int | None
    pieces: Decimal
    quantity: Decimal


class Stated(Struct, frozen=True):
    """What either way says of one key: `unit` after discount, `regular` where it is higher, the whole line, and the
    rule with its dates."""

    unit: Decimal
    regular: Decimal | None
    line: TaxedMoney
    rule: int | None
    starts: datetime | None
    ends: datetime | None

    def priced(
        self, one: Keyed, taxes: tuple[TaxRow, ...], basis: Basis, breaks: tuple[QuantityBreak, ...] = ()
    ) -> Price:
        return Price(
            current=one_piece(self.unit, taxes, basis.charging, self.line if one.quantity == 1 else None),
            list=one_piece(self.regular, taxes, basis.charging) if self.regular is not None else None,
            line=self.line,
            quantity=one.key.quantity,
            breaks=breaks,
            valid_from=self.starts,
            valid_until=self.ends,
            changes_at=basis.changes_at,
            rule=f"product.pricelist.item {self.rule}" if self.rule is not None else None,
            price_list=str(basis.price_list.id) if basis.price_list is not None else None,
            freshness=basis.freshness,
        )
