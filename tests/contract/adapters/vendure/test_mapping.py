"""What Vendure answered, recorded, to the records it must become."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from adapters.vendure import customer, price, stock
from adapters.vendure.config import VendureConfig
from adapters.vendure.customer import CustomersData
from adapters.vendure.errors import UnpricedVariant, refusal
from adapters.vendure.facts import ChannelFacts, FactsData
from adapters.vendure.order import records as orders
from adapters.vendure.order.records import OrdersData
from adapters.vendure.price import PricesData
from adapters.vendure.product import records
from adapters.vendure.product.rows import ProductsData
from adapters.vendure.stock import StockData
from adapters.vendure.variants import WireEnabled, WireSku, on_sale
from gateway.kit.graphql import AnsweredError
from gateway.kit.keyed import ByVariant
from gateway.kit.money import minor_units
from gateway.kit.readings import Reading
from gateway.model.catalog import Image, ProductOption, SelectedOption
from gateway.model.customers import CustomerRecord
from gateway.model.freshness import Freshness
from gateway.model.identity import KeyRule, NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import Order, OrderKind, OrderLine, OrderOrigin, OrderStatus
from gateway.model.pricing import PriceKey
from gateway.model.stock import StockLevel, Tracking
from gateway.model.text import Text
from gateway.ports.manifest import Secret

PAYLOADS = Path(__file__).parent / "payloads"
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
SOURCE = Reading("shop", NOON)
FRESH = Freshness("shop", NOON)
CONFIG = VendureConfig(api_key=Secret(("key",)), barcode_field="gtin", merchandised=("3",))

D = TypeVar("D")


class _Recorded(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: tuple[AnsweredError, ...] = ()


def recorded(name: str, data: type[D]) -> D:
    envelope = msgspec.json.decode((PAYLOADS / f"{name}.json").read_bytes(), type=_Recorded)
    return msgspec.json.decode(envelope.data, type=data)


@pytest.fixture
def facts() -> ChannelFacts:
    return ChannelFacts.read(recorded("facts_eu", FactsData))


def dollars(net: str, gross: str) -> TaxedMoney:
    tax = Decimal(gross) - Decimal(net)
    return TaxedMoney(
        Money(Decimal(net), "USD"), Money(Decimal(gross), "USD"), Money(tax, "USD"), TaxTreatment.EXCLUDED
    )


def test_channel_facts(facts: ChannelFacts) -> None:
    assert facts == ChannelFacts(
        code="eu",
        default_currency="EUR",
        currencies=frozenset({"EUR", "GBP"}),
        default_language="en",
        languages=frozenset({"en", "de"}),
        prices_include_tax=True,
        precision=2,
        track_inventory=True,
        out_of_stock_threshold=0,
    )


@pytest.mark.parametrize(
    ("wanted", "served"), [("de", "de"), ("de-AT", "de"), ("en-GB", "en"), ("fr", "en"), ("zh-Hans", "en")]
)
def test_language_is_the_nearest_the_channel_has(facts: ChannelFacts, wanted: str, served: str) -> None:
    assert facts.language(wanted) == served


def test_product_found_by_its_english_slug_is_told_in_german(facts: ChannelFacts) -> None:
    wire = recorded("product_german", ProductsData).products.items[0]
    product = records.product(wire, "de", facts, CONFIG, SOURCE)
    assert product.title == Text("Klapprechner", "de")
    assert product.slug == "klapprechner"
    assert product.description == Text("Ein schneller Rechner.", "de")
    assert product.brand == "Apple"
    assert product.tags == ("electronics", "computers")
    assert product.options == (
        ProductOption("screen size", ("13 inch", "15 inch")),
        ProductOption("RAM", ("8GB", "16GB")),
    )
    assert (product.category_keys, product.collection_keys) == (("2",), ("3",))
    assert product.media == (
        Image(
            "http://shop.example/assets/source/b6/derick-david-409858-unsplash.jpg",
            alt="derick-david-409858-unsplash.jpg",
            width=1600,
            height=1200,
        ),
    )


def test_variants_keep_their_language_codes_and_the_order_of_options(facts: ChannelFacts) -> None:
    wire = recorded("product_german", ProductsData).products.items[0]
    first, *others = records.product(wire, "de", facts, CONFIG, SOURCE).variants
    assert first.ref == NativeRef("shop", "1")
    assert first.product == NativeRef("shop", "1")
    assert first.sku == "L2201308"
    assert first.gtins == ("04006381333931",)
    assert first.title == Text("Laptop 13 inch 8GB", "en")
    for variant in (first, *others):
        assert [option.name for option in variant.options] == ["screen size", "RAM"]
    assert first.options == (SelectedOption("screen size", "13 inch"), SelectedOption("RAM", "8GB"))
    assert [variant.sku for variant in others] == ["TWICE", "TWICE", "l2201308"]


def test_price_of_a_channel_whose_prices_include_tax(facts: ChannelFacts) -> None:
    wire = recorded("prices_eu", PricesData).product_variants.items[0]
    told = price.price(wire, PriceKey("L2201308", Decimal(3)), facts, SOURCE)
    assert told.current == TaxedMoney(
        net=Money(Decimal("1169.10"), "EUR"),
        gross=Money(Decimal("1402.92"), "EUR"),
        tax=Money(Decimal("233.82"), "EUR"),
        treatment=TaxTreatment.INCLUDED,
    )
    assert told.quantity == 3
    assert told.list is None


@pytest.mark.parametrize(
    ("included", "stored", "quantity", "net", "gross"),
    [
        (False, 333, 2, 666, 799),
        (False, 333, 3, 999, 1199),
        (False, 333, 7, 2331, 2797),
        (False, 1, 5, 5, 6),
        (True, 333, 2, 555, 666),
        (True, 399, 3, 998, 1197),
        (True, 399, 5, 1663, 1995),
        (True, 1001, 7, 5839, 7007),
    ],
)
def test_line_is_what_vendures_cart_charged(
    facts: ChannelFacts, included: bool, stored: int, quantity: int, net: int, gross: int
) -> None:
    """Recorded from carts of a real server: unit times quantity would be wrong by up to three cents."""
    recorded_variant = recorded("prices_eu", PricesData).product_variants.items[0]
    wire = msgspec.structs.replace(recorded_variant, price=stored, price_with_tax=stored)
    channel = msgspec.structs.replace(facts, prices_include_tax=included)
    line = price.price(wire, PriceKey("L2201308", Decimal(quantity)), channel, SOURCE).line
    assert line is not None
    assert line.net == minor_units(net, "EUR", 2)
    assert line.gross == minor_units(gross, "EUR", 2)


def test_one_piece_and_parts_of_one_have_no_line(facts: ChannelFacts) -> None:
    wire = recorded("prices_eu", PricesData).product_variants.items[0]
    for quantity in ("1", "0.5", "2.5"):
        assert price.price(wire, PriceKey("L2201308", Decimal(quantity)), facts, SOURCE).line is None


def test_precision_is_the_servers_and_not_the_currencys() -> None:
    assert minor_units(4_935_000, "JPY", 2) == Money(Decimal("49350.00"), "JPY")
    assert minor_units(12_345, "USD", 3) == Money(Decimal("12.345"), "USD")


def test_variant_without_a_price_in_the_currency_is_told_from_other_failures() -> None:
    body = (PAYLOADS / "prices_missing_currency.json").read_bytes()
    errors = msgspec.json.decode(body, type=_Recorded).errors
    assert isinstance(refusal(errors, "shop"), UnpricedVariant)


def test_stock_is_what_vendure_would_allocate(facts: ChannelFacts) -> None:
    laptop, untracked, buffered = recorded("stock", StockData).product_variants.items
    assert stock.stock_levels(laptop, ("1", "2"), facts, SOURCE).levels == {
        "1": StockLevel("1", Tracking.TRACKED, FRESH, Decimal(97), Decimal(100)),
        "2": StockLevel("2", Tracking.TRACKED, FRESH, Decimal(7), Decimal(7)),
    }
    assert set(stock.stock_levels(laptop, ("2",), facts, SOURCE).levels) == {"2"}
    assert stock.stock_levels(untracked, ("1", "2"), facts, SOURCE).levels == {
        "1": StockLevel("1", Tracking.UNTRACKED, FRESH)
    }
    assert stock.stock_levels(buffered, ("1",), facts, SOURCE).levels["1"].available == 100 - 4 - 10


@pytest.mark.parametrize(("variant", "product"), [(True, False), (False, True), (False, False)])
def test_of_two_bearers_of_a_sku_the_one_on_sale_is_counted(variant: bool, product: bool) -> None:
    """As prices choose: a disabled product hides its variants, whatever they say themselves."""
    sold = WireSku("1", "MUG", enabled=True, product=WireEnabled(enabled=True))
    hidden = WireSku("2", "MUG", enabled=variant, product=WireEnabled(enabled=product))
    for rows in ((sold, hidden), (hidden, sold)):
        bearers = ByVariant("shop", KeyRule(), ((row.id, row.sku, row) for row in rows))
        assert bearers.one("MUG", prefer=on_sale) == sold


def test_global_settings_decide_where_the_variant_inherits(facts: ChannelFacts) -> None:
    laptop = recorded("stock", StockData).product_variants.items[0]
    uncounted = msgspec.structs.replace(facts, track_inventory=False)
    buffered = msgspec.structs.replace(facts, out_of_stock_threshold=-5)
    assert stock.stock_levels(laptop, ("1",), uncounted, SOURCE).levels["1"].tracking is Tracking.UNTRACKED
    assert stock.stock_levels(laptop, ("1",), buffered, SOURCE).levels["1"].available == 102


def test_customer() -> None:
    ada, charles = recorded("customers", CustomersData).customers.items
    assert customer.customer(ada, ("externalId",), "GB", SOURCE) == CustomerRecord(
        NativeRef("shop", "1"),
        FRESH,
        emails=("ada@example.com",),
        phones=("+447700900123",),
        given_name="Ada",
        family_name="Lovelace",
        groups=("Engineers",),
        external_ids=(NativeRef("externalId", "crm-1"),),
        updated_at=ada.updated_at,
    )
    assert customer.customer(charles, ("externalId",), "GB", SOURCE).external_ids == ()


def test_order() -> None:
    own, foreign = recorded("orders", OrdersData).orders.items
    assert orders.order(own, 2, SOURCE) == Order(
        NativeRef("shop", "2"),
        own.code,
        OrderKind.WEB,
        datetime(2026, 11, 21, 23, 16, 47, 666_000, tzinfo=UTC),
        OrderStatus.CONFIRMED,
        "PaymentAuthorized",
        dollars("2603.00", "3122.60"),
        FRESH,
        lines=(
            OrderLine(
                "2",
                "Laptop 13 inch 8GB",
                Decimal(2),
                "L2201308",
                dollars("1299.00", "1558.80"),
                dollars("2598.00", "3117.60"),
            ),
        ),
        customer=NativeRef("shop", "1"),
    )
    mapped = orders.order(foreign, 2, SOURCE)
    assert mapped is not None
    assert mapped.origin == OrderOrigin("TILL-1")


def test_line_of_an_order_with_returned_pieces_stays_as_sold() -> None:
    own = recorded("orders", OrdersData).orders.items[0]
    line = msgspec.structs.replace(
        own.lines[0], quantity=1, prorated_line_price=129_900, prorated_line_price_with_tax=155_880
    )
    mapped = orders.order(msgspec.structs.replace(own, lines=(line,)), 2, SOURCE)
    assert mapped is not None
    assert mapped.lines[0].quantity == 2
    assert mapped.lines[0].returned_quantity == 1
    assert mapped.lines[0].total == dollars("2598.00", "3117.60")


def test_state_of_a_customised_process_is_unknown_and_kept() -> None:
    own = msgspec.structs.replace(recorded("orders", OrdersData).orders.items[0], state="AwaitingEngraving")
    mapped = orders.order(own, 2, SOURCE)
    assert mapped is not None
    assert (mapped.status, mapped.raw_status) == (OrderStatus.UNKNOWN, "AwaitingEngraving")


def test_order_of_a_further_channel_is_taxed_as_that_channel_is() -> None:
    own = recorded("orders", OrdersData).orders.items[0]
    channel = msgspec.structs.replace(own.channels[0], code="eu", prices_include_tax=True)
    mapped = orders.order(msgspec.structs.replace(own, channels=(own.channels[0], channel)), 2, SOURCE)
    assert mapped is not None
    assert mapped.total.treatment is TaxTreatment.INCLUDED


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Soft &amp; warm.</p><p>Wash at <b>40</b> degrees.</p>", "Soft & warm.\nWash at 40 degrees."),
        ("Plain 3 < 4", "Plain 3 < 4"),
        ("<ul><li>One</li><li>Two</li></ul>", "One\nTwo"),
        ("", ""),
    ],
)
def test_rich_text_becomes_plain_text(html: str, text: str) -> None:
    assert records.plain_text(html) == text


def test_phone_is_looked_for_as_people_type_it() -> None:
    forms = customer.spellings("+447700900123", "GB")
    assert {"+447700900123", "+44 7700 900123", "00447700900123", "07700 900123", "07700900123"} <= set(forms)
    assert not any(form.startswith("07") for form in customer.spellings("+447700900123", "JP"))
