"""LoyaltyPort: loyalty cards and their history. Coupons, gift cards and e-wallets are cards as well, and left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from adapters.odoo.backend import OdooBackend, chunks
from adapters.odoo.contacts import Contact, contact_domain, matches
from adapters.odoo.customers import KEYS_A_REQUEST
from adapters.odoo.pricing.rows import CurrencyRow
from adapters.odoo.pricing.tables import currency_name
from adapters.odoo.together import together
from adapters.odoo.values import Empty, moment, number, record, text
from gateway.errors import AdapterError, BadInput, InvalidAnswer, RequestRefused
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import (
    CustomerKey,
    CustomerKeyKind,
    LoyaltyAccount,
    LoyaltyEntry,
    LoyaltyEntryPage,
    LoyaltyEntryQuery,
    LoyaltyProgram,
    LoyaltyRule,
)
from gateway.model.freshness import Freshness
from gateway.model.money import fraction_digits

FIND_ACCOUNTS = "loyalty.find_accounts"
LIST_ENTRIES = "loyalty.list_entries"
LIST_PROGRAMS = "loyalty.list_programs"
LOYALTY = ["program_type", "=", "loyalty"]


class _ProgramName(Struct, frozen=True):
    id: int
    name: str
    portal_point_name: str | Empty


class _Card(Struct, frozen=True):
    id: int
    points: Decimal
    create_date: str | Empty
    partner_id: Contact | Empty
    program_id: _ProgramName | Empty


class _Movement(Struct, frozen=True):
    id: int
    create_date: str | Empty
    issued: Decimal
    used: Decimal
    description: str | Empty


class _Article(Struct, frozen=True):
    id: int
    default_code: str | Empty


class _Rule(Struct, frozen=True):
    id: int
    reward_point_mode: str
    reward_point_amount: Decimal
    minimum_amount_tax_mode: str
    product_ids: tuple[_Article, ...]
    product_category_id: int | Empty


class _Company(Struct, frozen=True):
    id: int
    currency_id: CurrencyRow | Empty


class _Program(_ProgramName, frozen=True):
    active: bool
    rule_ids: tuple[_Rule, ...]


class OdooLoyalty(OdooBackend):
    async def find_accounts(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[LoyaltyAccount, ...] | AdapterError]:
        """Several cards for one person are normal, in one programme even."""
        rows: dict[int, _Card] = {}
        for chunk in chunks(keys, KEYS_A_REQUEST):
            people = contact_domain(chunk, "partner_id.")
            if people:
                domain = ["&", ["program_id.program_type", "=", "loyalty"], *people]
                found = await self.client.search(_Card, "loyalty.card", domain, call, operation=FIND_ACCOUNTS)
                rows |= {row.id: row for row in found}
        freshness = self.freshness()
        answers: dict[CustomerKey, tuple[LoyaltyAccount, ...] | AdapterError] = {}
        for key in keys:
            accounts = tuple(self._account(row, freshness) for row in rows.values() if _holds(row, key))
            if accounts:
                answers[key] = accounts
        return answers

    def _account(self, row: _Card, freshness: Freshness) -> LoyaltyAccount:
        program: _ProgramName | None = record(row.program_id)
        holder: Contact | None = record(row.partner_id)
        if program is None:
            raise InvalidAnswer(detail="a loyalty card without a programme")
        unit = text(program.portal_point_name)
        return LoyaltyAccount(
            ref=self.ref(row.id),
            program=self.ref(program.id),
            balance=number(row.points).normalize() + 0,
            freshness=freshness,
            program_name=program.name,
            customer=self.ref(holder.person) if holder is not None else None,
            unit_one=unit or "point",
            unit_many=unit or "points",
            enrolled_at=moment(row.create_date),
        )

    async def list_entries(self, query: LoyaltyEntryQuery, context: ContextView, call: CallContext) -> LoyaltyEntryPage:
        if not query.account.id.isdigit():
            return LoyaltyEntryPage((), (), has_next=False)
        if await self.client.version(call) == 17:
            raise RequestRefused(detail="Odoo 17 keeps no history of loyalty cards")
        domain: list[object] = [["card_id", "=", int(query.account.id)]]
        if query.after is not None:
            if not query.after.isdigit():
                raise BadInput("this is not a position in a list of loyalty entries")
            domain.append(["id", "<", int(query.after)])
        rows = await self.client.search(
            _Movement,
            "loyalty.history",
            domain,
            call,
            operation=LIST_ENTRIES,
            order="id desc",
            limit=query.first + 1,
        )
        page = rows[: query.first]
        return LoyaltyEntryPage(
            entries=tuple(_entry(row) for row in page),
            positions=tuple(str(row.id) for row in page),
            has_next=len(rows) > query.first,
        )

    async def list_programs(self, query: None, context: ContextView, call: CallContext) -> tuple[LoyaltyProgram, ...]:
        """Points for money are meant for each unit of the company's currency."""
        own = [["id", "=", self.config.company]]
        async with together() as tasks:
            programs = tasks.create_task(
                self.client.search(_Program, "loyalty.program", [LOYALTY], call, operation=LIST_PROGRAMS)
            )
            companies = tasks.create_task(
                self.client.search(_Company, "res.company", own, call, operation=LIST_PROGRAMS)
            )
        rows = programs.result()
        currency = next((currency_name(company.currency_id) for company in companies.result()), "")
        freshness = self.freshness()
        return tuple(
            LoyaltyProgram(
                ref=self.ref(row.id),
                name=row.name,
                freshness=freshness,
                unit_one=text(row.portal_point_name) or "point",
                unit_many=text(row.portal_point_name) or "points",
                rules=tuple(_rule(rule, currency) for rule in row.rule_ids),
                active=row.active,
            )
            for row in rows
        )


def _holds(row: _Card, key: CustomerKey) -> bool:
    holder: Contact | None = record(row.partner_id)
    if holder is None:
        return False
    return matches(key, holder) or (key.kind is CustomerKeyKind.NATIVE and str(holder.person) == key.value)


def _entry(row: _Movement) -> LoyaltyEntry:
    at = moment(row.create_date)
    if at is None:
        raise InvalidAnswer(detail="a loyalty entry without a time")
    points = number(row.issued) - number(row.used)
    kind = "EARN" if points >= 0 else "REDEEM"
    return LoyaltyEntry(str(row.id), points.normalize() + 0, at, kind, text(row.description))


def _rule(row: _Rule, currency: str) -> LoyaltyRule:
    """`money`: points for each unit of currency, which may be a fraction: 0.1 is 1 point for 10. Points of the other
    modes are whole."""
    skus = tuple(sku for product in row.product_ids if (sku := text(product.default_code)))
    amount = number(row.reward_point_amount)
    if row.reward_point_mode == "money":
        ratio = Fraction(amount).limit_denominator(10_000)
        points, spend = ratio.numerator, ratio.denominator * 10 ** fraction_digits(currency)
        kind = "SPEND"
    else:
        points, spend = int(amount), None
        kind = "ITEM" if row.reward_point_mode == "unit" else "VISIT"
    return LoyaltyRule(
        kind=kind,
        points=points,
        spend_minor=spend,
        currency=currency if spend is not None else None,
        skus=skus,
        category_keys=(str(row.product_category_id),) if row.product_category_id else (),
        tax_included=row.minimum_amount_tax_mode != "excl",
    )
