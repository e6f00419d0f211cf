"""Loyalty: a list of accounts, because programmes differ by market and system; their entries; what a price earns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from gateway.errors import AdapterError, Unavailable
from gateway.model.customers import (
    CustomerKey,
    CustomerKeyKind,
    LinkedCustomer,
    LoyaltyAccount,
    LoyaltyEntryQuery,
    LoyaltyProgram,
)
from gateway.model.identity import KeyRule
from gateway.model.paging import EntryEdge, EntryList, Gap, PageInfo
from gateway.model.pricing import Price
from gateway.model.touched import holds_until
from gateway.ports.loyalty import FIND_ACCOUNTS, LIST_ENTRIES, LIST_PROGRAMS, LOYALTY
from gateway.runtime.side_by_side import side_by_side
from gateway.services.cursors import Cursors, PlainPosition
from gateway.services.customers import unheard
from gateway.services.earning import PointsToEarn, in_force, to_earn
from gateway.services.scope import Scope
from gateway.services.systems import SystemsOfRecord

AS_IT_IS = KeyRule()


class LoyaltyAccounts(Struct, frozen=True):
    """A customer's accounts; `gaps` names systems that could not be heard."""

    accounts: tuple[LoyaltyAccount, ...]
    gaps: tuple[Gap, ...] = ()


class Loyalty:
    def __init__(self, systems: SystemsOfRecord, cursors: Cursors, key_rules: Mapping[str, KeyRule]) -> None:
        """`key_rules`: how each backend writes a SKU; without one, as it is."""
        self._systems = systems
        self._cursors = cursors
        self._key_rules = key_rules

    async def accounts(self, linked: LinkedCustomer, scope: Scope) -> LoyaltyAccounts:
        """Of the backends the customer is linked to. Raises AdapterError when none of several could be heard."""
        ownership = self._systems.ownership
        if not ownership.serves(LOYALTY):
            return LoyaltyAccounts(())
        names = [name for name in ownership.plan(LOYALTY).order if linked.refs(name)]
        answers = await side_by_side(lambda name: self._accounts(name, linked, scope), names)
        accounts: list[LoyaltyAccount] = []
        gaps: list[Gap] = []
        for name, answer in zip(names, answers, strict=True):
            if isinstance(answer, AdapterError):
                gaps.append(Gap(name, answer.code, answer.retryable))
            else:
                accounts += answer
        if gaps and len(gaps) == len(names):
            raise next(answer for answer in answers if isinstance(answer, AdapterError)).fresh()
        gaps += (Gap(name, Unavailable.code, retryable=True) for name in unheard(linked, LOYALTY, self._systems, scope))
        return LoyaltyAccounts(tuple(accounts), tuple(gaps))

    async def _accounts(
        self, backend: str, linked: LinkedCustomer, scope: Scope
    ) -> tuple[LoyaltyAccount, ...] | AdapterError:
        keys = [CustomerKey(CustomerKeyKind.NATIVE, ref.id) for ref in linked.refs(backend)]
        found = await self._systems.caller.keyed(backend, FIND_ACCOUNTS, keys, scope.commerce, scope.personal())
        accounts: dict[str, LoyaltyAccount] = {}
        for answer in found.values():
            if isinstance(answer, AdapterError):
                return answer
            accounts |= {account.ref.id: account for account in answer}
        return tuple(accounts.values())

    async def entries(self, account: LoyaltyAccount, first: int, after: str | None, scope: Scope) -> EntryList:
        """Newest first; none where the system keeps none. The account was reached through its holder, so it is theirs.
        Raises InvalidCursor."""
        if not self._systems.ownership.offers(account.ref.backend, LIST_ENTRIES.name):
            return EntryList((), PageInfo(False, None))
        bound_to = f"entries|{account.ref.backend}|{account.ref.id}"
        position = self._cursors.open(after, PlainPosition, bound_to=bound_to).position if after else None
        query = LoyaltyEntryQuery(account.ref, first, position)
        backend = account.ref.backend
        alias = self._systems.ownership.alias(backend)
        page = await self._systems.caller.paged(backend, LIST_ENTRIES, query, scope.commerce, scope.personal())
        edges = tuple(
            EntryEdge(entry, self._cursors.seal(PlainPosition(alias, place), bound_to=bound_to))
            for entry, place in zip(page.entries, page.positions, strict=True)
        )
        return EntryList(edges, PageInfo(page.has_next, edges[-1].cursor if edges else None))

    async def points(self, prices: Sequence[Price], scope: Scope) -> list[tuple[PointsToEarn, ...]]:
        """What each price would earn in each programme of this market, evaluated here from the programmes' rules. A
        system that cannot be heard promises nothing."""
        ownership = self._systems.ownership
        names = ownership.serving(LOYALTY, scope.commerce.country) if ownership.serves(LOYALTY) else ()
        names = tuple(name for name in names if ownership.offers(name, LIST_PROGRAMS.name))
        listed = await side_by_side(lambda name: self._programs(name, scope), names)
        known = [program for part in listed for program in part]
        programs = [program for program in known if program.runs(scope.now)]
        for program in known:
            if program.active and (change := program.next_change(scope.now)) is not None:
                holds_until(change)
        places = {program.ref.backend: self._here(program.ref.backend, scope) for program in programs}
        holding = [
            (program, in_force(program, ownership.references(program.ref.backend), places[program.ref.backend]))
            for program in programs
        ]
        return [
            tuple(earned for program, holds in holding if (earned := self._earned(program, price, holds)) is not None)
            for price in prices
        ]

    def _here(self, backend: str, scope: Scope) -> tuple[str, ...] | None:
        """A system's own references of the shopper's store; None where none is chosen."""
        store = self._systems.ownership.stores.get(scope.commerce.store or "")
        if store is None:
            return None
        return tuple(place.refs[backend] for place in store.locations if backend in place.refs)

    def _earned(self, program: LoyaltyProgram, price: Price, holds: bool | None) -> PointsToEarn | None:
        rule = self._key_rules.get(program.ref.backend, AS_IT_IS)
        sku = price.key.sku if price.key is not None else None
        return to_earn(program, price, rule.written(sku) if sku is not None else None, holds=holds)

    async def _programs(self, backend: str, scope: Scope) -> tuple[LoyaltyProgram, ...]:
        try:
            return await self._systems.caller.paged(backend, LIST_PROGRAMS, None, scope.commerce, scope.call)
        except AdapterError:
            return ()
