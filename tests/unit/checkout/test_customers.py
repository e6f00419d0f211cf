"""Who buys, at the order's owner: a record for whoever's e-mail is proven, nobody's for what was typed."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from gateway.checkout.turns import CustomerTurns, TurnState
from gateway.errors import CredentialsRefused, RequestRefused, Unavailable
from gateway.model.carts import Buyer, Cart
from gateway.model.checkouts import Checkout, CheckoutState, FailureReason
from gateway.model.customers import CustomerRecord, EnsureCustomer
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.payments import DeclineReason
from gateway.ports.customer import ENSURE_CUSTOMER
from gateway.ports.order import PLACE_ORDER
from gateway.services.scope import utc_now
from gateway.state.tables import checkouts, identity_links

from .conftest import Opened, both_stores
from .retail import ADA, EMAIL, TOKEN, Retail


@pytest.fixture(params=["pending", "at once"])
async def retail(request: pytest.FixtureRequest, opened: Opened) -> Retail:
    return await opened(pending=request.param == "pending")


def named(retail: Retail, checkout: Checkout) -> NativeRef | None:
    """After whom the order is."""
    assert checkout.state is CheckoutState.COMPLETED, checkout
    return retail.erp.order_records[checkout.number or ""].customer


def asked(retail: Retail) -> list[EnsureCustomer]:
    return [each.keys[0] for each in retail.erp.asked if each.operation == ENSURE_CUSTOMER.name]  # type: ignore[misc]


def known_as(number: str, email: str) -> CustomerRecord:
    return CustomerRecord(NativeRef("erp", number), Freshness("erp", utc_now()), emails=(email,))


async def typed(retail: Retail, buyer: Buyer) -> Cart:
    cart = await retail.cart()
    async with retail.database.write() as connection:
        return await retail.carts.write(connection, cart, replace(cart, buyer=buyer), utc_now())


@both_stores
async def test_whoever_is_proven_and_has_no_record_gets_one_before_the_order(retail: Retail) -> None:
    checkout = await retail.buy(await retail.cart(), buyer=ADA)
    ((_, record),) = retail.erp.ensured
    assert record.emails == (ADA.email,)
    assert named(retail, checkout) == record.ref
    done = [each.operation for each in retail.erp.asked]
    assert done.index(ENSURE_CUSTOMER.name) < done.index(PLACE_ORDER.name)
    assert retail.pay.asked
    linked = await retail.links.of_person(ADA.person)
    assert linked is not None
    assert linked.refs("erp") == (record.ref,)  # the order stands in their history


async def test_whoever_has_a_record_keeps_it(opened: Opened) -> None:
    retail = await opened()
    known = known_as("7", ADA.email)
    retail.erp.ensured.append(("before", known))
    checkout = await retail.buy(await retail.cart(), buyer=ADA)
    assert named(retail, checkout) == known.ref
    assert len(retail.erp.ensured) == 1


async def test_several_who_bear_an_email_are_nobody_in_particular(opened: Opened) -> None:
    retail = await opened()
    retail.erp.ensured += [(number, known_as(number, ADA.email)) for number in "78"]
    checkout = await retail.buy(await retail.cart(), buyer=ADA)
    assert named(retail, checkout) is None
    assert await retail.links.of_person(ADA.person) is None


@pytest.mark.parametrize("orders", [5, pytest.param(50, marks=pytest.mark.full)])
async def test_guest_orders_of_one_email_change_nobodys_links(opened: Opened, orders: int) -> None:
    retail = await opened(pieces=60)
    known = known_as("7", EMAIL)  # what the guests type is somebody's
    retail.erp.ensured.append(("before", known))
    for _ in range(orders):
        checkout = await retail.buy(await retail.cart())
        assert named(retail, checkout) is None
    assert retail.erp.ensured == [("before", known)]
    assert asked(retail) == []
    async with retail.database.read() as connection:
        assert (await connection.execute(select(identity_links))).all() == []


async def test_a_record_that_is_linked_today_is_asked_for_nothing(opened: Opened) -> None:
    retail = await opened()
    retail.buyer = NativeRef("erp", "7")
    assert named(retail, await retail.buy(await retail.cart(), buyer=ADA)) == retail.buyer
    assert asked(retail) == []


async def test_an_owner_without_records_costs_no_step(opened: Opened) -> None:
    retail = await opened()
    for name, bound in retail.backends.items():
        writes = {key: spec for key, spec in bound.manifest.writes.items() if key != ENSURE_CUSTOMER.name}
        retail.backends[name] = replace(bound, manifest=replace(bound.manifest, writes=writes))
    checkout = await retail.buy(await retail.cart(), buyer=ADA)
    assert named(retail, checkout) is None
    assert "ensure" not in [entry.step for entry in await retail.desk.history(checkout.id)]


async def test_a_record_that_was_made_is_kept_when_nothing_is_bought(retail: Retail) -> None:
    retail.pay.book.declined[TOKEN] = DeclineReason.INSUFFICIENT_FUNDS
    cart = await retail.cart()
    checkout = await retail.buy(cart, buyer=ADA)
    assert checkout.state is CheckoutState.FAILED
    retail.pay.book.declined.clear()
    again = await retail.buy(await retail.cart_now(cart), key="again", buyer=ADA)
    ((_, record),) = retail.erp.ensured
    assert named(retail, again) == record.ref


async def test_many_carts_of_one_email_at_once_make_one_record(opened: Opened) -> None:
    retail = await opened()
    retail.erp.delays[ENSURE_CUSTOMER.name] = 0.1
    carts = [await retail.cart() for _ in range(5)]
    bought = await asyncio.gather(*(retail.buy(cart, buyer=ADA) for cart in carts))
    ((_, record),) = retail.erp.ensured
    assert {named(retail, each) for each in bought} == {record.ref}


async def test_a_lost_answer_makes_no_second_record(opened: Opened) -> None:
    retail = await opened()
    lost = 0

    async def lose() -> None:
        nonlocal lost
        lost += 1
        if lost == 1:
            raise Unavailable(source="erp", domain="customer")

    retail.erp.after_placing = lose
    checkout = await retail.buy(await retail.cart(), buyer=ADA)
    ((_, record),) = retail.erp.ensured
    assert named(retail, checkout) == record.ref


@pytest.mark.parametrize("refusal", [RequestRefused, CredentialsRefused])
async def test_an_owner_that_makes_nobody_a_record_sells_as_to_a_guest(
    opened: Opened, refusal: type[RequestRefused | CredentialsRefused]
) -> None:
    retail = await opened()
    retail.erp.failing[ENSURE_CUSTOMER.name] = refusal(detail="no such right")
    assert named(retail, await retail.buy(await retail.cart(), buyer=ADA)) is None


async def test_an_owner_that_is_not_there_holds_no_money(opened: Opened) -> None:
    retail = await opened(pending=False, forward=0.5)
    down = Unavailable(source="erp", domain="customer")
    down.unsent = True
    retail.erp.failing[ENSURE_CUSTOMER.name] = down
    checkout = await retail.buy(await retail.cart(), buyer=ADA)
    assert checkout.failure is not None
    assert checkout.failure.reason is FailureReason.OWNER_UNAVAILABLE
    assert (retail.payments(), retail.orders()) == ([], [])
    del retail.erp.failing[ENSURE_CUSTOMER.name]
    again = await retail.buy(await retail.cart(), key="again", buyer=ADA)  # its turn was given up
    assert named(retail, again) is not None


@pytest.mark.parametrize(("email", "name"), [(None, "Ada"), (ADA.email, "Ada"), ("somebody.else@canary.example", None)])
async def test_a_name_beside_another_mail_is_not_the_buyers(
    opened: Opened, email: str | None, name: str | None
) -> None:
    retail = await opened()
    cart = await typed(retail, Buyer(email=email, given_name="Ada"))
    await retail.buy(cart, buyer=ADA)
    assert [(each.email, each.given_name) for each in asked(retail)] == [(ADA.email, name)]


async def test_who_bought_is_not_kept_beside_the_checkout_that_has_ended(opened: Opened) -> None:
    retail = await opened()
    retail.pay.book.challenged.add(TOKEN)
    checkout = await retail.buy(await retail.cart(), buyer=ADA)

    async def kept() -> bytes | None:
        async with retail.database.read() as connection:
            return (await connection.execute(select(checkouts.c.buyer).where(checkouts.c.run == checkout.id))).scalar()

    sealed = await kept()
    assert sealed is not None
    assert ADA.email.encode() not in sealed
    await retail.desk.go_on(checkout.id, {"approved": "yes"})
    assert await kept() is None


@both_stores
async def test_a_turn_is_one_runs_until_it_has_ended_or_is_too_old(opened: Opened) -> None:
    retail = await opened()
    turns = CustomerTurns(retail.database, retail.carts.sealing)

    async def states(*runs: str, seconds: float = 60.0) -> list[TurnState]:
        return [(await turns.take("erp", ADA.email, run, seconds)).state for run in runs]

    assert await states("A", "B", "A") == [TurnState.MINE, TurnState.BUSY, TurnState.MINE]
    assert (await turns.take("shop", ADA.email, "B", 60.0)).state is TurnState.MINE  # another owner
    await turns.told("erp", ADA.email, "B", "9", 60.0)  # not B's to tell
    assert await states("B") == [TurnState.BUSY]
    await turns.told("erp", ADA.email, "A", "7", 60.0)
    known = await turns.take("erp", ADA.email, "B", 60.0)
    assert (known.state, known.record) == (TurnState.KNOWN, "7")
    assert await states("A", "B") == [TurnState.MINE, TurnState.BUSY]  # A is at it once more
    await turns.given_up("erp", ADA.email, "A")
    assert await states("B", seconds=-1.0) == [TurnState.MINE]
    assert await states("C", seconds=-1.0) == [TurnState.MINE]
    assert await turns.sweep() == 1
