"""The adapter over the gateway's own transport: the vendor's throttle steers the rate budget."""

from __future__ import annotations

import pytest

from adapters.shopify.manifest import MANIFEST
from adapters.shopify.sandbox import ShopifySandbox
from adapters.shopify.sandbox.cost import Bucket
from gateway.errors import RateLimited
from gateway.model.catalog import Product, ProductKey, ProductKeyKind
from gateway.settings import PolicyNumbers
from gateway.testing import running
from gateway.testing.plugin import Attach

from .shops import Shopify, call, view

MUG = ProductKey(ProductKeyKind.SLUG, "mug-1")


@pytest.fixture
def adapter(sandbox: ShopifySandbox, attach: Attach) -> Shopify:
    made = attach(MANIFEST, running(sandbox, sandbox.url), policies=PolicyNumbers()).adapter
    assert isinstance(made, Shopify)
    return made


async def test_a_short_throttle_is_waited_out(adapter: Shopify, sandbox: ShopifySandbox) -> None:
    sandbox.bucket = Bucket(capacity=1000, restore_rate=1000)
    sandbox.bucket.available = -300
    found = await adapter.resolve(["MUG-01-S"], view(MANIFEST, "store.list_stores"), call())
    assert set(found) == {"MUG-01-S"}
    assert len(sandbox.requests) == 2


async def test_a_long_throttle_is_told_and_nothing_more_is_sent(adapter: Shopify, sandbox: ShopifySandbox) -> None:
    sandbox.bucket = Bucket(capacity=1000, restore_rate=0.1)
    sandbox.bucket.available = 0
    context = view(MANIFEST, "store.list_stores")
    for _ in range(3):
        with pytest.raises(RateLimited) as caught:
            await adapter.resolve(["MUG-01-S"], context, call())
        assert (caught.value.retry_after or 0) > 60
    assert len(sandbox.requests) == 1


async def test_shoppers_see_products_while_the_other_api_is_throttled(
    adapter: Shopify, sandbox: ShopifySandbox
) -> None:
    sandbox.bucket = Bucket(capacity=1000, restore_rate=0.1)
    sandbox.bucket.available = 0
    with pytest.raises(RateLimited):
        await adapter.resolve(["MUG-01-S"], view(MANIFEST, "store.list_stores"), call())
    found = await adapter.get_products([MUG], view(MANIFEST, "product.get_products"), call())
    assert isinstance(found[MUG], Product)


async def test_every_capability_answers_over_the_real_transport(adapter: Shopify) -> None:
    found = await adapter.get_products([MUG], view(MANIFEST, "product.get_products"), call())
    assert isinstance(found[MUG], Product)
    assert len(await adapter.list_stores(None, view(MANIFEST, "store.list_stores"), call())) == 3
    assert (await adapter.probe(call())).version == MANIFEST.api_version
