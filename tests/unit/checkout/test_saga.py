"""A checkout from its submission to its end, in both orders of the saga, over owners that refuse, differ, are slow to
know and lose their answers.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.errors import AdapterError, RequestRefused, Unavailable
from gateway.model.cart_faults import CartChanged, CheckoutInProgress, KeyConflict
from gateway.model.carts import CartState
from gateway.model.checkouts import Checkout, CheckoutState, FailureReason
from gateway.model.identity import NativeRef
from gateway.model.orders import OrderStatus
from gateway.model.payments import Authorise, DeclineReason
from gateway.ports.order import GET_CURRENCIES, PLACE_ORDER, PREVIEW_ORDER
from gateway.ports.payment import AUTHORISE, GET_PAYMENTS
from gateway.ports.webhooks import Received
from gateway.state.ledger import HoldState

from .conftest import Opened, both_stores
from .fleet import until
from .retail import ADA, EMAIL, STREET, TOKEN, Retail


@pytest.fixture(params=["pending", "at once"])
async def retail(request: pytest.FixtureRequest, opened: Opened) -> Retail:
    return await opened(pending=request.param == "pending")


def failed(checkout: Checkout) -> FailureReason:
    assert checkout.state is CheckoutState.FAILED, checkout
    assert checkout.failure is not None
    return checkout.failure.reason


async def nothing_is_left(retail: Retail, *, payments: list[str] | None = None) -> None:
    """No order stands, no money is held, nothing is kept back."""
    assert set(retail.orders()) <= {OrderStatus.CANCELLED}
    assert not {"AUTHORISED", "CAPTURED", "REQUIRES_ACTION"} & set(retail.payments())
    if payments is not None:
        assert retail.payments() == payments
    assert await retail.ledger.held_since(-1e9) == []
    assert await retail.free() == 10


async def test_what_is_bought_is_ordered_once_paid_once_and_handed_over(retail: Retail) -> None:
    cart = await retail.cart(("MUG", 2), ("PLATE", 1))
    checkout = await retail.buy(cart, quoted="36.00")
    assert checkout.state is CheckoutState.COMPLETED
    assert checkout.number == "10000"
    assert retail.orders() == [OrderStatus.CONFIRMED]
    assert retail.payments() == ["AUTHORISED"]
    assert {hold.state for hold in await retail.ledger.of_run(checkout.id)} == {HoldState.HANDED_OVER}
    now = await retail.cart_now(cart)
    assert (now.state, now.order) == (CartState.ORDERED, checkout.id)
    assert await retail.free() == 8
    placed = retail.erp.asked
    (command,) = [asked.keys[0] for asked in placed if asked.operation == PLACE_ORDER.name]
    assert command.buyer.email == EMAIL  # type: ignore[attr-defined]
    assert [line.places for line in command.lines] == [(("LON", 2),), (("LON", 1),)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("record", [NativeRef("erp", "7"), None])
async def test_an_order_is_its_buyers_where_they_are_known_there(retail: Retail, record: NativeRef | None) -> None:
    retail.buyer = record
    checkout = await retail.buy(await retail.cart())
    assert retail.erp.order_records[checkout.number or ""].customer == record


@both_stores
async def test_what_is_held_is_taken_by_a_run_of_its_own(retail: Retail) -> None:
    checkout = await retail.buy(await retail.cart())
    assert await retail.events() == ["order.placed", "checkout.capture_due"]
    while await retail.outbox.deliver_one("checkout"):
        pass

    async def captured() -> bool:
        return retail.payments() == ["CAPTURED"]

    await until(5.0, captured)
    assert [held.captured for held in retail.pay.book.payments.values()] == [Decimal("12.00")]
    history = await retail.given.checkouts.history(checkout.id)
    assert ("claim", "done") in [(entry.step, entry.outcome) for entry in history]


async def test_a_decline_leaves_nothing_but_the_cart(retail: Retail) -> None:
    retail.pay.book.declined[TOKEN] = DeclineReason.INSUFFICIENT_FUNDS
    cart = await retail.cart()
    checkout = await retail.buy(cart)
    assert failed(checkout) is FailureReason.PAYMENT_DECLINED
    assert checkout.failure is not None
    assert checkout.failure.detail == "INSUFFICIENT_FUNDS"
    now = await retail.cart_now(cart)
    assert (now.state, now.version, now.lines) == (CartState.OPEN, cart.version + 1, cart.lines)
    await nothing_is_left(retail, payments=["FAILED"])


async def test_a_partial_approval_is_given_back(retail: Retail) -> None:
    retail.pay.book.approves = Decimal(5)
    assert failed(await retail.buy(await retail.cart())) is FailureReason.PAYMENT_DECLINED
    await nothing_is_left(retail, payments=["VOIDED"])


async def test_what_is_not_there_is_not_sold(retail: Retail) -> None:
    checkout = await retail.buy(await retail.cart(("MUG", 6), ("MUG", 5)), quoted="132.00")
    assert failed(checkout) is FailureReason.OUT_OF_STOCK  # lines that share stock are counted together
    assert retail.payments() == []
    await nothing_is_left(retail)


async def test_a_higher_price_is_not_charged(retail: Retail) -> None:
    checkout = await retail.buy(await retail.cart(), quoted="11.99")
    assert failed(checkout) is FailureReason.PRICE_CHANGED
    await nothing_is_left(retail, payments=[])


async def test_a_lower_price_is(retail: Retail) -> None:
    checkout = await retail.buy(await retail.cart(), quoted="13.00")
    assert checkout.state is CheckoutState.COMPLETED
    assert checkout.total is not None
    assert checkout.total.amount == Decimal("12.00")
    assert [held.asked.amount for held in retail.pay.book.payments.values()] == [Decimal("12.00")]


async def test_an_owner_whose_total_differs_gets_no_order_and_no_money(retail: Retail) -> None:
    retail.erp.surcharge = Decimal("0.01")
    assert failed(await retail.buy(await retail.cart())) is FailureReason.PRICE_CHANGED
    assert retail.orders() == [OrderStatus.CANCELLED]
    await nothing_is_left(retail)


async def test_an_owner_that_says_beforehand_what_an_order_comes_to_holds_no_money_for_another_total(
    opened: Opened,
) -> None:
    retail = await opened(pending=False, dry_run=True)
    retail.erp.surcharge = Decimal("0.01")
    checkout = await retail.buy(await retail.cart())
    assert failed(checkout) is FailureReason.PRICE_CHANGED
    assert checkout.failure is not None
    assert checkout.failure.detail == "12.01"
    assert retail.orders() == []
    await nothing_is_left(retail, payments=[])
    retail.erp.surcharge = Decimal(0)
    again = await retail.buy(await retail.cart(), key="again")
    assert again.state is CheckoutState.COMPLETED
    steps = [(entry.step, entry.outcome) for entry in await retail.desk.history(again.id)]
    assert ("preview", "done") in steps


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RequestRefused(detail="no"), FailureReason.ORDER_REFUSED),
        (Unavailable(source="erp", domain="order"), FailureReason.OWNER_UNAVAILABLE),
    ],
)
async def test_what_an_owner_would_refuse_is_refused_before_money_is_held(
    opened: Opened, error: AdapterError, reason: FailureReason
) -> None:
    retail = await opened(pending=False, dry_run=True, forward=0.5)
    retail.erp.failing[PREVIEW_ORDER.name] = error
    assert failed(await retail.buy(await retail.cart())) is reason
    assert retail.orders() == []
    await nothing_is_left(retail, payments=[])


async def test_a_currency_that_the_orders_owner_does_not_take_holds_no_money(retail: Retail) -> None:
    retail.erp.order_currencies = ("EUR", "USD")
    checkout = await retail.buy(await retail.cart())
    assert failed(checkout) is FailureReason.ORDER_REFUSED
    assert checkout.failure is not None
    assert checkout.failure.detail == "currency"
    assert PLACE_ORDER.name not in [each.operation for each in retail.erp.asked]
    await nothing_is_left(retail, payments=[])


@pytest.mark.parametrize("says", [None, ("EUR", "GBP")])
async def test_one_that_takes_it_or_does_not_say_sells(opened: Opened, says: tuple[str, ...] | None) -> None:
    retail = await opened()
    retail.erp.order_currencies = says
    assert (await retail.buy(await retail.cart())).state is CheckoutState.COMPLETED
    retail.erp.failing[GET_CURRENCIES.name] = Unavailable(source="erp", domain="order")
    assert (await retail.buy(await retail.cart(), key="again")).state is CheckoutState.COMPLETED


async def test_an_order_that_cannot_be_cancelled_is_a_persons(retail: Retail) -> None:
    retail.erp.surcharge, retail.erp.uncancellable = Decimal("0.01"), True
    checkout = await retail.buy(await retail.cart())
    assert failed(checkout) is FailureReason.PRICE_CHANGED
    assert [task.kind for task in await retail.tasks.list()] == ["checkout.order_left"]
    assert "CAPTURED" not in retail.payments()
    assert "checkout.capture_due" not in await retail.events()


async def test_saleor_18063_an_owner_that_does_not_answer_for_long_is_not_charged_for(opened: Opened) -> None:
    retail = await opened(forward=1.0)
    retail.missing = True
    assert failed(await retail.buy(await retail.cart())) is FailureReason.QUOTE_INCOMPLETE
    await nothing_is_left(retail, payments=[])


async def test_nothing_to_pay_is_not_paid(retail: Retail) -> None:
    retail.discount = Decimal("12.00")
    checkout = await retail.buy(await retail.cart(), quoted="0.00")
    assert checkout.state is CheckoutState.COMPLETED
    assert retail.payments() == []


async def test_a_lost_answer_is_looked_up_and_never_repeated(retail: Retail) -> None:
    lost = {"order": 0, "payment": 0}

    async def lose(what: str) -> None:
        lost[what] += 1
        if lost[what] == 1:
            raise Unavailable(source=what, domain=what)

    retail.erp.after_placing = lambda: lose("order")
    retail.pay.book.after = lambda: lose("payment")
    checkout = await retail.buy(await retail.cart())
    assert checkout.state is CheckoutState.COMPLETED
    assert retail.orders() == [OrderStatus.CONFIRMED]
    assert retail.payments() == ["AUTHORISED"]


async def test_money_that_nobody_knows_of_is_given_back_once_it_is_known(opened: Opened) -> None:
    """The processor's look-up shows it too late for the way forward: what is void in the end is what was made."""
    retail = await opened(forward=0.2)
    retail.pay.book.lag = 1.5

    async def lose() -> None:
        retail.pay.book.after = found
        raise Unavailable(source="pay", domain="payment")

    async def found() -> None:
        return None

    retail.pay.book.after = lose
    checkout = await retail.buy(await retail.cart())
    assert failed(checkout) is FailureReason.OUTCOME_UNKNOWN
    assert len(retail.payments()) == 1


