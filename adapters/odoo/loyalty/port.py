"""LoyaltyPort: loyalty cards and their history. Coupons, gift cards and e-wallets are cards as well, and left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from adapters.odoo.contacts import Contact, contact_domain, matches
from adapters.odoo.customer import KEYS_A_REQUEST
from adapters.odoo.loyalty.programs import OdooPrograms, ProgramName
from adapters.odoo.values import Empty, moment, number, record, record_id, text
from adapters.odoo.variants import chunks
from gateway.errors import AdapterError, InvalidAnswer, InvalidCursor, RequestRefused
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import (
    CustomerKey,
    CustomerKeyKind,
    LoyaltyAccount,
    LoyaltyEntry,
    LoyaltyEntryPage,
    LoyaltyEntryQuery,
)
from gateway.model.freshness import Freshness

FIND_ACCOUNTS = "loyalty.find_accounts"
LIST_ENTRIES = "loyalty.list_entries"
SHOWN = Decimal("0.01")


class _Card(Struct, frozen=True):
    id: int
    points: Decimal
    create_date: str | Empty
    partner_id: Contact | Empty
    program_id: ProgramName | Empty


class _Movement(Struct, frozen=True):
    id: int
    create_date: str | Empty
    issued: Decimal
    used: Decimal
    description: str | Empty


class OdooLoyalty(OdooPrograms):
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
        program: ProgramName | None = record(row.program_id)
        holder: Contact | None = record(row.partner_id)
        if program is None:
            raise InvalidAnswer(detail="a loyalty card without a programme")
        unit = text(program.portal_point_name)
        return LoyaltyAccount(
            ref=self.ref(row.id),
            program=self.ref(program.id),
            balance=rounded(number(row.points)),
            freshness=freshness,
            program_name=program.name,
            customer=self.ref(holder.person) if holder is not None else None,
            unit_one=unit or "point",
            unit_many=unit or "points",
            enrolled_at=moment(row.create_date),
        )

    async def list_entries(self, query: LoyaltyEntryQuery, context: ContextView, call: CallContext) -> LoyaltyEntryPage:
        card = record_id(query.account.id)
        if card is None:
            return LoyaltyEntryPage((), (), has_next=False)
        if await self.client.version(call) == 17:
            raise RequestRefused(detail="Odoo 17 keeps no history of loyalty cards")
        domain: list[object] = [["card_id", "=", card]]
        if query.after is not None:
            last = record_id(query.after)
            if last is None:
                raise InvalidCursor("this is not a position in a list of loyalty entries")
            domain.append(["id", "<", last])
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
    return LoyaltyEntry(str(row.id), rounded(points), at, kind, text(row.description))


def rounded(points: Decimal) -> Decimal:
    """As Odoo shows points: it keeps them as floats, 197.07999999999998, and writes two decimals."""
    return points.quantize(SHOWN, rounding=ROUND_HALF_UP).normalize() + 0
