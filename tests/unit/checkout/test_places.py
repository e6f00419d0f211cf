"""The plan, the ledger and the owner of the order name the same place (medusa#14987: a plan that one place was found
for, and a reservation at another), for each way in which an owner takes places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from msgspec.structs import replace

from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.caller import BackendCaller
from gateway.calls.operation.writes import Writes
from gateway.context import ContextFactory
from gateway.model.carts import Cart
from gateway.model.checkouts import CheckoutState, FailureReason
from gateway.model.fulfilment import FulfilmentPlan, PlanWay
from gateway.model.orders import PlaceOrder
from gateway.model.principal import ANONYMOUS
from gateway.ownership import Ownership
from gateway.ports.manifest import Secret
from gateway.ports.order import PLACE_ORDER, OrderWriting, Placement
from gateway.ports.stock import GET_STOCK
from gateway.security.profiles import Profiles, RequestFacts
from gateway.services import Services
from gateway.services.carts.wishes import Bounds
from gateway.services.fulfilment.choosing import choosing
from gateway.services.fulfilment.plans import FulfilmentPlanning
from gateway.services.fulfilment.tokens import PlanTokens
from gateway.services.scope import utc_now
from gateway.settings import decode
from gateway.state.aliases import StoredAliases
from gateway.state.database import Database
from gateway.state.ledger import StockSpot
from gateway.state.links import StoredIdentityLinks
from gateway.state.writes import StoredWrites
from gateway.testing.reference import ReferenceAdapter
from tests.unit.services.retailer import configuration, domains, shop, stock

from .retail import Retail

PLACES = ("warehouse", "soho", "leeds")


class Chain(Retail):
    """The same retailer with a warehouse and two stores, and the services that plan."""

    async def stocked(self, placement: Placement, *, pending: bool = True, **counted: dict[str, int]) -> Chain:
        """Before it is launched. Not `pending`: an order that stands may be past cancelling."""
        counts = tuple(
            stock(sku, place.upper(), counted.get(place, {}).get(sku, 0))
            for place in PLACES
            for sku in ("MUG", "PLATE")
        )
        self.erp = ReferenceAdapter("erp", shop("MUG", "PLATE", stock=counts))
        store = {"country": "GB", "timezone": "Europe/London", "channel": "web", "services": ["pickup"],
                 "hours": {"mon-sun": "00:00-24:00"}}  # fmt: skip
        raw = {
            **configuration(
                domains=domains("erp", payment=("pay",)),
                locations={place: {"refs": {"erp": place.upper()}, "stock": "erp"} for place in PLACES},
                stores={name: {**store, "name": name.title(), "locations": [name]} for name in ("soho", "leeds")},
                channels={
                    "web": {
                        "countries": ["GB"], "currencies": {"GB": ["GBP"]}, "locations": ["warehouse", "leeds"],
                    }
                },
            ),
            "backends": {name: {"adapter": "memory", "url": "memory:"} for name in ("erp", "pay")},
        }  # fmt: skip
        settings = decode(raw, {})
        manifest = replace(self.backends["erp"].manifest, ordering=OrderWriting(placement=placement, pending=pending))
        adapters = {"erp": self.erp, "pay": self.pay}
        self.backends = {
            name: BoundBackend(
                name=name, alias=name, backend=adapter.backend, manifest=manifest, policy=settings.backends[name].policy
            )
            for name, adapter in adapters.items()
        }  # fmt: skip
        await self.writes.close()
        await self.caller.close()
        self.ownership = Ownership(settings, self.backends)
        self.caller = BackendCaller(self.backends)
        self.writes = Writes(
            self.backends, StoredWrites(self.database), self.caller.invalidate, self.tasks, pauses=(0.05, 0.1)
        )
        self.services = Services(
            settings, self.caller, self.writes, self.ownership, StoredIdentityLinks(self.database),
            StoredAliases(self.database), self.tasks, Secret(("key",)), self.carts,
        )  # fmt: skip
        self.profiles = Profiles(settings)
        await self.launch(lambda _: None)
        return self

    async def plans(self, cart: Cart) -> list[FulfilmentPlan]:
        contexts = ContextFactory(self.services, self.profiles)
        context = contexts(ANONYMOUS, self.profiles.of(ANONYMOUS), RequestFacts())
        return list((await self.services.of(FulfilmentPlanning).of(cart, None, None, context.scope)).plans)

    async def choose(self, cart: Cart, plan: FulfilmentPlan) -> Cart:
        chosen = PlanTokens(self.carts.sealing).open(plan.id or "")
        assert chosen is not None
        now = utc_now()
        edited = choosing(chosen, Bounds(500, 1_000))(cart, now).cart
        async with self.database.write() as connection:
            return await self.carts.write(connection, cart, edited, now)

    def placed_at(self) -> Counter[tuple[str, str]]:
        """What the order's owner was told: pieces by SKU and its own name of the place."""
        told: Counter[tuple[str, str]] = Counter()
        for command in self.commands():
            for line in command.lines:
                for place, pieces in line.places:
                    told[line.sku, place] += pieces
        return told

    def commands(self) -> list[PlaceOrder]:
        asked = [each.keys[0] for each in self.erp.asked if each.operation == PLACE_ORDER.name]
        return [each for each in asked if isinstance(each, PlaceOrder)]

    async def held_at(self, run: str) -> Counter[tuple[str, str]]:
        held: Counter[tuple[str, str]] = Counter()
        for hold in await self.ledger.of_run(run):
            held[hold.spot.item, hold.spot.place] += hold.quantity
        return held


