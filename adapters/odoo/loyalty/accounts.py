"""LoyaltyPort and LoyaltyEntryPort: loyalty cards and their history. Coupons, gift cards and e-wallets are cards as
well, and left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.contacts import PEOPLE_A_REQUEST, Contact, contact_domain, matches
from adapters.odoo.loyalty.programs import ProgramName
from adapters.odoo.values import Empty, Row, moment, number, record, record_id, text
from gateway.errors import AdapterError, InvalidAnswer, InvalidCursor, RequestRefused
from gateway.kit.concurrency import in_chunks
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import (
    CustomerKey,
    CustomerKeyKind,
    LoyaltyAccount,
    LoyaltyEntry,
    LoyaltyEntryPage,
    LoyaltyEntryQuery,
)
from gateway.ports.manifest import AdapterEnvironment

SHOWN = Decimal("0.01")


class _Card(Row, frozen=True):
    points: Decimal
    create_date: str | Empty
    partner_id: Contact | Empty
    program_id: ProgramName | Empty


class _Movement(Row, frozen=True):
    create_date: str | Empty
    issued: Decimal
    used: Decimal
    description: str | Empty


class Loyalty:
    def __init__(self, env: AdapterEnvironment[OdooConfig], client: OdooClient) -> None:
        self._env = env
        self._client = client

    async def find_accounts(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[LoyaltyAccount, ...] | AdapterError]:
        """Several cards for one person are normal, in one programme even."""

        async def ask(some: Sequence[CustomerKey]) -> Mapping[CustomerKey, tuple[LoyaltyAccount, ...]]:
            people = contact_domain(some, "partner_id.")
            domain = ["&", ["program_id.program_type", "=", "loyalty"], *people]
            rows = await self._client.search(_Card, "loyalty.card", domain, call) if people else ()
            reading = Reading.now(self._env)
            found = {key: tuple(_account(row, reading) for row in rows if _holds(row, key)) for key in some}
            return {key: accounts for key, accounts in found.items() if accounts}

        return await in_chunks(keys, PEOPLE_A_REQUEST, ask)

    async def list_entries(self, query: LoyaltyEntryQuery, context: ContextView, call: CallContext) -> LoyaltyEntryPage:
        card = record_id(query.account.id)
        if card is None:
            return LoyaltyEntryPage((), (), has_next=False)
        if await self._client.version(call) == 17:
            raise RequestRefused(detail="Odoo 17 keeps no history of loyalty cards")
        domain: list[object] = [["card_id", "=", card]]
        if query.after is not None:
            last = record_id(query.after)
            if last is None:
                raise InvalidCursor("this is not a position in a list of loyalty entries")
            domain.append(["id", "<", last])
        rows = await self._client.search(
            _Movement, "loyalty.history", domain, call, order="id desc", limit=query.first + 1
        )
        page = rows[: query.first]
        return LoyaltyEntryPage(
            entries=tuple(_entry(row) for row in page),
            positions=tuple(str(row.id) for row in page),
            has_next=len(rows) > query.first,
        )


def _account(row: _Card, reading: Reading) -> LoyaltyAccount:
    program, holder = record(row.program_id), record(row.partner_id)
    if program is None:
        raise InvalidAnswer(detail="a loyalty card without a programme")
    return LoyaltyAccount(
        ref=reading.ref(str(row.id)),
        program=reading.ref(str(program.id)),
        balance=rounded(number(row.points)),
        freshness=reading.freshness,
        program_name=program.name,
        customer=reading.ref(str(holder.person)) if holder is not None else None,
        unit_one=text(program.portal_point_name) or "point",
        unit_many=text(program.portal_point_name) or "points",
        enrolled_at=moment(row.create_date),
    )


def _holds(row: _Card, key: CustomerKey) -> bool:
    holder = record(row.partner_id)
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
