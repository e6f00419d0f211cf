"""Stored ways to pay over HTTP: kept when their customer agrees, shown to them alone, paid with, and forgotten."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from msgspec import Struct

from adapters.adyen.manifest import MANIFEST as ADYEN
from adapters.adyen.sandbox import AdyenSandbox
from adapters.stripe.manifest import MANIFEST as STRIPE
from adapters.stripe.sandbox import StripeSandbox
from gateway.ports.manifest import Manifest
from gateway.security.issuer import LocalIssuer

sys.path.insert(0, str(Path(__file__).parent))
from selling_shop import ORIGIN, SESSION, SUBMIT, Cart, SellingShop, selling

ISSUER, AUDIENCE = "https://id.shop.example", "gateway"
EMAIL = "ada.canary@example.com"
OPTIONS = """query ($id: ID!) { cart(id: $id) { version quote { id } paymentOptions { methods {
  id kind label stored brand lastFour expires source } } } }"""
FAULTS = "userErrors { __typename code path ... on PaymentMethodNotStored { reason } }"
DELETE = f"""mutation ($i: PaymentMethodDeleteInput!) {{ r: paymentMethodDelete(input: $i) {{
  deletedId {FAULTS} }} }}"""
BUY = SUBMIT.replace("userErrors {", "userErrors { ... on PaymentMethodNotStored { reason }", 1)
OPEN = SESSION.replace("userErrors {", "userErrors { ... on PaymentMethodNotStored { reason }", 1)
PROFILES: dict[str, Any] = {
    "anonymous": {"touchpoint": "web", "default_country": "GB", "deadline": 30.0},
    "web": {"touchpoint": "web", "default_country": "GB", "deadline": 30.0},
    "kiosk": {"touchpoint": "kiosk", "default_country": "GB", "deadline": 30.0, "personal_data": False},
    "agent": {"touchpoint": "agent", "default_country": "GB", "deadline": 30.0},
    "own_agent": {"touchpoint": "agent", "default_country": "GB", "deadline": 30.0, "stored_methods": True},
}


class Wallet:
    """A shop with people who sign in to it."""

    def __init__(self, shop: SellingShop, issuer: LocalIssuer, devices: LocalIssuer, folder: Path) -> None:
        self.shop = shop
        self.folder = folder
        self.book = shop.pay.book
        self._issuer = issuer
        self._devices = devices

    def sign_in(
        self, subject: str | None, email: str | None = None, profile: str = "web", *, verified: bool = True
    ) -> None:
        if subject is None:
            self.shop.headers.pop("authorization", None)
            return
        said: dict[str, Any] = {"email": email, "email_verified": verified} if email else {}
        token = self._issuer.token(subject, client_profile=profile, **said)
        self.shop.headers["authorization"] = f"Bearer {token}"

    def as_device(self, profile: str) -> None:
        token = self._devices.token("kiosk-7", client_profile=profile)
        self.shop.headers["authorization"] = f"Bearer {token}"

    async def stored(self, cart: Cart | None = None) -> list[dict[str, Any]]:
        cart = cart or await self.shop.cart()
        found = (await self.shop.ask(OPTIONS, cart.secret, id=cart.id))["cart"]
        cart.version, cart.quote = found["version"], found["quote"]["id"]
        return [each for each in found["paymentOptions"]["methods"] if each["stored"]]

    async def buy(self, method: str | None = None, key: str = "key", **payment: Any) -> dict[str, Any]:
        cart = await self.shop.cart()
        methods = (await self.shop.ask(OPTIONS, cart.secret, id=cart.id))["cart"]["paymentOptions"]["methods"]
        card = next(each["id"] for each in methods if not each["stored"])
        given = {
            "cartId": cart.id, "quoteId": cart.quote, "expectedVersion": cart.version, "idempotencyKey": key,
            "payment": {"methodId": method or card, "token": None if method else "tok", "returnUrl": ORIGIN, **payment},
        }  # fmt: skip
        told = (await self.shop.ask(BUY, cart.secret, i=given))["checkoutSubmit"]
        return {"secret": cart.secret, "cart": cart, **told}

    async def delete(self, method: str, key: str = "away") -> dict[str, Any]:
        return (await self.shop.ask(DELETE, i={"id": method, "idempotencyKey": key}))["r"]


@asynccontextmanager
async def opened(folder: Path, **more: Any) -> AsyncGenerator[Wallet]:
    people = LocalIssuer.load(folder / "customers", ISSUER, AUDIENCE)
    devices = LocalIssuer.load(folder / "devices", "https://devices.shop.example", AUDIENCE)
    issuers = {
        "customers": {"issuer": ISSUER, "audience": AUDIENCE, "jwks_file": "customers/jwks.json"},
        "devices": {
            "issuer": "https://devices.shop.example", "audience": AUDIENCE, "jwks_file": "devices/jwks.json",
            "kind": "device",
        },
    }  # fmt: skip
    async with selling(folder, pieces=100, profiles=PROFILES, issuers=issuers, **more) as shop:
        yield Wallet(shop, people, devices, folder)


@pytest.fixture
async def wallet(tmp_path: Path) -> AsyncIterator[Wallet]:
    async with opened(tmp_path) as opening:
        yield opening


def bought(told: dict[str, Any]) -> bool:
    return told["checkout"] is not None and told["checkout"]["state"]["__typename"] == "CheckoutCompleted"


async def test_it_is_stored_with_consent_shown_paid_with_and_forgotten(wallet: Wallet) -> None:
    wallet.sign_in("ada", EMAIL)
    assert await wallet.stored() == []
    assert bought(await wallet.buy(storeMethod=True))
    (card,) = await wallet.stored()
    assert (card["brand"], card["lastFour"], card["expires"], card["label"], card["source"]) == (
        "visa", "4242", "2031-04", "Visa **** 4242", "pay",
    )  # fmt: skip
    assert bought(await wallet.buy(card["id"]))
    assert [each["id"] for each in await wallet.stored()] == [card["id"]]
    told = await wallet.delete(card["id"])
    assert (told["deletedId"], told["userErrors"]) == (card["id"], [])
    assert await wallet.stored() == []
    declined = await wallet.buy(card["id"])
    assert declined["checkout"]["state"]["__typename"] == "CheckoutFailed"
    assert len(wallet.book.deleted) == 1


async def test_nothing_is_stored_and_nobody_made_known_unless_they_say_so(wallet: Wallet) -> None:
    wallet.sign_in("ada", EMAIL)
    assert bought(await wallet.buy())
    assert bought(await wallet.buy(key="other", storeMethod=False))
    assert (wallet.book.payers, wallet.book.stored) == ({}, {})


async def test_a_card_whose_issuer_asks_for_the_shopper_is_challenged_and_then_pays(wallet: Wallet) -> None:
    wallet.sign_in("ada", EMAIL)
    assert bought(await wallet.buy(storeMethod=True))
    (card,) = await wallet.stored()
    (native,) = (each.id for kept in wallet.book.stored.values() for each in kept)
    wallet.book.challenged.add(native)
    told = await wallet.buy(card["id"])
    assert told["checkout"]["state"]["__typename"] == "CheckoutActionRequired"
    assert bought(await wallet.shop.go_on(told["cart"], told["checkout"]["id"], approved="yes"))


async def test_a_card_is_stored_once_its_challenge_was_answered_and_not_before(wallet: Wallet) -> None:
    wallet.sign_in("ada", EMAIL)
    wallet.book.challenged.add("tok")
    told = await wallet.buy(storeMethod=True)
    assert told["checkout"]["state"]["__typename"] == "CheckoutActionRequired"
    assert await wallet.stored() == []
    assert bought(await wallet.shop.go_on(told["cart"], told["checkout"]["id"], approved="yes"))
    assert len(await wallet.stored()) == 1


async def test_anothers_card_reads_like_none_wherever_it_is_named(wallet: Wallet) -> None:
    wallet.sign_in("ada", EMAIL)
    assert bought(await wallet.buy(storeMethod=True))
    (card,) = await wallet.stored()
    nobodys = card["id"][:-4] + "beef"
    for who in (("bob", "bob@example.com"), ("ada2", EMAIL), (None, None)):
        wallet.sign_in(*who)
        assert await wallet.stored() == []
        for method in (card["id"], nobodys, card["id"].partition(".")[0]):
            told = await wallet.buy(method)
            (fault,) = told["userErrors"]
            assert (fault["code"], fault["path"]) == ("INVALID_INPUT", ["input", "payment", "methodId"])
            (fault,) = (await wallet.delete(method))["userErrors"]
            assert (fault["code"], fault["path"]) == ("PAYMENT_METHOD_NOT_FOUND", ["input", "id"])
            cart = await wallet.shop.cart()
            given = {"cartId": cart.id, "quoteId": cart.quote, "methodId": method}
            session = (await wallet.shop.ask(OPEN, cart.secret, i=given))["paymentSessionCreate"]
            assert (session["session"], session["userErrors"][0]["code"]) == (None, "INVALID_INPUT")
    assert wallet.book.deleted == []
    wallet.sign_in("ada", EMAIL)
    assert [each["id"] for each in await wallet.stored()] == [card["id"]]


async def test_a_guest_stores_nothing_and_is_told_why(wallet: Wallet) -> None:
    told = await wallet.buy(storeMethod=True)
    (fault,) = told["userErrors"]
    assert (told["checkout"], fault["__typename"], fault["reason"]) == (None, "PaymentMethodNotStored", "GUEST")
    assert fault["path"] == ["input", "payment", "storeMethod"]
    cart = await wallet.shop.cart()
    given = {"cartId": cart.id, "quoteId": cart.quote, "methodId": cart.method, "storeMethod": True}
    session = (await wallet.shop.ask(OPEN, cart.secret, i=given))["paymentSessionCreate"]
    assert (session["session"], session["userErrors"][0]["reason"]) == (None, "GUEST")
    assert wallet.shop.payments() == []


async def test_who_has_no_verified_email_gets_no_record_at_the_processor(wallet: Wallet) -> None:
    wallet.sign_in("eve", EMAIL, verified=False)
    (fault,) = (await wallet.buy(storeMethod=True))["userErrors"]
    assert (fault["reason"], wallet.book.payers) == ("EMAIL_UNVERIFIED", {})
    assert bought(await wallet.buy(key="without"))


async def test_a_client_that_is_not_the_shoppers_own_knows_of_none(wallet: Wallet) -> None:
    wallet.sign_in("ada", EMAIL)
    assert bought(await wallet.buy(storeMethod=True))
    (card,) = await wallet.stored()
    for profile in ("kiosk", "agent"):
        wallet.sign_in("ada", EMAIL, profile)
        assert await wallet.stored() == []
        assert (await wallet.buy(storeMethod=True))["userErrors"][0]["reason"] == "CLIENT"
        assert (await wallet.buy(card["id"]))["userErrors"][0]["code"] == "INVALID_INPUT"
        assert (await wallet.delete(card["id"]))["userErrors"][0]["code"] == "PAYMENT_METHOD_NOT_FOUND"
    wallet.as_device("web")
    assert await wallet.stored() == []
    assert (await wallet.buy(storeMethod=True))["userErrors"][0]["reason"] == "GUEST"
    wallet.sign_in("ada", EMAIL, "own_agent")
    assert [each["id"] for each in await wallet.stored()] == [card["id"]]


async def test_a_deletion_happens_once_whoever_repeats_it(wallet: Wallet) -> None:
    wallet.sign_in("ada", EMAIL)
    assert bought(await wallet.buy(storeMethod=True))
    assert bought(await wallet.buy(key="second", storeMethod=True))
    first, second = await wallet.stored()
    told = await asyncio.gather(*(wallet.delete(first["id"]) for _ in range(5)))
    assert [each["deletedId"] for each in told] == [first["id"]] * 5
    assert (await wallet.delete(first["id"]))["deletedId"] == first["id"]
    (fault,) = (await wallet.delete(second["id"]))["userErrors"]
    assert fault["code"] == "KEY_CONFLICT"
    assert (await wallet.delete(first["id"], "another"))["deletedId"] == first["id"]
    assert len(wallet.book.deleted) == 1
    assert [each["id"] for each in await wallet.stored()] == [second["id"]]
    for key in ("", "k" * 201, "a\nb"):
        (fault,) = (await wallet.delete(second["id"], key))["userErrors"]
        assert fault["path"] == ["input", "idempotencyKey"]


async def test_a_person_is_made_known_once_however_many_of_their_purchases_store(wallet: Wallet) -> None:
    wallet.sign_in("ada", EMAIL)
    told = await asyncio.gather(*(wallet.buy(key=f"key{number}", storeMethod=True) for number in range(4)))
    assert all(map(bought, told))
    assert len(wallet.book.payers) == 1
    assert len(await wallet.stored()) == 4


async def test_a_session_says_to_the_processor_whose_it_is_and_what_was_agreed(wallet: Wallet) -> None:
    cart = await wallet.shop.cart()  # of whoever bears its secret
    wallet.sign_in("ada", EMAIL)
    given = {"cartId": cart.id, "quoteId": cart.quote, "methodId": cart.method, "storeMethod": True}
    session = (await wallet.shop.ask(OPEN, cart.secret, i=given))["paymentSessionCreate"]["session"]
    (payer,) = wallet.book.payers.values()
    command = wallet.book.opened[session["reference"]]
    assert command.customer is not None
    assert (command.customer.id, command.store, command.stored) == (payer, True, False)
    pay = {"methodId": cart.method, "sessionId": session["id"], "token": "tok"}
    submit = {"cartId": cart.id, "quoteId": cart.quote, "expectedVersion": cart.version, "idempotencyKey": "k"}
    other = await wallet.shop.ask(BUY, cart.secret, i={**submit, "payment": pay})
    assert other["checkoutSubmit"]["userErrors"][0]["path"] == ["input", "payment", "storeMethod"]
    wallet.sign_in("bob", "bob@example.com")  # who holds the cart too, and did not agree
    stranger = await wallet.shop.ask(BUY, cart.secret, i={**submit, "payment": {**pay, "storeMethod": True}})
    assert stranger["checkoutSubmit"]["userErrors"][0]["path"] == ["input", "payment", "sessionId"]
    wallet.sign_in("ada", EMAIL)
    told = await wallet.shop.ask(BUY, cart.secret, i={**submit, "payment": {**pay, "storeMethod": True}})
    assert bought(told["checkoutSubmit"])
    (card,) = await wallet.stored()
    cart = await wallet.shop.cart()
    given = {"cartId": cart.id, "quoteId": cart.quote, "methodId": card["id"]}
    session = (await wallet.shop.ask(OPEN, cart.secret, i=given))["paymentSessionCreate"]["session"]
    command = wallet.book.opened[session["reference"]]
    assert command.customer is not None
    assert (command.customer.id, command.store, command.stored) == (payer, False, True)


async def test_the_journal_says_when_it_was_agreed_and_nothing_of_who(wallet: Wallet) -> None:
    wallet.sign_in("ada", EMAIL)
    agreed, silent = await wallet.buy(storeMethod=True), await wallet.buy(key="other")
    desk = wallet.shop.gateway.services.desk
    assert desk is not None
    steps = {entry.step: entry for entry in await desk.history(agreed["checkout"]["id"])}
    consent = steps["store_method"]
    assert (consent.outcome, consent.backend, list(consent.facts)) == ("given", "pay", ["at"])
    assert abs((consent.at - datetime.fromisoformat(consent.facts["at"])).total_seconds()) < 5
    assert "store_method" not in {entry.step for entry in await desk.history(silent["checkout"]["id"])}


async def test_a_revoked_token_sees_pays_and_deletes_nothing(wallet: Wallet, session: aiohttp.ClientSession) -> None:
    wallet.sign_in("ada", EMAIL)
    assert bought(await wallet.buy(storeMethod=True))
    cart = await wallet.shop.cart()
    (card,) = await wallet.stored(cart)
    await wallet.shop.gateway.kept.revocations.revoke(ISSUER, "ada", None)
    pay = {"methodId": card["id"]}
    submit = {"cartId": cart.id, "quoteId": cart.quote, "expectedVersion": cart.version, "idempotencyKey": "k"}
    headers = wallet.shop.headers

    async def refused(query: str, **variables: Any) -> bool:
        body = {"query": query, "variables": variables}
        async with session.post(f"{wallet.shop.url}/graphql", json=body, headers=headers) as answer:
            return answer.status == 401

    heard = False
    for _ in range(100):
        heard = heard or await refused(OPTIONS, id=cart.id)
        await asyncio.sleep(0.0 if heard else 0.1)
    assert heard
    assert await refused(BUY, i={**submit, "payment": pay})
    assert await refused(DELETE, i={"id": card["id"], "idempotencyKey": "k"})
    assert (wallet.book.deleted, len(wallet.shop.payments())) == ([], 1)


class Vendor(Struct):
    """A processor's sandbox: its manifest, what configures it, what its library gives a frontend for a card."""

    manifest: Manifest
    sandbox: Any
    section: dict[str, str]
    environment: dict[str, str]
    token: str
    last_four: str


