"""What is asked of a backend directly: neither cached, nor joined with others, nor journalled, because the question or
the answer is a secret of whoever asked.
"""

from __future__ import annotations

from msgspec.structs import replace

from gateway.calls.operation.bound import BoundBackend
from gateway.errors import AdapterError, Unavailable
from gateway.logs.failures import FAILURES
from gateway.model.context import CallContext, CommerceContext
from gateway.model.gift_cards import CheckGiftCard, GiftCardStanding
from gateway.model.payments import OpenSession, PaymentSession
from gateway.ports.payment import CHECK_GIFT_CARD, PAYMENT, GiftCardPort, PaymentSessionPort
from gateway.runtime.deadline import Deadline

OPEN_SESSION = "payment.open_session"
_NOTHING: frozenset[str] = frozenset()


async def open_session(
    bound: BoundBackend, command: OpenSession, context: CommerceContext, call: CallContext
) -> PaymentSession:
    """Prepare for a payment in the shopper's own frontend; the same reference again is the same session. Raises
    AdapterError; Unavailable where this processor has no sessions."""
    port = bound.backend.port(PaymentSessionPort)
    try:
        if port is None:
            raise Unavailable("This way to pay needs no session.", source=bound.name, domain=PAYMENT.name)
        with Deadline(call):
            return await port.open_session(command, context.only(_NOTHING), replace(call, operation=OPEN_SESSION))
    except AdapterError as error:
        error.located(bound.name, PAYMENT.name, OPEN_SESSION)
        FAILURES.backend_failed(error, backend=bound.name, operation=OPEN_SESSION, trace_id=call.trace_id)
        raise


async def check_gift_card(
    bound: BoundBackend, command: CheckGiftCard, context: CommerceContext, call: CallContext
) -> GiftCardStanding | None:
    """What a card is worth now; None for one that is not known. Raises AdapterError; Unavailable where this processor
    takes none."""
    port = bound.backend.port(GiftCardPort)
    try:
        if port is None:
            raise Unavailable("Gift cards are not taken here.", source=bound.name, domain=PAYMENT.name)
        with Deadline(call):
            asked = replace(call, operation=CHECK_GIFT_CARD)
            return await port.check_gift_card(command, context.only(_NOTHING), asked)
    except AdapterError as error:
        error.located(bound.name, PAYMENT.name, CHECK_GIFT_CARD)
        FAILURES.backend_failed(error, backend=bound.name, operation=CHECK_GIFT_CARD, trace_id=call.trace_id)
        raise
