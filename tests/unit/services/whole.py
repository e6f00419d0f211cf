"""One world in which an instance of nearly every type of the schema exists, and the ids of Ada's records in it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from gateway.model.catalog import (
    Category,
    Collection,
    Image,
    Measurement,
    Model3d,
    Model3dSource,
    ProductOption,
    SelectedOption,
    Video,
)
from gateway.model.customers import Consent, ConsentState, LoyaltyAccount, LoyaltyEntry, LoyaltyProgram, LoyaltyRule
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.orders import OrderOrigin
from gateway.model.text import Text
from gateway.testing.sandbox import Seed, SeedAccount, SeedPrice
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import (
    NOW,
    SEEN,
    STAFF,
    configuration,
    domains,
    erp,
    gbp,
    order,
    person,
    product,
    shop,
    shopper,
    stock,
)

POINT_A_POUND = LoyaltyRule(kind="SPEND", points=Decimal(1), spend_minor=100, currency="GBP")


def whole_shop() -> Seed:
    mug = product("1", "MUG", "BOWL")
    variants = tuple(
        replace(
            variant,
            options=(SelectedOption("Size", "M"),),
            measurement=Measurement(Decimal(250), "mL", Decimal(100), "mL"),
            gtins=("04006381333931",),
            taxable=True,
        )
        for variant in mug.variants
    )
    sources = (Model3dSource("https://cdn.example/mug.glb", "model/gltf-binary"),)
    mug = replace(
        mug,
        variants=variants,
        options=(ProductOption("Size", ("M",)),),
        media=(
            Image("https://cdn.example/mug.jpg", "A mug", 800, 600),
            Video("https://cdn.example/mug.mp4", "A mug turning", "video/mp4"),
            Model3d("A mug", sources),
        ),
        category_keys=("11",),
        collection_keys=("20",),
        brand="Northwind",
        product_type="Mug",
        description=Text("Stoneware.", "en"),
        updated_at=NOW,
    )
    consents = (Consent("email", ConsentState.GRANTED, SEEN, updated_at=NOW),)
    ada = person("1", "ada@example.com", phone="+442079460100", given_name="Ada", family_name="Byron", language="en",
                 groups=("VIP",), consents=consents)  # fmt: skip
    program = LoyaltyProgram(
        NativeRef("seed", "70"),
        "Points",
        SEEN,
        rules=(POINT_A_POUND,),
    )
    account = LoyaltyAccount(
        NativeRef("seed", "71"), program.ref, Decimal(55), SEEN, program_name="Points", customer=ada.ref,
        lifetime=Decimal(80), enrolled_at=NOW - timedelta(days=90),
    )  # fmt: skip
    entry = LoyaltyEntry("710", Decimal(5), NOW, "EARN", "Bought a mug", "W1")
    return shop(
        products=(mug,),
        prices=(
            SeedPrice("MUG", gbp("12.00"), gbp("15.00")),
            SeedPrice("MUG", gbp("11.00"), minimum_quantity=Decimal(10)),
            SeedPrice("BOWL", Money(Decimal("7.00"), "GBP")),
        ),
        categories=(
            Category("10", Text("Kitchen", "en"), SEEN, slug="kitchen"),
            Category("11", Text("Mugs", "en"), SEEN, slug="mugs", parent="10"),
        ),
        collections=(
            Collection("20", Text("Summer", "en"), SEEN, slug="summer", description=Text("Hot.", "en"),
                       image=Image("https://cdn.example/summer.jpg")),
        ),
        stock=(stock("MUG", "L1", 9), stock("BOWL", "L1", 0)),
        customers=(ada, person("2", "bob@example.com")),
        program=program,
        accounts=(SeedAccount(account, (entry,), phone="+442079460100", email="ada@example.com"),),
        orders=(order("50", "1", 1, number="W1"),),
    )  # fmt: skip


async def whole_world(build: Build) -> tuple[World, dict[str, str]]:
    """The world, and ids: `customer`, `order`, `no order` (nobody's), `store`."""
    twin = order("90", "1", 0.5, number="S1", origin=OrderOrigin("W1", "shop"))
    seeds = {
        "shop": whole_shop(),
        "erp": erp("MUG", price="11.00", customers=(person("1", "ada@example.com"),), orders=(twin,)),
    }
    base = configuration()
    store = {
        "name": "Covent Garden", "locations": ["london"], "country": "GB", "timezone": "Europe/London",
        "currency": "GBP", "phone": "+442079460000", "services": ["pickup"], "channel": "web",
        "point": {"latitude": 51.5117, "longitude": -0.124},
        "address": {"lines": ["12 James Street"], "city": "London", "postal_code": "WC2E 8BU", "country": "GB"},
        "hours": {"mon-sun": "00:00-24:00"}, "special_hours": {"2026-12-25": "closed"},
    }  # fmt: skip
    world = await build(
        configuration(
            domains=domains(price={"order": ["shop"], "compare": ["erp"]}, order=["shop", "erp"]),
            locations={"london": {"refs": {"shop": "L1"}}},
            stores={"covent_garden": store},
            channels={"web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}, "locations": ["london"]}},
            profiles={**base["profiles"], "voice": {"touchpoint": "voice", "default_country": "GB"}},
        ),
        seeds,
    )
    found = await world.data(
        '{ customer(by: {email: "ada@example.com"}) { id orders { nodes { id } } } }', principal=STAFF
    )
    await world.tasks.open("order.doubled", "2069", {"orders": "2"})
    nobodys = world.services.ids.order(replace(order("404", "1", 1), ref=NativeRef("shop", "404")))
    return world, {
        "customer": found["customer"]["id"],
        "order": found["customer"]["orders"]["nodes"][0]["id"],
        "no order": nobodys,
        "store": world.services.ids.store("covent_garden"),
        "cart": await adas_cart(world, world.services.ids.store("covent_garden")),
    }


async def adas_cart(world: World, store: str) -> str:
    """A cart with something of everything that is kept; its id."""
    ada = shopper("ada@example.com")
    created = await world.data(
        """mutation ($seen: ExpectedPriceInput!) { cartCreate(input: {codes: ["SPRING"], lines: [
          {variant: {sku: "MUG"}, quantity: 2, note: "Wrap it", options: [{name: "engraving", value: "A"}],
           expectedPrice: $seen},
          {variant: {sku: "BOWL"}}]}) { cart { id lines { id } } } }""",
        {"seen": {"amount": "1.00", "currencyCode": "GBP", "observedAt": "2026-01-01T00:00:00Z"}},
        principal=ada,
    )
    cart = created["cartCreate"]["cart"]
    line = cart["lines"][1]["id"]
    await world.data(
        """mutation ($id: ID!, $line: ID!, $store: ID!) {
          a: cartBuyerUpdate(input: {cartId: $id, buyer: {email: "ada@example.com", givenName: "Ada"}}) { cart { id } }
          b: cartAddressUpdate(input: {cartId: $id, address: {country: "GB", city: "London", lines: ["1 Row"]}}) {
            cart { id } }
          c: cartAttributesUpdate(input: {cartId: $id, note: "Ring", attributes: [{name: "a", value: "b"}]}) {
            cart { id } }
          d: cartDeliveryUpdate(input: {cartId: $id, deliveries: [
            {fulfilment: PICKUP, storeId: $store, lines: [{lineId: $line}]}]}) { cart { id } }
        }""",
        {"id": cart["id"], "line": line, "store": store},
        principal=ada,
    )
    return cart["id"]
