"""The explorer of our own: editor, answer, documentation and history, without a byte from elsewhere."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gateway.demo.run import RunningDemo

pytest.importorskip("playwright.async_api", reason="needs Playwright")
from playwright.async_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

PRICE = """query Price($sku: String!) {
  product(by: {sku: $sku}) { variants { sku price { current { gross { amount } } } } }
}"""


async def _opened(watched: Any, demo: RunningDemo) -> Page:
    page: Page = watched.page
    await page.goto(f"{demo.url}/graphql")
    await expect(page.locator("#type dt").first).to_be_visible()
    return page


async def test_an_operation_is_typed_run_and_answered(watched: Any, demo: RunningDemo) -> None:
    page = await _opened(watched, demo)
    await page.fill("#query", PRICE)
    await page.fill("#variables", '{"sku": "MUG-HAR-S"}')
    await page.get_by_role("button", name="Run").click()
    await expect(page.locator("#result")).to_contain_text('"amount": "14.50"')
    await expect(page.locator("#status")).to_contain_text(re.compile(r"^200 · \d+ ms · \d+ bytes$"))
    await page.fill("#variables", '{"sku": "MUG-HAR-M"}')
    await page.focus("#query")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#result")).to_contain_text("MUG-HAR-M")
    await page.fill("#variables", "[]")
    await page.get_by_role("button", name="Run").click()
    await expect(page.locator("#result")).to_have_text("Variables must be a JSON object")


async def test_the_documentation_lists_types_and_says_what_a_field_means(watched: Any, demo: RunningDemo) -> None:
    page = await _opened(watched, demo)
    listed = await page.locator("#type dt").all_text_contents()
    assert {"Query", "Product", "Variant", "Price", "Availability", "Store", "Customer", "Order"} <= set(listed)
    await page.locator("#type").get_by_role("link", name="Price", exact=True).click()
    await expect(page.locator("#type h2")).to_have_text("object Price")
    undescribed = await page.evaluate(
        "[...document.querySelectorAll('#type dt')].filter((dt) => dt.nextElementSibling?.tagName !== 'DD').length"
    )
    assert undescribed == 0
    await page.fill("#search", "unitPrice")
    await page.locator("#type").get_by_role("link", name="Price.unitPrice").click()
    await expect(page.locator("#trail")).to_contain_text("Price")


async def test_the_history_brings_back_what_was_run_and_can_be_forgotten(watched: Any, demo: RunningDemo) -> None:
    page = await _opened(watched, demo)
    for query in ("{ first: __typename }", "{ second: __typename }"):
        await page.fill("#query", query)
        await page.get_by_role("button", name="Run").click()
        await expect(page.locator("#result")).to_contain_text(query.split()[1].rstrip(":"))
    await page.reload()
    await expect(page.locator("#query")).to_have_value("{ second: __typename }")
    await page.get_by_role("button", name="History").click()
    await expect(page.locator("#past button")).to_have_text(["{ second: __typename }", "{ first: __typename }"])
    await page.locator("#past button").last.click()
    await expect(page.locator("#query")).to_have_value("{ first: __typename }")
    await page.get_by_role("button", name="Forget all").click()
    await expect(page.locator("#past button")).to_have_count(0)


async def test_a_token_asks_as_somebody_and_is_not_kept(watched: Any, demo: RunningDemo) -> None:
    page = await _opened(watched, demo)
    await page.get_by_text("Token and headers").click()
    await page.fill("#token", demo.tokens.shopper)
    await page.fill("#query", "{ me { givenName } }")
    await page.get_by_role("button", name="Run").click()
    await expect(page.locator("#result")).to_contain_text('"givenName": "Ada"')
    kept = await page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")
    assert "givenName" in kept
    assert demo.tokens.shopper.split(".")[1] not in kept


async def test_right_to_left_the_panes_are_mirrored_and_code_is_not(watched: Any, demo: RunningDemo) -> None:
    page = await _opened(watched, demo)
    before = [await page.locator(part).bounding_box() for part in ("#ask", "#answer", "aside")]
    await page.get_by_role("button", name="Right to left").click()
    after = [await page.locator(part).bounding_box() for part in ("#ask", "#answer", "aside")]
    places = [box["x"] for box in before if box], [box["x"] for box in after if box]
    assert places == (sorted(places[0]), sorted(places[1], reverse=True))
    assert await page.locator("#query").evaluate("element => getComputedStyle(element).direction") == "ltr"
    heading = page.locator("#type h2").first
    assert await heading.evaluate("element => getComputedStyle(element).textAlign") == "right"
    assert await watched.fits()
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await watched.fits()
    await page.fill("#query", "{ __typename }")
    await page.get_by_role("button", name="Run").click()
    await expect(page.locator("#result")).to_contain_text('"Query"')
