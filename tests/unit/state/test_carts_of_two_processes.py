"""Two devices and a checkout on one cart, in two processes over one database: whatever they do, side by side or one
after the other, no line is lost, nothing is counted twice, and a frozen cart stays as it is.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from gateway.model.cart_faults import CartFault
from gateway.model.carts import Cart, CartAccess, CartState
from gateway.services.carts import editing
from gateway.services.carts.wishes import Bounds, LineUpdate, LineWish
from gateway.state.cart_making import Bearing, CartMaking, MadeCart
from gateway.state.cart_rows import new_id
from gateway.state.carts import StoredCarts
from gateway.state.database import Database
from gateway.state.sealing import Sealing

from .servers import PostgresServer
from .test_carts import empty

ROOT = Path(__file__).resolve().parents[3]
SKUS = ("MUG", "BOWL", "CUP", "JUG")
BOUNDS = Bounds(500, 60)


async def live(url: str) -> None:
    """One process: a command a line, an answer a line."""
    store = StoredCarts(await Database.open(url), Sealing(["one"]))
    loop = asyncio.get_running_loop()
    print("ready", flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await answer(store, json.loads(line))), flush=True)


async def answer(store: StoredCarts, asked: dict[str, Any]) -> Any:
    what, access = asked["do"], CartAccess(secret=asked.get("secret"))
    if what == "create":
        made = await CartMaking(store).create(
            editing.adding([], BOUNDS), empty(id=new_id()), Bearing("web"), maker="m", most=100_000
        )
        assert isinstance(made, MadeCart)
        return [made.cart.id, made.secret]
    cart = await store.read(asked["cart"], access)
    assert cart is not None
    if what == "read":
        lines = {line.sku: [int(line.quantity), line.saved] for line in cart.lines}
        return {"state": cart.state.value, "version": cart.version, "lines": lines, "order": cart.order}
    if what in ("freeze", "thaw", "order"):
        return await checked_out(store, asked, cart)
    edit = edit_of(asked, cart)
    changed = await store.change(cart.id, access, edit, expected=asked.get("expected"))
    return type(changed).__name__ if isinstance(changed, CartFault) else "Changed"


async def checked_out(store: StoredCarts, asked: dict[str, Any], cart: Cart) -> str:
    async with store.database.write() as connection:
        if asked["do"] == "freeze":
            frozen = await store.freeze(connection, cart.id, asked["version"], asked["checkout"])
            return type(frozen).__name__
        if asked["do"] == "thaw":
            return str(await store.thaw(connection, cart.id, asked["checkout"]))
        return str(await store.ordered(connection, cart.id, asked["checkout"], "R1"))


def edit_of(asked: dict[str, Any], cart: Cart) -> editing.Editing:
    wanted = asked.get("sku", "")
    known = next((line.id for line in cart.lines if line.sku == wanted), "-")
    if asked["do"] == "add":
        return editing.adding([LineWish(variant=wanted, quantity=Decimal(asked["quantity"]))], BOUNDS)
    if asked["do"] == "remove":
        return editing.removing([known])
    return editing.updating([LineUpdate(line=known, quantity=Decimal(asked["quantity"]))], BOUNDS)


class Worker:
    def __init__(self, url: str) -> None:
        command = [sys.executable, "-c", "import asyncio, sys; from tests.unit.state.test_carts_of_two_processes "
                   "import live; asyncio.run(live(sys.argv[1]))", url]  # fmt: skip
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def send(self, **asked: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()

    def told(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def ask(self, **asked: Any) -> Any:
        self.send(**asked)
        return self.told()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


devices = st.sampled_from([0, 1])
quantities = st.integers(1, 20)


class TwoDevices(RuleBasedStateMachine):
    """What the cart must be, beside what both processes say it is."""

    workers: tuple[Worker, Worker]

    @initialize(device=devices)
    def create(self, device: int) -> None:
        self.lines: dict[str, int] = {}
        self.state, self.version, self.checkout, self.checkouts = CartState.OPEN, 1, "", 0
        self.cart, self.secret = self.workers[device].ask(do="create")

    def ask(self, device: int, do: str, **more: Any) -> Any:
        return self.workers[device].ask(do=do, cart=self.cart, secret=self.secret, **more)

    def both(self, first: dict[str, Any], second: dict[str, Any]) -> tuple[Any, Any]:
        """Sent before either is answered."""
        for worker, asked in zip(self.workers, (first, second), strict=True):
            worker.send(cart=self.cart, secret=self.secret, **asked)
        return self.workers[0].told(), self.workers[1].told()

    def count(self, told: str, sku: str, quantity: int) -> None:
        if told == "Changed":
            self.lines[sku] = self.lines.get(sku, 0) + quantity
            self.version += 1

    @rule(device=devices, sku=st.sampled_from(SKUS), quantity=quantities)
    def add(self, device: int, sku: str, quantity: int) -> None:
        told = self.ask(device, "add", sku=sku, quantity=quantity)
        fits = self.lines.get(sku, 0) + quantity <= BOUNDS.pieces
        assert told == (self.refusal() or ("Changed" if fits else "InvalidQuantity"))
        self.count(told, sku, quantity)

    @rule(first=st.sampled_from(SKUS), second=st.sampled_from(SKUS), quantity=quantities)
    def add_both_at_once(self, first: str, second: str, quantity: int) -> None:
        asked = ({"do": "add", "sku": sku, "quantity": quantity} for sku in (first, second))
        told = self.both(*asked)
        for sku, one in zip((first, second), told, strict=True):
            assert one in ("Changed", "InvalidQuantity") if self.refusal() is None else one == self.refusal()
            self.count(one, sku, quantity)
        over = [sku for sku in (first, second) if self.lines.get(sku, 0) + quantity > BOUNDS.pieces]
        assert "InvalidQuantity" not in told or over

    @rule(quantity=quantities)
    def add_both_expecting_one_version(self, quantity: int) -> None:
        skus = ("MUG", "BOWL")
        asked = [{"do": "add", "sku": sku, "quantity": quantity, "expected": self.version} for sku in skus]
        told = self.both(*asked)
        if self.refusal() is None:
            assert told.count("Changed") <= 1
            assert "CartChanged" in told or "InvalidQuantity" in told
        for sku, one in zip(skus, told, strict=True):
            self.count(one, sku, quantity)

    @rule(device=devices, sku=st.sampled_from(SKUS))
    def remove(self, device: int, sku: str) -> None:
        told = self.ask(device, "remove", sku=sku)
        assert told == (self.refusal() or ("Changed" if sku in self.lines else "LineNotFound"))
        if told == "Changed":
            del self.lines[sku]
            self.version += 1

    @rule(device=devices, sku=st.sampled_from(SKUS), quantity=quantities)
    def set_quantity(self, device: int, sku: str, quantity: int) -> None:
        same = self.lines.get(sku) == quantity
        told = self.ask(device, "update", sku=sku, quantity=quantity)
        assert told == (self.refusal() or ("Changed" if sku in self.lines else "LineNotFound"))
        if told == "Changed" and not same:
            self.lines[sku] = quantity
            self.version += 1

    @rule(sku=st.sampled_from(SKUS), quantity=quantities)
    def remove_while_the_other_adds(self, sku: str, quantity: int) -> None:
        """Removed is what was there: what comes after is there, what came before is gone with it."""
        before = self.lines.get(sku, 0)
        told = self.both({"do": "add", "sku": sku, "quantity": quantity}, {"do": "remove", "sku": sku})
        if self.refusal() is not None:
            assert told == (self.refusal(), self.refusal())
            return
        added, removed = told
        found = self.ask(0, "read")
        self.version = found["version"]
        left = found["lines"].get(sku, [0])[0]
        assert removed in ("Changed", "LineNotFound")
        if removed == "LineNotFound":
            assert (before, left) == (0, quantity)
        else:
            assert left in ((0, quantity) if added == "Changed" else (0,))
        self.lines.pop(sku, None)
        if left:
            self.lines[sku] = left

    @rule(device=devices)
    def submit(self, device: int) -> None:
        self.checkouts += 1
        told = self.ask(device, "freeze", version=self.version, checkout=f"C{self.checkouts}")
        assert told == (self.refusal() or "Cart")
        if told == "Cart":
            self.state, self.checkout = CartState.FROZEN, f"C{self.checkouts}"

    @rule(sku=st.sampled_from(SKUS))
    def submit_while_the_other_adds(self, sku: str) -> None:
        self.checkouts += 1
        checkout, refusal = f"C{self.checkouts}", self.refusal()
        freeze = {"do": "freeze", "version": self.version, "checkout": checkout}
        told = self.both({"do": "add", "sku": sku, "quantity": 1}, freeze)
        if refusal is not None:
            assert told == (refusal, refusal)
            return
        full = self.lines.get(sku, 0) + 1 > BOUNDS.pieces
        assert told in [("Changed", "CartChanged"), ("CheckoutInProgress", "Cart"), ("InvalidQuantity", "Cart")]
        assert full or told[0] != "InvalidQuantity"
        self.count(told[0], sku, 1)
        if told[1] == "Cart":
            self.state, self.checkout = CartState.FROZEN, checkout

    @rule(device=devices)
    def pay_and_cancel_at_once(self, device: int) -> None:
        """A webhook says paid while somebody else gives up: one of the two."""
        asked = [{"do": do, "checkout": self.checkout or "C0"} for do in ("order", "thaw")]
        ordered, thawed = self.both(*(asked if device else asked[::-1]))[:: 1 if device else -1]
        if self.state is CartState.FROZEN:
            assert (ordered, thawed) in [("True", "False"), ("False", "True")]
            self.state = CartState.ORDERED if ordered == "True" else CartState.OPEN
            self.version += thawed == "True"
        else:
            assert thawed == "False"
            assert ordered == str(self.state is CartState.ORDERED)

    @rule(device=devices)
    def thaw_another_checkouts(self, device: int) -> None:
        assert self.ask(device, "thaw", checkout="somebody else's") == "False"

    def refusal(self) -> str | None:
        return {CartState.FROZEN: "CheckoutInProgress", CartState.ORDERED: "CartClosed"}.get(self.state)

    @invariant()
    def both_read_what_must_be(self) -> None:
        if not hasattr(self, "cart"):
            return
        for device in (0, 1):
            found = self.ask(device, "read")
            assert {sku: one[0] for sku, one in found["lines"].items()} == self.lines
            assert (found["state"], found["version"]) == (self.state.value, self.version)


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.full])]
)
def workers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Worker, Worker]]:
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('carts')}/state.sqlite"
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.url
    pair = Worker(url), Worker(url)
    yield pair
    for worker in pair:
        worker.close()


@pytest.mark.parametrize("carts", [12, pytest.param(60, marks=pytest.mark.full)])
@pytest.mark.timeout(600)
def test_two_devices_in_two_processes_lose_no_line(workers: tuple[Worker, Worker], carts: int) -> None:
    machine = type("TwoDevicesHere", (TwoDevices,), {"workers": workers})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=carts, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )


def test_the_machine_notices_a_lost_line(workers: tuple[Worker, Worker]) -> None:
    """It would be worth nothing if it could not fail."""
    machine: TwoDevices = type("Forgetful", (TwoDevices,), {"workers": workers})()
    machine.create(0)
    machine.add(1, "MUG", 2)
    machine.both_read_what_must_be()
    machine.ask(0, "remove", sku="MUG")
    with pytest.raises(AssertionError):
        machine.both_read_what_must_be()
