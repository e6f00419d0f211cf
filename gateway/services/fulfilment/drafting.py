"""The ways in which a cart could be had, tried one after the other over the same shelves: collected in a store, sent
from one place, sent from several, some collected and the rest sent. What the order's owner cannot be told is not tried.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from msgspec import Struct

from gateway.model.carts import CartLine
from gateway.model.fulfilment import GapReason, PlanGap, PlanPart, PlanPieces, PlanWay
from gateway.ownership import LocationPlan
from gateway.services.fulfilment.allocation import Allocation, Lack, Shelves, Want, allocate
from gateway.services.fulfilment.sources import OrderOwner, handed_out

SENDING = 12
"""Places goods are sent from that are looked at, in the order of the channel's configuration."""
SAID = 10
"""Lines of one way that are said not to be had so."""
ALONE = 3
"""Plans that send everything from one place."""


class Handing(Struct, frozen=True):
    """A store that hands out goods, by its configured name, and where they lie. `opens`: it ever does. `owner`: who
    takes the orders of what is collected there (None: who takes all the others)."""

    store: str
    places: tuple[LocationPlan, ...]
    opens: bool = True
    owner: OrderOwner | None = None


class Ways(Struct, frozen=True, kw_only=True):
    """What may be tried. `stores_at`: the stores that send, by the configured location they send from."""

    owner: OrderOwner
    handing: Sequence[Handing]
    sending: Sequence[LocationPlan]
    stores_at: Mapping[str, str]


class PlanDraft(Struct, frozen=True):
    """Parts without times and costs, and what of the cart is in none."""

    parts: tuple[PlanPart, ...]
    missing: tuple[PlanGap, ...]


class PlanDrafts(Struct, frozen=True):
    """`whole` have all lines; `nearest` is what comes nearest to that where none has."""

    whole: tuple[PlanDraft, ...]
    nearest: PlanDraft | None
    gaps: tuple[PlanGap, ...]


