"""Bought in the demo: at the ERP's price, held by the processor, ordered at the shop once, then taken; and what is left
where it is not bought."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import pytest_asyncio

import gateway.demo
from gateway.demo.run import RunningDemo, running_demo
from gateway.security.issuer import LocalIssuer

sys.path.insert(0, str(Path(__file__).parent))
from buyer import Buyer

pytestmark = pytest.mark.asyncio(loop_scope="module")
SKU, FINE = "CLK-EMB-SAN", "MUG-HAR-S"
"""One at a price in whole pence; one whose price from ten pieces on is 10.268 without its tax."""
SCRIPT = re.compile(r"cat > buy\.py <<'END'[^\n]*\n(.*?)\nEND\n", re.DOTALL)
PAGE = Path(gateway.demo.__file__).with_name("README.md")


class Books:
    """What the shop and the processor have, read at the sandboxes."""

    def __init__(self, demo: RunningDemo) -> None:
        self.shop: Any = demo.sandboxes.running["shop"].sandbox
        self.cards: Any = demo.sandboxes.running["cards"].sandbox
        self.erp: Any = demo.sandboxes.running["erp"].sandbox

    def orders(self, checkout: str) -> list[str]:
        return [each.record.number for each in self.shop.world.orders.values() if each.source_identifier == checkout]

    def standing(self, checkout: str) -> list[str]:
        orders = self.shop.world.orders.values()
        return [each.id for each in orders if each.source_identifier == checkout and each.record.cancelled_at is None]

    def payments(self, checkout: str) -> list[tuple[str, int]]:
        """State and what was taken, in pence."""
        found = self.cards.ledger.intents.values()
        return [(each.status, each.received) for each in found if each.metadata.get("purchase") == checkout]

    def deliveries(self, number: str) -> list[str]:
        """How each stands at the ERP, which counts what the shop sells, for the shop's order."""
        found = [row for row in self.erp.store.all("stock.picking") if row["origin"] == number]
        return [self.erp.store.value("stock.picking", row, "state", {}) for row in found]

    async def taken(self, checkout: str, pence: int) -> None:
        async with asyncio.timeout(15):
            while self.payments(checkout) != [("succeeded", pence)]:  # noqa: ASYNC110  a run of its own does it
                await asyncio.sleep(0.05)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo() -> AsyncIterator[RunningDemo]:
    """One that sells, and for no longer than these tests."""
    async with running_demo() as running:
        yield running


@pytest.fixture
def books(demo: RunningDemo) -> Books:
    return Books(demo)


def pence(checkout: dict[str, Any]) -> int:
    return int(Decimal(checkout["total"]["amount"]) * 100)


async def answered(demo: RunningDemo, action: str, *, approved: bool = True) -> int:
    body = {"action": action, "approved": approved}
    async with aiohttp.ClientSession() as session, session.post(f"{demo.url}/demo/challenges", json=body) as response:
        return response.status


async def test_a_guest_buys_and_the_money_is_taken_when_the_shop_has_the_order(demo: RunningDemo, books: Books) -> None:
    buyer = Buyer(demo)
    await buyer.fill(SKU, 2)
    bought, again = await asyncio.gather(buyer.buy("pm_card_visa"), buyer.buy("pm_card_visa"))
    assert bought["state"]["__typename"] == "CheckoutCompleted"
    assert bought["total"]["amount"] == buyer.shown["quote"]["total"]["amount"]
    assert bought["state"]["order"]["lines"] == [{"sku": SKU, "quantity": "2"}]
    assert again == bought
    assert books.orders(bought["id"]) == [bought["state"]["orderNumber"]]
    await books.taken(bought["id"], pence(bought))
    async with asyncio.timeout(15):
        while books.deliveries(bought["state"]["orderNumber"]) != ["assigned"]:  # noqa: ASYNC110  a run of its own does it
            await asyncio.sleep(0.05)
    assert await buyer.ask("Look", checkout=bought["id"]) == {"checkout": bought}


@pytest.mark.parametrize("back", [False, True])
async def test_three_d_secure_is_answered_and_gone_on_with(demo: RunningDemo, books: Books, back: bool) -> None:
    buyer = Buyer(demo)
    await buyer.fill(SKU, 1)
    asked = await buyer.buy("pm_card_threeDSecure2Required", return_url=f"{demo.url}/back" if back else None)
    action = asked["state"]["nextAction"]
    assert action["kind"] == ("redirect" if back else "sdk")
    assert books.orders(asked["id"]) == []
    waiting = await buyer.go_on(asked["id"])
    assert waiting["state"]["__typename"] == "CheckoutActionRequired"
    assert await answered(demo, action["url"] if back else action["token"]) == 204
    assert await answered(demo, action["url"] if back else action["token"]) == 404
    bought = await buyer.go_on(asked["id"])
    assert bought["state"]["__typename"] == "CheckoutCompleted"
    assert len(books.orders(asked["id"])) == 1
    await books.taken(asked["id"], pence(bought))


async def test_three_d_secure_that_fails_leaves_nothing(demo: RunningDemo, books: Books) -> None:
    buyer = Buyer(demo)
    await buyer.fill(SKU, 1)
    asked = await buyer.buy("pm_card_threeDSecure2Required")
    assert await answered(demo, asked["state"]["nextAction"]["token"], approved=False) == 204
    failed = await buyer.go_on(asked["id"])
    assert failed["state"]["reason"] == "PAYMENT_DECLINED"
    assert books.orders(asked["id"]) == []


