"""What strangers can hold and try over HTTP, however they call themselves."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

from gateway.model.payments import DeclineReason

sys.path.insert(0, str(Path(__file__).parent))
from selling_shop import SESSION, SellingShop, selling

BEHIND_A_PROXY = {"trusted_proxies": ["127.0.0.0/8"]}
ADDRESSES = ("203.0.113.77", "198.51.100.77")


def too_many(answer: dict[str, Any]) -> str:
    assert answer["checkout"] is None, answer
    (fault,) = answer["userErrors"]
    assert fault["__typename"] == "TooManyAttempts"
    assert 1 <= fault["retryAfter"] <= 3_601
    return fault["kind"]


def state(answer: dict[str, Any]) -> str:
    assert answer["checkout"] is not None, answer
    return answer["checkout"]["state"]["__typename"]


async def submitted(shop: SellingShop, address: str, token: str = "tok", pieces: int = 1) -> dict[str, Any]:
    """A cart of its own, by a client that says that it asks for somebody at `address`."""
    shop.headers = {"x-forwarded-for": address, "forwarded": f"for={address}", "x-real-ip": address}
    return await shop.submit(await shop.cart(pieces), token=token)


async def test_a_guest_of_many_carts_and_names_holds_few_pieces(tmp_path: Path) -> None:
    async with selling(tmp_path) as shop:
        shop.pay.book.challenged.add("tok")
        answers = [await submitted(shop, f"203.0.113.{number}") for number in range(7)]
        assert [state(answer) for answer in answers[:4]] == ["CheckoutActionRequired"] * 4
        assert {too_many(answer) for answer in answers[4:]} == {"PIECES_HELD"}
        assert shop.payments() == ["REQUIRES_ACTION"] * 4


async def test_each_address_behind_a_trusted_proxy_is_counted_for_itself_and_none_is_kept(tmp_path: Path) -> None:
    async with selling(tmp_path, pieces=20, server=BEHIND_A_PROXY) as shop:
        shop.pay.book.challenged.add("tok")
        told = [[await submitted(shop, f"192.0.2.1, {address}") for _ in range(5)] for address in ADDRESSES]
        for answers in told:
            assert [state(answer) for answer in answers[:4]] == ["CheckoutActionRequired"] * 4
            assert too_many(answers[4]) == "PIECES_HELD"
        late = (await submitted(shop, "198.51.100.9", "other", 13))["checkout"]["state"]
        assert (late["reason"], late["mayReturn"], late["remedy"]) == ("OUT_OF_STOCK", True, "TRY_LATER")
        assert 1 <= late["retryAfter"] <= 20
        kept = b"".join(file.read_bytes() for file in tmp_path.glob("state*"))
        for address in ADDRESSES:
            words = (address, f"address|{address}", f"anonymous|{address}")
            for canary in (address, *(hashlib.sha256(word.encode()).hexdigest() for word in words)):
                assert canary.encode() not in kept


async def test_stolen_cards_are_tried_so_often_and_then_no_processor_is_asked(tmp_path: Path) -> None:
    async with selling(tmp_path, checkout={"unpaid_per_address": 3}) as shop:
        shop.pay.book.declined["stolen"] = DeclineReason.OTHER
        for number in range(3):
            assert state(await submitted(shop, f"203.0.113.{number}", "stolen")) == "CheckoutFailed"
        assert too_many(await submitted(shop, "203.0.113.9", "stolen")) == "PAYMENTS_FAILED"
        cart = await shop.cart()
        given = {"cartId": cart.id, "quoteId": cart.quote, "methodId": cart.method}
        opened = (await shop.ask(SESSION, cart.secret, i=given))["paymentSessionCreate"]
        assert (opened["session"], opened["userErrors"][0]["kind"]) == (None, "PAYMENTS_FAILED")
        assert shop.payments() == ["FAILED"] * 3


async def test_a_frontend_that_asks_for_many_shoppers_is_not_one_of_them(tmp_path: Path) -> None:
    profile = {"touchpoint": "agent", "default_country": "GB", "deadline": 30.0, "counted_by": ["customer"]}
    async with selling(tmp_path, profiles={"anonymous": profile}) as shop:
        shop.pay.book.challenged.add("tok")
        answers = [await submitted(shop, "203.0.113.1") for _ in range(5)]
        assert {state(answer) for answer in answers} == {"CheckoutActionRequired"}
