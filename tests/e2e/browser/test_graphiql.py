"""GraphiQL, where Node could build it: the same explorer's address, the same rules, nothing from a CDN."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("playwright.async_api", reason="needs Playwright")
from playwright.async_api import Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.node,
    pytest.mark.timeout(300),  # the first run builds it
    pytest.mark.asyncio(loop_scope="package"),
]


async def _opened(watched: Any, url: str, query: str = "") -> Page:
    page: Page = watched.page
    await page.goto(f"{url}/graphql")
    await expect(page.locator(".graphiql-editor .view-line").first).to_be_visible()
    if query:
        await expect(page.locator(".graphiql-tab").first).to_contain_text("Products")
        editor = page.locator(".graphiql-editor .monaco-editor").first
        await editor.click()
        await page.keyboard.press("Control+A")
        await page.keyboard.press("Delete")
        await page.keyboard.insert_text(query)
        # It reads what was typed a moment later, and until then asks for the operation that stood there before.
        await expect(page.locator(".graphiql-tab").first).not_to_contain_text("Products")
    return page


async def test_an_operation_is_typed_run_answered_and_remembered(watched: Any, with_graphiql: str) -> None:
    page = await _opened(watched, with_graphiql, '{ product(by: {sku: "MUG-HAR-S"}) { slug } }')
    await page.get_by_role("button", name="Execute query").click()
    await expect(page.locator(".graphiql-response")).to_contain_text("harbour-stoneware-mug")
    await page.get_by_role("button", name="Show History").click()
    await expect(page.locator(".graphiql-history-item").first).to_contain_text("product")


async def test_its_first_operation_runs_and_its_documentation_describes_fields(
    watched: Any, with_graphiql: str
) -> None:
    page = await _opened(watched, with_graphiql)
    await page.get_by_role("button", name="Execute query").click()
    await expect(page.locator(".graphiql-response")).to_contain_text('"data"')
    await expect(page.locator(".graphiql-response")).not_to_contain_text('"errors"')
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    documentation = page.locator(".graphiql-doc-explorer")
    await documentation.get_by_role("link", name="Freshness", exact=True).click()
    await expect(documentation).to_contain_text("asOf")
