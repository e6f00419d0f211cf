"""Gift cards: what one is worth, and the order that holds several payments of one purchase together.

An order is opened for the whole amount; each payment names it, with the data that the payment before brought back. One
that is not paid in full within a day is cancelled by Adyen itself, which gives back what it holds. Source:
docs.adyen.com/online-payments/partial-payments, .../payment-methods/gift-cards."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from adapters.adyen.amounts import WireAmount, wire
from adapters.adyen.client import AdyenClient
from adapters.adyen.results import Together, WireOrder
from gateway.errors import RequestRefused
from gateway.model.context import CallContext
from gateway.model.freshness import Freshness
from gateway.model.gift_cards import CheckGiftCard, GiftCard, GiftCardStanding
from gateway.model.payments import Authorise

KNOWN = frozenset({"Success", "NotEnoughBalance"})
"""Both tell the balance, the second also of a card in another currency."""


class WireBalance(Struct, frozen=True, rename="camel"):
    result_code: str
    balance: WireAmount
    transaction_limit: WireAmount | None = None


class WireCancelled(Struct, frozen=True, rename="camel"):
    """`resultCode` is `Received`: nothing is true yet."""

    psp_reference: str


def read(told: str | None) -> Together | None:
    """Raises RequestRefused for what was never told."""
    if told is None:
        return None
    try:
        return msgspec.json.decode(told, type=Together)
    except msgspec.MsgspecError:
        raise RequestRefused(detail="no order of Adyen's") from None


def method(card: GiftCard) -> dict[str, str]:
    """`paymentMethod` of a gift card: its number is no payment card's, so that it may be sent in the clear."""
    pin = {} if card.pin is None else {"cvc": card.pin}
    return {"type": "giftcard", "brand": card.brand, "number": card.number, **pin}


async def order_of(client: AdyenClient, command: Authorise, call: CallContext) -> Mapping[str, object]:
    """`order` of a payment that is one of several: the one that was told, else a new one for the whole, under a key of
    the purchase. Nothing where it is the only one."""
    if command.whole is None:
        return {}
    known = read(command.together)
    if known is None:
        body = {"amount": wire(command.whole), "reference": command.purchase}
        made = await client.post("/orders", body, WireOrder, call, f"{command.purchase}.order")
        known = Together(made.psp_reference, made.order_data, 0)
    return {"order": known.named}


async def standing(
    client: AdyenClient, command: CheckGiftCard, freshness: Freshness, call: CallContext
) -> GiftCardStanding | None:
    """Asked for the smallest amount, because Adyen wants one."""
    body = {"paymentMethod": method(command.card), "amount": {"value": 1, "currency": command.currency}}
    found = await client.post("/paymentMethods/balance", body, WireBalance, call)
    if found.result_code not in KNOWN:
        return None
    most = None if found.transaction_limit is None else found.transaction_limit.money
    return GiftCardStanding(found.balance.money, freshness, most)