def planned_at(plan: FulfilmentPlan, cart: Cart) -> Counter[tuple[str, str]]:
    skus = {line.id: str(line.variant) for line in cart.active}
    found: Counter[tuple[str, str]] = Counter()
    for part in plan.parts:
        place = part.store if part.way is PlanWay.PICKUP else part.location
        assert place is not None
        for each in part.pieces:
            found[skus[each.line], place.upper()] += each.quantity
    return found


Stocked = Callable[..., Awaitable[Chain]]


@pytest.fixture
async def stocked(url: str) -> AsyncIterator[Stocked]:
    made: list[Chain] = []

    async def make(placement: Placement, *, pending: bool = True, **counted: dict[str, int]) -> Chain:
        chain = Chain(await Database.open(url), OrderWriting(), 0, 3.0, 600.0)
        made.append(chain)
        return await chain.stocked(placement, pending=pending, **counted)

    yield make
    for chain in made:
        await chain.services.close()
        await chain.close()


ONE_PLACE = {"warehouse": {"PLATE": 9}, "soho": {"MUG": 9, "PLATE": 9}}
SPREAD = {"warehouse": {"MUG": 3, "PLATE": 9}, "soho": {"MUG": 2}}


@pytest.mark.parametrize(
    ("placement", "counted", "plans"),
    [
        pytest.param(Placement.PER_LINE, ONE_PLACE, 1, id="one place for each line: all in one store"),
        pytest.param(Placement.PER_LINE, SPREAD, 1, id="one place for each line: split over a store and a parcel"),
        pytest.param(Placement.PER_ORDER, ONE_PLACE, 1, id="one place an order"),
        pytest.param(Placement.MOVED_AFTER, ONE_PLACE, 1, id="moved afterwards"),
    ],
)
async def test_medusa_14987_plan_ledger_and_order_name_the_same_places(
    stocked: Stocked, placement: Placement, counted: dict[str, dict[str, int]], plans: int
) -> None:
    chain = await stocked(placement, **counted)
    cart = await chain.cart(("MUG", 5), ("PLATE", 1))
    offered = [plan for plan in await chain.plans(cart) if plan.id is not None]
    assert len(offered) == plans
    chosen = await chain.choose(cart, offered[0])
    checkout = await chain.buy(chosen, quoted="72.00")
    assert checkout.state is CheckoutState.COMPLETED, checkout
    expected = planned_at(offered[0], cart)
    assert await chain.held_at(checkout.id) == expected
    assert chain.placed_at() == expected


