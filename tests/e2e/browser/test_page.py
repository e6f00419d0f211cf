"""The demo's page: one product for a shopper, a kiosk and a voice assistant, in four countries and both directions."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gateway.demo.answers import ask
from gateway.demo.run import RunningDemo

pytest.importorskip("playwright.async_api", reason="needs Playwright")
from playwright.async_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="package")]

MARKETS = {
    # country: language, direction, title, price of the small one, as the voice assistant says it, whose till counts
    "GB": ("en", "ltr", "Harbour stoneware mug", "£14.50", "14.50", "till-uk"),
    "JP": ("ja", "ltr", "ストーンウェアのマグカップ「ハーバー」", "￥2,900", "2,900", "till-jp"),
    "IL": ("he", "rtl", "ספל קרמיקה „נמל”", "71.10", "71.10", "erp"),
    "KW": ("ar", "rtl", "كوب خزفي «ميناء»", "5.750", "5.750", "erp"),
}
STOCK = """
query ($slug: String!, $country: String!) @inContext(country: $country) { product(by: {slug: $slug}) { variants {
  delivered: availability(fulfilment: DELIVERY) { quantity }
  picked: availability(fulfilment: PICKUP) { stores { quantity } }
} } }
"""


class Shop:
    """The page as somebody uses it. Every choice asks anew, and `settled` waits for what it asked last."""

    def __init__(self, watched: Any, url: str) -> None:
        self.page: Page = watched.page
        self.fits = watched.fits
        self.url = url
        self.runs = 0

    async def open(self) -> Shop:
        await self.page.goto(self.url)
        return await self.settled()

    async def settled(self) -> Shop:
        self.runs += 1
        await self.page.wait_for_selector(f'body[data-ready="{self.runs}"]')
        return self

    async def choose(self, select: str, value: str) -> Shop:
        await self.page.select_option(select, value)
        return await self.settled()

    async def sign_in(self) -> Shop:
        await self.page.check("#signed-in")
        return await self.settled()

    async def texts(self, selector: str) -> list[str]:
        return [text.strip() for text in await self.page.locator(selector).all_text_contents()]

    async def lefts(self, *selectors: str) -> list[float]:
        boxes = [await self.page.locator(selector).first.bounding_box() for selector in selectors]
        return [box["x"] for box in boxes if box is not None]


@pytest.fixture
def shop(watched: Any, demo: RunningDemo) -> Shop:
    return Shop(watched, demo.url)


async def test_in_every_market_three_frontends_show_one_product_one_price_and_their_stock(
    shop: Shop, demo: RunningDemo
) -> None:
    page = (await shop.open()).page
    for country, (language, direction, title, price, spoken, till) in MARKETS.items():
        if country != "GB":
            await shop.choose("#country", country)
        assert await page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
            language,
            direction,
        ]
        for panel in ("web", "kiosk"):
            await expect(page.locator(f"#{panel} h1")).to_have_text(title)
            await expect(page.locator(f"#{panel} .price").first).to_contain_text(price)
            await expect(page.locator(f"#{panel} .facts", has_text="erp").first).to_be_visible()
        assert await shop.texts("#web .price") == await shop.texts("#kiosk .price")
        await expect(page.locator("#voice .spoken").first).to_contain_text(title)
        await expect(page.locator("#voice .said").first).to_contain_text(spoken)
        await expect(page.locator("#voice .said")).to_have_count(3)
        await expect(page.locator("#kiosk .fact", has_text=till).last).to_be_visible()
        await _shows_the_stock_that_is_there(shop, demo, country)


async def _shows_the_stock_that_is_there(shop: Shop, demo: RunningDemo, country: str) -> None:
    """Pieces as another client is told them: the warehouse's for the shopper, the shelf's for the kiosk."""
    asked = {"slug": "harbour-stoneware-mug", "country": country}
    for panel, token in (("web", None), ("kiosk", demo.tokens.kiosks[country])):
        answer = await ask(demo.url, STOCK, asked, token)
        variants: list[Any] = answer.body["data"]["product"]["variants"]
        known = [
            variant["delivered"]["quantity"] if panel == "web" else variant["picked"]["stores"][0]["quantity"]
            for variant in variants
        ]
        shown = [re.search(r"\d+", text) for text in await shop.texts(f"#{panel} .stock")]
        assert [int(number.group()) if number else 0 for number in shown] == known, (country, panel)


async def test_each_panel_names_its_sources_and_shows_the_query_it_ran(shop: Shop) -> None:
    page = (await shop.open()).page
    for panel, query in (("web", "WebShopper"), ("kiosk", "Kiosk"), ("voice", "Voice")):
        names = {re.split(r"[:,] ", text)[1] for text in await shop.texts(f"#{panel} .fact")}
        assert {"webshop", "erp"} <= names <= {"webshop", "erp", "till-uk"}
        ran = page.locator(f"#{panel} details", has=page.locator("summary", has_text="the query it ran"))
        await expect(ran.locator("pre")).to_be_hidden()
        await ran.locator("summary").click()
        await expect(ran.locator("pre")).to_be_visible()
        await expect(ran.locator("pre")).to_contain_text(f"query {query}($slug: String!")
        answer = page.locator(f"#{panel} details", has=page.locator("summary", has_text="the answer"))
        await answer.locator("summary").click()
        await expect(answer.locator("pre")).to_contain_text('"data"')
    assert {"shop", "erp"} <= {
        re.sub(r"\W.*|\d.*", "", text) for text in await shop.texts("#traffic li span:first-child")
    }


@pytest.mark.parametrize("language", ["he", "ar"])
async def test_right_to_left_the_page_is_mirrored_and_as_usable(shop: Shop, language: str) -> None:
    page = (await shop.open()).page
    straight = await shop.lefts("#web", "#kiosk", "#voice")
    assert straight == sorted(straight)
    await shop.choose("#language", language)
    assert await page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    mirrored = await shop.lefts("#web", "#kiosk", "#voice")
    assert mirrored == sorted(mirrored, reverse=True)
    price, name = await shop.lefts("#web .variants .price", "#web .variants .name")
    assert price < name
    assert await shop.fits()
    query = page.locator("#web details").first
    await query.locator("summary").click()
    assert await query.locator("pre").evaluate("element => getComputedStyle(element).direction") == "ltr"
    await shop.sign_in()
    await expect(page.locator("#web .person strong bdi")).to_have_text("Ada")
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await shop.fits()
    stacked = await shop.lefts("#web", "#kiosk", "#voice")
    assert len(set(stacked)) == 1


async def test_ada_signs_in_and_sees_her_points_and_orders_from_several_systems(shop: Shop) -> None:
    page = (await shop.open()).page
    await expect(page.locator("#web .person")).to_have_count(0)
    await shop.sign_in()
    person = page.locator("#web .person")
    await expect(person).to_contain_text("Hello, Ada")
    await expect(person).to_contain_text("Northlight Circle")
    orders = person.locator(".stores li")
    await expect(orders).to_have_count(4)
    numbers: list[str] = await orders.all_text_contents()
    assert any(number.startswith("#") for number in numbers), "web orders"
    assert any(number.startswith("CVG-") for number in numbers), "receipts of the till"
    await page.uncheck("#signed-in")
    await shop.settled()
    await expect(page.locator("#web .person")).to_have_count(0)


async def test_a_disagreement_can_be_looked_at(shop: Shop) -> None:
    page = (await shop.open()).page
    await page.get_by_role("button", name="NTB-DUN-M").click()
    await shop.settled()
    await expect(page.locator("#web h1")).to_have_text("Dune notebook")
    await expect(page.locator("#web .error").first).to_contain_text("AMBIGUOUS_KEY")


async def test_it_works_on_a_telephone_and_by_keyboard_alone(shop: Shop) -> None:
    page = shop.page
    await page.set_viewport_size({"width": 360, "height": 740})
    await shop.open()
    assert await shop.fits()
    await page.locator("#product").focus()
    reached: list[str] = []
    for _ in range(9):
        await page.keyboard.press("Tab")
        reached.append(await page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert reached[:4] == ["country", "language", "signed-in", "A"]
    assert "SUMMARY" in reached
    await expect_all_named(page.locator("select, input, button"))


async def expect_all_named(controls: Locator) -> None:
    """Every control has a name that a screen reader can say."""
    for index in range(await controls.count()):
        await expect(controls.nth(index)).to_have_accessible_name(re.compile(r"\S"))


async def test_with_the_erp_down_the_shop_stands_in_and_says_so(shop: Shop) -> None:
    """The last test here: the backends are everybody's, and whoever failed is not asked again at once."""
    page = (await shop.open()).page
    await page.get_by_role("button", name="take down erp").click()
    await shop.settled()
    try:
        await expect(page.locator("#traffic .down")).to_contain_text("erp")
        await shop.choose("#product", "meadow-scented-candle")
        await expect(page.locator("#web h1")).to_have_text("Meadow scented candle")
        await expect(page.locator("#web .fact", has_text="price: webshop, fallback").first).to_be_visible()
        await expect(page.locator("#web .price").first).to_contain_text("£")
    finally:
        await page.get_by_role("button", name="bring back erp").click()
        await shop.settled()
    await expect(page.locator("#traffic .down")).to_have_count(0)
