"""The whole real retailer, loaded and asked. Needs the public data sets ($REAL_DATA or ../shared/data)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.demo.answers import ask, document, sources
from gateway.demo.real_data.run import CUSTOMER, ITEM, NEAR, running_real_data

FOLDER = Path(os.environ.get("REAL_DATA") or Path(__file__).parents[3].parent / "shared" / "data")

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not (FOLDER / "online-retail.csv.gz").exists(), reason=f"no public data sets in {FOLDER}"),
]


async def test_the_real_retailer_is_loaded_whole_and_answers() -> None:
    async with running_real_data(FOLDER) as running:
        retailer = running.retailer
        assert len(retailer.documents.web) + len(retailer.documents.till) == 25_900
        assert retailer.documents.cancellations == 3_836
        assert retailer.documents.lines == len(retailer.transactions.lines) == 541_909
        assert len(retailer.people) == 4_372
        assert len(retailer.locator.sections) == 1_565
        assert retailer.locator.parsed + retailer.locator.unparsed == 1_565
        assert retailer.items.case_twins == 111
        assert len(retailer.trading) == 12

        answer = await ask(running.url, document("real_data"), {"sku": ITEM, "near": NEAR}, running.shopper)
        assert answer.complete
        given_by = sources(answer.body["data"])
        assert given_by["product.variants.price"] == ("online-retail-web",)
        assert given_by["product.variants.availability.stores"] == ("generated-from-a-seed",)
        assert "generated-from-a-seed" in given_by["me"]
        assert answer.body["data"]["stores"]["totalCount"] == 1_565

        text = """query ($after: String) { me { orders(first: 100, after: $after) {
            nodes { number } pageInfo { hasNextPage endCursor } } } }"""
        mine = {
            order.number
            for order in (*retailer.documents.web, *retailer.documents.till)
            if order.customer is not None and order.customer.id == CUSTOMER
        }
        seen: list[str] = []
        after = None
        while True:
            page = (await ask(running.url, text, {"after": after}, running.shopper)).body["data"]["me"]["orders"]
            seen += [node["number"] for node in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        assert len(seen) == len(set(seen))
        assert set(seen) == mine
