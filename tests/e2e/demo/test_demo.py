"""The demo as a whole: its main query, its markets and languages, its clients, and its page's files."""

from __future__ import annotations

import struct
import zipfile
from decimal import Decimal
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from gateway.demo.answers import ask, document, sources
from gateway.demo.retailer.catalogue import sold_items
from gateway.demo.retailer.prices import VIP_PART, gross, net
from gateway.demo.run import MAIN_QUERY, MAIN_VARIABLES, RunningDemo
from tests.check_schema import PRINTED

pytestmark = pytest.mark.asyncio(loop_scope="package")
MUG = next(item for item in sold_items() if item.sku == "MUG-HAR-S")


async def get(url: str) -> tuple[int, dict[str, str], bytes]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, dict(response.headers), await response.read()


async def test_every_variant_whose_contents_are_known_has_a_price_per_measure(demo: RunningDemo) -> None:
    listing = """query ($after: String) { products(first: 50, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { variants { measurement { quantity referenceQuantity } price { current { gross { amount } }
        unitPrice { price { gross { amount } } freshness { source role } } } } } } }"""
    counted = {"variants": 0, "measured": 0, "unit prices": 0}
    after: str | None = None
    while True:
        data: Any = (await ask(demo.url, listing, {"after": after})).body["data"]
        page = data["products"]
        variants: list[Any] = [each for node in page["nodes"] for each in node["variants"]]
        for variant in variants:
            counted["variants"] += 1
            measure: Any = variant["measurement"]
            price: Any = variant["price"]
            counted["measured"] += None not in (measure, price)
            if not price or not price["unitPrice"]:
                continue
            counted["unit prices"] += 1
            assert [said["source"] for said in price["unitPrice"]["freshness"]] == ["erp", "webshop"]
            per = Decimal(price["current"]["gross"]["amount"]) * Decimal(measure["referenceQuantity"])
            stated = Decimal(price["unitPrice"]["price"]["gross"]["amount"])
            assert abs(per / Decimal(measure["quantity"]) - stated) <= Decimal("0.005")
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert counted == {"variants": 600, "measured": 150, "unit prices": 150}


async def test_one_query_is_answered_by_all_systems_of_the_market(demo: RunningDemo) -> None:
    answer = await ask(demo.url, document(MAIN_QUERY), MAIN_VARIABLES, demo.tokens.shopper)
    assert answer.complete
    given_by = sources(answer.body["data"])
    assert given_by["product"] == ("webshop",)
    assert given_by["product.variants.price"] == ("erp",)
    assert set(given_by["product.variants.availability.stores"]) == {"till-uk", "till-jp"}
    assert "crm" in given_by["me"]
    linked = {link["system"] for link in answer.body["data"]["me"]["identities"]}
    assert linked == {"crm", "webshop", "erp", "till-uk"}
    assert set(given_by["me.loyalty.nodes"]) == {"till-uk", "erp"}
    assert set(given_by["me.orders.nodes"]) == {"webshop", "till-uk"}


@pytest.mark.parametrize(
    ("country", "language", "direction"),
    [("GB", "en", "LTR"), ("JP", "ja", "LTR"), ("IL", "he", "RTL"), ("KW", "ar", "RTL")],
)
async def test_every_market_has_its_own_price_currency_and_language(
    query: Any, country: str, language: str, direction: str
) -> None:
    answer = await query(
        f"""query ($sku: String!) @inContext(country: "{country}", language: "{language}") {{
            product(by: {{ sku: $sku }}) {{ title {{ language direction }}
              variants {{ sku price {{
                line {{ gross {{ amount currencyCode }} }} current {{ gross {{ amount }} }} }} }} }} }}""",
        sku=MUG.sku,
    )
    assert "errors" not in answer.body
    product = answer.body["data"]["product"]
    assert product["title"] == {"language": language, "direction": direction}
    price = next(entry["price"] for entry in product["variants"] if entry["sku"] == MUG.sku)
    tag = gross(MUG, country)
    current = Decimal(price["current"]["gross"]["amount"])
    assert (current.quantize(tag.amount), price["line"]["gross"]["currencyCode"]) == (tag.amount, tag.currency)


async def test_a_customer_s_price_list_is_derived_and_not_asked_for(demo: RunningDemo, query: Any) -> None:
    text = """query ($sku: String!) @inContext(country: "KW") {
        product(by: { sku: $sku }) { variants { sku price { current { net { amount } } } } } }"""
    amounts: list[Decimal] = []
    for token in (None, demo.tokens.vip):
        body = (await query(text, token, sku=MUG.sku)).body
        found = next(entry for entry in body["data"]["product"]["variants"] if entry["sku"] == MUG.sku)
        amounts.append(Decimal(found["price"]["current"]["net"]["amount"]))
    assert amounts == [net(MUG, "KW").amount, net(MUG, "KW").amount * VIP_PART]


