"""The vendor's own client from PyPI against our sandbox: it reads what it answers, and raises for what it refuses."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncGenerator, Callable
from typing import Any, TypeVar

import pytest

from adapters.adyen.sandbox import AdyenSandbox
from adapters.adyen.sandbox.ledger import CHALLENGED
from adapters.adyen.sandbox.server import ACCOUNT, API_KEY

R = TypeVar("R")
adyen: Any = importlib.import_module("Adyen")
errors: Any = importlib.import_module("Adyen.exceptions")


@pytest.fixture
async def sandbox() -> AsyncGenerator[AdyenSandbox]:
    made = AdyenSandbox()
    await made.start()
    yield made
    await made.stop()


def checkout(sandbox: AdyenSandbox, key: str = API_KEY) -> Any:
    """The client has no setting for another host: where it would go is put in its place."""
    made = adyen.Adyen(xapikey=key, platform="test")
    send = made.client._determine_api_url

    def there(platform: str, endpoint: str) -> str:
        return send(platform, endpoint).replace("https://checkout-test.adyen.com", sandbox.url)

    made.client._determine_api_url = there
    return made.checkout


async def ask(work: Callable[[], R]) -> R:
    """The client blocks."""
    return await asyncio.to_thread(work)


CARD = {
    "type": "scheme",
    "encryptedCardNumber": "test_4111111111111111",
    "encryptedExpiryMonth": "test_03",
    "encryptedExpiryYear": "test_2030",
    "encryptedSecurityCode": "test_737",
}
PAID: dict[str, Any] = {
    "merchantAccount": ACCOUNT,
    "amount": {"value": 2500, "currency": "EUR"},
    "reference": "A" * 26,
    "paymentMethod": CARD,
    "returnUrl": "https://shop.example/",
}


async def test_a_payments_life(sandbox: AdyenSandbox) -> None:
    api = checkout(sandbox)
    paid = (await ask(lambda: api.payments_api.payments(PAID))).message
    assert paid["resultCode"] == "Authorised"
    psp, amount = paid["pspReference"], PAID["amount"]
    asked = {"merchantAccount": ACCOUNT, "amount": amount, "reference": "B" * 26}
    taken = (await ask(lambda: api.modifications_api.capture_authorised_payment(asked, psp))).message
    assert (taken["status"], taken["paymentPspReference"]) == ("received", psp)
    sandbox.ledger.settle()
    back = (await ask(lambda: api.modifications_api.refund_captured_payment(asked, psp))).message
    assert back["status"] == "received"
    sandbox.ledger.settle()
    assert (sandbox.ledger.payments[psp].captured, sandbox.ledger.payments[psp].refunded) == (2500, 2500)


async def test_a_redirect_goes_on_with_its_result(sandbox: AdyenSandbox) -> None:
    api = checkout(sandbox)
    challenged = {**PAID, "paymentMethod": {**CARD, "encryptedCardNumber": CHALLENGED}}
    asked = (await ask(lambda: api.payments_api.payments(challenged))).message
    assert (asked["resultCode"], asked["action"]["type"]) == ("RedirectShopper", "redirect")
    details = {"details": {"redirectResult": sandbox.answer_challenge("A" * 26)}}
    paid = (await ask(lambda: api.payments_api.payments_details(details))).message
    assert paid["resultCode"] == "Authorised"
    with pytest.raises(errors.AdyenAPIUnprocessableEntity):
        await ask(lambda: api.payments_api.payments_details(details))


async def test_the_same_key_is_the_same_payment_for_a_week(sandbox: AdyenSandbox) -> None:
    api = checkout(sandbox)

    async def pay() -> str:
        return (await ask(lambda: api.payments_api.payments(PAID, idempotency_key="k"))).message["pspReference"]

    assert await pay() == (first := await pay())
    assert len(sandbox.effects) == 1
    sandbox.skew = 7 * 86_400.0 + 1
    assert await pay() != first


async def test_two_at_once_with_one_key_are_told_to_wait(sandbox: AdyenSandbox) -> None:
    api = checkout(sandbox)
    sandbox.faults.slow = 0.5
    first = asyncio.ensure_future(ask(lambda: api.payments_api.payments(PAID, idempotency_key="k")))
    while not sandbox.effects:  # noqa: ASYNC110  another thread's doing
        await asyncio.sleep(0.01)
    with pytest.raises(errors.AdyenAPIUnprocessableEntity, match=r"704|in progress"):
        await ask(lambda: api.payments_api.payments(PAID, idempotency_key="k"))
    await first
    assert len(sandbox.effects) == 1


REFUSED: dict[str, Callable[[Any, str], Any]] = {
    "an unknown field": lambda api, _: api.payments_api.payments({**PAID, "amonut": 5}),
    "no reference": lambda api, _: api.payments_api.payments({**PAID, "reference": ""}),
    "no page to return to": lambda api, _: api.payments_api.payments({**PAID, "returnUrl": None}),
    "zero": lambda api, _: api.payments_api.payments({**PAID, "amount": {"value": 0, "currency": "EUR"}}),
    "a negative amount": lambda api, _: api.payments_api.payments({**PAID, "amount": {"value": -1, "currency": "EUR"}}),
    "a card in the clear": lambda api, _: api.payments_api.payments(
        {**PAID, "paymentMethod": {"type": "scheme", "number": "4111111111111111", "cvc": "737"}}
    ),
    "half a card": lambda api, _: api.payments_api.payments({**PAID, "paymentMethod": {"type": "scheme"}}),
    "another shopper's card": lambda api, _: api.payments_api.payments(
        {**PAID, "paymentMethod": {"type": "scheme", "storedPaymentMethodId": "8415718415172831"}}
    ),
    "a payment nobody has": lambda api, _: api.modifications_api.cancel_authorised_payment_by_psp_reference(
        {"merchantAccount": ACCOUNT}, "ABCDEFGH12345678"
    ),
    "another currency": lambda api, psp: api.modifications_api.capture_authorised_payment(
        {"merchantAccount": ACCOUNT, "amount": {"value": 1, "currency": "GBP"}}, psp
    ),
    "another merchant": lambda api, _: api.payments_api.payments({**PAID, "merchantAccount": "Other"}),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_it_refuses_what_adyen_refuses(sandbox: AdyenSandbox, what: str) -> None:
    api = checkout(sandbox)
    paid = (await ask(lambda: api.payments_api.payments(PAID))).message
    before = list(sandbox.effects)
    with pytest.raises(errors.AdyenError):
        await ask(lambda: REFUSED[what](api, paid["pspReference"]))
    assert sandbox.effects == before


async def test_a_card_is_kept_for_its_shopper_and_nobody_else_until_it_is_deleted(sandbox: AdyenSandbox) -> None:
    api = checkout(sandbox)
    ada, bob = {"shopperReference": "ADA"}, {"shopperReference": "BOB"}
    keeping = {**PAID, "storePaymentMethod": True, "shopperInteraction": "Ecommerce"}
    for wrong in (keeping, {**keeping, **ada}, {**keeping, "recurringProcessingModel": "CardOnFile"}):
        with pytest.raises(errors.AdyenAPIUnprocessableEntity):
            await ask(lambda wrong=wrong: api.payments_api.payments(wrong))
    await ask(lambda: api.payments_api.payments({**keeping, **ada, "recurringProcessingModel": "CardOnFile"}))

    async def tokens(shopper: dict[str, str]) -> list[str]:
        query = {"merchantAccount": ACCOUNT, **shopper}
        told = await ask(lambda: api.recurring_api.get_tokens_for_stored_payment_details(query_parameters=query))
        return [each["id"] for each in told.message["storedPaymentMethods"]]

    (kept,) = await tokens(ada)
    assert await tokens(bob) == []
    again = {**PAID, "paymentMethod": {"type": "scheme", "storedPaymentMethodId": kept}}
    again |= {"shopperInteraction": "ContAuth", "recurringProcessingModel": "CardOnFile"}
    for wrong in (again, {**again, **bob}, {**again, "recurringProcessingModel": None, **ada}):
        with pytest.raises(errors.AdyenAPIUnprocessableEntity):
            await ask(lambda wrong=wrong: api.payments_api.payments(wrong))
    assert (await ask(lambda: api.payments_api.payments({**again, **ada}))).message["resultCode"] == "Authorised"

    async def delete(shopper: dict[str, str]) -> None:
        query = {"merchantAccount": ACCOUNT, **shopper}
        await ask(lambda: api.recurring_api.delete_token_for_stored_payment_details(kept, query_parameters=query))

    with pytest.raises(errors.AdyenAPIUnprocessableEntity):
        await delete(bob)
    await delete(ada)
    assert await tokens(ada) == []
    for what in (delete(ada), ask(lambda: api.payments_api.payments({**again, **ada}))):
        with pytest.raises(errors.AdyenAPIUnprocessableEntity):
            await what


async def test_a_wrong_key_is_refused(sandbox: AdyenSandbox) -> None:
    with pytest.raises(errors.AdyenAPIAuthenticationError):
        await ask(lambda: checkout(sandbox, "other").payments_api.payments(PAID))


async def test_a_session_and_the_methods(sandbox: AdyenSandbox) -> None:
    api = checkout(sandbox)
    asked = {name: PAID[name] for name in ("merchantAccount", "amount", "reference", "returnUrl")}
    made = (await ask(lambda: api.payments_api.sessions(asked))).message
    assert made["id"].startswith("CS")
    assert made["sessionData"]
    offered = (await ask(lambda: api.payments_api.payment_methods({"merchantAccount": ACCOUNT}))).message
    assert [each["type"] for each in offered["paymentMethods"]] == ["scheme", "ideal"]


async def test_gift_cards_and_an_order_of_two_payments(sandbox: AdyenSandbox) -> None:
    api = checkout(sandbox)
    sandbox.issue_gift_card("6036280000000001", 1000)
    method = {"type": "giftcard", "brand": "givex", "number": "6036280000000001", "cvc": "737"}
    ours = {"merchantAccount": ACCOUNT}
    asked = {**ours, "paymentMethod": method, "amount": PAID["amount"]}
    told = (await ask(lambda: api.orders_api.get_balance_of_gift_card(asked))).message
    assert (told["resultCode"], told["balance"]["value"]) == ("NotEnoughBalance", 1000)
    opened = (await ask(lambda: api.orders_api.orders({**ours, "amount": PAID["amount"], "reference": "O"}))).message
    part = {**PAID, "paymentMethod": method, "amount": {"value": 1000, "currency": "EUR"}}
    order = {name: opened[name] for name in ("pspReference", "orderData")}
    paid = (await ask(lambda: api.payments_api.payments({**part, "order": order}))).message
    assert (paid["resultCode"], paid["order"]["remainingAmount"]["value"]) == ("Authorised", 1500)
    with pytest.raises(errors.AdyenAPIUnprocessableEntity):  # what an earlier answer told is old
        await ask(lambda: api.orders_api.cancel_order({**ours, "order": order}))
    newest = {name: paid["order"][name] for name in order}
    gone = (await ask(lambda: api.orders_api.cancel_order({**ours, "order": newest}))).message
    assert gone["resultCode"] == "Received"
    sandbox.ledger.settle()
    assert sandbox.ledger.values.cards["6036280000000001"].value == 1000
