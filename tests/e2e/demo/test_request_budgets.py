"""How many requests reach each backend: counted at the sandboxes' sockets, held to a written table.

The table is the demo retailer's: identifiers and static tables (stores, price lists, rates) are known, every answer
about products, prices, stock, people and orders is forgotten. Loyalty programmes go with their accounts, as they share
a tag; so do the till's variations with its products: its vendor never says which of them changed. The ERP's odd codes
(blanks at their ends) go with its products, and come once, in a request that bears the name of prices.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.demo.answers import ask, document
from gateway.demo.run import MAIN_VARIABLES, RunningDemo

pytestmark = pytest.mark.asyncio(loop_scope="package")

ODD_CODES = 1
PRODUCT_PAGE: Mapping[str, Mapping[str, int]] = {
    "shop": {"product": 1, "orders": 1},
    "erp": {
        "price list of the customer": 1,
        "price": 1 + ODD_CODES,
        "loyalty": 1,
        "programme": 1,
        "orders": 1,
        "receipts": 1,
    },
    "crm": {"customer": 1},
    "till_uk": {"variations": 1, "stock": 1, "loyalty": 1, "programme": 1, "promotions": 1, "receipts": 1},
    "till_jp": {"variations": 1, "stock": 1},
    "cards": {},
}
LISTING: Mapping[str, Mapping[str, int]] = {
    "shop": {"product": 1},
    "erp": {"price": 1, "stock": 1},
    "crm": {},
    "till_uk": {},
    "till_jp": {},
    "cards": {},
}
CAPABILITY = {
    "ProductsByKey": "product",
    "Products": "product",
    "Orders": "orders",
    "product.product.web_search_read": "price",
    "stock.quant.web_search_read": "stock",
    "sale.order.web_search_read": "orders",
    "pos.order.web_search_read": "receipts",
    "loyalty.card.web_search_read": "loyalty",
    "loyalty.program.web_search_read": "programme",
    "res.partner.web_search_read": "price list of the customer",
    "POST /crm/v3/objects/contacts/batch/read": "customer",
    "POST /v2/catalog/search": "variations",
    "GET /v2/loyalty/programs/{program_id}": "programme",
    "GET /v2/loyalty/programs/{program_id}/promotions": "promotions",
    "POST /v2/inventory/counts/batch-retrieve": "stock",
    "POST /v2/loyalty/accounts/search": "loyalty",
    "POST /v2/orders/search": "receipts",
}
"""The sandboxes' own words for the requests of the table; anything else fails the test by its own name."""

LIST = """query($first: Int!) { products(first: $first) { nodes { slug variants {
  sku price { current { net { amount } } } availability { status quantity } } } } }"""
FORGOTTEN = ("product", "price", "stock", "customer", "order", "loyalty", "search")


async def counted(
    demo: RunningDemo, query: str, variables: dict[str, Any], token: str | None
) -> dict[str, dict[str, int]]:
    """Ask once to know identifiers, forget the answers, ask again and count."""
    warm = await ask(demo.url, query, variables, token)
    assert warm.complete, warm.body.get("errors")
    for backend in demo.sandboxes.running:
        await demo.gateway.changed(backend, FORGOTTEN)
    demo.sandboxes.clear()
    again = await ask(demo.url, query, variables, token)
    assert again.complete, again.body.get("errors")
    return {
        name: dict(Counter(CAPABILITY.get(operation, operation) for operation in asked))
        for name, asked in demo.sandboxes.counts().items()
    }


async def test_a_product_page_with_loyalty_and_last_orders_keeps_to_its_budget(demo: RunningDemo) -> None:
    found = await counted(demo, document("product_page"), MAIN_VARIABLES, demo.tokens.shopper)
    assert {name: dict(sorted(counts.items())) for name, counts in found.items()} == {
        name: dict(sorted(counts.items())) for name, counts in PRODUCT_PAGE.items()
    }


@pytest.mark.parametrize("first", [1, 24, 100])
async def test_a_listing_costs_the_same_for_any_number_of_products(demo: RunningDemo, first: int) -> None:
    found = await counted(demo, LIST, {"first": first}, None)
    # Price and stock of one system read the same model, so their requests bear the same name at its socket.
    both = found["erp"].pop("price", 0) + found["erp"].pop("stock", 0)
    assert both == LISTING["erp"]["price"] + LISTING["erp"]["stock"] + ODD_CODES
    found["erp"] = dict(LISTING["erp"]) if not found["erp"] else found["erp"]
    assert found == LISTING


async def test_an_unknown_sku_asked_twice_is_looked_up_once_at_the_till(demo: RunningDemo) -> None:
    query = '{ product(by: {sku: "NO-SUCH-SKU"}) { slug } }'
    for _ in range(2):
        assert (await ask(demo.url, query, {}, None)).body["data"] == {"product": None}
    demo.sandboxes.clear()
    assert (await ask(demo.url, query, {}, None)).body["data"] == {"product": None}
    assert demo.sandboxes.counts()["till_uk"] == []
