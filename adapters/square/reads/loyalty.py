"""LoyaltyPort: balances by phone or customer, their movements, and how points are earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.identifiers import Identifiers
from adapters.square.ids import ids_among, is_id
from adapters.square.mapping import people
from adapters.square.reads.customers import Customers
from adapters.square.wire.catalog import CatalogObject, ItemsAnswer
from adapters.square.wire.people import (
    Account,
    AccountsAnswer,
    Event,
    EventsAnswer,
    Program,
    ProgramAnswer,
    PromotionsAnswer,
)
from gateway.errors import AdapterError, InvalidCursor
from gateway.kit.concurrency import gathered
from gateway.kit.keyed import chunks
from gateway.kit.moments import as_rfc3339
from gateway.kit.readings import Reading
from gateway.kit.tables import Table
from gateway.model.context import CallContext, ContextView
from gateway.model.customers import (
    CustomerKey,
    CustomerKeyKind,
    LoyaltyAccount,
    LoyaltyEntryPage,
    LoyaltyEntryQuery,
    LoyaltyProgram,
)
from gateway.ports.manifest import AdapterEnvironment

ACCOUNTS = "loyalty.find_accounts"
ENTRIES = "loyalty.list_entries"
PROGRAMS = "loyalty.list_programs"
KEYS_PER_SEARCH = 30
EVENTS_PER_PAGE = 30
TICK = timedelta(milliseconds=1)


class Loyalty:
    def __init__(
        self,
        env: AdapterEnvironment,
        config: SquareConfig,
        client: SquareClient,
        identifiers: Identifiers,
        customers: Customers,
    ) -> None:
        self._env = env
        self._config = config
        self._client = client
        self._identifiers = identifiers
        self._customers = customers
        self.program: Table[LoyaltyProgram | None] = Table(self._load_program, config.table_seconds, env.clock)

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
        profiles = await gathered([self._customers.search(key, ACCOUNTS, call) for key in emails])
        holders |= {key: [each.ref.id for each in many] for key, many in zip(emails, profiles, strict=True)}
        by_phone: dict[str, list[Account]] = {}
        for account in await self._accounts("mappings", [{"phone_number": phone} for phone in phones], call):
            if account.mapping and account.mapping.phone_number:
                by_phone.setdefault(account.mapping.phone_number, []).append(account)
        by_holder: dict[str, list[Account]] = {}
        wanted = list(dict.fromkeys(one for many in holders.values() for one in many))
        for account in await self._accounts("customer_ids", wanted, call):
            if account.customer_id:
                by_holder.setdefault(account.customer_id, []).append(account)
        if not by_phone and not by_holder:
            return {}
        program = await self.program.get(call)
        freshness = Reading.now(self._env).freshness
        answers: dict[CustomerKey, tuple[LoyaltyAccount, ...] | AdapterError] = {}
        for key in keys:
            if key.kind is CustomerKeyKind.PHONE:
                found = by_phone.get(key.value, [])
            else:
                found = [account for holder in holders[key] for account in by_holder.get(holder, ())]
            if found:
                answers[key] = tuple(people.account(each, program, freshness) for each in found)
        return answers

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
        async for page in self._client.pages("/v2/loyalty/events/search", body, EventsAnswer, ENTRIES, call):
            rows = page.events or ()
            events.extend(each for each in rows if last is None or (each.created_at, each.id) < last)
            # Movements of one instant come in no order that means anything: only what is older than the page's last
            # one is known to be behind all of them.
            if page.cursor and rows and sum(each.created_at > rows[-1].created_at for each in events) > query.first:
                break
        events.sort(key=lambda each: (each.created_at, each.id), reverse=True)
        shown = events[: query.first]
        return LoyaltyEntryPage(
            entries=tuple(people.entry(each) for each in shown),
            positions=tuple(f"{as_rfc3339(each.created_at)} {each.id}" for each in shown),
            has_next=len(events) > query.first,
        )

    async def list_programs(self, query: None, context: ContextView, call: CallContext) -> tuple[LoyaltyProgram, ...]:
        """An account has one programme or none."""
        program = await self.program.get(call)
        return (program,) if program else ()

    async def _accounts(self, field: str, values: Sequence[object], call: CallContext) -> Sequence[Account]:
        found: dict[str, Account] = {}
        for batch in chunks(values, KEYS_PER_SEARCH):
            body = {"query": {field: batch}, "limit": 200}
            async for page in self._client.pages("/v2/loyalty/accounts/search", body, AccountsAnswer, ACCOUNTS, call):
                found.update({each.id: each for each in page.loyalty_accounts or ()})
        return list(found.values())

    async def _load_program(self, call: CallContext) -> LoyaltyProgram | None:
        """One request, one for its promotions, one look-up for the SKUs that rules name by variation, and one for each
        category they name."""
        answer = await self._client.find("/v2/loyalty/programs/main", ProgramAnswer, PROGRAMS, call)
        if answer is None or answer.program is None:
            return None
        wire = answer.program
        found = await self._identifiers.skus_of(_variations(wire), PROGRAMS, call)
        skus = {variation: self._env.key_rule.written(sku) for variation, sku in found.items()}
        categories = _categories(wire)
        members = await gathered([self._skus_in(category, call) for category in categories])
        in_category = dict(zip(categories, members, strict=True))
        promoted = await self._promoted(wire.id, call)
        freshness = Reading.now(self._env).freshness
        return people.program(wire, self._config.program_name, skus, in_category, freshness, promoted=promoted)

    async def _promoted(self, program: str, call: CallContext) -> bool:
        """Whether a promotion gives more points than the rules say, now or from a day that the kept programme sees."""
        answer = await self._client.find(f"/v2/loyalty/programs/{program}/promotions", PromotionsAnswer, PROGRAMS, call)
        promotions = (answer.loyalty_promotions if answer else None) or ()
        return any(each.status in ("ACTIVE", "SCHEDULED") for each in promotions)

    async def _skus_in(self, category: str, call: CallContext) -> tuple[str, ...]:
        found: list[CatalogObject] = []
        body = {"category_ids": [category], "limit": 100}
        async for page in self._client.pages("/v2/catalog/search-catalog-items", body, ItemsAnswer, PROGRAMS, call):
            for item in page.items or ():
                found.extend((item.item_data.variations if item.item_data else None) or ())
        keys = (self._identifiers.key_of(each.item_variation_data) for each in found)
        return tuple(self._env.key_rule.written(key) for key in keys if key)


def _variations(program: Program) -> list[str]:
    ids: list[str] = []
    for rule in program.accrual_rules or ():
        if rule.item_variation_data:
            ids.append(rule.item_variation_data.item_variation_id)
        if rule.spend_data:
            ids.extend(rule.spend_data.excluded_item_variation_ids or ())
    return ids


def _categories(program: Program) -> list[str]:
    ids: dict[str, None] = {}
    for rule in program.accrual_rules or ():
        if rule.category_data:
            ids[rule.category_data.category_id] = None
        if rule.spend_data:
            ids.update(dict.fromkeys(rule.spend_data.excluded_category_ids or ()))
    return list(ids)


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
