"""`LoyaltyPort` and `LoyaltyEntryPort`: balances by phone or customer, and their movements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.customer import Customers
from adapters.square.ids import ids_among, is_id
from adapters.square.rows import Answer, Instant
from gateway.errors import AdapterError, InvalidCursor
from gateway.kit.keyed import answered, chunks, grouped
from gateway.kit.moments import as_rfc3339, utc
from gateway.kit.readings import Reading
from gateway.kit.tables import Table
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import (
    CustomerKey,
    CustomerKeyKind,
    LoyaltyAccount,
    LoyaltyEntry,
    LoyaltyEntryPage,
    LoyaltyEntryQuery,
    LoyaltyProgram,
)
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.ports.manifest import AdapterEnvironment

KEYS_PER_SEARCH = 30
EVENTS_PER_PAGE = 30
TICK = timedelta(milliseconds=1)


class PhoneMapping(Struct, frozen=True):
    phone_number: str | None = None


class Deadline(Struct, frozen=True):
    """Some of an account's points expire."""

    expires_at: Instant


class Account(Struct, frozen=True):
    id: str
    program_id: str
    balance: int = 0
    lifetime_points: int | None = None
    customer_id: str | None = None
    enrolled_at: Instant | None = None
    created_at: Instant | None = None
    mapping: PhoneMapping | None = None
    expiring_point_deadlines: tuple[Deadline, ...] | None = None


class AccountsAnswer(Answer, frozen=True, kw_only=True):
    loyalty_accounts: tuple[Account, ...] | None = None


class Movement(Struct, frozen=True):
    """The metadata of one event, whichever kind: all kinds share these names."""

    points: int | None = None
    order_id: str | None = None
    reason: str | None = None


class Event(Struct, frozen=True):
    id: str
    type: str
    created_at: Instant
    loyalty_account_id: str
    accumulate_points: Movement | None = None
    accumulate_promotion_points: Movement | None = None
    create_reward: Movement | None = None
    redeem_reward: Movement | None = None
    delete_reward: Movement | None = None
    adjust_points: Movement | None = None
    expire_points: Movement | None = None
    other_event: Movement | None = None


class EventsAnswer(Answer, frozen=True, kw_only=True):
    events: tuple[Event, ...] | None = None


class Accounts:
    """`program` is the account's own; `customers` finds the profiles of an email."""

    def __init__(
        self,
        env: AdapterEnvironment[SquareConfig],
        client: SquareClient,
        program: Table[LoyaltyProgram | None],
        customers: Customers,
    ) -> None:
        self._env = env
        self._client = client
        self._program = program
        self._customers = customers

    async def find_accounts(
        self, keys: Sequence[CustomerKey], context: ContextView, call: CallContext
    ) -> Mapping[CustomerKey, tuple[LoyaltyAccount, ...] | AdapterError]:
        """30 phones or 30 customer ids a request; Square finds no account by email, so an email costs a search for its
        profiles first. The programme is cached."""
        if not keys:
            return {}
        phones = [key.value for key in keys if key.kind is CustomerKeyKind.PHONE]
        holders = {key: ids_among([key.value]) for key in keys if key.kind is CustomerKeyKind.NATIVE}
        emails = [key for key in keys if key.kind is CustomerKeyKind.EMAIL]
        profiles = await self._customers.find_customers(emails, context, call)
        failed = {key: error for key, error in profiles.items() if isinstance(error, AdapterError)}
        holders |= {
            key: [] if isinstance(many, AdapterError) else [each.ref.id for each in many]
            for key, many in ((key, profiles.get(key, ())) for key in emails)
        }
        mapped = await self._accounts("mappings", [{"phone_number": phone} for phone in phones], call)
        by_phone = grouped((each.mapping.phone_number if each.mapping else None, each) for each in mapped)
        wanted = list(dict.fromkeys(one for many in holders.values() for one in many))
        by_holder = grouped((each.customer_id, each) for each in await self._accounts("customer_ids", wanted, call))
        if not by_phone and not by_holder:
            return failed
        program = await self._program.get(call)
        freshness = Reading.now(self._env).freshness

        def theirs(key: CustomerKey) -> list[Account] | AdapterError | None:
            if key in failed:
                return failed[key]
            if key.kind is CustomerKeyKind.PHONE:
                return by_phone.get(key.value)
            return [each for holder in holders[key] for each in by_holder.get(holder, ())] or None

        return answered(keys, theirs, lambda _, found: tuple(account(each, program, freshness) for each in found))

    async def list_entries(self, query: LoyaltyEntryQuery, context: ContextView, call: CallContext) -> LoyaltyEntryPage:
        """30 movements a request, newest first by (instant, id). A position is the last movement given, so it does not
        age as Square's own cursors do."""
        if not is_id(query.account.id):
            return LoyaltyEntryPage((), (), has_next=False)
        last = _position(query.after)
        wanted: dict[str, object] = {"loyalty_account_filter": {"loyalty_account_id": query.account.id}}
        if last:
            # The end of Square's range is exclusive; movements of the same instant may be still to come.
            wanted["date_time_filter"] = {"created_at": {"end_at": as_rfc3339(last[0] + TICK)}}
        body = {"query": {"filter": wanted}, "limit": EVENTS_PER_PAGE}
        events: list[Event] = []
        async for page in self._client.pages("/v2/loyalty/events/search", body, EventsAnswer, call):
            rows = page.events or ()
            events.extend(each for each in rows if last is None or (each.created_at, each.id) < last)
            # Movements of one instant come in no order that means anything: only what is older than the page's last
            # one is known to be behind all of them.
            if page.cursor and rows and sum(each.created_at > rows[-1].created_at for each in events) > query.first:
                break
        events.sort(key=lambda each: (each.created_at, each.id), reverse=True)
        shown = events[: query.first]
        return LoyaltyEntryPage(
            entries=tuple(entry(each) for each in shown),
            positions=tuple(f"{as_rfc3339(each.created_at)} {each.id}" for each in shown),
            has_next=len(events) > query.first,
        )

    async def _accounts(self, field: str, values: Sequence[object], call: CallContext) -> Sequence[Account]:
        found: dict[str, Account] = {}
        for batch in chunks(values, KEYS_PER_SEARCH):
            body = {"query": {field: batch}, "limit": 200}
            async for page in self._client.pages("/v2/loyalty/accounts/search", body, AccountsAnswer, call):
                found.update({each.id: each for each in page.loyalty_accounts or ()})
        return list(found.values())