async def test_what_was_planned_and_is_gone_is_not_taken_from_elsewhere(stocked: Stocked) -> None:
    chain = await stocked(Placement.PER_LINE, warehouse={"MUG": 9}, soho={"MUG": 1})
    cart = await chain.cart(("MUG", 1))
    pickup = next(plan for plan in await chain.plans(cart) if plan.parts[0].store == "soho")
    chosen = await chain.choose(cart, pickup)
    spot = StockSpot("erp", "MUG", "SOHO")
    await chain.ledger.read_at({spot: 1}, await chain.ledger.now())
    async with chain.database.write() as connection:
        assert not await chain.ledger.reserve(connection, "SOMEBODY", {spot: 1})
    assert not any(plan.parts[0].store == "soho" for plan in await chain.plans(chosen))
    checkout = await chain.buy(chosen)
    assert (checkout.state, checkout.failure and checkout.failure.reason) == (
        CheckoutState.FAILED, FailureReason.OUT_OF_STOCK,
    )  # fmt: skip
    assert await chain.held_at(checkout.id) == Counter()


@pytest.mark.parametrize(
    ("counted", "pieces", "quoted"),
    [
        pytest.param({"warehouse": {"PLATE": 9}, "leeds": {"MUG": 9}}, (1, 1), "24.00", id="sent from two places"),
        pytest.param({"warehouse": {"PLATE": 9, "MUG": 3}, "leeds": {"MUG": 2}}, (5, 1), "72.00", id="a line split"),
        pytest.param({"warehouse": {"PLATE": 9}, "soho": {"MUG": 9}}, (2, 1), "36.00", id="collected, the rest sent"),
    ],
)
async def test_an_owner_that_takes_one_place_an_order_is_asked_for_an_order_of_each(
    stocked: Stocked, counted: dict[str, dict[str, int]], pieces: tuple[int, int], quoted: str
) -> None:
    chain = await stocked(Placement.PER_ORDER, **counted)
    cart = await chain.cart(("MUG", pieces[0]), ("PLATE", pieces[1]))
    plan = next(plan for plan in await chain.plans(cart) if plan.id is not None)
    assert len(plan.parts) == 2
    chosen = await chain.choose(cart, plan)
    checkout = await chain.buy(chosen, quoted=quoted)
    assert checkout.state is CheckoutState.COMPLETED, checkout
    expected = planned_at(plan, cart)
    assert await chain.held_at(checkout.id) == expected
    assert chain.placed_at() == expected
    for command in chain.commands():
        assert len({place for line in command.lines for place, _ in line.places}) == 1
        assert {each.id for each in command.deliveries} == {line.delivery for line in command.lines}


async def test_an_owner_whose_orders_may_be_past_cancelling_is_not_asked_for_two(stocked: Stocked) -> None:
    """It could say no to the second, with the first one standing."""
    chain = await stocked(Placement.PER_ORDER, pending=False, warehouse={"PLATE": 9}, leeds={"MUG": 9})
    cart = await chain.cart(("MUG", 1), ("PLATE", 1))
    assert [plan.id for plan in await chain.plans(cart)] == [None]
    checkout = await chain.buy(cart, quoted="24.00")
    assert checkout.failure is not None
    assert (checkout.failure.reason, checkout.failure.detail) == (FailureReason.NOT_TOGETHER, "0")
    assert not [asked for asked in chain.erp.asked if asked.operation == PLACE_ORDER.name]
    assert await chain.ledger.held_since(-1e9) == []


async def test_plans_ask_each_owner_of_stock_once(stocked: Stocked) -> None:
    chain = await stocked(Placement.PER_LINE, **SPREAD)
    await chain.plans(await chain.cart(("MUG", 5), ("PLATE", 1)))
    assert chain.erp.requests[GET_STOCK.name] == 1
