"""A checkout that pays with a gift card and a card of one processor that keeps them together in an order, has no read
of a payment and tells its results by webhook: Adyen's adapter over its sandbox.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from adapters.adyen.manifest import MANIFEST
from adapters.adyen.sandbox import AdyenSandbox
from adapters.adyen.sandbox.ledger import CHALLENGED_TOO
from adapters.adyen.sandbox.value import ValueCard
from gateway.calls.operation.bound import BoundBackend
from gateway.model.checkouts import Checkout, CheckoutState, FailedTold
from gateway.ports.webhooks import Received, WebhookDelivery
from gateway.settings import PolicyNumbers
from gateway.testing.connecting import Connected, Standing, connect
from gateway.testing.faults.kinds import Fault
from gateway.testing.faults.proxy import FaultProxy

from .fleet import until
from .retail import NUMBER, PIN, Retail

PATIENT = PolicyNumbers(timeout=10.0, retries=0, breaker_minimum=10_000)


def card(holder: str = "A Shopper", number: str = "test_4111111111111111") -> str:
    given = {"type": "scheme", "encryptedCardNumber": number, "encryptedSecurityCode": "test_737"}
    return json.dumps(
        {**given, "encryptedExpiryMonth": "test_03", "encryptedExpiryYear": "test_2030", "holderName": holder}
    )


class AtAdyen:
    def __init__(self, retail: Retail, sandbox: AdyenSandbox, proxy: FaultProxy, connected: Connected) -> None:
        self.retail, self.sandbox, self.proxy, self.connected = retail, sandbox, proxy, connected
        self._told = 0
        pay = retail.backends["pay"]
        retail.backends["pay"] = BoundBackend(
            name="pay", alias=pay.alias, backend=connected.backend, manifest=MANIFEST, policy=pay.policy
        )

    @property
    def value(self) -> int:
        """On the gift card, in pence."""
        return self.sandbox.ledger.values.cards[NUMBER].value

    async def buy(self, token: str | None = None, wait: float = 15.0) -> Checkout:
        self.sandbox.ledger.values.cards[NUMBER] = ValueCard("mug_card", PIN, 500, "GBP")
        cart = await self.retail.cart(gift_cards={NUMBER: "5.00"})
        return await self.retail.buy(cart, token=token or card(), wait=wait)

    async def hear(self) -> None:
        """All webhooks there are, in one batch."""
        self.sandbox.ledger.settle()
        items = self.sandbox.deliveries.items[self._told :]
        self._told += len(items)
        body = self.sandbox.deliveries.batch(items)
        delivery = WebhookDelivery({}, body, "https://gateway.example", datetime.now(UTC))
        for event in self.connected.adapter.receive(delivery):
            if (fact := event.fact) is not None:
                told = {"kind": fact.kind, "subject": fact.subject, "facts": fact.facts}
                await self.retail.desk.heard(Received(identity=event.id, backend="pay", **told))

    async def ended(self, run: str) -> Checkout:
        async def over() -> Checkout | None:
            found = await self.retail.given.checkouts.get(run)
            return found if found and found.state in (CheckoutState.COMPLETED, CheckoutState.FAILED) else None

        return await until(30.0, over)

    def asked(self) -> list[tuple[str, int]]:
        return [(effect.kind, effect.value) for effect in self.sandbox.effects]


@pytest.fixture
async def adyen(url: str) -> AsyncIterator[AtAdyen]:
    sandbox = AdyenSandbox()
    await sandbox.start()
    proxy = FaultProxy(sandbox.url)
    await proxy.start()
    retail = await Retail.open(url, pending=False)
    target = Standing(proxy.url, sandbox.settings)
    brands = {"gift_cards": {"mug_card": "Mug Card"}}
    async with connect(MANIFEST, target, brands, name="pay", policies=PATIENT) as connected:
        yield AtAdyen(retail, sandbox, proxy, connected)
        await retail.close()
    await proxy.stop()
    await sandbox.stop()


async def test_both_pay_one_order_and_the_card_alone_is_captured(adyen: AtAdyen) -> None:
    bought = await adyen.buy()
    assert bought.state is CheckoutState.COMPLETED
    (order,) = adyen.sandbox.ledger.values.orders.values()
    assert (order.reference, order.value, order.left, order.state) == (bought.id, 1200, 0, "paid")
    while await adyen.retail.outbox.deliver_one("checkout"):
        pass

    async def captured() -> bool:
        return adyen.asked() == [("authorise", 500), ("authorise", 700), ("capture", 700)]

    await until(5.0, captured)
    await adyen.hear()
    found = await adyen.ended(bought.id)
    assert [each.state.value for each in found.tenders if each.state] == ["CAPTURED", "CAPTURED"]
    assert adyen.value == 0


async def test_a_declined_card_cancels_the_order_and_the_value_is_there_again(adyen: AtAdyen) -> None:
    told = (await adyen.buy(card("NOT_ENOUGH_BALANCE"))).told
    assert isinstance(told, FailedTold)
    assert told.tender is not None
    assert told.tender.position == 1
    await adyen.hear()
    assert adyen.value == 500
    assert adyen.asked()[-1] == ("cancel_order", 1200)


async def test_a_redirect_is_gone_on_with_and_both_are_held(adyen: AtAdyen) -> None:
    asked = await adyen.buy(card(number=CHALLENGED_TOO))
    assert asked.state is CheckoutState.ACTION_REQUIRED
    await adyen.hear()  # of the gift card, which is held long since: it says nothing of the card
    (reference,) = [each.reference for each in adyen.sandbox.effects if each.value == 700]
    back = adyen.sandbox.answer_challenge(reference)
    bought = await adyen.retail.desk.go_on(asked.id, {"redirectResult": back}, 15.0)
    assert bought is not None
    assert bought.state is CheckoutState.COMPLETED


async def test_a_result_that_comes_by_webhook_is_the_cards_with_what_it_holds(adyen: AtAdyen) -> None:
    for approves, state in ((None, CheckoutState.COMPLETED), (699, CheckoutState.FAILED)):
        adyen.sandbox.ledger.approves = None
        begun = len(adyen.sandbox.ledger.payments)
        adyen.sandbox.ledger.pending = True
        adyen.sandbox.ledger.values.cards[NUMBER] = ValueCard("mug_card", PIN, 500, "GBP")
        cart = await adyen.retail.cart(gift_cards={NUMBER: "5.00"})
        submitted = adyen.retail.desk.submit(adyen.retail.asked(cart, key=str(approves), token=card()), 2.0)
        asked = await submitted
        assert isinstance(asked, Checkout)
        assert asked.state is CheckoutState.PROCESSING
        payment = list(adyen.sandbox.ledger.payments.values())[begun + 1]
        adyen.sandbox.ledger.approves = approves
        adyen.sandbox.ledger.decide(payment.psp)
        await adyen.hear()
        assert (await adyen.ended(asked.id)).state is state
    await adyen.hear()
    assert adyen.value == 500


async def test_an_answer_that_is_lost_for_good_is_asked_for_again_and_the_value_comes_back(adyen: AtAdyen) -> None:
    """Nothing but the same key again tells what became of it."""
    adyen.proxy.only, adyen.proxy.after = "POST /v72/payments", True
    await adyen.proxy.set(Fault.RESET)
    begun = await adyen.buy(wait=8.0)
    assert begun.state is CheckoutState.PROCESSING
    assert adyen.value == 0
    await adyen.proxy.set(Fault.NONE)
    failed = await adyen.ended(begun.id)
    assert failed.state is CheckoutState.FAILED
    await adyen.hear()
    assert adyen.value == 500
    assert adyen.asked() == [("authorise", 500), ("cancel_order", 1200)]
    assert failed.tenders[0].authorised is None or failed.tenders[0].authorised.amount == Decimal(5)
