"""What depends on the clock says until when it holds, so that nobody keeps it longer: hours, promises, dated prices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import inf
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.model.customers import LoyaltyProgram, LoyaltyRule
from gateway.model.identity import NativeRef
from gateway.model.touched import TOUCHED, Touched
from gateway.testing.sandbox import SeedPrice
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import SEEN, configuration, domains, gbp, shop, stock

STORE: Mapping[str, Any] = {
    "name": "Covent Garden", "locations": ["london"], "country": "GB", "timezone": "Europe/London",
    "hours": {"mon-sun": "09:00-13:00,14:00-18:00"}, "special_hours": {"2099-07-03": "closed"},
    "services": ["pickup"],
}  # fmt: skip
HOURS = "{ stores(first: 1) { nodes { %s } } }"
STOCK = '{ product(by: {sku: "MUG"}) { variants { availability(fulfilment: %s) { status promise { readyAt } } } } }'
PRICE = '{ product(by: {sku: "MUG"}) { variants { price { current { gross { amount } } validUntil } } } }'


def at(clock: str, day: int = 1) -> datetime:
    """London in July 2099 is an hour ahead of UTC; July the first is a Wednesday."""
    hour, minute, *rest = (int(part) for part in clock.split(":"))
    return datetime(2099, 7, day, hour, minute, *rest, tzinfo=UTC) - timedelta(hours=1)


class Asking:
    """A world at an instant, and what an answer was told to hold until."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self._patch = monkeypatch

    async def __call__(self, query: str, now: datetime) -> tuple[Any, datetime | None]:
        self._patch.setattr("gateway.context.utc_now", lambda: now)
        self.world["shop"].clock = lambda: now
        told = Touched()
        token = TOUCHED.set(told)
        try:
            data = await self.world.data(query)
        finally:
            TOUCHED.reset(token)
        return data, None if told.horizon == inf else datetime.fromtimestamp(told.horizon, UTC)


@pytest.fixture
async def asking(build: Build, monkeypatch: pytest.MonkeyPatch) -> Asking:
    prices = (
        SeedPrice("MUG", gbp("9.00")),
        SeedPrice("MUG", gbp("6.00"), country="GB", starts=at("12:00"), ends=at("17:31:41")),
    )
    world = await build(
        configuration(
            domains=domains(price={"order": ["shop"]}, order=["shop"], stock=["shop"]),
            locations={"london": {"refs": {"shop": "L1"}}},
            stores={"covent_garden": STORE},
            channels={
                "web": {
                    "countries": ["GB"], "currencies": {"GB": ["GBP"]}, "locations": ["london"],
                    "pickup_ready": 7200, "delivery_days": [2, 4],
                }
            },
        ),
        {"shop": shop("MUG", prices=prices, stock=(stock("MUG", "L1", 9),), now=None)},
    )  # fmt: skip
    return Asking(world, monkeypatch)


@pytest.mark.parametrize(
    ("now", "is_open", "until"),
    [
        ("08:59:59", False, "09:00"),
        ("09:00", True, "13:00"),
        ("12:59:59", True, "13:00"),
        ("13:00", False, "14:00"),
        ("17:31:41", True, "18:00"),
        ("18:00", False, "24:00"),
    ],
)
async def test_whether_a_store_is_open_holds_until_it_opens_or_closes(
    asking: Asking, now: str, is_open: bool, until: str
) -> None:
    data, told = await asking(HOURS % "openAt", at(now))
    assert data["stores"]["nodes"][0]["openAt"] is is_open
    assert told == (at("00:00", day=2) if until == "24:00" else at(until))
    _, spoken = await asking(HOURS % "speakable { text }", at(now))
    assert spoken == told


async def test_whether_it_is_open_at_another_time_does_not_depend_on_now(asking: Asking) -> None:
    assert (await asking(HOURS % 'openAt(at: "2099-07-01T12:00:00Z")', at("17:00")))[1] is None
    assert (await asking(HOURS % "name { value } hours { opens }", at("17:00")))[1] is None