class Drafting:
    """For one cart. `most` caps how many pieces are said to be there, as shown stock is capped."""

    def __init__(self, lines: Sequence[CartLine], shelves: Shelves, ways: Ways, most: int) -> None:
        self._lines = lines
        self._shelves = shelves
        self._ways = ways
        self._most = most
        self._found: dict[tuple[PlanPart, ...], PlanDraft] = {}
        self._partial: list[PlanDraft] = []
        self._gaps: list[PlanGap] = []

    async def drafts(self) -> PlanDrafts:
        ways, owner = self._ways, self._ways.owner
        sending = ways.sending[:SENDING]
        for handing in ways.handing:
            await self._collected(handing)
        if not sending:
            self._gaps.append(PlanGap(way=PlanWay.SHIP, reason=GapReason.NOT_DELIVERED))
        else:
            await self._sent(sending)
        if owner.takes_several and sending:
            for handing in ways.handing:
                shared = handing.owner in (None, owner)  # else they would be two orders of two systems
                if handing.opens and shared and (told := self._told(handing)):
                    await self._try((*told, *sending), handing, PlanWay.SHIP, None)
        whole = tuple(self._found.values())
        nearest = min(self._partial, key=_lacking, default=None)
        return PlanDrafts(whole, None if whole else nearest or self._nothing(), tuple(self._gaps))

    async def _collected(self, handing: Handing) -> None:
        if not handing.opens:
            self._gaps.append(PlanGap(way=PlanWay.PICKUP, reason=GapReason.NEVER_OPEN, store=handing.store))
        elif not (told := self._told(handing)):
            reason = GapReason.OWNER_CANNOT_BE_TOLD
            self._gaps.append(PlanGap(way=PlanWay.PICKUP, reason=reason, store=handing.store))
        else:
            await self._try(told, handing, PlanWay.PICKUP, handing.store)

    async def _sent(self, sending: Sequence[LocationPlan]) -> None:
        """From each place alone, as long as the owner can be told which; then from wherever there is some."""
        owner, alone = self._ways.owner, 0
        for plan in sending:
            if owner.told(plan) is None or len(sending) == 1:
                continue
            store = self._ways.stores_at.get(plan.name)
            way = PlanWay.SHIP if store is None else PlanWay.SHIP_FROM_STORE
            alone += await self._try((plan,), None, way, store, told=store is not None)
            if alone == ALONE:
                break
        await self._try(sending, None, PlanWay.SHIP, None)

    async def _try(
        self,
        places: Sequence[LocationPlan],
        handing: Handing | None,
        way: PlanWay,
        store: str | None,
        *,
        told: bool = True,
    ) -> bool:
        """Whether everything can be had so. `told`: what cannot is a gap of this way."""
        await asyncio.sleep(0)  # an attempt at a large cart takes a while: others have their turn in between
        wants = [Want(line.id, line.variant, int(line.quantity), places) for line in self._lines]
        mixed = handing is not None and way is not PlanWay.PICKUP
        owner = handing.owner if handing is not None and handing.owner is not None else self._ways.owner
        # each place was tried alone before
        found = allocate(wants, self._shelves, owner.placement, together=not mixed, orders=owner.orders)
        missing = tuple(self._gap(lack, way, store) for lack in found.lacking)
        draft = PlanDraft(self._parts(found, handing, places), missing)
        if missing:
            self._partial.append(draft)
            if told and not mixed:
                self._gaps += missing[:SAID]
            return False
        if not mixed or any(part.way is PlanWay.PICKUP for part in draft.parts):
            self._found.setdefault(draft.parts, draft)  # else it was sent whole, and tried as such
        return True

    def _parts(
        self, found: Allocation, handing: Handing | None, places: Sequence[LocationPlan]
    ) -> tuple[PlanPart, ...]:
        """Allotments of one way and place together, places in the order in which they were preferred."""
        plans = {plan.name: plan for plan in places}
        collected = {plan.name for plan in handing.places} if handing is not None else set[str]()
        rows: dict[tuple[PlanWay, str | None, str | None], dict[str, int]] = {}
        rank = {line.id: index for index, line in enumerate(self._lines)}
        preferred = {name: index for index, name in enumerate(plans)}
        for each in sorted(found.allotments, key=lambda each: preferred[each.location]):
            if handing is not None and each.location in collected:
                key = (PlanWay.PICKUP, handing.store, None)
            else:
                told = self._ways.owner.told(plans[each.location]) is not None
                store = self._ways.stores_at.get(each.location) if told else None
                way = PlanWay.SHIP if store is None else PlanWay.SHIP_FROM_STORE
                key = (way, store, each.location if told else None)
            pieces = rows.setdefault(key, {})
            pieces[each.line] = pieces.get(each.line, 0) + each.quantity
        return tuple(
            PlanPart(
                way=way, store=store, location=location,
                pieces=tuple(PlanPieces(line, pieces[line]) for line in sorted(pieces, key=rank.__getitem__)),
            )
            for (way, store, location), pieces in rows.items()
        )  # fmt: skip

    def _told(self, handing: Handing) -> tuple[LocationPlan, ...]:
        return handed_out(handing.owner or self._ways.owner, handing.places)

    def _gap(self, lack: Lack, way: PlanWay, store: str | None) -> PlanGap:
        reason = GapReason.NOT_HEARD if lack.unheard else GapReason.NOT_ENOUGH
        available = None if lack.unheard and not lack.available else min(lack.available, self._most)
        return PlanGap(way=way, reason=reason, store=store, line=lack.line, wanted=lack.wanted, available=available)

    def _nothing(self) -> PlanDraft:
        """Where no way could be tried, for the reason of the first."""
        first = self._gaps[0]
        return PlanDraft(
            (),
            tuple(
                PlanGap(way=first.way, reason=first.reason, store=first.store, line=line.id, wanted=int(line.quantity))
                for line in self._lines
            ),
        )


def _lacking(draft: PlanDraft) -> tuple[int, int]:
    """How many lines, then how many pieces of them."""
    return len(draft.missing), sum(gap.wanted - (gap.available or 0) for gap in draft.missing)
