"""A merchant account's payments: what was authorised, what was asked to be made of it, and the log of both. What is
asked is only received; `settle` makes it true, or not, and tells it by webhook."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from adapters.adyen.sandbox.bodies import Json, Problem
from adapters.adyen.sandbox.value import Order, Values

CHALLENGED = "test_4212345678901237"
"""Adyen's test card that is sent to the issuer's page."""
CHALLENGED_TOO = "adyenjs_0_1_25$challenged"
"""The same as the component would encrypt it: no card number, so that it passes the gateway's own doors."""
HOLDERS: Mapping[str, tuple[str, str]] = {
    "DECLINED": ("2", "Refused"),
    "BLOCK_CARD": ("5", "Blocked Card"),
    "CARD_EXPIRED": ("6", "Expired Card"),
    "INVALID_CARD_NUMBER": ("8", "Invalid Card Number"),
    "ISSUER_UNAVAILABLE": ("9", "Issuer Unavailable"),
    "NOT_3D_AUTHENTICATED": ("11", "3D Not Authenticated"),
    "NOT_ENOUGH_BALANCE": ("12", "Not enough balance"),
    "ACQUIRER_FRAUD": ("14", "Acquirer Fraud"),
    "FRAUD": ("20", "FRAUD"),
    "TRANSACTION_NOT_PERMITTED": ("23", "Transaction Not Permitted"),
    "CVC_DECLINED": ("24", "CVC Declined"),
    "RESTRICTED_CARD": ("25", "Restricted Card"),
    "WITHDRAWAL_AMOUNT_EXCEEDED": ("28", "Withdrawal amount exceeded"),
    "ISSUER_SUSPECTED_FRAUD": ("31", "Issuer Suspected Fraud"),
}
"""Names of card holders that Adyen's test environment refuses. Source: docs.adyen.com, "Testing result codes"."""


EVENTS: Mapping[str, str] = {
    "capture": "CAPTURE",
    "void": "CANCELLATION",
    "refund": "REFUND",
    "reversal": "CANCEL_OR_REFUND",
}


class Effect(Struct, frozen=True):
    """One request that was taken. `kind`: authorise, capture, void, refund, cancel_order. `value` in minor units."""

    kind: str
    reference: str
    payment: str
    value: int
    currency: str
    at: float


class Paid(Struct):
    psp: str
    reference: str
    value: int
    currency: str
    state: str = "authorised"
    authorised: int = 0
    captured: int = 0
    refunded: int = 0
    card: str = ""
    order: str = ""
    keeps: str = ""
    """The shopper for whom its method is stored once it is authorised."""


class Asked(Struct):
    kind: str
    psp: str
    reference: str
    payment: Paid
    value: int


class Session(Struct):
    id: str
    reference: str
    amount: Json
    status: str = "active"
    result: str = ""
    psp: str = ""
    keeps: str = ""
    shopper: str = ""


