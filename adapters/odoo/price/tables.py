"""The static tables prices are evaluated from, read together and kept for a while: price lists with rules, rates, the
company, the digits of a line; fiscal positions and units only where the configuration or a key needs them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.price.digits import LineDigits, read_digits
from adapters.odoo.price.rows import (
    CompanyRow,
    CurrencyRow,
    PositionRow18,
    PositionRow19,
    PriceListRow,
    PriceListRow17,
    RateRow,
    RuleRow,
    TaxRow,
    UnitRow18,
    UnitRow19,
)
from adapters.odoo.price.tax_computation import Rounding
from adapters.odoo.values import Row, link, moment, number, record, text
from gateway.errors import InvalidAnswer, RequestRefused
from gateway.kit.concurrency import together
from gateway.kit.keyed import grouped
from gateway.model.context import CallContext
from gateway.model.identity import INT32, record_number
from gateway.model.operation import MEBIBYTE

TABLES = "price.tables"
ANY_STATE = ["active", "in", [True, False]]
RULES_SIZE = 16 * MEBIBYTE


class Rule(Struct, frozen=True, gc=False):
    """A rule with its dates read once. There are thousands, kept for long: not for the collector."""

    row: RuleRow
    starts: datetime | None
    ends: datetime | None
    category_path: str | None


class PriceList(Row, frozen=True):
    """Rules in Odoo's own order: what applies first, and not what is cheapest, decides. They are sorted by what they
    are for, because a list may have thousands; `wide` ones are for more than a product. `step` is the smallest amount
    of its currency."""

    name: str
    currency: str
    currency_id: int
    step: Decimal
    by_variant: Mapping[int, Sequence[Rule]]
    by_template: Mapping[int, Sequence[Rule]]
    wide: tuple[Rule, ...]

    def rules_for(self, variant: int, template: int | None) -> tuple[Rule, ...]:
        """Those that may apply, in order: Odoo's starts with the scope, narrowest first."""
        return (*self.by_variant.get(variant, ()), *self.by_template.get(template or 0, ()), *self.wide)

    def rules(self) -> Iterator[Rule]:
        """All of them, in no order."""
        for some in (*self.by_variant.values(), *self.by_template.values(), self.wide):
            yield from some


class Rates:
    """Rates of one company: its own (or its root's) before shared ones."""

    def __init__(self, rows: Sequence[RateRow], root_company: int) -> None:
        self._own: dict[str, list[tuple[date, Decimal]]] = {}
        self._shared: dict[str, list[tuple[date, Decimal]]] = {}
        for row in rows:
            company = link(row.company_id)
            if company not in (None, root_company):
                continue
            kept = self._shared if company is None else self._own
            try:
                day = date.fromisoformat(row.name)
            except ValueError as error:
                raise InvalidAnswer(detail="a rate without a day") from error
            kept.setdefault(currency_name(row.currency_id), []).append((day, number(row.rate)))
        for table in (self._own, self._shared):
            for known in table.values():
                known.sort()

    def days(self) -> set[date]:
        """On which a rate begins."""
        return {day for table in (self._own, self._shared) for known in table.values() for day, _ in known}

    def rate(self, currency: str, day: date) -> Decimal:
        """The latest rate up to `day`; before the first, the oldest; without any, 1."""
        tables = [known for known in (self._own.get(currency), self._shared.get(currency)) if known]
        for known in tables:
            past = [rate for since, rate in known if since <= day]
            if past:
                return past[-1]
        return tables[0][0][1] if tables else Decimal(1)

    def convert(self, amount: Decimal, source: str, target: str, day: date) -> Decimal:
        """Unrounded."""
        if source == target or not amount:
            return amount
        return amount * self.rate(target, day) / self.rate(source, day)


class FiscalPosition(Row, frozen=True):
    """Taxes by the id of the one they replace; an empty tuple takes a tax away."""

    replaced: Mapping[int, Sequence[TaxRow]]

    def mapped(self, taxes: tuple[TaxRow, ...]) -> tuple[TaxRow, ...]:
        found: dict[int, TaxRow] = {}
        for tax in taxes:
            for other in self.replaced.get(tax.id, (tax,)):
                found.setdefault(other.id, other)
        return tuple(found.values())


class PriceTables(Struct, frozen=True):
    """`lineage`: the company, then what it is a branch of, up to the root, which owns the rates. `changes`: every
    instant at which a rule of any list starts or ends, or a rate begins, in order."""

    version: int
    lists: Mapping[int, PriceList]
    rates: Rates
    company: CompanyRow
    lineage: tuple[int, ...]
    digits: LineDigits
    positions: Mapping[int, FiscalPosition]
    changes: tuple[datetime, ...] = ()

    def next_change(self, at: datetime) -> datetime | None:
        """When prices may be others than at `at`, by what these tables say; of all lists together, because lists are
        made from each other. None where nothing later is dated."""
        place = bisect_right(self.changes, at)
        return self.changes[place] if place < len(self.changes) else None

    @property
    def company_currency(self) -> str:
        return currency_name(self.company.currency_id)

    def rounding(self, price_list: PriceList | None) -> Rounding:
        step = price_list.step if price_list is not None else smallest_amount(self.company.currency_id)
        return Rounding(step, globally=self.company.tax_calculation_rounding_method == "round_globally")


def currency_name(value: CurrencyRow | bool) -> str:
    found = record(value)
    if found is None:
        raise InvalidAnswer(detail="an amount without a currency")
    return found.name