async def test_an_owner_that_refuses_the_order_leaves_no_money_held(retail: Retail) -> None:
    retail.erp.failing[PLACE_ORDER.name] = RequestRefused(detail="no")
    assert failed(await retail.buy(await retail.cart())) is FailureReason.ORDER_REFUSED
    await nothing_is_left(retail)


async def test_a_processor_that_is_down_leaves_no_order(opened: Opened) -> None:
    retail = await opened(forward=0.5)
    down = Unavailable(source="pay", domain="payment")
    down.unsent = True
    retail.pay.failing[AUTHORISE.name] = down
    assert failed(await retail.buy(await retail.cart())) is FailureReason.OWNER_UNAVAILABLE
    await nothing_is_left(retail, payments=[])


def authorised() -> Received:
    return Received(
        identity="1",
        backend="pay",
        kind="payment.authorised",
        subject="pay_1000",
        facts={"amount": "12.00", "currency": "GBP"},
        at=datetime.now(UTC),
    )


class TestChallenge:
    """3-D Secure: the shopper must do something elsewhere, and comes back, or does not."""

    async def shown(self, retail: Retail) -> Checkout:
        retail.pay.book.challenged.add(TOKEN)
        checkout = await retail.buy(await retail.cart())
        assert checkout.state is CheckoutState.ACTION_REQUIRED
        assert checkout.action is not None
        assert checkout.action.url == "https://processor.example/challenge/pay_1000"
        assert checkout.expires is not None
        assert abs((checkout.expires - datetime.now(UTC)).total_seconds() - 600) < 30
        return checkout

    async def test_who_passes_it_has_bought(self, retail: Retail) -> None:
        checkout = await self.shown(retail)
        after = await retail.desk.go_on(checkout.id, {"approved": "yes"})
        assert after is not None
        assert after.state is CheckoutState.COMPLETED
        assert retail.orders() == [OrderStatus.CONFIRMED]
        assert retail.payments() == ["AUTHORISED"]

    async def test_who_fails_it_has_not(self, retail: Retail) -> None:
        checkout = await self.shown(retail)
        after = await retail.desk.go_on(checkout.id, {"approved": "no"})
        assert after is not None
        assert failed(after) is FailureReason.PAYMENT_DECLINED
        await nothing_is_left(retail, payments=["FAILED"])

    async def test_a_webhook_wakes_it_in_any_order_and_number(self, retail: Retail) -> None:
        """The client's return races the processor's webhook: one completion."""
        checkout = await self.shown(retail)
        retail.pay.book.answer("pay_1000")
        event = authorised()
        heard, after, _ = await asyncio.gather(
            retail.desk.heard(event), retail.desk.go_on(checkout.id, {}, 15.0), retail.desk.heard(event)
        )
        assert heard is None
        assert after is not None
        assert after.state is CheckoutState.COMPLETED
        await retail.desk.heard(event)  # once more, when all is over
        assert retail.orders() == [OrderStatus.CONFIRMED]
        assert retail.payments() == ["AUTHORISED"]

    async def test_a_webhook_that_lies_changes_nothing(self, retail: Retail) -> None:
        checkout = await self.shown(retail)
        await retail.desk.heard(authorised())
        await asyncio.sleep(1.0)
        still = await retail.desk.get(checkout.id)
        assert still is not None
        assert still.state is CheckoutState.ACTION_REQUIRED
        await retail.desk.cancel(checkout.id)

    async def test_who_has_answered_is_not_asked_again_by_a_look_that_began_before(self, retail: Retail) -> None:
        """Nor is a second answer taken: the first would be lost."""
        checkout = await self.shown(retail)
        retail.pay.delays |= {GET_PAYMENTS.name: 0.6, AUTHORISE.name: 0.6}
        await retail.desk.heard(authorised())

        async def asked(operation: str, count: int) -> bool:
            return retail.pay.requests[operation] >= count

        await until(10.0, lambda: asked(GET_PAYMENTS.name, 1))
        await retail.desk.go_on(checkout.id, {"guess": "1"}, 0.0)
        while not await asked(AUTHORISE.name, 2):
            still = await retail.desk.go_on(checkout.id, {"guess": "2"}, 0.0)
            assert still is not None
            assert still.state is CheckoutState.PROCESSING
            await asyncio.sleep(0.02)
        retail.pay.delays.clear()
        shown = await retail.desk.settled(checkout.id, 10.0)
        assert shown.state is CheckoutState.ACTION_REQUIRED
        told = [each.keys[0] for each in retail.pay.asked if each.operation == AUTHORISE.name]
        assert [command.details for command in told if isinstance(command, Authorise)] == [{}, {"guess": "1"}]
        await retail.desk.cancel(checkout.id)

    async def test_who_goes_back_gets_the_cart_back(self, retail: Retail) -> None:
        checkout = await self.shown(retail)
        cancelled = await retail.desk.cancel(checkout.id)
        assert cancelled is not None
        assert cancelled[1]
        assert failed(cancelled[0]) is FailureReason.CANCELLED
        await nothing_is_left(retail, payments=["VOIDED"])

    async def test_who_does_not_come_back_has_bought_nothing(self, opened: Opened) -> None:
        retail = await opened(action=1.0)
        retail.pay.book.challenged.add(TOKEN)
        checkout = await retail.buy(await retail.cart())
        assert checkout.state is CheckoutState.ACTION_REQUIRED

        async def over() -> bool:
            found = await retail.desk.get(checkout.id)
            return found is not None and found.state is CheckoutState.FAILED

        await until(10.0, over)
        ended = await retail.desk.get(checkout.id)
        assert ended is not None
        assert failed(ended) is FailureReason.PAYMENT_EXPIRED
        await nothing_is_left(retail, payments=["VOIDED"])

    async def test_who_paid_in_the_last_moment_has_bought(self, opened: Opened) -> None:
        """When the time is over the payment is looked up once more: nobody pays for nothing."""
        retail = await opened(action=1.0)
        retail.pay.book.challenged.add(TOKEN)
        checkout = await retail.buy(await retail.cart())
        retail.pay.book.answer("pay_1000")
        after = await retail.desk.settled(checkout.id, 0.1)

        async def over() -> bool:
            found = await retail.desk.get(checkout.id)
            return found is not None and found.state is CheckoutState.COMPLETED

        assert after.state is CheckoutState.ACTION_REQUIRED
        await until(10.0, over)
        assert retail.payments() == ["AUTHORISED"]