class Ledger:
    """`tell(item)` is called with every webhook item. `approves`: at most so much of any payment, in minor units, as of
    an account with partial authorisations. `at_once`: gift cards are taken from with the authorisation. `pending`: the
    next payments, but for gift cards, are Received, until `decide`. `challenged`: ids of stored methods whose issuers
    want the shopper; `deleted`: of those that were taken away."""

    def __init__(self, account: str, now: Callable[[], float], tell: Callable[[Json], None]) -> None:
        self.account = account
        self.now = now
        self.tell = tell
        self.approves: int | None = None
        self.pending = False
        self.at_once = True
        self.values = Values(now, self._notify_order)
        self.payments: dict[str, Paid] = {}
        self.sessions: dict[str, Session] = {}
        self.stored: dict[str, list[Json]] = {}
        self.deleted: list[str] = []
        self.challenged: set[str] = set()
        self.effects: list[Effect] = []
        self.waiting: list[Asked] = []
        self._challenges: dict[str, Paid] = {}

    def pay(self, body: Json) -> Json:
        amount, method = body["amount"], body["paymentMethod"]
        if amount["value"] == 0:
            raise Problem(422, "137", "Invalid amount specified")
        self._check_method(method, body)
        order = self.values.named(body["order"]) if "order" in body else None
        if order is not None and (amount["currency"] != order.currency or amount["value"] > order.left):
            raise Problem(422, "137", "The amount is more than remains of the order")
        paid = Paid(_psp(), body["reference"], amount["value"], amount["currency"])
        paid.order = "" if order is None else order.psp
        paid.keeps = str(body["shopperReference"]) if body.get("storePaymentMethod") is True else ""
        self._log("authorise", paid.reference, paid.psp, paid.value, paid.currency)
        challenged = method.get("storedPaymentMethodId") in self.challenged
        if challenged or method.get("encryptedCardNumber") in (CHALLENGED, CHALLENGED_TOO):
            paid.state = "challenged"
            result = f"X6Xt{secrets.token_hex(24)}"
            self._challenges[result] = paid
            url = f"https://checkoutshopper-test.adyen.com/checkoutshopper/threeDS/redirect?MD={result}"
            action = {"type": "redirect", "method": "GET", "paymentMethodType": "scheme", "url": url}
            return {"resultCode": "RedirectShopper", "action": action}
        refused = HOLDERS.get(str(method.get("holderName", "")))
        if method["type"] == "giftcard":
            paid.card = str(method.get("number", ""))
            refused = self.values.refusal(method, amount)
        if refused is not None:
            return self._refuse(paid, *refused)
        if self.pending and not paid.card:
            paid.state = "pending"
            self.payments[paid.psp] = paid
            return {"pspReference": paid.psp, "resultCode": "Received", "merchantReference": paid.reference}
        return self._authorise(paid)

    def cancel_order(self, body: Json) -> Json:
        """Received; every payment of it is cancelled or refunded then."""
        order = self.values.named(body["order"])
        self._log("cancel_order", order.reference, order.psp, order.value, order.currency)
        self.values.close(order, "cancelled")
        for psp in order.payments:
            paid = self.payments[psp]
            self.waiting.append(Asked("reversal", _psp(), "", paid, paid.value))
        return {"pspReference": _psp(), "resultCode": "Received"}

    def expire_orders(self) -> None:
        """As Adyen does by itself: those whose time is over are given back."""
        for order in self.values.orders.values():
            if order.state == "open" and order.expires <= self.now():
                self.values.close(order, "expired")
                for psp in order.payments:
                    self.waiting.append(Asked("reversal", _psp(), "", self.payments[psp], self.payments[psp].value))

    def challenge_of(self, reference: str) -> str:
        """What comes back from the issuer's page of the payment under a reference, once it was answered."""
        return next(result for result, paid in self._challenges.items() if paid.reference == reference)

    def go_on(self, details: Json) -> Json:
        """Known once: the same redirect result again is no other payment."""
        result = str(details.get("redirectResult", ""))
        failed = result.endswith("!")
        paid = self._challenges.pop(result.rstrip("!"), None)
        if paid is None:
            raise Problem(422, "14_014", "Invalid redirectResult provided")
        return self._refuse(paid, "11", "3D Not Authenticated") if failed else self._authorise(paid)

    def decide(self, psp: str, *, approved: bool = True) -> None:
        """What becomes of a pending one."""
        paid = self.payments[psp]
        if approved:
            self._authorise(paid)
        else:
            self._refuse(paid, "2", "Refused")

    def ask(self, kind: str, psp: str, body: Json) -> Json:
        """A capture, a void, a refund: received. Raises Problem for a payment nobody has, or another currency."""
        paid = self.payments.get(psp)
        if paid is None:
            raise Problem(422, "167", "Original pspReference required for this operation")
        amount: Json = body.get("amount") or {"value": paid.value, "currency": paid.currency}
        if amount["currency"] != paid.currency:
            raise Problem(422, "138", "Currency does not match the original payment")
        if amount["value"] == 0:
            raise Problem(422, "137", "Invalid amount specified")
        asked = Asked(kind, _psp(), str(body.get("reference", "")), paid, amount["value"])
        self.waiting.append(asked)
        self._log("void" if kind == "reversal" else kind, asked.reference, psp, asked.value, paid.currency)
        shown: Json = {"merchantAccount": self.account, "paymentPspReference": psp, "pspReference": asked.psp}
        shown |= {"status": "received"}
        if kind not in ("void", "reversal"):
            shown["amount"] = amount
        return shown | ({"reference": asked.reference} if asked.reference else {})

    def cancel_by_reference(self, body: Json) -> Json:
        """Adyen looks for the payment later; it is received whether or not there is one."""
        reference = body["paymentReference"]
        for paid in [*self.payments.values(), *self._challenges.values()]:
            if paid.reference == reference and paid.state != "cancelled":
                self.payments.setdefault(paid.psp, paid)
                self.waiting.append(Asked("void", _psp(), str(body.get("reference", "")), paid, paid.value))
        self._challenges = {key: paid for key, paid in self._challenges.items() if paid.reference != reference}
        self._log("void", str(body.get("reference", "")), reference, 0, "")
        shown = {"merchantAccount": self.account, "paymentReference": reference, "pspReference": _psp()}
        return shown | {"status": "received", "reference": str(body.get("reference", ""))}

    def settle(self, *, failing: bool = False) -> None:
        """Everything that was asked becomes true where it can; `failing`: nothing does."""
        waiting, self.waiting = self.waiting, []
        for asked in waiting:
            why = "Insufficient balance on payment" if not self._can(asked) else "Transaction failed"
            done = not failing and self._can(asked)
            action = "refund" if asked.payment.captured else "cancel"
            if done:
                self._do(asked)
            code = EVENTS[asked.kind]
            more = {"modification.action": action} if asked.kind == "reversal" else {}
            self._notify(code, asked.psp, asked.reference, asked.payment, asked.value, done, why, more)

    def fail_later(self, code: str, psp: str, value: int, reference: str = "") -> None:
        """What was told as done turns out not to be: CAPTURE_FAILED, REFUND_FAILED; or EXPIRE, CHARGEBACK."""
        self._notify(code, _psp(), reference, self.payments[psp], value, success=True, reason="")

    def open_session(self, body: Json) -> Json:
        made = Session(f"CS{secrets.token_hex(8).upper()}", body["reference"], body["amount"])
        made.shopper = str(body.get("shopperReference", ""))
        made.keeps = made.shopper if body.get("storePaymentMethodMode") == "enabled" else ""
        self.sessions[made.id] = made
        kept = {name: body[name] for name in ("amount", "reference", "returnUrl", "merchantAccount")}
        told = ("countryCode", "shopperReference", "channel", "storePaymentMethodMode", "recurringProcessingModel")
        more = {name: body[name] for name in told if name in body}
        ends = "2031-01-01T12:00:00+01:00"
        return {**kept, **more, "id": made.id, "expiresAt": ends, "sessionData": f"Ab02b4c0!{secrets.token_hex(16)}"}

    def pay_session(self, session_id: str) -> str:
        """As the vendor's library does in the frontend; the `sessionResult` it gives."""
        made = self.sessions[session_id]
        paid = Paid(_psp(), made.reference, made.amount["value"], made.amount["currency"], keeps=made.keeps)
        self._log("authorise", paid.reference, paid.psp, paid.value, paid.currency)
        self._authorise(paid)
        made.status, made.psp, made.result = "completed", paid.psp, f"X3XtfGC7{secrets.token_hex(12)}"
        return made.result

    def session_result(self, session_id: str, result: str) -> Json:
        made = self.sessions.get(session_id)
        if made is None or not result or result != made.result:
            raise Problem(422, "14_0418", "Invalid sessionResult")
        amount = {"value": self.payments[made.psp].authorised, "currency": made.amount["currency"]}
        paid = {"pspReference": made.psp, "resultCode": "Authorised", "amount": amount}
        return {"id": made.id, "status": made.status, "reference": made.reference, "payments": [paid]}

    def methods(self, shopper: str) -> Json:
        offered: list[Json] = [{"type": "scheme", "name": "Cards", "brands": ["visa", "mc"]}]
        offered.append({"type": "ideal", "name": "iDEAL"})
        brands = dict.fromkeys(card.brand for card in self.values.cards.values())
        offered += [{"type": "giftcard", "name": brand.capitalize(), "brand": brand} for brand in brands]
        return {"paymentMethods": offered, "storedPaymentMethods": self.stored.get(shopper, [])}

    def tokens(self, shopper: str) -> Json:
        """As they are listed by themselves."""
        kept = [{**each, "shopperReference": shopper} for each in self.stored.get(shopper, [])]
        return {"merchantAccount": self.account, "shopperReference": shopper, "storedPaymentMethods": kept}

    def keep(self, shopper: str, method: str, last4: str) -> None:
        kept = {"id": method, "type": "scheme", "brand": "visa", "name": "VISA", "lastFour": last4}
        kept |= {"expiryMonth": "03", "expiryYear": "31", "holderName": "A Shopper"}
        self.stored.setdefault(shopper, []).append(kept)

    def forget(self, shopper: str, method: str) -> None:
        """Raises Problem for a pair that is none."""
        mine = self.stored.get(shopper, [])
        if method not in {each["id"] for each in mine}:
            raise Problem(422, "800", "Contract not found")
        self.deleted.append(method)
        self.stored[shopper] = [each for each in mine if each["id"] != method]

    def _check_method(self, method: Json, body: Json) -> None:
        if not isinstance(method.get("type"), str):
            raise Problem(422, "14_012", "The provided paymentMethod has no type")
        if {"number", "cvc"} & set(method) and method["type"] != "giftcard":
            raise Problem(403, "10", "You are not allowed to send unencrypted card data", "security")
        stored = method.get("storedPaymentMethodId")
        if stored is not None:
            if not body.get("shopperReference"):
                raise Problem(422, "14_035", "Required field 'shopperReference' is not provided.")
            if not body.get("recurringProcessingModel"):
                raise Problem(422, "14_040", "Required field 'recurringProcessingModel' is not provided.")
            if stored not in {each["id"] for each in self.stored.get(str(body["shopperReference"]), [])}:
                raise Problem(422, "800", "Contract not found")
        elif method["type"] == "scheme":
            for name in ("encryptedCardNumber", "encryptedExpiryMonth", "encryptedExpiryYear", "encryptedSecurityCode"):
                if name not in method:
                    raise Problem(422, "14_004", f"Missing payment method details: {name}")

    def _authorise(self, paid: Paid) -> Json:
        paid.state = "authorised"
        paid.authorised = paid.value if self.approves is None else min(paid.value, self.approves)
        self.payments[paid.psp] = paid
        if paid.keeps:
            self.keep(paid.keeps, secrets.token_hex(8).upper(), "1111")
        if paid.card:
            self.values.move(paid.card, -paid.authorised)
            paid.captured = paid.authorised if self.at_once else 0
        self._notify("AUTHORISATION", paid.psp, paid.reference, paid, paid.authorised, success=True, reason="")
        order = self.values.orders.get(paid.order)
        if order is not None:
            self.values.paid(order, paid.psp, paid.authorised)
        return {
            **({} if order is None else {"order": self.values.shown(order)}),
            "pspReference": paid.psp,
            "resultCode": "Authorised" if paid.authorised == paid.value else "PartiallyAuthorised",
            "merchantReference": paid.reference,
            "amount": {"value": paid.authorised, "currency": paid.currency},
        }

    def _refuse(self, paid: Paid, code: str, text: str) -> Json:
        paid.state = "refused"
        self.payments[paid.psp] = paid
        self._notify("AUTHORISATION", paid.psp, paid.reference, paid, paid.value, success=False, reason=text)
        return {
            "pspReference": paid.psp,
            "resultCode": "Refused",
            "refusalReason": text,
            "refusalReasonCode": code,
            "merchantReference": paid.reference,
        }

    def _can(self, asked: Asked) -> bool:
        paid = asked.payment
        if asked.kind == "capture":
            return paid.state == "authorised" and paid.captured + asked.value <= paid.authorised
        if asked.kind == "reversal":
            return paid.state == "authorised" and paid.refunded == 0
        if asked.kind == "refund":
            return paid.refunded + asked.value <= paid.captured
        return paid.state in ("authorised", "challenged", "pending") and paid.captured == 0

    def _do(self, asked: Asked) -> None:
        paid = asked.payment
        if asked.kind == "capture":
            paid.captured += asked.value
        elif asked.kind == "refund" or (asked.kind == "reversal" and paid.captured):
            back = asked.value if asked.kind == "refund" else paid.captured
            paid.refunded += back
            if paid.card:
                self.values.move(paid.card, back)
        else:
            if paid.card:
                self.values.move(paid.card, paid.authorised)
            paid.state = "cancelled"

    def _notify_order(self, event: str, order: Order, success: bool) -> None:
        """Of an order that is closed with what each of its payments was."""
        more: Json = {}
        for number, psp in enumerate(order.payments if event == "ORDER_CLOSED" else (), 1):
            paid = self.payments[psp]
            amount = f"{paid.currency} {paid.authorised / 100:.2f}"
            more |= {f"order-{number}-pspReference": psp, f"order-{number}-paymentAmount": amount}
            more |= {
                f"order-{number}-success": "true",
                f"order-{number}-paymentMethod": "givex" if paid.card else "visa",
            }
        self.tell(
            {
                "amount": {"currency": order.currency, "value": order.value},
                "eventCode": event,
                "merchantAccountCode": self.account,
                "merchantReference": order.reference,
                "pspReference": order.psp,
                "reason": "",
                "success": "true" if success else "false",
                **({"additionalData": more} if more else {}),
            }
        )

    def _notify(
        self,
        code: str,
        psp: str,
        reference: str,
        paid: Paid,
        value: int,
        success: bool,
        reason: str,
        more: Mapping[str, str] | None = None,
    ) -> None:
        item: dict[str, Any] = {
            "amount": {"currency": paid.currency, "value": value},
            "eventCode": code,
            "merchantAccountCode": self.account,
            "merchantReference": reference,
            "paymentMethod": "visa",
            "pspReference": psp,
            "reason": ("033899:1111:03/2030" if code == "AUTHORISATION" else "") if success else reason,
            "success": "true" if success else "false",
        }
        if more:
            item["additionalData"] = dict(more)
        if code != "AUTHORISATION":
            item["originalReference"] = paid.psp
        self.tell(item)

    def _log(self, kind: str, reference: str, payment: str, value: int, currency: str) -> None:
        self.effects.append(Effect(kind, reference, payment, value, currency, self.now()))


def _psp() -> str:
    return secrets.token_hex(8).upper()