def _position(after: str | None) -> tuple[datetime, str] | None:
    if after is None:
        return None
    instant, _, event = after.partition(" ")
    try:
        moment = datetime.fromisoformat(instant).astimezone(UTC)
        _ = moment + TICK  # the end of time has none
    except (ValueError, OverflowError):
        raise InvalidCursor("not a position of this list") from None
    return moment, event


def account(wire: Account, known: LoyaltyProgram | None, freshness: Freshness) -> LoyaltyAccount:
    """`balance` may be negative after a return."""
    same = known if known and known.ref.id == wire.program_id else None
    return LoyaltyAccount(
        ref=NativeRef(freshness.source, wire.id),
        program=NativeRef(freshness.source, wire.program_id),
        balance=Decimal(wire.balance),
        freshness=freshness,
        program_name=same.name if same else "",
        customer=NativeRef(freshness.source, wire.customer_id) if wire.customer_id else None,
        unit_one=same.unit_one if same else "point",
        unit_many=same.unit_many if same else "points",
        lifetime=Decimal(wire.lifetime_points) if wire.lifetime_points is not None else None,
        enrolled_at=utc(wire.enrolled_at),
        changes_at=_next_expiry(wire, freshness.as_of),
    )


def _next_expiry(wire: Account, now: datetime) -> datetime | None:
    deadlines = (utc(each.expires_at) for each in wire.expiring_point_deadlines or ())
    return min((deadline for deadline in deadlines if deadline > now), default=None)


def entry(event: Event) -> LoyaltyEntry:
    """Making a reward takes the points, redeeming it moves none, deleting it gives them back. Whichever sign Square
    writes, what is taken is negative here."""
    detail, sign = _detail(event)
    points = detail.points or 0 if detail else 0
    return LoyaltyEntry(
        id=event.id,
        points=Decimal(points if sign is None else sign * abs(points)),
        at=utc(event.created_at),
        kind=event.type,
        description=detail.reason if detail else None,
        order_reference=detail.order_id if detail else None,
    )


def _detail(event: Event) -> tuple[Movement | None, int | None]:
    """The metadata of the event's kind, and the sign its points have; None: as written."""
    match event.type:
        case "ACCUMULATE_POINTS":
            return event.accumulate_points, 1
        case "ACCUMULATE_PROMOTION_POINTS":
            return event.accumulate_promotion_points, 1
        case "CREATE_REWARD":
            return event.create_reward, -1
        case "REDEEM_REWARD":
            return event.redeem_reward, None
        case "DELETE_REWARD":
            return event.delete_reward, 1
        case "EXPIRE_POINTS":
            return event.expire_points, -1
        case "ADJUST_POINTS":
            return event.adjust_points, None
        case _:
            return event.other_event, None