async def test_the_next_opening_is_another_each_instant_while_it_is_open(asking: Asking) -> None:
    assert (await asking(HOURS % "nextOpening", at("10:00")))[1] == at("10:00")
    data, told = await asking(HOURS % "nextOpening", at("13:20"))
    assert data["stores"]["nodes"][0]["nextOpening"] == "2099-07-01T13:00:00Z"
    assert told == at("14:00")


def ready_at(data: Any) -> datetime:
    return datetime.fromisoformat(data["product"]["variants"][0]["availability"]["promise"]["readyAt"])


@pytest.mark.parametrize("fulfilment", ["PICKUP", "DELIVERY"])
async def test_a_kept_promise_is_the_one_that_would_be_made_anew(asking: Asking, fulfilment: str) -> None:
    """At every second until the end it states, and no longer."""
    takes = timedelta(hours=2) if fulfilment == "PICKUP" else timedelta(days=2)
    for second in (0, 1, 20, 59):
        now = at(f"10:15:{second:02}")
        data, told = await asking(STOCK % fulfilment, now)
        assert told is not None
        promised = ready_at(data)
        assert now + takes <= promised < now + takes + timedelta(minutes=1)
        assert promised - takes == told
        assert ready_at((await asking(STOCK % fulfilment, max(now, told)))[0]) == promised
        assert ready_at((await asking(STOCK % fulfilment, told + timedelta(seconds=1)))[0]) > promised


async def test_a_promise_for_after_the_break_holds_until_the_break_is_over(asking: Asking) -> None:
    data, told = await asking(STOCK % "PICKUP", at("13:20:30"))
    assert (ready_at(data), told) == (at("16:00"), at("14:00"))


async def test_a_price_holds_until_its_sale_ends_or_the_next_one_begins(asking: Asking) -> None:
    seen: list[tuple[str, Any, datetime | None]] = []
    for now in ("11:59:59", "12:00", "17:31:41", "17:31:42"):
        data, told = await asking(PRICE, at(now))
        price = data["product"]["variants"][0]["price"]
        seen.append((price["current"]["gross"]["amount"], price["validUntil"], told))
    sale = "2099-07-01T16:31:41Z"
    assert seen == [
        ("9.00", None, at("12:00")), ("6.00", sale, at("17:31:41")), ("6.00", sale, at("17:31:41")),
        ("9.00", None, None),
    ]  # fmt: skip


async def test_a_break_that_ends_ends_the_answer(asking: Asking) -> None:
    seed = asking.world["shop"].seed
    step = SeedPrice("MUG", gbp("8.00"), minimum_quantity=Decimal(10), ends=at("16:00"))
    asking.world["shop"].seed = replace(seed, prices=(SeedPrice("MUG", gbp("9.00")), step))
    asking.world["shop"].__dict__.pop("_prices_by_sku", None)
    query = PRICE.replace("validUntil", "breaks { minimumQuantity validUntil }")
    data, told = await asking(query, at("15:00"))
    price = data["product"]["variants"][0]["price"]
    assert price["breaks"] == [{"minimumQuantity": "10", "validUntil": "2099-07-01T15:00:00Z"}]
    assert told == at("16:00")


POINT_A_POUND = LoyaltyRule(kind="SPEND", points=Decimal(1), spend_minor=100, currency="GBP")


async def test_points_are_earned_while_the_programme_runs_and_no_longer(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = LoyaltyProgram(
        NativeRef("seed", "70"), "Summer", SEEN, rules=(POINT_A_POUND,),
        valid_from=at("12:00"), valid_until=at("17:00"),
    )  # fmt: skip
    world = await build(
        configuration(domains=domains(price={"order": ["shop"]}, order=["shop"])),
        {"shop": shop("MUG", program=program)},
    )
    query = PRICE.replace("validUntil", "pointsToEarn { points }")
    seen: list[tuple[int, datetime | None]] = []
    for now in ("11:59", "12:00", "17:00", "17:01"):
        data, told = await Asking(world, monkeypatch)(query, at(now))
        seen.append((len(data["product"]["variants"][0]["price"]["pointsToEarn"]), told))
    assert seen == [(0, at("12:00")), (1, at("17:00")), (1, at("17:00")), (0, None)]
