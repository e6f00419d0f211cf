"""Goods given to orders of other systems at the shop: once for each reference, all or none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import aiohttp
import pytest

from adapters.shopify.committing import COMMIT
from adapters.shopify.manifest import MANIFEST
from adapters.shopify.sandbox import ShopifySandbox, create
from gateway.errors import CredentialsRefused, RequestRefused, Unavailable
from gateway.model.context import CommerceContext
from gateway.model.identity import NativeRef
from gateway.model.stock import CommitStock, GoodsSold, Restock, StockCommitted
from gateway.ports.stock import RestockPort, StockCommitPort
from gateway.testing import conformance as suites
from gateway.testing.sandbox import SeedStock

from .conftest import OpenShop
from .shops import call, product, seed, shop_facts, shop_seed

HERE = CommerceContext("GB", "GBP", "en").only(frozenset())
REFERENCE = "ABCDEFGHJKMNPQRSTVWXYZ0123"
HOME, AWAY = "gid://shopify/Location/1", "gid://shopify/Location/2"


class Shop(suites.Served):
    under_test = MANIFEST
    named = "shop"

    @pytest.fixture
    def sandbox(self) -> ShopifySandbox:
        return create(shop_seed())

    @pytest.fixture
    def stated(self) -> suites.ConformanceFacts:
        return shop_facts(self.named)


class TestWrites(suites.ServedStock, Shop, suites.WriteConformance):
    writes = (b"mutation StockCommit",)

    @pytest.fixture
    def effects(self, sandbox: ShopifySandbox) -> Callable[[str], int]:
        return lambda reference: sum(
            1
            for kind, document, _ in sandbox.world.effects
            if kind == "inventoryAdjustQuantities" and document.endswith(f"/{reference}")
        )


class TestCommitting(Shop, suites.CommittingConformance): ...


class TestRestocking(Shop, suites.RestockingConformance):
    no_record = "gid://shopify/InventoryAdjustmentGroup/999999"


class TestRestockWrites(suites.ServedRestock, Shop, suites.WriteConformance):
    writes = (b"mutation StockCommit",)

    @pytest.fixture
    def effects(self, sandbox: ShopifySandbox) -> Callable[[str], int]:
        return lambda reference: sum(
            1 for _, document, _ in sandbox.world.effects if document.endswith(f"/Restock/{reference}")
        )


@pytest.fixture
async def opened(open_shop: OpenShop) -> tuple[ShopifySandbox, StockCommitPort]:
    stock = (
        SeedStock("MUG", HOME, Decimal(7), Decimal(2)),
        SeedStock("MUG", AWAY, Decimal(3)),
        SeedStock("TOTE", HOME, Decimal(4)),
    )
    sandbox, shop = await open_shop(seed(product(1, "MUG", "TOTE"), stock=stock))
    return sandbox, cast("StockCommitPort", shop)


Opened = tuple[ShopifySandbox, StockCommitPort]


def sold(*goods: tuple[str, str, int]) -> CommitStock:
    return CommitStock(reference=REFERENCE, goods=tuple(GoodsSold(*each) for each in goods), order="W1")


async def commit(desk: StockCommitPort, *goods: tuple[str, str, int]) -> StockCommitted:
    return await desk.commit_stock(sold(*goods), HERE, call())


def levels(sandbox: ShopifySandbox) -> dict[Any, tuple[int, int]]:
    return {spot: (level.available, level.on_hand) for spot, level in sandbox.world.stock.items()}


async def test_what_is_sold_leaves_what_is_available_by_one_adjustment(opened: Opened) -> None:
    sandbox, desk = opened
    done = await commit(desk, ("MUG", HOME, 2), ("MUG", AWAY, 1), ("MUG", HOME, 1))
    (effect,) = sandbox.world.effects
    assert effect == ("inventoryAdjustQuantities", f"gid://commerce-gateway/Commitment/{REFERENCE}", done.ref.id)
    assert levels(sandbox) == {("MUG", HOME): (2, 4), ("MUG", AWAY): (2, 2), ("TOTE", HOME): (4, 4)}


async def test_available_falls_below_zero_because_it_is_sold(opened: Opened) -> None:
    sandbox, desk = opened
    await commit(desk, ("MUG", AWAY, 5))
    assert sandbox.world.stock["MUG", AWAY].available == -2


async def test_asked_again_it_is_the_same_commitment(opened: Opened) -> None:
    sandbox, desk = opened
    first = await commit(desk, ("MUG", HOME, 2))
    assert await commit(desk, ("MUG", HOME, 2)) == first
    assert sandbox.world.stock["MUG", HOME].available == 3


async def test_a_key_that_was_used_for_other_goods_leaves_it_open(opened: Opened) -> None:
    """What was asked first stands: this is no refusal of the commitment."""
    sandbox, desk = opened
    await commit(desk, ("MUG", HOME, 2))
    with pytest.raises(Unavailable):
        await commit(desk, ("MUG", HOME, 1))
    assert sandbox.world.stock["MUG", HOME].available == 3


async def test_a_key_whose_request_failed_is_given_up_for_the_next(opened: Opened) -> None:
    sandbox, desk = opened
    sandbox.world.failing = 1
    with pytest.raises(Unavailable):
        await commit(desk, ("MUG", HOME, 2))
    first = await commit(desk, ("MUG", HOME, 2))
    assert await commit(desk, ("MUG", HOME, 2)) == first
    assert sandbox.world.stock["MUG", HOME].available == 3


async def test_after_as_many_keys_as_one_commitment_may_use_it_is_refused(opened: Opened) -> None:
    sandbox, desk = opened
    sandbox.world.failing = 3
    for _ in range(3):
        with pytest.raises(Unavailable):
            await commit(desk, ("MUG", HOME, 2))
    with pytest.raises(RequestRefused):
        await commit(desk, ("MUG", HOME, 2))
    assert sandbox.world.effects == []


async def test_what_is_sold_without_counting_is_taken_from_no_count(opened: Opened) -> None:
    sandbox, desk = opened
    for variant in sandbox.world.variants.values():
        variant.tracked = variant.sku != "TOTE"
    await commit(desk, ("MUG", HOME, 2), ("TOTE", HOME, 1))
    assert levels(sandbox) == {("MUG", HOME): (3, 5), ("MUG", AWAY): (3, 3), ("TOTE", HOME): (4, 4)}


async def test_of_goods_that_are_all_uncounted_nothing_is_sent(opened: Opened) -> None:
    sandbox, desk = opened
    for variant in sandbox.world.variants.values():
        variant.tracked = False
    await commit(desk, ("TOTE", HOME, 1))
    assert "StockCommit" not in {each.operation for each in sandbox.requests}


@pytest.mark.parametrize(
    "goods",
    [
        (),
        (("MUG", HOME, 0),),
        (("MUG", HOME, -1),),
        (("MUG", HOME, 1), ("NOPE", HOME, 1)),
        (("MUG", HOME, 1), ("TOTE", AWAY, 1)),
        (("MUG", HOME, 1), ("MUG", "gid://shopify/Location/9", 1)),
        (("MUG", HOME, 1), ("MUG", "elsewhere", 1)),
    ],
)
async def test_what_makes_no_sense_changes_nothing(opened: Opened, goods: tuple[tuple[str, str, int], ...]) -> None:
    sandbox, desk = opened
    with pytest.raises(RequestRefused):
        await commit(desk, *goods)
    assert sandbox.world.effects == []


async def test_a_shop_that_is_down_refuses_nothing(opened: Opened) -> None:
    sandbox, desk = opened
    sandbox.faults.down = True
    with pytest.raises(Unavailable) as down:
        await commit(desk, ("MUG", HOME, 1))
    assert down.value.unsent


async def test_more_goods_than_one_mutation_takes_are_refused_and_none_is_taken(open_shop: OpenShop) -> None:
    skus = [f"PIN-{number}" for number in range(251)]
    stock = tuple(SeedStock(sku, HOME, Decimal(1)) for sku in skus)
    sandbox, shop = await open_shop(seed(*(product(1 + n, sku) for n, sku in enumerate(skus)), stock=stock))
    desk = cast("StockCommitPort", shop)
    with pytest.raises(RequestRefused):
        await commit(desk, *((sku, HOME, 1) for sku in skus))
    assert sandbox.world.effects == []
    await commit(desk, *((sku, HOME, 1) for sku in skus[:250]))
    assert sum(level.available for level in sandbox.world.stock.values()) == 1


async def test_without_the_right_to_write_nothing_is_changed(opened: Opened) -> None:
    sandbox, desk = opened
    sandbox.withheld.add("write_inventory")
    with pytest.raises(CredentialsRefused):
        await commit(desk, ("MUG", HOME, 1))
    assert sandbox.world.effects == []


async def test_the_probe_says_that_goods_sold_elsewhere_cannot_be_taken(open_shop: OpenShop) -> None:
    sandbox, shop = await open_shop(seed())
    assert not any("write_inventory" in note for note in (await shop.probe(call())).notes)
    sandbox.withheld.add("write_inventory")
    assert any("write_inventory" in note for note in (await shop.probe(call())).notes)


async def test_a_variant_without_a_sku_is_committed_by_its_id(open_shop: OpenShop) -> None:
    named = NativeRef("seed", "1000")
    stock = (SeedStock(named, HOME, Decimal(4)),)
    sandbox, shop = await open_shop(seed(product(1, None), stock=stock))
    goods = (GoodsSold(NativeRef("shop", "gid://shopify/ProductVariant/1000"), HOME, 3),)
    await cast("StockCommitPort", shop).commit_stock(CommitStock(reference=REFERENCE, goods=goods), HERE, call())
    assert sandbox.world.stock[named, HOME].available == 1


@pytest.mark.parametrize(
    ("change", "input_", "key", "code"),
    [
        ({}, {}, "", "BAD_REQUEST"),
        ({"changeFromQuantity": "left out"}, {}, "k", "BAD_REQUEST"),
        ({"changeFromQuantity": 99}, {}, "k", "CHANGE_FROM_QUANTITY_STALE"),
        ({"locationId": "gid://shopify/Location/9"}, {}, "k", "INVALID_LOCATION"),
        ({"inventoryItemId": "gid://shopify/InventoryItem/9"}, {}, "k", "INVALID_INVENTORY_ITEM"),
        ({}, {"name": "on_hand"}, "k", "INVALID_QUANTITY_NAME"),
        ({}, {"reason": "because"}, "k", "INVALID_REASON"),
        ({}, {"referenceDocumentUri": "gid://shopify/Order/1"}, "k", "INVALID_REFERENCE_DOCUMENT"),
        ({}, {"referenceDocumentUri": "nothing"}, "k", "INVALID_REFERENCE_DOCUMENT"),
    ],
)
async def test_the_sandbox_refuses_what_the_vendor_refuses(
    opened: Opened, change: dict[str, Any], input_: dict[str, Any], key: str, code: str
) -> None:
    sandbox, _ = opened
    variant = next(iter(sandbox.world.variants.values()))
    made = {"inventoryItemId": variant.item, "locationId": HOME, "delta": -1, "changeFromQuantity": None, **change}
    changes = [{name: value for name, value in made.items() if value != "left out"}]
    asked = {"name": "available", "reason": "other", "changes": changes, **input_}
    assert await refused(sandbox, {"input": asked, "key": key}) == code
    assert sandbox.world.effects == []


async def refused(sandbox: ShopifySandbox, variables: dict[str, Any]) -> str:
    """The code of what is wrong."""
    headers = {"X-Shopify-Access-Token": sandbox.admin_token}
    body = {"query": COMMIT.text, "variables": variables}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.url}/admin/api/2026-10/graphql.json", json=body, headers=headers) as response,
    ):
        answer: Any = await response.json()
    payload: Any = answer["data"]["inventoryAdjustQuantities"]
    return payload["userErrors"][0]["code"] if payload else answer["errors"][0]["extensions"]["code"]


def back(done: StockCommitted, *goods: tuple[str, str, int], reference: str = REFERENCE) -> Restock:
    told = tuple(GoodsSold(*each) for each in goods)
    return Restock(reference=reference, record=done.ref, committed=datetime.now(UTC), goods=told)


def taker(desk: StockCommitPort) -> RestockPort:
    return cast("RestockPort", desk)


async def test_what_comes_back_is_what_the_record_of_the_commitment_says(opened: Opened) -> None:
    sandbox, desk = opened
    before = levels(sandbox)
    goods = (("MUG", HOME, 2), ("MUG", AWAY, 1), ("TOTE", HOME, 1))
    for variant in sandbox.world.variants.values():
        variant.tracked = variant.sku != "TOTE"
    done = await commit(desk, *goods)
    for variant in sandbox.world.variants.values():
        variant.tracked = True  # since then: nothing of it was taken
    first = await taker(desk).restock(back(done, *goods), HERE, call())
    assert levels(sandbox) == before
    assert await taker(desk).restock(back(done, *goods), HERE, call()) == first
    assert levels(sandbox) == before
    _, document, made = sandbox.world.effects[-1]
    assert (document, made) == (f"gid://commerce-gateway/Restock/{REFERENCE}", first.ref.id)


async def test_the_record_of_another_commitment_gives_nothing_back(opened: Opened) -> None:
    sandbox, desk = opened
    done = await commit(desk, ("MUG", HOME, 2))
    with pytest.raises(RequestRefused):
        await taker(desk).restock(back(done, ("MUG", HOME, 2), reference="B" * 26), HERE, call())
    assert len(sandbox.world.effects) == 1


async def test_goods_that_the_shop_has_no_longer_are_refused(opened: Opened) -> None:
    sandbox, desk = opened
    done = await commit(desk, ("MUG", HOME, 2))
    del sandbox.world.stock["MUG", HOME]
    with pytest.raises(RequestRefused):
        await taker(desk).restock(back(done, ("MUG", HOME, 2)), HERE, call())


async def test_of_goods_that_are_all_uncounted_nothing_comes_back(opened: Opened) -> None:
    sandbox, desk = opened
    for variant in sandbox.world.variants.values():
        variant.tracked = False
    done = await commit(desk, ("TOTE", HOME, 1))
    assert (await taker(desk).restock(back(done, ("TOTE", HOME, 1)), HERE, call())).ref == done.ref
    assert sandbox.world.effects == []