async def test_a_declined_card_leaves_nothing_and_another_card_buys(demo: RunningDemo, books: Books) -> None:
    buyer = Buyer(demo)
    await buyer.fill(SKU, 1)
    failed = await buyer.buy("pm_card_chargeDeclinedInsufficientFunds")
    state = failed["state"]
    assert (state["reason"], state["declineReason"]) == ("PAYMENT_DECLINED", "INSUFFICIENT_FUNDS")
    assert books.orders(failed["id"]) == []
    await buyer.look()
    assert buyer.shown["state"] == "OPEN"
    bought = await buyer.buy("pm_card_visa", "another key")
    assert bought["state"]["__typename"] == "CheckoutCompleted"
    assert len(books.orders(bought["id"])) == 1


async def test_a_customer_buys_without_a_secret(demo: RunningDemo, books: Books) -> None:
    buyer = Buyer(demo, demo.tokens.vip)
    await buyer.fill(SKU, 1)
    bought = await buyer.buy("pm_card_visa")
    assert bought["state"]["__typename"] == "CheckoutCompleted"
    assert await Buyer(demo).ask("Look", checkout=bought["id"]) == {"checkout": None}
    assert await Buyer(demo, demo.tokens.kiosks["GB"]).ask("Look", checkout=bought["id"]) == {"checkout": None}


@pytest.mark.parametrize("verified", [True, False])
async def test_somebody_new_has_a_record_at_the_shop_where_their_mail_was_verified(
    demo: RunningDemo, books: Books, verified: bool
) -> None:
    section, email = demo.settings.issuers["customers"], f"grace-{verified}@example.com".lower()
    issuer = LocalIssuer.load(demo.folder / "customers", section.issuer, section.audience)
    token = issuer.token(email, seconds=60, client_profile="web", email=email, email_verified=verified)
    checkouts: list[str] = []
    for _ in range(2):
        buyer = Buyer(demo, token)
        await buyer.fill(SKU, 1)
        bought = await buyer.buy("pm_card_visa")
        assert bought["state"]["__typename"] == "CheckoutCompleted"
        checkouts.append(bought["id"])
    people = books.shop.world.customers.items()
    records = [native for native, each in people if email in each.emails]
    orders = [each for each in books.shop.world.orders.values() if each.source_identifier in checkouts]
    assert len(records) == (1 if verified else 0)
    assert [each.customer for each in orders] == ([records[0]] * 2 if verified else [None, None])


@pytest.mark.parametrize("quantity", [1, 2, 9, 10, 11, 13])
async def test_a_finer_price_of_the_erps_is_what_the_shop_charges(
    demo: RunningDemo, books: Books, quantity: int
) -> None:
    buyer = Buyer(demo)
    await buyer.fill(FINE, quantity)
    bought = await buyer.buy("pm_card_visa")
    assert bought["state"]["__typename"] == "CheckoutCompleted"
    assert bought["total"]["amount"] == buyer.shown["quote"]["total"]["amount"]


async def test_where_the_shop_takes_no_order_nobody_is_asked_for_money(demo: RunningDemo) -> None:
    buyer = Buyer(demo, country="JP")
    await buyer.fill(SKU, 1, {"country": "JP", "lines": ["4-6-1"], "city": "Tokyo", "postalCode": "104-0061"})
    assert buyer.shown["quote"]["complete"]
    assert buyer.shown["paymentOptions"]["methods"] == []


@pytest.mark.parametrize("down", ["shop", "cards", "erp"])
async def test_a_backend_that_goes_down_leaves_all_or_nothing(demo: RunningDemo, books: Books, down: str) -> None:
    buyer = Buyer(demo)
    await buyer.fill(SKU, 1)
    await demo.sandboxes.take_down(down)
    try:
        checkout = await buyer.buy("pm_card_visa")
    finally:
        await demo.sandboxes.bring_back(down)
    async with asyncio.timeout(90):
        while checkout["state"]["__typename"] == "CheckoutProcessing":
            await asyncio.sleep(0.5)
            checkout = (await buyer.ask("Look", checkout=checkout["id"]))["checkout"]
    if checkout["state"]["__typename"] == "CheckoutCompleted":
        assert len(books.standing(checkout["id"])) == 1
        await books.taken(checkout["id"], pence(checkout))
    else:
        assert books.standing(checkout["id"]) == []
        assert {state for state, _ in books.payments(checkout["id"])} <= {"canceled", "requires_payment_method"}


@pytest.mark.parametrize("body", ["null", "[]", '{"action": 1, "approved": true}', '{"action": "pi_"}', "{"])
async def test_what_answers_no_challenge_is_refused(demo: RunningDemo, body: str) -> None:
    headers = {"content-type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{demo.url}/demo/challenges", data=body) as response,
    ):
        assert response.status == 400
    assert await answered(demo, "pi_nobody") == 404


async def test_the_script_on_the_page_buys(demo: RunningDemo, tmp_path: Path) -> None:
    found = SCRIPT.search(PAGE.read_text("utf-8"))
    assert found is not None
    script = tmp_path / "buy.py"
    script.write_text(found[1].replace("http://127.0.0.1:8000", demo.url), "utf-8")
    root = PAGE.parents[2]
    running = await asyncio.create_subprocess_exec(
        sys.executable, str(script), "pm_card_visa", cwd=root, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await asyncio.wait_for(running.communicate(), 30)
    assert running.returncode == 0
    bought = msgspec.json.decode(told)["checkoutSubmit"]
    assert bought["checkout"]["state"]["__typename"] == "CheckoutCompleted"
