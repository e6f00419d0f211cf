"""PaymentPort, PaymentReadPort and PaymentSessionPort: payment intents.

Every write is told apart by its key, which is derived from our reference: the same again is answered as before. A
payment is also found by our reference in its metadata, through a search that lags; what was made of it (a capture, a
void, a refund) has the key only (`FindKind.REPLAY`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from adapters.stripe.amounts import minor, money
from adapters.stripe.client import Form, StripeClient, is_replayed
from adapters.stripe.config import StripeConfig
from adapters.stripe.errors import NotFound, error_of, refusal
from adapters.stripe.intents import (
    CAPTURE,
    PURCHASE,
    REFERENCE,
    UNCONFIRMED,
    WireIntent,
    WirePage,
    WireRefund,
    payment,
)
from adapters.stripe.options import Options
from adapters.stripe.payers import customer_of
from gateway.errors import AdapterError, AmbiguousKey, RequestRefused
from gateway.kit.concurrency import outcomes
from gateway.kit.decoding import decoded
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.payments import (
    Authorise,
    Capture,
    OpenSession,
    Payment,
    PaymentEffect,
    PaymentOptions,
    PaymentOptionsQuery,
    PaymentSession,
    Refund,
    Void,
)
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.transport import Response

INTENTS = "/v1/payment_intents"
EXPANDED = "expand[]"
CHARGE = "latest_charge"
KEPT = {"setup_future_usage": "on_session"}
"""What is paid with is attached to the customer once it is authorised; nobody charges it while they are away."""
AT_ONCE = 10
"""Payments of one call, a request each."""
_INTENT_ID = re.compile(r"pi_[A-Za-z0-9]{1,250}")


class Payments:
    def __init__(self, env: AdapterEnvironment[StripeConfig], client: StripeClient) -> None:
        self._env = env
        self._config = env.config
        self._client = client
        self._options = Options(env, client)

    async def list_methods(self, query: PaymentOptionsQuery, context: ContextView, call: CallContext) -> PaymentOptions:
        """The customer's stored ones ask Stripe, the types that are offered do not."""
        return await self._options.of(query, call)

    async def authorise(self, command: Authorise, context: ContextView, call: CallContext) -> Payment:
        """One request; for a session's intent two or three. What was declined is an answer."""
        if command.payment is not None:  # Stripe itself goes on when the shopper has done it
            begun = await self._intent(_own(command.payment), call)
            if begun.metadata.get(PURCHASE) != command.purchase:
                raise self._anothers()
            return payment(begun, self._env.name)
        if command.session is not None:
            return await self._authorise_session(command, _own(command.session), call)
        form: dict[str, str | int] = {
            **self._opening(command.reference, minor(command.amount), command.amount.currency),
            f"metadata[{PURCHASE}]": command.purchase,
            "description": command.purchase,
            "confirm": "true",
            **_paid_with(command.token),
        }
        if command.customer is not None:
            form["customer"] = customer_of(command.customer)
        if command.store:
            form |= KEPT
        if command.return_url is not None:
            form["return_url"] = command.return_url
        return await self._changed(INTENTS, form, f"{command.reference}.authorise", call)

    async def _authorise_session(self, command: Authorise, intent_id: str, call: CallContext) -> Payment:
        """Of an intent that the shopper's frontend may have confirmed meanwhile. One that has not is confirmed with the
        token, else the shopper still has to. What is held for one purchase never pays for another: whoever names the
        intent first has it, by one key for all who do."""
        path = f"{INTENTS}/{intent_id}"
        wire = await self._intent(intent_id, call)
        form: dict[str, str | int] = {
            f"metadata[{REFERENCE}]": command.reference,
            f"metadata[{PURCHASE}]": command.purchase,
            "description": command.purchase,
            EXPANDED: CHARGE,
        }
        if wire.currency.upper() != command.amount.currency:
            raise RequestRefused(source=self._env.name, detail="the session is of another currency")
        whose = wire.metadata.get(PURCHASE)
        if wire.status not in UNCONFIRMED and whose not in (None, command.purchase):
            raise self._anothers()
        whom = None if command.customer is None else customer_of(command.customer)
        if whom is not None and wire.customer not in (None, whom):
            raise RequestRefused(source=self._env.name, detail="the session is another customer's")
        if wire.status in UNCONFIRMED and wire.customer is None and whom is not None:
            form["customer"] = whom
        if wire.status in UNCONFIRMED and wire.amount != minor(command.amount):
            form["amount"] = minor(command.amount)
        held = wire.status not in UNCONFIRMED and whose is None
        key = f"{intent_id}.{PURCHASE}" if held else f"{command.reference}.session"
        changed = await self._changed(path, form, key, call)
        if wire.status not in UNCONFIRMED or command.token is None:
            return changed
        confirm: dict[str, str | int] = {**_paid_with(command.token), EXPANDED: CHARGE}
        if command.store:
            confirm |= KEPT
        if command.return_url is not None:
            confirm["return_url"] = command.return_url
        return await self._changed(f"{path}/confirm", confirm, f"{command.reference}.confirm", call)

    async def find_payment(self, reference: str, context: ContextView, call: CallContext) -> Payment | None:
        """Through the search, which shows a payment within a minute, an hour in an outage; then read by its id."""
        if not (reference.isascii() and reference.isalnum()):
            return None
        query = {"query": f"metadata['{REFERENCE}']:'{reference}'", "limit": "10"}
        page = await self._client.get(f"{INTENTS}/search", WirePage, call, query)
        found = [decoded(each, WireIntent, source=self._env.name) for each in page.data]
        mine = [each for each in found if each.metadata.get(REFERENCE) == reference]
        if len(mine) > 1:
            raise AmbiguousKey(source=self._env.name)
        return payment(await self._intent(mine[0].id, call), self._env.name) if mine else None

    async def get_payments(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, Payment | AdapterError]:
        """One request for each."""
        known = [key for key in keys if _INTENT_ID.fullmatch(key.id)]
        read = dict(zip(known, await outcomes([self._read(key.id, call) for key in known]), strict=True))
        return {key: found for key, found in read.items() if found is not None}

    async def capture(self, command: Capture, context: ContextView, call: CallContext) -> PaymentEffect:
        form: dict[str, str | int] = {
            "amount_to_capture": minor(command.amount),
            f"metadata[{CAPTURE}]": command.reference,
            EXPANDED: CHARGE,
        }
        if self._config.multicapture:
            form["final_capture"] = "true" if command.final else "false"
        elif not command.final:
            raise RequestRefused(source=self._env.name, detail="a payment is captured once: `multicapture` is off")
        path = f"{INTENTS}/{_own(command.payment)}/capture"
        response = await self._client.post(path, form, f"{command.reference}.capture", call)
        wire = self._intent_in(response)
        return PaymentEffect(NativeRef(self._env.name, wire.id), command.payment, command.amount)

    async def void(self, command: Void, context: ContextView, call: CallContext) -> PaymentEffect:
        path = f"{INTENTS}/{_own(command.payment)}/cancel"
        form = {"cancellation_reason": "abandoned"}
        wire = self._intent_in(await self._client.post(path, form, f"{command.reference}.void", call))
        return PaymentEffect(NativeRef(self._env.name, wire.id), command.payment, command.amount)

    async def refund(self, command: Refund, context: ContextView, call: CallContext) -> PaymentEffect:
        form: dict[str, str | int] = {
            "payment_intent": _own(command.payment),
            "amount": minor(command.amount),
            f"metadata[{REFERENCE}]": command.reference,
        }
        response = await self._client.post("/v1/refunds", form, f"{command.reference}.refund", call)
        if response.status != 200:
            raise refusal(response, self._env.name)
        wire = decoded(response.body, WireRefund, source=self._env.name)
        if is_replayed(response):
            wire = await self._client.get(f"/v1/refunds/{wire.id}", WireRefund, call)
        return PaymentEffect(
            NativeRef(self._env.name, wire.id),
            command.payment,
            money(wire.amount, wire.currency),
            settled=wire.status not in ("pending", "requires_action"),
            failed=wire.status in ("failed", "canceled"),
        )

    async def open_session(self, command: OpenSession, context: ContextView, call: CallContext) -> PaymentSession:
        """An intent that the shopper's frontend confirms; with a stored method's id in it, where one was chosen."""
        form = self._opening(command.reference, minor(command.amount), command.amount.currency)
        if command.stored:
            form |= _paid_with(command.method)
        elif command.method is not None:
            if command.method not in self._config.methods:
                raise RequestRefused(source=self._env.name, detail="no method that is offered")
            form = {name: value for name, value in form.items() if not name.startswith("payment_method_types")}
            form["payment_method_types[0]"] = command.method
        if command.customer is not None:
            form["customer"] = customer_of(command.customer)
        if command.store:
            form |= KEPT
        if not self._config.publishable_key:
            raise RequestRefused(source=self._env.name, detail="`publishable_key` is not configured")
        response = await self._client.post(INTENTS, form, f"{command.reference}.open", call)
        wire = self._intent_in(response)
        if wire.client_secret is None:
            raise RequestRefused(source=self._env.name, detail="the key is not shown client secrets")
        return PaymentSession(NativeRef(self._env.name, wire.id), wire.client_secret, self._config.publishable_key)

    def _opening(self, reference: str, amount: int, currency: str) -> dict[str, str | int]:
        methods = {f"payment_method_types[{place}]": name for place, name in enumerate(self._config.methods)}
        more = {"payment_method_options[card][request_multicapture]": "if_available"}
        return {
            "amount": amount,
            "currency": currency.lower(),
            "capture_method": "manual",
            f"metadata[{REFERENCE}]": reference,
            EXPANDED: CHARGE,
            **methods,
            **(more if self._config.multicapture else {}),
        }

    def _anothers(self) -> RequestRefused:
        return RequestRefused(source=self._env.name, detail="the payment is another purchase's")

    async def _changed(self, path: str, form: Form, key: str, call: CallContext) -> Payment:
        response = await self._client.post(path, form, key, call)
        declined = error_of(response).payment_intent if response.status == 402 else None
        wire = declined or self._intent_in(response)
        if is_replayed(response):
            wire = await self._intent(wire.id, call)
        return payment(wire, self._env.name)

    async def _read(self, intent_id: str, call: CallContext) -> Payment | None:
        try:
            return payment(await self._intent(intent_id, call), self._env.name)
        except NotFound:
            return None

    async def _intent(self, intent_id: str, call: CallContext) -> WireIntent:
        return await self._client.get(f"{INTENTS}/{intent_id}", WireIntent, call, {EXPANDED: CHARGE})

    def _intent_in(self, response: Response) -> WireIntent:
        if response.status != 200:
            raise refusal(response, self._env.name)
        return decoded(response.body, WireIntent, source=self._env.name)


def _own(ref: NativeRef) -> str:
    """The id of an intent, which stands in paths. Raises NotFound for what is none."""
    if not _INTENT_ID.fullmatch(ref.id):
        raise NotFound(detail="no id of a payment intent")
    return ref.id


def _paid_with(token: str | None) -> dict[str, str | int]:
    """Raises RequestRefused for what is neither a payment method nor a confirmation token: never a card's number."""
    if token is not None and re.fullmatch(r"pm_\w{1,250}", token):
        return {"payment_method": token}
    if token is not None and re.fullmatch(r"ctoken_\w{1,250}", token):
        return {"confirmation_token": token}
    raise RequestRefused(detail="no payment method (pm_...) and no confirmation token (ctoken_...)")
