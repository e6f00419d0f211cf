"""The vendor's own client from PyPI against our sandbox: it reads what it answers, and raises for what it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any, TypeVar

import pytest
import stripe

from adapters.stripe.sandbox import StripeSandbox
from adapters.stripe.sandbox.server import SECRET_KEY

R = TypeVar("R")


@pytest.fixture
async def sandbox() -> AsyncGenerator[StripeSandbox]:
    made = StripeSandbox()
    await made.start()
    yield made
    await made.stop()


def client(sandbox: StripeSandbox, key: str = SECRET_KEY) -> Any:
    http = stripe.RequestsClient()
    return stripe.StripeClient(key, base_addresses={"api": sandbox.url}, max_network_retries=0, http_client=http).v1


async def ask(work: Callable[[], R]) -> R:
    """The client blocks."""
    return await asyncio.to_thread(work)


HELD = {
    "amount": 2500,
    "currency": "gbp",
    "capture_method": "manual",
    "confirm": True,
    "payment_method": "pm_card_visa",
    "metadata": {"reference": "A" * 26},
}


async def test_a_payments_life(sandbox: StripeSandbox) -> None:
    v1 = client(sandbox)
    held = await ask(lambda: v1.payment_intents.create(HELD))
    assert (held.status, held.amount_capturable) == ("requires_capture", 2500)
    taken = await ask(lambda: v1.payment_intents.capture(held.id, {"amount_to_capture": 2000}))
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 2000, 0)
    back = await ask(lambda: v1.refunds.create({"payment_intent": held.id, "amount": 500}))
    assert (back.status, back.amount) == ("succeeded", 500)
    read = await ask(lambda: v1.payment_intents.retrieve(held.id, {"expand": ["latest_charge"]}))
    assert read.latest_charge.amount_refunded == 500
    assert [effect.kind for effect in sandbox.effects] == ["authorise", "capture", "refund"]


async def test_a_decline_is_a_card_error(sandbox: StripeSandbox) -> None:
    v1 = client(sandbox)
    declined = {**HELD, "payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds"}
    with pytest.raises(stripe.CardError) as raised:
        await ask(lambda: v1.payment_intents.create(declined))
    assert raised.value.code == "card_declined"
    error: Any = raised.value.error
    assert error.decline_code == "insufficient_funds"
    assert error.payment_intent.status == "requires_payment_method"


async def test_the_same_key_is_the_same_payment_and_another_amount_is_an_error(sandbox: StripeSandbox) -> None:
    v1 = client(sandbox)
    once = await ask(lambda: v1.payment_intents.create(HELD, {"idempotency_key": "k"}))
    again = await ask(lambda: v1.payment_intents.create(HELD, {"idempotency_key": "k"}))
    assert once.id == again.id
    with pytest.raises(stripe.IdempotencyError):
        await ask(lambda: v1.payment_intents.create({**HELD, "amount": 2501}, {"idempotency_key": "k"}))
    with pytest.raises(stripe.IdempotencyError):
        await ask(lambda: v1.payment_intents.cancel(once.id, options={"idempotency_key": "k"}))
    sandbox.skew = 86_401.0
    later = await ask(lambda: v1.payment_intents.create(HELD, {"idempotency_key": "k"}))
    assert later.id != once.id


async def test_two_at_once_with_one_key_are_a_conflict(sandbox: StripeSandbox) -> None:
    v1 = client(sandbox)
    sandbox.faults.slow = 0.5
    first = asyncio.ensure_future(ask(lambda: v1.payment_intents.create(HELD, {"idempotency_key": "k"})))
    while not sandbox.effects:  # noqa: ASYNC110  another thread's doing
        await asyncio.sleep(0.01)
    with pytest.raises(stripe.StripeError) as raised:
        await ask(lambda: v1.payment_intents.create(HELD, {"idempotency_key": "k"}))
    error: Any = raised.value.error
    assert (raised.value.http_status, error.code) == (409, "idempotency_key_in_use")
    await first
    assert len(sandbox.effects) == 1


async def test_what_failed_validation_is_not_remembered(sandbox: StripeSandbox) -> None:
    v1 = client(sandbox)
    wrong = {name: value for name, value in HELD.items() if name != "amount"}
    with pytest.raises(stripe.InvalidRequestError):
        await ask(lambda: v1.payment_intents.create(wrong, {"idempotency_key": "k"}))
    assert await ask(lambda: v1.payment_intents.create(HELD, {"idempotency_key": "k"}))


async def test_an_error_after_execution_began_is_remembered(sandbox: StripeSandbox) -> None:
    v1 = client(sandbox)
    sandbox.failing_after = 1
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await ask(lambda: v1.payment_intents.create(HELD, {"idempotency_key": "k"}))
    assert len(sandbox.effects) == 1


REFUSED: dict[str, Callable[[Any, str], Any]] = {
    "an unknown parameter": lambda v1, _: v1.payment_intents.create({**HELD, "amonut": 5}),
    "an amount that is none": lambda v1, _: v1.payment_intents.create({**HELD, "amount": "25.00"}),
    "zero": lambda v1, _: v1.payment_intents.create({**HELD, "amount": 0}),
    "below the smallest charge": lambda v1, _: v1.payment_intents.create({**HELD, "amount": 29}),
    "half a krona": lambda v1, _: v1.payment_intents.create({**HELD, "amount": 550, "currency": "isk"}),
    "a payment method nobody has": lambda v1, _: v1.payment_intents.create({**HELD, "payment_method": "pm_x"}),
    "an intent nobody has": lambda v1, _: v1.payment_intents.retrieve("pi_nobody"),
    "more than is held": lambda v1, held: v1.payment_intents.capture(held, {"amount_to_capture": 2501}),
    "a part, without the feature": lambda v1, held: v1.payment_intents.capture(held, {"final_capture": False}),
    "a refund before the capture": lambda v1, held: v1.refunds.create({"payment_intent": held}),
    "confirmed twice": lambda v1, held: v1.payment_intents.confirm(held),
    "another amount of what is held": lambda v1, held: v1.payment_intents.update(held, {"amount": 5}),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_it_refuses_what_stripe_refuses(sandbox: StripeSandbox, what: str) -> None:
    v1 = client(sandbox)
    held = await ask(lambda: v1.payment_intents.create(HELD))
    before = list(sandbox.effects)
    with pytest.raises(stripe.InvalidRequestError):
        await ask(lambda: REFUSED[what](v1, held.id))
    assert sandbox.effects == before


async def test_a_card_is_kept_for_its_customer_and_nobody_else_until_it_is_detached(sandbox: StripeSandbox) -> None:
    v1 = client(sandbox)
    ada = await ask(lambda: v1.customers.create({"email": "ada@example.com", "metadata": {"payer": "A" * 26}}))
    bob = await ask(lambda: v1.customers.create({"email": "ada@example.com"}))
    assert ada.id != bob.id
    stored = {**HELD, "customer": ada.id, "setup_future_usage": "on_session"}
    paid = await ask(lambda: v1.payment_intents.create(stored))
    (kept,) = (await ask(lambda: v1.customers.payment_methods.list(ada.id))).data
    assert (kept.id, kept.customer, kept.card.last4) == (paid.payment_method, ada.id, "4242")
    again = {**HELD, "payment_method": kept.id}
    for wrong in (again, {**again, "customer": bob.id}, {**again, "customer": "cus_nobody"}):
        with pytest.raises(stripe.InvalidRequestError):
            await ask(lambda wrong=wrong: v1.payment_intents.create(wrong))
    assert (await ask(lambda: v1.payment_intents.create({**again, "customer": ada.id}))).status == "requires_capture"
    assert (await ask(lambda: v1.payment_methods.detach(kept.id))).customer is None
    assert (await ask(lambda: v1.payment_methods.retrieve(kept.id))).customer is None
    with pytest.raises(stripe.InvalidRequestError, match="not attached"):
        await ask(lambda: v1.payment_methods.detach(kept.id))
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        await ask(lambda: v1.payment_intents.create({**again, "customer": ada.id}))
    query = {"query": f"metadata['payer']:'{'A' * 26}'"}
    assert (await ask(lambda: v1.customers.search(query))).data == []
    sandbox.skew = 31.0
    assert [each.id for each in (await ask(lambda: v1.customers.search(query))).data] == [ada.id]


async def test_a_card_that_nobody_kept_is_used_once(sandbox: StripeSandbox) -> None:
    v1 = client(sandbox)
    ada = await ask(lambda: v1.customers.create({}))
    spent = (await ask(lambda: v1.payment_intents.create({**HELD, "customer": ada.id}))).payment_method
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        await ask(lambda: v1.payment_intents.create({**HELD, "customer": ada.id, "payment_method": spent}))
    assert (await ask(lambda: v1.customers.payment_methods.list(ada.id))).data == []


async def test_wrong_credentials_and_too_many_requests(sandbox: StripeSandbox) -> None:
    with pytest.raises(stripe.AuthenticationError):
        await ask(lambda: client(sandbox, "sk_test_other").payment_intents.create(HELD))
    v1 = client(sandbox)
    sandbox.per_second = 0
    with pytest.raises(stripe.RateLimitError):
        await ask(lambda: v1.payment_intents.create(HELD))


async def test_a_page_of_search_and_of_stored_methods(sandbox: StripeSandbox) -> None:
    v1 = client(sandbox)
    held = await ask(lambda: v1.payment_intents.create(HELD))
    query = {"query": f"metadata['reference']:'{'A' * 26}'"}
    assert (await ask(lambda: v1.payment_intents.search(query))).data == []
    sandbox.skew = 31.0
    assert [each.id for each in (await ask(lambda: v1.payment_intents.search(query))).data] == [held.id]
    sandbox.store_card("cus_ada", "pm_ada1")
    kept = await ask(lambda: v1.customers.payment_methods.list("cus_ada"))
    assert [each.card.last4 for each in kept.data] == ["4242"]
