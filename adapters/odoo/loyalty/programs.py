"""LoyaltyProgramPort: loyalty programmes and their rules, with what a rule is for read as SKUs.

Source: `_program_check_compute_points` of sale_loyalty and `loyalty.rule` of Odoo 18. A rule counts what an order holds
of its products; points for money are for each unit of the order's own currency, with tax, cut off at two decimals."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, cast

from msgspec import Struct

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.price.rows import CurrencyRow
from adapters.odoo.values import CodeRow, Empty, Row, any_of, link, number, record, text
from adapters.odoo.variants import Variants
from gateway.errors import InvalidAnswer, RequestRefused
from gateway.kit.concurrency import gathered, together
from gateway.kit.readings import Reading
from gateway.kit.tables import Table
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import LoyaltyProgram, LoyaltyRule
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.webhooks import EVERYTHING

LOYALTY = ["program_type", "=", "loyalty"]
SCOPE_ROWS = 5_000
"""Products of one rule that are read; a rule for more of them is not evaluated."""
POINT_DIGITS = 2
KINDS: Mapping[str, str] = {"money": "SPEND", "unit": "ITEM", "order": "ORDER"}
LONGEST_DOMAIN = 10_000
SETTING_SECONDS = 3600.0
RULES_AT_ONCE = 4


class _Rule(Row, frozen=True):
    """`product_domain` is a Python literal that an administrator wrote."""

    mode: str | Empty
    reward_point_mode: str
    reward_point_amount: Decimal
    minimum_qty: Decimal
    minimum_amount: Decimal
    minimum_amount_tax_mode: str
    product_domain: str | Empty
    product_ids: tuple[int, ...]
    product_category_id: int | Empty
    product_tag_id: int | Empty


class ProgramName(Row, frozen=True):
    name: str
    portal_point_name: str | Empty


class _Program(ProgramName, frozen=True):
    active: bool
    trigger: str | Empty
    company_id: int | Empty
    currency_id: CurrencyRow | Empty
    pricelist_ids: tuple[int, ...]
    date_from: str | Empty
    date_to: str | Empty
    limit_usage: bool
    rule_ids: tuple[_Rule, ...]


class _SoldProgram(_Program, frozen=True):
    """With the module that earns points on sales orders."""

    sale_ok: bool


class _Company(Row, frozen=True):
    parent_id: int | Empty


class _Setting(Struct, frozen=True):
    """What rarely changes. `on_orders`: the module that earns points on sales orders is there. `above`: the company
    that the configured one is a branch of."""

    on_orders: bool
    above: int | None


class LoyaltyPrograms:
    def __init__(self, env: AdapterEnvironment[OdooConfig], client: OdooClient, variants: Variants) -> None:
        self._env = env
        self._company = env.config.company
        self._client = client
        self._variants = variants
        self._setting = Table(self._read_setting, SETTING_SECONDS, env.clock)
        self.close = self._setting.close

    def forget(self, tags: Sequence[str]) -> None:
        if EVERYTHING[0] in tags:
            self._setting.forget()

    async def _read_setting(self, call: CallContext) -> _Setting:
        own = [["id", "=", self._company]]
        asked = {"allfields": ["sale_ok"], "attributes": ["type"]}
        async with together() as tasks:
            known = tasks.create_task(
                self._client.call(dict[str, object], "loyalty.program", "fields_get", asked, call)
            )
            companies = tasks.create_task(self._client.search(_Company, "res.company", own, call))
        above = next((link(company.parent_id) for company in companies.result()), None)
        return _Setting("sale_ok" in known.result(), above)

    async def list_programs(self, query: None, context: ContextView, call: CallContext) -> tuple[LoyaltyProgram, ...]:
        """One request, and one for each rule that is for some products only."""
        setting = await self._setting.get(call, kept_is_enough=True)
        kind = _SoldProgram if setting.on_orders else _Program
        rows = await self._client.search(kind, "loyalty.program", [LOYALTY], call)
        ours = [row for row in rows if link(row.company_id) in (None, self._company, setting.above)]
        scoped = [rule for row in ours for rule in row.rule_ids if _is_scoped(rule)]
        read = await gathered([self._scope(rule, call) for rule in scoped], at_once=RULES_AT_ONCE)
        scopes = {rule.id: skus for rule, skus in zip(scoped, read, strict=True)}
        reading = Reading.now(self._env)
        return tuple(_program(row, scopes, reading) for row in ours)

    async def _scope(self, rule: _Rule, call: CallContext) -> frozenset[str] | None:
        """SKUs of a rule that is for some products only, as this backend's key rule writes them; None where what it is
        for cannot be told."""
        domain = scope_domain(rule)
        if domain is None:
            return None
        try:
            rows = await self._client.search(CodeRow, "product.product", domain, call, limit=SCOPE_ROWS + 1)
        except RequestRefused:  # a domain over fields this Odoo does not have any more
            return None
        if len(rows) > SCOPE_ROWS:
            return None
        return frozenset(self._variants.rule.written(code) for row in rows if (code := self._variants.sku_of(row)))


def _program(row: _Program, scopes: Mapping[int, frozenset[str] | None], reading: Reading) -> LoyaltyProgram:
    """Where points are earned at tills only, or by few (`limit_usage`), the rules do not say it all."""
    currency = record(row.currency_id)
    return LoyaltyProgram(
        ref=reading.ref(str(row.id)),
        name=row.name,
        freshness=reading.freshness,
        unit_one=text(row.portal_point_name) or "point",
        unit_many=text(row.portal_point_name) or "points",
        rules=tuple(_rule(rule, row, currency.name if currency is not None else None, scopes) for rule in row.rule_ids),
        active=row.active,
        valid_from=_day(row.date_from, time.min),
        valid_until=_day(row.date_to, time.max),
        price_lists=frozenset(map(str, row.pricelist_ids)) if row.pricelist_ids else None,
        complete=isinstance(row, _SoldProgram) and row.sale_ok and not row.limit_usage,
    )


def _is_scoped(rule: _Rule) -> bool:
    written = text(rule.product_domain)
    return bool(
        rule.product_ids or rule.product_category_id or rule.product_tag_id or (written and written.strip() != "[]")
    )


def scope_domain(rule: _Rule) -> list[Any] | None:
    """Any of its products, its category's and its tag's, and all of what its own domain says. None where that cannot be
    read."""
    terms: list[Any] = []
    if rule.product_ids:
        terms.append(["id", "in", list(rule.product_ids)])
    if category := link(rule.product_category_id):
        terms.append(["categ_id", "child_of", category])
    if tag := link(rule.product_tag_id):
        terms.append(["all_product_tag_ids", "in", [tag]])
    own = _literal(text(rule.product_domain) or "[]")
    return None if own is None else [*any_of(terms), *own]


def _literal(written: str) -> list[Any] | None:
    """A domain as Python writes it: lists, tuples, texts, numbers, True, False and None, and nothing else."""
    if len(written) > LONGEST_DOMAIN:
        return None
    try:
        value = _plain(ast.literal_eval(written.strip()))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return cast("list[Any]", value) if isinstance(value, list) else None


def _plain(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_plain(part) for part in cast("Sequence[object]", value)]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise ValueError("not part of a domain")


def _rule(
    row: _Rule, program: _Program, currency: str | None, scopes: Mapping[int, frozenset[str] | None]
) -> LoyaltyRule:
    kind = KINDS.get(row.reward_point_mode)
    skus = scopes.get(row.id)
    unread = row.id in scopes and skus is None
    by_code = row.mode == "with_code" or program.trigger == "with_code"
    return LoyaltyRule(
        kind=kind or row.reward_point_mode,
        points=number(row.reward_point_amount),
        digits=POINT_DIGITS,
        skus=skus,
        minimum_quantity=number(row.minimum_qty),
        minimum_spend=number(row.minimum_amount),
        minimum_currency=currency,
        minimum_tax_included=row.minimum_amount_tax_mode == "incl",
        evaluable=kind is not None and not unread and not by_code,
    )


def _day(value: str | Empty, at: time) -> datetime | None:
    """Days are whole, in UTC."""
    written = text(value)
    try:
        return datetime.combine(date.fromisoformat(written), at, UTC) if written else None
    except ValueError as error:
        raise InvalidAnswer(detail="a day of a loyalty programme that cannot be read") from error