@pytest.mark.parametrize("name", ["web", "kiosk", "voice"])
async def test_the_page_s_queries_are_answered(demo: RunningDemo, query: Any, name: str) -> None:
    token = {"web": demo.tokens.shopper, "kiosk": demo.tokens.kiosks["GB"], "voice": demo.tokens.voice}[name]
    variables = {"slug": "harbour-stoneware-mug", **({"signedIn": True} if name == "web" else {})}
    answer = await query(document(name), token, **variables)
    assert answer.complete
    assert answer.body["data"]["context"]["touchpoint"] == name


async def test_a_kiosk_sees_nobody_s_data_and_no_other_store(demo: RunningDemo, query: Any) -> None:
    kiosk = demo.tokens.kiosks["JP"]
    refused = await query("{ me { givenName } }", kiosk)
    assert not refused.complete
    elsewhere = await query('query @inContext(store: "covent_garden") { context { store } }', kiosk)
    assert elsewhere.body["errors"][0]["extensions"]["code"] == "CONTEXT_NOT_ALLOWED"


async def test_the_page_needs_nothing_from_elsewhere(demo: RunningDemo) -> None:
    for path, kind in (
        ("/", "text/html"),
        ("/demo/files/page.js", "text/javascript"),
        ("/demo/files/page.css", "text/css"),
    ):
        status, headers, body = await get(demo.url + path)
        assert status == 200
        assert headers["Content-Type"].startswith(kind)
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert b"://" not in body.replace(b"http://www.w3.org", b"")
    assert (await get(f"{demo.url}/demo/files/..%2Frun.py"))[0] == 404


async def test_the_schema_can_be_read_as_text(demo: RunningDemo) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{demo.url}/graphql/schema") as response:
            assert response.content_type == "text/plain"
            assert (await response.text()).strip() == PRINTED.read_text("utf-8").strip()
        known = {"if-none-match": response.headers["etag"]}
        async with session.get(f"{demo.url}/graphql/schema", headers=known) as again:
            assert (again.status, await again.read()) == (304, b"")


async def test_pictures_and_models_are_what_they_say(demo: RunningDemo) -> None:
    slug = "harbour-stoneware-mug"
    status, headers, picture = await get(f"{demo.url}/demo/media/{slug}.svg")
    assert (status, headers["Content-Type"]) == (200, "image/svg+xml")
    assert picture.startswith(b"<svg")
    _, _, model = await get(f"{demo.url}/demo/media/{slug}.glb")
    magic, version, length = struct.unpack_from("<4sII", model)
    assert (magic, version, length) == (b"glTF", 2, len(model))
    _, _, archive = await get(f"{demo.url}/demo/media/{slug}.usdz")
    with zipfile.ZipFile(BytesIO(archive)) as opened:
        (entry,) = opened.infolist()
        name_length, extra_length = struct.unpack_from("<HH", archive, entry.header_offset + 26)
        assert (entry.header_offset + 30 + name_length + extra_length) % 64 == 0
    _, headers, film = await get(f"{demo.url}/demo/media/{slug}.mp4")
    assert headers["Content-Type"] == "video/mp4"
    assert boxes(film) == ["ftyp", "moov", "mdat"]
    assert (await get(f"{demo.url}/demo/media/{slug}.exe"))[0] == 404


def boxes(film: bytes) -> list[str]:
    """The outer boxes of an MP4, which must fill it exactly."""
    found: list[str] = []
    place = 0
    while place < len(film):
        size, kind = struct.unpack_from(">I4s", film, place)
        found.append(kind.decode())
        place += size
    assert place == len(film)
    return found


async def test_pictures_are_served_where_the_gateway_says(demo: RunningDemo, query: Any) -> None:
    answer = await query(
        """{ product(by: {slug: "harbour-stoneware-mug"}) { media {
             ... on Image { url } ... on Video { url } ... on Model3d { sources { url } } } } }"""
    )
    assert "errors" not in answer.body, answer.body
    media = answer.body["data"]["product"]["media"]
    urls = [source["url"] for entry in media for source in entry.get("sources", [entry])]
    assert [url.rpartition(".")[2] for url in urls] == ["svg", "mp4", "glb", "usdz"]
    for url in urls:
        assert url.startswith(f"{demo.url}/demo/media/")
        assert (await get(url))[0] == 200, url
