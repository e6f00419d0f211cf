"""Owners whose figures go on counting what was ordered until it is shipped (Square)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from gateway.checkout.unshipped import Unshipped
from gateway.model.orders import OrderStatus
from gateway.state.ledger import HoldState

from .retail import Retail


@pytest.fixture
async def retail(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Retail]:
    folder = tmp_path_factory.mktemp("unshipped")
    opened = await Retail.open(f"sqlite+aiosqlite:///{folder}/state.sqlite")
    bound = opened.backends["erp"]
    ordering = bound.manifest.ordering
    assert ordering is not None
    manifest = replace(bound.manifest, ordering=replace(ordering, counted=False))
    opened.backends["erp"] = replace(bound, manifest=manifest)
    yield opened
    await opened.close()


async def states(retail: Retail, run: str) -> list[HoldState]:
    return [hold.state for hold in await retail.ledger.of_run(run)]


@pytest.mark.parametrize("status", [OrderStatus.FULFILLED, OrderStatus.CANCELLED, OrderStatus.RETURNED])
async def test_pieces_are_kept_back_until_their_order_is_over(retail: Retail, status: OrderStatus) -> None:
    unshipped = Unshipped(retail.given)
    checkout = await retail.buy(await retail.cart(("MUG", 1)))
    kept = await retail.free()
    assert await unshipped.round() == 0
    assert await retail.free() == kept  # however often it is read
    assert await states(retail, checkout.id) == [HoldState.HANDED_OVER]
    (number,) = retail.erp.order_states
    retail.erp.order_states[number] = status
    assert await unshipped.round() == 1
    assert await states(retail, checkout.id) == [HoldState.HANDED_OVER]  # until a reading is asked for
    assert await retail.free() == kept + 1
    assert await states(retail, checkout.id) == [HoldState.GONE]
    assert await unshipped.round() == 0


async def test_an_owner_that_is_silent_or_forgot_its_order_ends_nothing(retail: Retail) -> None:
    unshipped = Unshipped(retail.given)
    checkout = await retail.buy(await retail.cart(("MUG", 1)))
    retail.erp.down = True
    assert await unshipped.round() == 0
    retail.erp.down = False
    retail.erp.order_records.clear()
    assert await unshipped.round() == 0
    assert await states(retail, checkout.id) == [HoldState.HANDED_OVER]


async def test_all_are_gone_through_however_many_there_are(retail: Retail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.checkout.unshipped.A_ROUND", 1)
    unshipped = Unshipped(retail.given)
    bought = [await retail.buy(await retail.cart(("MUG", 1))) for _ in range(3)]
    for number in retail.erp.order_states:
        retail.erp.order_states[number] = OrderStatus.FULFILLED
    assert [await unshipped.round() for _ in bought] == [1, 1, 1]
