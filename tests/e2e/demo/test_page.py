"""The demo's page in a real browser: three frontends, right to left, by keyboard, and no request to anywhere else."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from gateway.demo.run import RunningDemo

playwright = pytest.importorskip("playwright.async_api", reason="needs Playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium"),
]

from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright, expect  # noqa: E402


class Watched:
    """A page, what its console said, and where it sent requests."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: set[str] = set()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._sent)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _sent(self, request: Request) -> None:
        self.asked.add("/".join(request.url.split("/")[:3]))

    async def settled(self, run: int) -> None:
        await self.page.wait_for_selector(f'body[data-ready="{run}"]', timeout=30_000)


@pytest_asyncio.fixture(loop_scope="package", scope="package")
async def browser() -> AsyncGenerator[Browser]:
    async with async_playwright() as started:
        launched = await started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="package")
async def shown(demo: RunningDemo, browser: Browser) -> AsyncGenerator[Watched]:
    watched = Watched(await browser.new_page(viewport={"width": 1280, "height": 900}))
    await watched.page.goto(demo.url)
    await watched.settled(1)
    yield watched
    await watched.page.close()


async def test_three_frontends_show_the_same_product_price_and_stock(shown: Watched, demo: RunningDemo) -> None:
    page = shown.page
    for panel in ("web", "kiosk"):
        await expect(page.locator(f"#{panel} h1")).to_have_text("Harbour stoneware mug")
        await expect(page.locator(f"#{panel} .price").first).to_have_text("£14.50")
    await expect(page.locator("#voice .spoken").first).to_contain_text("Harbour stoneware mug")
    for panel, source in (("web", "webshop"), ("kiosk", "till-uk"), ("voice", "erp")):
        await expect(page.locator(f"#{panel} .facts", has_text=source).first).to_be_visible()
    await page.locator("#kiosk summary").first.click()
    await expect(page.locator("#kiosk pre").first).to_contain_text("query Kiosk")
    assert shown.complaints == []
    assert shown.asked == {demo.url}


async def test_arabic_is_shown_right_to_left_with_three_decimals(shown: Watched) -> None:
    page = shown.page
    await page.select_option("#country", "KW")
    await shown.settled(2)
    assert await page.evaluate("document.documentElement.dir") == "rtl"
    await expect(page.locator("#web h1")).to_have_text("كوب خزفي «ميناء»")
    await expect(page.locator("#web .price").first).to_contain_text("5.750")
    panels = [await page.locator(f"#{name}").bounding_box() for name in ("web", "kiosk", "voice")]
    places = [box["x"] for box in panels if box is not None]
    assert places == sorted(places, reverse=True)
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert shown.complaints == []


async def test_a_disagreement_can_be_looked_at_and_ada_sees_her_orders(shown: Watched) -> None:
    page = shown.page
    await page.get_by_role("button", name="NTB-DUN-M").click()
    await shown.settled(2)
    await expect(page.locator("#web h1")).to_have_text("Dune notebook")
    await expect(page.locator("#web .error").first).to_contain_text("AMBIGUOUS_KEY")
    await page.check("#signed-in")
    await shown.settled(3)
    await expect(page.locator("#web .person")).to_contain_text("Hello, Ada")
    assert shown.complaints == []


async def test_the_page_works_on_a_telephone_and_by_keyboard(shown: Watched) -> None:
    page = shown.page
    await page.set_viewport_size({"width": 390, "height": 800})
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    await page.locator("#product").focus()
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.id") == "country"
