"""What one address, device or customer can hold and try before anything is bought, and who comes first when pieces that
were held come back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from itertools import count

import pytest
from sqlalchemy import func, select

from gateway.errors import RequestRefused
from gateway.model.cart_faults import AttemptKind, CartFault, TooManyAttempts
from gateway.model.carts import Cart
from gateway.model.checkouts import Checkout, CheckoutRemedy, CheckoutState, FailedTold, FailureReason
from gateway.model.payments import DeclineReason
from gateway.model.requesters import Requester, RequesterKind
from gateway.ports.order import PLACE_ORDER
from gateway.settings import CheckoutSection
from gateway.state.tables import checkout_requesters

from .conftest import both_stores
from .fleet import until
from .retail import TOKEN, Retail

Opened = Callable[..., Awaitable[Retail]]
WIDE = CheckoutSection(pieces_at_once=1_000, open_per_address=1_000, open_per_device=1_000, open_per_customer=1_000)
_numbers = count()


@pytest.fixture
async def opened(url: str) -> AsyncIterator[Opened]:
    made: list[Retail] = []

    async def make(**knobs: object) -> Retail:
        made.append(await Retail.open(url, **knobs))  # type: ignore[arg-type]
        return made[0]

    yield make
    for retail in made:
        async with retail.database.read() as connection:
            open_still = list((await connection.execute(select(checkout_requesters.c.run).distinct())).scalars())
        for run in open_still:
            await retail.desk.cancel(run, 5.0)
        await retail.close()


def somebody(kind: RequesterKind = RequesterKind.ADDRESS) -> Requester:
    return Requester(kind, f"{next(_numbers):064}")


class Shopper:
    """One who is counted as `by`, and pays with `token`."""

    def __init__(self, retail: Retail, *by: Requester, token: str = TOKEN) -> None:
        self.retail = retail
        self.by = by or (somebody(),)
        self.token = token
        self._keys = count()

    async def submit(self, pieces: int = 1, *, cart: Cart | None = None, sku: str = "MUG") -> Checkout | CartFault:
        cart = await self.retail.cart((sku, pieces)) if cart is None else await self.retail.cart_now(cart)
        quoted = str(Decimal("12.00") * sum(int(line.quantity) for line in cart.active))
        asked = self.retail.asked(cart, quoted, f"key {next(self._keys)}", self.token, self.by)
        return await self.retail.desk.submit(asked, 30.0)


def refused(answer: object) -> AttemptKind:
    assert isinstance(answer, TooManyAttempts), answer
    assert 1 <= answer.retry_after <= 3_600
    return answer.kind


def stands(answer: object) -> CheckoutState:
    assert isinstance(answer, Checkout), answer
    return answer.state


def told(answer: object) -> FailedTold:
    assert isinstance(answer, Checkout), answer
    assert isinstance(answer.told, FailedTold), answer
    return answer.told


async def requesters_kept(retail: Retail) -> int:
    async with retail.database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(checkout_requesters))).scalar_one()


@both_stores
async def test_many_carts_of_one_hold_few_pieces_however_many_come_at_once(opened: Opened) -> None:
    retail = await opened()
    retail.pay.book.challenged.add(TOKEN)
    stranger = Shopper(retail)
    answers = await asyncio.gather(*(stranger.submit() for _ in range(10)))
    held = [answer for answer in answers if isinstance(answer, Checkout)]
    assert {stands(answer) for answer in held} == {CheckoutState.ACTION_REQUIRED}
    assert len(held) == 4
    assert {refused(answer) for answer in answers if answer not in held} == {AttemptKind.PIECES_HELD}
    assert sum(hold.quantity for hold in await retail.ledger.held_since(-1e9)) == 4
    assert stands(await stranger.submit(sku="PLATE")) is CheckoutState.ACTION_REQUIRED
    assert len(retail.pay.book.payments) == 5  # nobody was asked for those that were refused
    assert stands(await Shopper(retail).submit()) is CheckoutState.ACTION_REQUIRED


async def test_one_large_cart_is_bought_and_nothing_beside_it(opened: Opened) -> None:
    retail = await opened()
    retail.pay.book.challenged.add(TOKEN)
    stranger = Shopper(retail)
    large = await stranger.submit(8)
    assert stands(large) is CheckoutState.ACTION_REQUIRED
    assert refused(await stranger.submit()) is AttemptKind.PIECES_HELD
    assert isinstance(large, Checkout)
    await retail.desk.go_on(large.id, {"approved": "yes"})
    assert stands(await stranger.submit()) is CheckoutState.ACTION_REQUIRED


@pytest.mark.parametrize("kind", list(RequesterKind))
async def test_who_has_too_many_under_way_is_told_to_wait_and_what_ends_makes_room(
    opened: Opened, kind: RequesterKind
) -> None:
    most = CheckoutSection(open_per_address=2, open_per_device=2, open_per_customer=2)
    retail = await opened(section=most)
    retail.pay.book.challenged.add(TOKEN)
    shared = somebody(kind)
    first = await Shopper(retail, shared, somebody()).submit()
    await Shopper(retail, somebody(), shared).submit(sku="PLATE")
    third = Shopper(retail, somebody(), shared)
    cart = await retail.cart()
    assert refused(await third.submit(cart=cart)) is AttemptKind.CHECKOUTS_OPEN
    assert (await retail.cart_now(cart)).version == cart.version
    assert isinstance(first, Checkout)
    await retail.desk.cancel(first.id, 10.0)
    assert stands(await third.submit(cart=cart)) is CheckoutState.ACTION_REQUIRED


async def test_the_same_key_again_is_the_same_checkout_whatever_is_under_way(opened: Opened) -> None:
    retail = await opened(section=CheckoutSection(open_per_address=1))
    retail.pay.book.challenged.add(TOKEN)
    cart, by = await retail.cart(), (somebody(),)
    first = await retail.desk.submit(retail.asked(cart, by=by), 15.0)
    again = await retail.desk.submit(retail.asked(cart, by=by), 15.0)
    assert stands(first) is CheckoutState.ACTION_REQUIRED
    assert again == first


async def test_who_is_counted_is_forgotten_with_the_end_however_it_ends(opened: Opened) -> None:
    retail = await opened()
    retail.pay.book.declined["bad"] = DeclineReason.OTHER
    await Shopper(retail).submit()
    await Shopper(retail, token="bad").submit()
    assert await requesters_kept(retail) == 0
    retail.pay.book.challenged.add(TOKEN)
    open_still = await Shopper(retail).submit()
    assert isinstance(open_still, Checkout)
    gone = retail.asked(await retail.cart(), by=(somebody(),))
    async with retail.database.write() as connection:
        await retail.given.bounds.opened(connection, "GONE", gone)
    assert await retail.given.bounds.sweep() == 1
    assert await requesters_kept(retail) == 1


class TestPaymentsInVain:
    async def test_a_second_and_a_third_card_are_tried(self, opened: Opened) -> None:
        retail = await opened()
        retail.pay.book.declined |= {"one": DeclineReason.INSUFFICIENT_FUNDS, "two": DeclineReason.EXPIRED}
        cart, by = await retail.cart(), somebody()
        for token in ("one", "two"):
            shopper = Shopper(retail, by, token=token)
            answer = await retail.desk.submit(
                retail.asked(await retail.cart_now(cart), key=token, token=token, by=shopper.by), 15.0
            )
            assert told(answer).reason is FailureReason.PAYMENT_DECLINED
        assert stands(await Shopper(retail, by).submit(cart=cart)) is CheckoutState.COMPLETED

    async def test_one_cart_has_a_budget_though_nobody_is_counted(self, opened: Opened) -> None:
        retail = await opened(section=CheckoutSection(unpaid_per_cart=3))
        retail.pay.book.declined[TOKEN] = DeclineReason.OTHER
        cart, thief = await retail.cart(), Shopper(retail)
        thief.by = ()
        for _ in range(3):
            assert told(await thief.submit(cart=cart)).reason is FailureReason.PAYMENT_DECLINED
        for _ in range(2):
            assert refused(await thief.submit(cart=cart)) is AttemptKind.PAYMENTS_FAILED
        assert len(retail.pay.book.payments) == 3
        assert await retail.desk.failed_too_often(cart.id, ()) is not None

    @both_stores
    async def test_a_cart_for_each_stolen_card_at_once_asks_no_more_than_the_budget(self, opened: Opened) -> None:
        retail = await opened(pieces=100, section=CheckoutSection(unpaid_per_address=5, pieces_at_once=1_000))
        retail.pay.book.declined[TOKEN] = DeclineReason.OTHER
        thief = Shopper(retail)
        answers = await asyncio.gather(*(thief.submit() for _ in range(12)))
        answers += [await thief.submit() for _ in range(6)]
        assert len(retail.pay.book.payments) == 5
        assert {refused(one) for one in answers if isinstance(one, TooManyAttempts)} == {AttemptKind.PAYMENTS_FAILED}
        assert stands(await Shopper(retail, token="good").submit()) is CheckoutState.COMPLETED

    async def test_challenges_that_are_left_or_gone_back_on_are_counted_too(self, opened: Opened) -> None:
        """Whoever is shown one has learnt that the card is good."""
        retail = await opened(section=CheckoutSection(unpaid_per_address=2))
        retail.pay.book.challenged.add(TOKEN)
        thief = Shopper(retail)
        for _ in range(2):
            shown = await thief.submit()
            assert isinstance(shown, Checkout)
            await retail.desk.cancel(shown.id, 10.0)
        assert refused(await thief.submit()) is AttemptKind.PAYMENTS_FAILED

    async def test_what_an_owner_does_is_not_its_shoppers_fault(self, opened: Opened) -> None:
        retail = await opened(section=CheckoutSection(unpaid_per_address=1, unpaid_per_cart=1))
        retail.erp.failing[PLACE_ORDER.name] = RequestRefused(detail="no")
        shopper, cart = Shopper(retail), await retail.cart()
        for _ in range(2):
            assert told(await shopper.submit(cart=cart)).reason is FailureReason.ORDER_REFUSED

    async def test_a_payment_goes_on_only_so_often_with_what_comes_back(self, opened: Opened) -> None:
        retail = await opened()
        retail.pay.book.challenged.add(TOKEN)
        shown = await Shopper(retail).submit()
        assert isinstance(shown, Checkout)
        for number in range(25):
            await retail.desk.go_on(shown.id, {"guess": str(number)}, 10.0)
        written = [asked for asked in retail.pay.asked if asked.operation == "payment.authorise"]
        assert len(written) == 1 + 20


class TestWhatComesBack:
    @pytest.mark.parametrize("pending", [True, False])
    async def test_what_others_hold_may_return_and_what_is_sold_may_not(self, opened: Opened, pending: bool) -> None:
        retail = await opened(pending=pending)
        retail.pay.book.challenged.add("slow")
        holder = await Shopper(retail, token="slow").submit(7)
        late = told(await Shopper(retail).submit(4))
        assert (late.reason, late.may_return, late.remedy) == (
            FailureReason.OUT_OF_STOCK, True, CheckoutRemedy.TRY_LATER,
        )  # fmt: skip
        assert late.retry_after is not None
        assert 1 <= late.retry_after <= 20
        more_than_there_is = told(await Shopper(retail).submit(11))
        assert (more_than_there_is.may_return, more_than_there_is.retry_after) == (False, None)
        assert isinstance(holder, Checkout)
        await retail.desk.go_on(holder.id, {"approved": "yes"})
        sold = told(await Shopper(retail).submit(4))
        assert (sold.may_return, sold.remedy) == (False, CheckoutRemedy.CHANGE_CART)

    async def test_whoever_let_pieces_go_comes_after_those_who_were_told_to_come_again(self, opened: Opened) -> None:
        retail = await opened(action=3.0)
        retail.pay.book.challenged.add("never")
        device = Shopper(retail, somebody(RequesterKind.DEVICE), token="never")
        holding = await device.submit(10)
        assert told(await Shopper(retail).submit()).may_return
        assert isinstance(holding, Checkout)

        async def over() -> bool:
            found = await retail.desk.get(holding.id)
            return found is not None and found.state is CheckoutState.FAILED

        await until(20.0, over)
        assert refused(await device.submit(10)) is AttemptKind.HOLD_LAPSED
        assert stands(await device.submit(sku="PLATE")) is CheckoutState.ACTION_REQUIRED  # nobody waits for these
        assert stands(await Shopper(retail).submit()) is CheckoutState.COMPLETED

        async def in_turn() -> bool:
            return isinstance(await device.submit(), Checkout)

        await until(30.0, in_turn)  # nobody asked for a while

    async def test_a_quick_decline_lets_nothing_lapse(self, opened: Opened) -> None:
        retail = await opened()
        retail.pay.book.challenged.add("hard")
        shopper = Shopper(retail, token="hard")
        holding = await shopper.submit(10)
        assert told(await Shopper(retail).submit()).may_return
        assert isinstance(holding, Checkout)
        await retail.desk.go_on(holding.id, {"approved": "no"})
        assert stands(await Shopper(retail, *shopper.by).submit(10)) is CheckoutState.COMPLETED


class TestFairness:
    """Ten pieces, and more who want one."""

    @pytest.mark.full
    async def test_devices_that_never_pay_keep_nothing_longer_than_they_were_given(self, opened: Opened) -> None:
        retail = await opened(action=8.0)  # whoever is told to come again has twice as long to do so
        retail.pay.book.challenged.add("never")
        devices = [Shopper(retail, somebody(RequesterKind.DEVICE), token="never") for _ in range(10)]
        held = await asyncio.gather(*(device.submit() for device in devices))
        assert [stands(one) for one in held] == [CheckoutState.ACTION_REQUIRED] * 10
        sold = asyncio.Event()
        bought: list[str] = []
        granted = [1] * len(devices)

        async def hog(number: int) -> None:
            while not sold.is_set():
                answer = await devices[number].submit()
                granted[number] += isinstance(answer, Checkout) and answer.state is CheckoutState.ACTION_REQUIRED
                await asyncio.sleep(0.3)

        async def buy() -> None:
            buyer = Shopper(retail)
            while True:
                answer = await buyer.submit()
                if stands(answer) is CheckoutState.COMPLETED:
                    bought.append(buyer.by[0].key)
                    return
                assert told(answer).may_return, answer
                await asyncio.sleep(0.3)  # sooner than it was told, so that the test is

        async with asyncio.timeout(60):
            async with asyncio.TaskGroup() as group:
                hogs = [group.create_task(hog(number)) for number in range(len(devices))]
                await asyncio.gather(*(buy() for _ in range(10)))
                sold.set()
            await asyncio.gather(*hogs)
        assert len(set(bought)) == 10
        assert granted == [1] * 10
        assert await retail.free() == 0

    async def test_a_third_is_declined_and_all_are_sold(self, opened: Opened) -> None:
        retail = await opened()
        retail.pay.book.declined["bad"] = DeclineReason.INSUFFICIENT_FUNDS
        bought = 0

        async def buy(number: int) -> None:
            nonlocal bought
            buyer = Shopper(retail, token="bad" if number % 3 == 0 else TOKEN)
            while True:
                answer = await buyer.submit()
                if stands(answer) is CheckoutState.COMPLETED:
                    bought += 1
                    return
                if not told(answer).may_return:
                    return
                await asyncio.sleep(0.5)

        async with asyncio.timeout(60):
            await asyncio.gather(*(buy(number) for number in range(24)))
        assert bought == 10
        assert len(retail.orders()) >= 10
        assert [order.value for order in retail.orders()].count("CONFIRMED") == 10
        assert await retail.free() == 0
