"""Who asks what, and what goes wrong meanwhile. Every answer is kept, with who was given it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import aiohttp
import msgspec
from msgspec import Struct

from gateway.calls.operation.cache import Entry
from gateway.check import check
from gateway.demo.answers import document
from gateway.demo.run import MAIN_QUERY, MAIN_VARIABLES
from gateway.entry.response_cache import KeptAnswer
from gateway.errors import ConfigurationError, CredentialsRefused, RequestRefused
from gateway.explain import explain
from gateway.ports.customer import CustomerPort
from gateway.testing.faults.kinds import Fault
from tests.e2e.canaries.planted import ADA, NOOR, SAID, numbers_as_words, quoting, refusing
from tests.e2e.canaries.retailer import Retailer
from tests.e2e.canaries.scanner import card, email, family, given, phone

SLUG = {"slug": "harbour-stoneware-mug"}
PERSON = """{ givenName familyName emails phones birthDate language groups identities { system externalId status }
  consents { channel state } loyalty { nodes { programName balance } gaps { source code } }
  orders(first: 4) { nodes { number rawStatus lines { title sku } freshness { source reason } } gaps { source code } }
  gaps { source code } }"""
QUERIES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "main": (document(MAIN_QUERY), MAIN_VARIABLES),
    "web": (document("web"), {**SLUG, "signedIn": True}),
    "public": (document("web"), {**SLUG, "signedIn": False}),
    "kiosk": (document("kiosk"), SLUG),
    "voice": (document("voice"), SLUG),
    "me": (f"{{ me {PERSON} }}", {}),
    "customer": (f"query ($email: String!) {{ customer(by: {{ email: $email }}) {PERSON} }}", {"email": email(7)}),
    "search": ("query ($text: String!) { search(query: $text) { nodes { title { value } } } }", {"text": "mug"}),
    "stores": ("{ stores(first: 12) { nodes { key openAt phone } } }", {}),
}
GOOD = "good weather"
BOTHERED = ("shopper", "anonymous", "staff")
UNDER_FAULT = ("main", "me", "customer", "public", "search")

CONNECTION_FAULTS = (
    Fault.MALFORMED,
    Fault.TRUNCATED,
    Fault.AUTH_EXPIRED,
    Fault.REFUSE,
)
TAMPERED = {
    "quoting": quoting,
    "numbers as words": numbers_as_words,
    **{f"refusing with {status}": refusing(status) for status in (200, 400, 429, 500)},
}


STUMBLING = "an adapter stumbles"
TALKING = "an adapter hands on the vendor's words"
SECOND_TILL = "till_jp"
"""Of the same vendor as the first, so it need not break in every way."""
SPEAKING_OF_ADA = ("quoting", "numbers as words")
"""A backend that writes a person's name into every product's title has told everybody: there it is its answer."""

Remember = Callable[[dict[Any, Entry], dict[Any, KeptAnswer]], None]


class Given(Struct, frozen=True):
    """One answer: to whom (`shopper`, `vip`, `kiosk`, `voice`, `anonymous`, `staff`), to what, and when."""

    who: str
    asked: str
    under: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        """The body as JSON, empty where it is none."""
        try:
            value: Any = msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return {}
        return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


class Client:
    """Asks over the socket, as anybody."""

    def __init__(self, retailer: Retailer, session: aiohttp.ClientSession) -> None:
        tokens = retailer.tokens
        self.callers = {
            "shopper": tokens.shopper,
            "vip": tokens.vip,
            "kiosk": tokens.kiosks["GB"],
            "voice": tokens.voice,
            "anonymous": None,
            "staff": tokens.staff,
        }
        self.given: list[Given] = []
        self._url = retailer.url
        self._session = session

    async def ask(self, who: str, asked: str, under: str = GOOD) -> None:
        text, variables = QUERIES[asked]
        await self.send(who, asked, under, json.dumps({"query": text, "variables": dict(variables)}).encode())

    async def ask_all(self, names: tuple[str, ...], under: str) -> None:
        who = self.callers if under == GOOD else BOTHERED
        await asyncio.gather(*(self.ask(each, asked, under) for each in who for asked in names))

    async def send(
        self, who: str, asked: str, under: str, body: bytes, *, target: str = "/graphql", method: str = "POST",
        headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        token = self.callers.get(who)
        every = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
        async with self._session.request(
            method, self._url + target, data=body or None, headers={**every, **(headers or {})}, allow_redirects=False
        ) as response:
            told = {**response.headers}
            self.given.append(Given(who, asked, under, response.status, told, await response.read()))

    async def page(self, path: str) -> bytes:
        async with self._session.get(self._url + path) as response:
            return await response.read()


@asynccontextmanager
async def client_of(retailer: Retailer) -> AsyncGenerator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(retailer, session)


async def good_weather(client: Client) -> None:
    """Twice, so that the second time is answered from whatever was kept."""
    for _ in range(2):
        await client.ask_all(tuple(QUERIES), GOOD)


CREATE = """mutation ($note: String!) { cartCreate(input: {lines: [{variant: {sku: "MUG-HAR-S"}, note: $note,
  options: [{name: "engraving", value: $note}], attributes: [{name: "for", value: $note}]}]}) {
    secret cart { id } userErrors { message } } }"""
FILL = """mutation ($id: ID!, $buyer: CartBuyerInput!, $address: PostalAddressInput!, $note: String!) {
  a: cartBuyerUpdate(input: {cartId: $id, buyer: $buyer}) { cart { id } userErrors { message } }
  b: cartAddressUpdate(input: {cartId: $id, address: $address}) { cart { id } userErrors { message } }
  c: cartAttributesUpdate(input: {cartId: $id, note: $note, attributes: [{name: "for", value: $note}]}) {
    cart { id } userErrors { message } } }"""
CARTS, GOOD_CARTS = "carts", "carts filled"


async def carts(client: Client) -> None:
    """Everybody types all there is of Ada into a cart: nothing of it may lie about, and no card number gets so far."""
    person = f"{given(ADA)} {family(ADA)} {email(ADA)} {phone(ADA, '44')}"
    buyer = {"email": email(ADA), "phone": phone(ADA, "44"), "givenName": given(ADA), "familyName": family(ADA)}
    address = {"country": "GB", "name": person, "lines": [person], "city": given(ADA), "phone": phone(ADA, "44")}
    for who in ("shopper", "anonymous"):
        create = {"query": CREATE, "variables": {"note": person}}
        await client.send(who, CARTS, GOOD_CARTS, json.dumps(create).encode())
        made = client.given[-1].said["data"]["cartCreate"]
        headers = {"commerce-cart-secret": made["secret"]} if made["secret"] else {}
        variables = {"id": made["cart"]["id"], "buyer": buyer, "address": address, "note": person}
        fill = {"query": FILL, "variables": variables}
        await client.send(who, CARTS, GOOD_CARTS, json.dumps(fill).encode(), headers=headers)
        with_card = {"query": CREATE, "variables": {"note": card(ADA)}}
        await client.send(who, "card in a note", "malformed", json.dumps(with_card).encode())


async def bad_weather(retailer: Retailer, client: Client, remember: Remember) -> None:
    """One backend after the other fails in every way while everybody asks; `remember` is given what was kept."""
    for name, door in retailer.doors.items():
        for fault in CONNECTION_FAULTS if name != SECOND_TILL else ():
            await retailer.forget()
            await door.set(fault)
            await client.ask_all(UNDER_FAULT, f"{name}: {fault.value}")
            remember(*retailer.kept())
        await door.set(Fault.NONE)
        for kind, tamper in TAMPERED.items():
            await retailer.forget()
            door.tamper = tamper
            await client.ask_all(UNDER_FAULT, f"{name}: {kind}")
            if kind not in SPEAKING_OF_ADA:
                remember(*retailer.kept())
        door.tamper = None
    await retailer.forget()


async def broken_adapter(retailer: Retailer, client: Client) -> None:
    """An adapter with a mistake in it, that stumbles over somebody's data."""

    async def stumble(*_: object) -> None:
        raise KeyError(SAID)

    backend = retailer.gateway.registry.backends["crm"]
    adapter: Any = backend.backend.port(CustomerPort)
    await retailer.forget()
    adapter.find_customers = stumble
    retailer.gateway.caller.rebound(backend.name)
    await client.ask_all(("me", "customer"), STUMBLING)

    async def talk(*_: object) -> None:
        raise RequestRefused(
            detail=f"no field 'lokation' for {email(ADA)} {phone(ADA, '44')} {card(ADA)} \"{given(ADA)} X\""
        )

    async def blab(*_: object) -> None:
        raise CredentialsRefused(detail=" ".join(f"key {secret} expired;" for secret in sorted(retailer.secrets)))

    for said in (talk, blab):
        adapter.find_customers = said
        retailer.gateway.caller.rebound(backend.name)
        await retailer.forget()
        await asyncio.sleep(1.0)  # until the log writes such lines again
        await client.ask_all(("me", "customer"), TALKING)
    del adapter.find_customers
    retailer.gateway.caller.rebound(backend.name)
    await retailer.forget()