async def test_the_same_key_is_the_same_checkout(retail: Retail) -> None:
    cart = await retail.cart()
    both = await asyncio.gather(retail.buy(cart), retail.buy(cart))
    assert both[0].id == both[1].id
    assert {each.state for each in both} == {CheckoutState.COMPLETED}
    assert retail.orders() == [OrderStatus.CONFIRMED]
    conflict = await retail.desk.submit(retail.asked(cart, quoted="13.00"))
    assert isinstance(conflict, KeyConflict)


async def test_a_frozen_or_changed_cart_starts_nothing(opened: Opened) -> None:
    retail = await opened()
    retail.pay.book.challenged.add(TOKEN)
    cart = await retail.cart()
    checkout = await retail.buy(cart)
    other = await retail.desk.submit(retail.asked(cart, key="another"))
    assert isinstance(other, CheckoutInProgress)
    assert other.checkout == checkout.id
    await retail.desk.cancel(checkout.id)
    stale = await retail.desk.submit(retail.asked(cart, key="another"))
    assert isinstance(stale, CartChanged)


@pytest.mark.parametrize("buyers", [14])
@both_stores
async def test_of_ten_pieces_exactly_ten_are_sold(buyers: int, retail: Retail) -> None:
    carts = [await retail.cart() for _ in range(buyers)]
    ended = await asyncio.gather(*(retail.buy(cart, wait=40.0) for cart in carts))
    completed = [checkout for checkout in ended if checkout.state is CheckoutState.COMPLETED]
    assert len(completed) == 10
    assert {failed(checkout) for checkout in ended if checkout not in completed} == {FailureReason.OUT_OF_STOCK}
    assert retail.orders() == [OrderStatus.CONFIRMED] * 10
    assert await retail.free() == 0


async def test_no_person_is_in_the_engines_records(tmp_path: Path) -> None:
    retail = await Retail.open(f"sqlite+aiosqlite:///{tmp_path}/state.sqlite")
    retail.pay.book.challenged.add(TOKEN)
    checkout = await retail.buy(await retail.cart(), buyer=ADA)
    await retail.desk.go_on(checkout.id, {"approved": "yes", "pares": "canary-details"})
    await retail.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("state*"))
    for canary in (EMAIL, STREET, TOKEN, ADA.email, "canary-details", "processor.example/challenge"):
        assert canary.encode() not in kept
    runs = b"".join(file.read_bytes() for file in tmp_path.glob("state*runs*"))
    assert checkout.id.encode() in runs
    assert ADA.person.encode() not in runs  # it stands in our own table of links, as with every sign-in