@pytest.fixture(params=["stripe", "adyen"])
async def vendor(request: pytest.FixtureRequest) -> AsyncIterator[Vendor]:
    if request.param == "stripe":
        psp: Any = StripeSandbox()
        manifest, secrets, token, last_four = STRIPE, ("secret_key", "webhook_secret"), "pm_card_visa", "4242"
    else:
        psp = AdyenSandbox()
        card = {f"encrypted{part}": "test_x" for part in ("CardNumber", "ExpiryMonth", "ExpiryYear", "SecurityCode")}
        manifest, secrets, token = ADYEN, ("api_key", "hmac_key"), json.dumps({"type": "scheme", **card})
        last_four = "1111"
    await psp.start()
    section = {name: name if name in secrets else value for name, value in psp.settings.items()}
    environment = {name.upper(): psp.settings[name] for name in secrets}
    yield Vendor(manifest, psp, {"url": psp.url, **section}, environment, token, last_four)
    await psp.stop()


async def test_a_vendor_keeps_it_for_who_agreed_and_forgets_it(tmp_path: Path, vendor: Vendor) -> None:
    processor = (vendor.manifest, vendor.section, vendor.environment)
    async with opened(tmp_path, processor=processor) as wallet:
        wallet.sign_in("ada", EMAIL)
        assert await wallet.stored() == []
        assert bought(await wallet.buy(token=vendor.token, storeMethod=True))
        (card,) = await wallet.stored()
        assert (card["brand"], card["lastFour"]) == ("visa", vendor.last_four)
        assert bought(await wallet.buy(card["id"]))
        wallet.sign_in("bob", EMAIL)  # who bears the same e-mail now
        assert bought(await wallet.buy(token=vendor.token, storeMethod=True, key="bobs"))
        (other,) = await wallet.stored()
        assert other["id"] != card["id"]
        assert (await wallet.buy(card["id"]))["userErrors"][0]["code"] == "INVALID_INPUT"
        assert (await wallet.delete(card["id"]))["userErrors"][0]["code"] == "PAYMENT_METHOD_NOT_FOUND"
        wallet.sign_in("ada", EMAIL)
        for _ in range(2):
            assert (await wallet.delete(card["id"]))["deletedId"] == card["id"]
        assert await wallet.stored() == []
        told = await wallet.buy(card["id"], key="gone")
        assert told["checkout"]["state"]["__typename"] == "CheckoutFailed"
        wallet.sign_in("bob", EMAIL)
        assert [each["id"] for each in await wallet.stored()] == [other["id"]]
    if vendor.manifest is ADYEN:  # which is told nobody's e-mail
        assert EMAIL not in str(vendor.sandbox.ledger.stored)
