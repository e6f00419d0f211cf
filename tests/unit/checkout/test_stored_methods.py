"""Whose stored method a checkout pays with, as the processor is told: from what was sealed, whoever runs it; and what
its row and its journal say of that.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from msgspec import UNSET
from msgspec.structs import replace
from sqlalchemy import select

from gateway.model.checkouts import Checkout, CheckoutState, PaymentChoice
from gateway.model.payments import Authorise, EnsurePayer
from gateway.ports.payment import AUTHORISE
from gateway.state.tables import checkout_journal, checkouts

from .conftest import Opened
from .retail import Retail

ON_POSTGRES = "soak"

AGREED = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)


async def pay(retail: Retail, choice: PaymentChoice) -> Checkout:
    found = await retail.desk.submit(replace(retail.asked(await retail.cart()), choice=choice), 15.0)
    assert isinstance(found, Checkout), found
    return found


def told(retail: Retail) -> Authorise:
    (command,) = (each.keys[0] for each in retail.pay.asked if each.operation == AUTHORISE.name)
    assert isinstance(command, Authorise)
    return command


async def test_the_processor_is_told_who_agreed_and_the_journal_when(opened: Opened) -> None:
    retail = await opened()
    payer = retail.pay.book.payer(EnsurePayer("E" * 26, "canary-payer", "ada@example.com"))
    choice = PaymentChoice(backend="pay", token="tok", customer=payer, consented=AGREED)
    checkout = await pay(retail, choice)
    assert checkout.state is CheckoutState.COMPLETED
    command = told(retail)
    assert command.customer is not None
    assert (command.customer.backend, command.customer.id, command.store) == ("pay", payer, True)
    assert [each.last_four for each in retail.pay.book.stored[payer]] == ["4242"]
    steps = {entry.step: entry for entry in await retail.desk.history(checkout.id)}
    assert steps["store_method"].facts == {"at": "2026-07-01T09:30:00+00:00"}
    async with retail.database.read() as connection:
        rows = [*(await connection.execute(select(checkouts))), *(await connection.execute(select(checkout_journal)))]
    assert payer not in str(rows)


async def test_a_payment_that_is_not_to_be_stored_is_the_command_it_was_before_any_could_be(opened: Opened) -> None:
    """A run that another release began is gone on with: under another digest its payment would be a conflict."""
    retail = await opened()
    await pay(retail, PaymentChoice(backend="pay", token="tok"))
    compared = msgspec.to_builtins(AUTHORISE.compared(told(retail)))
    assert sorted(compared) == [
        "amount", "customer", "details", "gift_card", "payment", "purchase", "reference", "return_url", "session",
        "together", "token", "whole",
    ]  # fmt: skip


async def test_a_stored_method_pays_for_its_customer_and_is_stored_no_second_time(opened: Opened) -> None:
    retail = await opened()
    payer = retail.pay.book.payer(EnsurePayer("E" * 26, "canary-payer", "ada@example.com"))
    agreed = PaymentChoice(backend="pay", token="tok", customer=payer, consented=AGREED)
    await pay(retail, agreed)
    (card,) = retail.pay.book.stored[payer]
    retail.pay.asked.clear()
    own = replace(agreed, token=card.id, consented=None)
    assert (await pay(retail, own)).state is CheckoutState.COMPLETED
    command = told(retail)
    assert (command.token, command.customer and command.customer.id, command.store) == (card.id, payer, UNSET)
    assert retail.pay.book.stored[payer] == (card,)


async def test_without_its_customer_a_stored_method_pays_for_nothing(opened: Opened) -> None:
    retail = await opened()
    payer = retail.pay.book.payer(EnsurePayer("E" * 26, "canary-payer", "ada@example.com"))
    agreed = PaymentChoice(backend="pay", token="tok", customer=payer, consented=AGREED)
    await pay(retail, agreed)
    (card,) = retail.pay.book.stored[payer]
    checkout = await pay(retail, PaymentChoice(backend="pay", token=card.id))
    assert checkout.state is CheckoutState.FAILED