def smallest_amount(value: CurrencyRow | bool) -> Decimal:
    """What amounts of a currency are multiples of."""
    found = record(value)
    if found is None or number(found.rounding) <= 0:
        raise InvalidAnswer(detail="a currency without a rounding")
    return found.rounding


def _rule(row: RuleRow) -> Rule:
    category = record(row.categ_id)
    path = text(category.parent_path) if category is not None else None
    return Rule(row, moment(row.date_start), moment(row.date_end), path)


def _price_list(row: PriceListRow | PriceListRow17) -> PriceList:
    currency = record(row.currency_id)
    if currency is None:
        raise InvalidAnswer(detail="a price list without a currency")
    scoped = [(_scope(rule), rule) for rule in map(_rule, row.item_ids)]
    return PriceList(
        id=row.id,
        name=row.name,
        currency=currency.name,
        currency_id=currency.id,
        step=smallest_amount(row.currency_id),
        by_variant=grouped((variant, rule) for (variant, _), rule in scoped),
        by_template=grouped((template, rule) for (_, template), rule in scoped),
        wide=tuple(rule for scope, rule in scoped if scope == (None, None)),
    )


def _scope(rule: Rule) -> tuple[int | None, int | None]:
    """The one variant or template that it is for."""
    variant = link(rule.row.product_id) if rule.row.applied_on == "0_product_variant" else None
    return variant, link(rule.row.product_tmpl_id) if rule.row.applied_on == "1_product" else None


async def read_tables(client: OdooClient, config: OdooConfig, call: CallContext) -> PriceTables:
    """Four requests together, and one more where fiscal positions are configured. A list that is archived still
    prices."""
    call = replace(call, operation=TABLES)
    version = await client.version(call)
    row = PriceListRow17 if version == 17 else PriceListRow
    own = [["id", "=", config.company]]
    async with together() as group:
        lists = group.create_task(
            client.search(row, "product.pricelist", [ANY_STATE], call, max_response_bytes=RULES_SIZE)
        )
        rates = group.create_task(client.search(RateRow, "res.currency.rate", [], call, max_response_bytes=RULES_SIZE))
        companies = group.create_task(client.search(CompanyRow, "res.company", own, call))
        digits = group.create_task(read_digits(client, call))
        positions = group.create_task(_positions(client, config, version, call))
    if not companies.result():
        raise RequestRefused(detail=f"`company`: this user does not see a company {config.company}")
    company = companies.result()[0]
    lineage = _lineage(company)
    price_lists = {found.id: _price_list(found) for found in lists.result()}
    known_rates = Rates(rates.result(), lineage[-1])
    return PriceTables(
        version=version,
        lists=price_lists,
        rates=known_rates,
        company=company,
        lineage=lineage,
        digits=digits.result(),
        positions=positions.result(),
        changes=_changes(price_lists.values(), known_rates),
    )


def _changes(lists: Iterable[PriceList], rates: Rates) -> tuple[datetime, ...]:
    """Rates begin with the day in UTC, as they are looked up."""
    found = {datetime.combine(day, time(), UTC) for day in rates.days()}
    for price_list in lists:
        for rule in price_list.rules():
            found |= {instant for instant in (rule.starts, rule.ends) if instant is not None}
    return tuple(sorted(found))


def _lineage(company: CompanyRow) -> tuple[int, ...]:
    """From the company up to its root. Those above are not read: Odoo shows a user only the companies that a call is
    made for, but tells every one its place in the tree."""
    path = [number for part in (text(company.parent_path) or "").split("/") if (number := record_number(part, INT32))]
    return tuple(reversed(path)) if path and path[-1] == company.id else (company.id,)


async def _positions(
    client: OdooClient, config: OdooConfig, version: int, call: CallContext
) -> Mapping[int, FiscalPosition]:
    ids = sorted({choice.position for choice in config.fiscal_positions})
    if not ids:
        return {}
    domain = [["id", "in", ids], ANY_STATE]
    model = "account.fiscal.position"
    if version >= 19:
        rows = await client.search(PositionRow19, model, domain, call)
        return {row.id: FiscalPosition(row.id, _replacements(row)) for row in rows}
    older = await client.search(PositionRow18, model, domain, call)
    return {row.id: FiscalPosition(row.id, _swaps(row)) for row in older}


def _replacements(row: PositionRow19) -> Mapping[int, Sequence[TaxRow]]:
    return grouped((original, tax) for tax in row.taxes for original in tax.original_tax_ids)


def _swaps(row: PositionRow18) -> Mapping[int, Sequence[TaxRow]]:
    swaps = grouped((link(swap.tax_src_id), record(swap.tax_dest_id)) for swap in row.swaps)
    return {source: [tax for tax in targets if tax is not None] for source, targets in swaps.items()}


async def read_units(client: OdooClient, call: CallContext) -> Mapping[int, UnitRow18 | UnitRow19]:
    """Units of measure, asked only once a key names one."""
    row = UnitRow19 if await client.version(call) >= 19 else UnitRow18
    return {unit.id: unit for unit in await client.search(row, "uom.uom", [], replace(call, operation=TABLES))}


def pieces_in(unit: UnitRow18 | UnitRow19, stock_unit: UnitRow18 | UnitRow19) -> Decimal | None:
    """How many of the product's own unit are in one `unit`; None where they do not measure the same thing."""
    if not unit.factor or not stock_unit.factor:
        return None
    if isinstance(unit, UnitRow18) and isinstance(stock_unit, UnitRow18):
        return stock_unit.factor / unit.factor if unit.category_id == stock_unit.category_id else None
    return unit.factor / stock_unit.factor
