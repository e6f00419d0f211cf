"""Each fault a payment adapter could have fails the test that is about it; without the fault the test passes."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from gateway.errors import AdapterError, Unavailable
from gateway.model.context import CallContext, CommerceContext
from gateway.model.gift_cards import GiftCard
from gateway.model.identity import NativeRef
from gateway.model.payments import Authorise, Capture
from gateway.testing.conformance import ConformanceFacts, GiftCardConformance, PaymentConformance, ReferenceControl
from gateway.testing.reference import ReferenceAdapter
from gateway.testing.reference.manifest import MANIFEST
from gateway.testing.reference.payment_book import ValueCard
from tests.contract.conformance import planted_payments as planted
from tests.contract.conformance.test_reference_payments import pounds

FAULTS: list[tuple[type[ReferenceAdapter], str]] = [
    (planted.StoredForAnybody, "stored_methods_are_shown_to_their_customer_alone"),
    (planted.MethodsTwice, "methods_can_be_shown_and_chosen"),
    (planted.UnknownPaymentRaises, "payments_that_nobody_made_are_absent"),
    (planted.AsksTwice, "options_make_as_many_requests_as_declared"),
]
HERE = CommerceContext("GB", "GBP", "en").only(frozenset())


async def run(adapter: ReferenceAdapter, name: str) -> None:
    facts = ConformanceFacts(shopper=NativeRef("broken", planted.SHOPPER), unknown_ids=("pay_1",))
    known: dict[str, Any] = {
        "adapter": adapter,
        "facts": facts,
        "manifest": MANIFEST,
        "backend": ReferenceControl(adapter),
    }
    test = getattr(PaymentConformance(), f"test_{name}")
    await test(**{parameter: known[parameter] for parameter in inspect.signature(test).parameters})


@pytest.mark.parametrize(("broken", "name"), FAULTS, ids=lambda each: getattr(each, "__name__", each))
async def test_a_planted_fault_is_caught(broken: type[ReferenceAdapter], name: str) -> None:
    await run(planted.processor(), name)
    with pytest.raises((AssertionError, AdapterError)):
        await run(planted.processor(broken), name)


GIFT_CARDS: list[tuple[type[ReferenceAdapter], str]] = [
    (planted.KeepsTheValue, "its_value_is_held_and_comes_back"),
    (planted.KeepsTheValue, "a_gift_card_and_a_card_pay_one_purchase_and_all_comes_back"),
    (planted.TellsAWrongPin, "an_unknown_card_and_a_wrong_pin_read_alike"),
    (planted.LendsValue, "what_is_not_there_is_not_lent"),
]


async def run_gift_cards(adapter: ReferenceAdapter, name: str) -> None:
    number = "6036280000007401"
    adapter.book.cards[number] = ValueCard("737", pounds(20))

    async def settled() -> None:
        return None

    known: dict[str, Any] = {
        "adapter": adapter,
        "facts": ConformanceFacts(),
        "manifest": MANIFEST,
        "card": GiftCard(brand="mug_card", number=number, pin="737"),
        "worth": lambda: adapter.book.cards[number].balance.amount,
        "token": "tok",
        "settle": settled,
    }
    test = getattr(GiftCardConformance(), f"test_{name}")
    await test(**{parameter: known[parameter] for parameter in inspect.signature(test).parameters})


@pytest.mark.parametrize(("broken", "name"), GIFT_CARDS, ids=lambda each: getattr(each, "__name__", each))
async def test_a_planted_fault_of_gift_cards_is_caught(broken: type[ReferenceAdapter], name: str) -> None:
    await run_gift_cards(planted.processor(), name)
    with pytest.raises((AssertionError, AdapterError)):
        await run_gift_cards(planted.processor(broken), name)


async def test_the_effect_log_shows_a_payment_that_was_made_twice() -> None:
    for kind, effects in ((ReferenceAdapter, 1), (planted.PaysTwice, 2)):
        adapter = planted.processor(kind)
        await adapter.authorise(Authorise("A" * 26, "C", pounds(5), token="t"), HERE, CallContext.within(5.0))
        assert adapter.book.effects("A" * 26) == effects


async def test_the_effect_log_shows_a_capture_that_was_sent_again() -> None:
    adapter = planted.processor(planted.CapturesAgainWhenTheAnswerIsLost)
    call = CallContext.within(5.0)
    paid = await adapter.authorise(Authorise("A" * 26, "C", pounds(10), token="t"), HERE, call)

    async def lost() -> None:
        raise Unavailable

    adapter.book.after = lost
    with pytest.raises(Unavailable):
        await adapter.capture(Capture("B" * 26, paid.ref, pounds(5), final=False), HERE, call)
    assert adapter.book.effects("B" * 26) == 2
