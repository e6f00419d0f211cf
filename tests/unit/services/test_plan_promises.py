"""A plan promises no more than the readings less the ledger, names every line, and is reserved from the places that it
names: over drawn stock, carts, stores and owners of orders.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.calls.operation.bound import BoundBackend
from gateway.model.carts import Cart, CartLine, CartState, DeliveryGroup
from gateway.model.fulfilment import PlanWay
from gateway.model.stock import Fulfilment
from gateway.ownership import Ownership
from gateway.ports.order import OrderWriting, Placement
from gateway.services.carts.wishes import Bounds
from gateway.services.fulfilment.allocation import Shelves, Want, allocate
from gateway.services.fulfilment.choosing import choosing
from gateway.services.fulfilment.drafting import Drafting, Handing, PlanDraft, PlanDrafts, Ways
from gateway.services.fulfilment.sources import delivering, order_owner, sources
from gateway.services.fulfilment.tokens import PlanTokens
from gateway.services.stock_items import spot_of
from gateway.settings import decode
from gateway.state.ledger import StockSpot
from gateway.state.sealing import Sealing
from gateway.testing.reference import ReferenceAdapter
from gateway.testing.reference.manifest import MANIFEST
from tests.unit.services.retailer import NOW, configuration, domains, shop

TOKENS = PlanTokens(Sealing(["a key of tests"]))
SKUS = ("MUG", "BOWL")
PLACES = ("warehouse", "depot", "soho", "cellar", "leeds")
UNNAMED = "depot"
"""The owner of orders has no name for it."""


def _ownership(placement: Placement) -> Ownership:
    store = {"country": "GB", "timezone": "Europe/London", "channel": "web", "services": ["pickup"]}
    refs = {place: {"till": place, **({} if place == UNNAMED else {"shop": place})} for place in PLACES}
    raw = {
        **configuration(
            domains=domains(stock=("till",)),
            locations={place: {"refs": names, "stock": "till"} for place, names in refs.items()},
            stores={
                "soho": {**store, "name": "Soho", "locations": ["soho", "cellar"]},
                "leeds": {**store, "name": "Leeds", "locations": ["leeds"]},
            },
            channels={
                "web": {
                    "countries": ["GB"], "currencies": {"GB": ["GBP"]}, "locations": ["warehouse", "depot", "leeds"],
                }
            },
        ),
        "backends": {name: {"adapter": "memory", "url": "memory:"} for name in ("shop", "till")},
    }  # fmt: skip
    manifest = replace(MANIFEST, ordering=OrderWriting(placement=placement))
    bound = {
        name: BoundBackend(name=name, alias=name, backend=ReferenceAdapter(name, shop()).backend, manifest=manifest)
        for name in ("shop", "till")
    }
    return Ownership(decode(raw, {}), bound)


OWNERSHIPS = {placement: _ownership(placement) for placement in Placement}


def _cart(wanted: list[tuple[str, int]]) -> Cart:
    lines = tuple(
        CartLine(
            id=f"L{place}", variant=sku, quantity=Decimal(pieces), added=NOW, changed=NOW, version=1, note=str(place)
        )
        for place, (sku, pieces) in enumerate(wanted)
    )
    return Cart(
        id="C", version=1, state=CartState.OPEN, country="GB", currency="GBP", channel="web", created=NOW, changed=NOW,
        lines=lines, groups=(DeliveryGroup(id="1"),),
    )  # fmt: skip


def _drafts(cart: Cart, ownership: Ownership, shelves: Shelves) -> PlanDrafts:
    owner = order_owner(ownership, "GB")
    ways = Ways(
        owner=owner,
        handing=[Handing(name, plan.locations) for name, plan in ownership.stores.items()],
        sending=delivering(ownership, owner, "web"),
        stores_at={"leeds": "leeds"},
    )
    return asyncio.run(Drafting(cart.active, shelves, ways, 1_000).drafts())


def _chosen(cart: Cart, draft: PlanDraft) -> Cart:
    plan = TOKENS.open(TOKENS.of(cart, draft.parts))
    assert plan is not None
    return choosing(plan, Bounds(500, 1_000))(cart, NOW).cart


def _by_place(draft: PlanDraft, cart: Cart) -> Counter[tuple[str, str]]:
    """Pieces by SKU and place, as the plan names it: a store, a location, or whichever."""
    skus = {line.id: str(line.variant) for line in cart.active}
    found: Counter[tuple[str, str]] = Counter()
    for part in draft.parts:
        place = f"store {part.store}" if part.way is PlanWay.PICKUP else part.location or "whichever"
        for each in part.pieces:
            found[skus[each.line], place] += each.quantity
    return found


counts = st.dictionaries(st.tuples(st.sampled_from(SKUS), st.sampled_from(PLACES)), st.integers(-2, 6), max_size=10)
carts = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 7)), min_size=1, max_size=4)


@given(counts, st.integers(0, 3), carts, st.sampled_from(Placement))
def test_what_is_promised_is_there_every_line_is_named_and_a_chosen_plan_is_reserved_where_it_says(
    counted: Mapping[tuple[str, str], int], held: int, wanted: list[tuple[str, int]], placement: Placement
) -> None:
    ownership = OWNERSHIPS[placement]
    cart = _cart(wanted)
    free = {spot_of(ownership.locations[place], sku): pieces - held for (sku, place), pieces in counted.items()}
    shelves = Shelves(free, set())
    drafts = _drafts(cart, ownership, shelves)
    owner = order_owner(ownership, "GB")
    for draft in (*drafts.whole, *((drafts.nearest,) if drafts.nearest else ())):
        named = {each.line for part in draft.parts for each in part.pieces}
        missing = {gap.line for gap in draft.missing}
        assert named | missing == {line.id for line in cart.active}
        assert not named & missing
        told = _by_place(draft, cart)
        for (sku, place), pieces in told.items():
            spots = _spots(ownership, place, sku)
            assert pieces <= sum(max(0, free.get(spot, 0)) for spot in spots)
    for draft in drafts.whole:
        chosen = _chosen(cart, draft)
        assert Counter({sku: sum(n for s, n in wanted if s == sku) for sku in SKUS}) == Counter(
            {sku: sum(int(line.quantity) for line in chosen.active if line.variant == sku) for sku in SKUS}
        )
        groups = {line.id: chosen.group_of(line) for line in chosen.active}
        wants = [
            Want(line.id, line.variant, int(line.quantity), sources(ownership, owner, chosen, groups[line.id]))
            for line in chosen.active
        ]
        reserved = allocate(wants, shelves, placement)
        assert reserved.lacking == ()
        places: Counter[tuple[str, str]] = Counter()
        for each in reserved.allotments:
            group = groups[each.line]
            collected = group.fulfilment is Fulfilment.PICKUP
            place = f"store {group.store}" if collected else group.location or "whichever"
            plan = ownership.locations[each.location]
            assert not collected or plan in ownership.stores[group.store or ""].locations
            if place != "whichever":
                assert owner.told(plan) is not None  # what the ledger names is what the owner is told
                assert collected or each.location == place
            places[each.item, place] += each.quantity
        assert places == _by_place(draft, cart)


def _spots(ownership: Ownership, place: str, sku: str) -> list[StockSpot]:
    if place == "whichever":
        return [spot_of(plan, sku) for plan in delivering(ownership, order_owner(ownership, "GB", "web"), "web")]
    if place.startswith("store "):
        return [spot_of(plan, sku) for plan in ownership.stores[place.removeprefix("store ")].locations]
    return [spot_of(ownership.locations[place], sku)]


@given(carts, st.sampled_from(Placement))
def test_with_nothing_anywhere_every_line_is_named_and_nothing_can_be_chosen(
    wanted: list[tuple[str, int]], placement: Placement
) -> None:
    cart = _cart(wanted)
    drafts = _drafts(cart, OWNERSHIPS[placement], Shelves({}, set()))
    assert drafts.whole == ()
    assert drafts.nearest is not None
    assert [gap.line for gap in drafts.nearest.missing] == [line.id for line in cart.active]