async def malformed_requests(client: Client) -> None:
    """Requests that are wrong and full of data; nobody's answer may repeat it to anybody else or write it down."""
    said = json.dumps(SAID)
    paged = f'{{ products(after: "{email(ADA)}") {{ nodes {{ id }} }} }}'
    bodies = {
        "no JSON": f'{{"query": {said}'.encode(),
        "a text": said.encode(),
        "no GraphQL": json.dumps({"query": SAID}).encode(),
        "unknown field": json.dumps({"query": f'{{ product(by: {{ sku: "{email(ADA)}" }}) {{ zq }} }}'}).encode(),
        "wrong variable": json.dumps({"query": QUERIES["kiosk"][0], "variables": {"slug": {"x": SAID}}}).encode(),
        "unknown variable": json.dumps({"query": "{ stores { totalCount } }", "variables": {"x": SAID}}).encode(),
        "card in a search": json.dumps({"query": QUERIES["search"][0], "variables": {"text": card(ADA)}}).encode(),
        "card in a literal": json.dumps({"query": f'{{ search(query: "{card(ADA)}") {{ nodes {{ id }} }} }}'}).encode(),
        "malformed id": json.dumps({"query": f'{{ node(id: "{email(ADA)}") {{ id }} }}'}).encode(),
        "malformed cursor": json.dumps({"query": paged}).encode(),
        "operation name": json.dumps({"query": "{ stores { totalCount } }", "operationName": SAID}).encode(),
        "document id": json.dumps({"documentId": SAID}).encode(),
        "persisted": json.dumps({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": SAID}}}).encode(),
        "a store": json.dumps({"query": f'query @inContext(store: "{SAID}") {{ context {{ store }} }}'}).encode(),
        "deep": json.dumps({"query": "{ product " * 60 + f'(x: "{SAID}")' + "}" * 60}).encode(),
    }  # fmt: skip
    for who in client.callers:
        for kind, body in bodies.items():
            await client.send(who, kind, "malformed", body)
    for kind, headers in {
        "a token that is none": {"authorization": f"Bearer {email(ADA)}.{given(ADA)}.{card(ADA)}"},
        "a key that is none": {"x-api-key": f"{email(ADA)} {card(ADA)}"},
        "a country that is none": {"x-commerce-country": SAID},
        "a type that is none": {"content-type": SAID},
        "an accepted type that is none": {"accept": f"text/{given(ADA)}"},
        "a trace": {"traceparent": SAID},
        "an origin": {"origin": f"https://{email(ADA)}"},
    }.items():
        body = json.dumps({"query": "{ stores { totalCount } }"}).encode()
        await client.send("anonymous", kind, "malformed", body, headers=headers)
    query = f"?query={{search(query:%22{email(ADA)}%22){{nodes{{id}}}}}}"
    for target in (f"/graphql{query}", f"/{email(ADA)}", f"/webhooks/{email(ADA)}", f"/healthz?token={card(ADA)}"):
        await client.send("anonymous", "by GET", "malformed", b"", target=target, method="GET")


async def webhooks(retailer: Retailer, client: Client) -> None:
    """Of every vendor, with the right signature and a wrong one, well formed and not, all full of data."""
    now = datetime.now(UTC)
    wrong = "not-the-secret"
    bodies = {
        "shop": {"id": 600_001, "email": email(ADA), "first_name": given(ADA), "phone": phone(ADA, "44"), "note": SAID},
        "erp": {"_model": "res.partner", "_id": 301, "email_normalized": email(ADA), "name": given(ADA), "x": SAID},
        "crm": [
            {"subscriptionType": "contact.propertyChange", "objectId": 1001, "eventId": 1, "propertyName": "email",
             "occurredAt": int(now.timestamp() * 1000), "propertyValue": email(ADA), "x": card(ADA)}
        ],
        "till_uk": {"type": "customer.updated", "event_id": "1", "created_at": now.isoformat(),
                    "data": {"type": "customer", "id": "40001", "object": {"customer": {"note": SAID}}}},
    }  # fmt: skip
    for name, payload in bodies.items():
        good = json.dumps(payload).encode()
        for kind, body in {"whole": good, "cut": good[:-9], "words": json.dumps(SAID).encode()}.items():
            for secret in (retailer.webhooks[name], wrong):
                headers = _proof(retailer, name, body, secret, now)
                await client.send(
                    "anonymous", f"{kind} webhook", name, body, target=f"/webhooks/{name}", headers=headers
                )
    await retailer.gateway.inbox.settled()


def _proof(retailer: Retailer, name: str, body: bytes, secret: str, now: datetime) -> dict[str, str]:
    def mac(signed: bytes) -> str:
        return base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()

    url = f"{retailer.settings.gateway.public_url}/webhooks/{name}".encode()
    stamp = str(int(now.timestamp() * 1000))
    return {
        "shop": {"x-shopify-hmac-sha256": mac(body), "x-shopify-topic": "customers/update"},
        "erp": {"x-gateway-token": secret},
        "crm": {
            "x-hubspot-signature-v3": mac(b"POST" + url + body + stamp.encode()),
            "x-hubspot-request-timestamp": stamp,
        },
        "till_uk": {"x-square-hmacsha256-signature": mac(url + body)},
    }[name]


async def commands(retailer: Retailer) -> None:
    """What an operator runs while things go wrong: prints to the terminal, which is recorded."""
    config = retailer.folder / "gateway.toml"
    queries = {name: retailer.folder / f"{name}.graphql" for name in ("me", "public")}
    for name, path in queries.items():
        await asyncio.to_thread(path.write_text, QUERIES[name][0], "utf-8")
    before = dict(os.environ)
    os.environ.update(retailer.settings.environment)
    try:
        await check(config)
        await _explain_all(config, queries, retailer)
        for kind in ("quoting", "refusing with 200", "refusing with 500"):
            for door in retailer.doors.values():
                door.tamper = TAMPERED[kind]
            await check(config)
            await _explain_all(config, queries, retailer)
        for door in retailer.doors.values():
            door.tamper = None
        os.environ["DEMO_ERP_API_KEY"] = retailer.secrets[0]
        await check(config)
        os.environ["DEMO_CURSOR_KEY"] = ""
        try:
            await check(config)
        except ConfigurationError as error:
            print(f"configuration: {error.message}")
    finally:
        os.environ.clear()
        os.environ.update(before)
        for door in retailer.doors.values():
            door.tamper = None


async def _explain_all(config: Path, queries: Mapping[str, Path], retailer: Retailer) -> None:
    variables = json.dumps({**SLUG, "signedIn": False})
    await explain(config, queries["public"], variables, svg=retailer.folder / "p.svg", dry=False, token=None)
    await explain(config, queries["me"], "{}", svg=retailer.folder / "m.svg", dry=False, token=retailer.tokens.shopper)


def allowed(who: str) -> frozenset[int]:
    """The people whose data this caller may be given: Ada and Noor their own, staff anybody's."""
    return {"shopper": frozenset({ADA}), "vip": frozenset({NOOR}), "staff": frozenset(range(1_000))}.get(
        who, frozenset()
    )
