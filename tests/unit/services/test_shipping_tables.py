"""Shipping by the tables of the configuration, asked as any backend is."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.app import Gateway
from gateway.markets import Markets
from gateway.model.baskets import Basket, BasketLine, Destination, ShippingOption, ShippingOptions
from gateway.model.context import CallContext, CommerceContext
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.ownership import SHIPPING_TABLES, Ownership
from gateway.ports.shipping import LIST_OPTIONS, SHIPPING
from gateway.services.shipping_tables import MANIFEST, ShippingTables, tables_of
from gateway.settings import Settings, decode, draft
from gateway.validation import validate

WEDNESDAY = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
SHOP: dict[str, Any] = {"adapter": "memory", "url": "http://shop"}
CHANNEL: dict[str, Any] = {"countries": ["GB", "DE"], "currencies": {"GB": ["GBP"], "DE": ["EUR"]}}
ROW: dict[str, Any] = {"label": "Standard", "countries": ["GB"], "currency": "GBP", "price": 4.9, "tax": "included"}


def gbp(amount: str) -> Money:
    return Money(Decimal(amount), "GBP")


def settings_of(rows: dict[str, Any], **more: Any) -> Settings:
    return decode({"channels": {"web": CHANNEL}, "shipping": rows, **more}, {})


def line(price: str = "10.00", quantity: int = 1, weight: str | None = "1", identifier: str = "a") -> BasketLine:
    unit = TaxedMoney(gross=Money(Decimal(price), "GBP"), treatment=TaxTreatment.INCLUDED)
    return BasketLine(
        identifier, f"SKU-{identifier}", Decimal(quantity), unit, weight=None if weight is None else Decimal(weight)
    )


async def options(
    rows: dict[str, Any],
    *lines: BasketLine,
    country: str = "GB",
    language: str = "en",
    at: datetime = WEDNESDAY,
    **more: Any,
) -> list[ShippingOption]:
    settings = settings_of(rows, **more)
    tables = ShippingTables(settings.shipping, Markets(settings), lambda: at)
    view = CommerceContext(country, "GBP", language).only(MANIFEST.operations[LIST_OPTIONS.name].vary_on)
    basket = Basket(lines or (line(),), destination=Destination(country))
    return list((await tables.list_options(basket, view, CallContext.within(1.0))).options)


async def test_rows_of_the_country_are_offered_cheapest_first() -> None:
    rows = {
        "express": {**ROW, "label": "Express", "price": 9.9, "carrier": "DHL"},
        "standard": ROW,
        "abroad": {**ROW, "countries": ["DE"]},
        "other_money": {**ROW, "currency": "EUR"},
    }
    found = await options(rows)
    assert [(each.id, each.price.stated) for each in found] == [
        ("standard", Money(Decimal("4.90"), "GBP")),
        ("express", Money(Decimal("9.90"), "GBP")),
    ]
    assert found[1].carrier == "DHL"


@pytest.mark.parametrize(
    ("bounds", "price", "fits"),
    [
        ({"from_value": 10}, "10.00", True),
        ({"from_value": 10}, "9.99", False),
        ({"below_value": 10}, "10.00", False),
        ({"below_value": 10}, "9.99", True),
    ],
)
async def test_a_row_is_offered_within_its_values(bounds: dict[str, Any], price: str, fits: bool) -> None:
    assert bool(await options({"standard": {**ROW, **bounds}}, line(price))) is fits


@pytest.mark.parametrize(
    ("bounds", "weight", "fits"),
    [
        ({"up_to_weight": 5}, "5", True),
        ({"up_to_weight": 5}, "5.001", False),
        ({"above_weight": 5}, "5", False),
        ({"above_weight": 5}, "5.001", True),
        ({"up_to_weight": 5, "assumed_weight": 5}, None, True),
        ({"up_to_weight": 5, "assumed_weight": 6}, None, False),
    ],
)
async def test_a_row_is_offered_within_its_weights(bounds: dict[str, Any], weight: str | None, fits: bool) -> None:
    assert bool(await options({"standard": {**ROW, **bounds}}, line(weight=weight))) is fits


@given(st.lists(st.decimals("0.01", "400", places=2), min_size=1, max_size=5), st.integers(1, 9))
async def test_neighbouring_rows_offer_every_basket_one_of_them(prices: list[Decimal], quantity: int) -> None:
    rows = {
        "small": {**ROW, "below_value": 100},
        "large": {**ROW, "from_value": 100, "below_value": 1000},
        "huge": {**ROW, "from_value": 1000},
    }
    lines = [line(str(price), quantity, identifier=str(index)) for index, price in enumerate(prices)]
    assert len(await options(rows, *lines)) == 1


async def test_a_basket_is_carried_free_from_its_value_on() -> None:
    rows = {"standard": {**ROW, "free_from": 60}}
    assert (await options(rows, line("59.99")))[0].price.stated.amount == Decimal("4.90")
    assert (await options(rows, line("30.00", 2)))[0].price.stated == Money(Decimal("0.00"), "GBP")


async def test_what_is_not_shipped_neither_weighs_nor_counts() -> None:
    voucher = replace(line("500.00", weight="50", identifier="v"), requires_shipping=False)
    rows = {"standard": {**ROW, "below_value": 100, "up_to_weight": 5, "assumed_weight": 1}}
    assert await options(rows, line(), voucher)
    assert await options(rows, voucher) == []


@pytest.mark.parametrize(
    ("keys", "price"),
    [
        (
            {"tax": "included", "tax_rates": {"GB": 0.2}},
            TaxedMoney(gbp("4.08"), gbp("4.90"), gbp("0.82"), TaxTreatment.INCLUDED),
        ),
        (
            {"tax": "excluded", "tax_rates": {"GB": 0.2}},
            TaxedMoney(gbp("4.90"), gbp("5.88"), gbp("0.98"), TaxTreatment.EXCLUDED),
        ),
        (
            {"tax": "exempt"},
            TaxedMoney(gbp("4.90"), gbp("4.90"), gbp("0"), TaxTreatment.EXEMPT),
        ),
        ({"tax": "included"}, TaxedMoney(gross=Money(Decimal("4.90"), "GBP"), treatment=TaxTreatment.INCLUDED)),
        ({"tax": "excluded"}, TaxedMoney(net=Money(Decimal("4.90"), "GBP"), treatment=TaxTreatment.EXCLUDED)),
    ],
)
async def test_a_price_is_taxed_as_its_row_says_and_never_by_a_rate_nobody_gave(
    keys: dict[str, Any], price: TaxedMoney
) -> None:
    found = (await options({"standard": {**ROW, **keys, "tax_class": "reduced"}}))[0]
    assert found.price == price
    assert found.tax_class == "reduced"


async def test_days_count_from_the_next_working_day_after_the_cut_off() -> None:
    """In the market's zone (an hour ahead of UTC in summer), past a holiday and a weekend."""
    rows = {"standard": {**ROW, "days": [1, 3], "cutoff": "15:00"}}
    markets = {"GB": {"timezone": "Europe/London", "holidays": ["2026-07-02"]}}
    early = (await options(rows, at=WEDNESDAY, markets=markets))[0]
    assert early.cut_off == datetime(2026, 7, 1, 14, tzinfo=UTC)
    assert early.earliest == datetime(2026, 7, 2, 23, tzinfo=UTC)
    assert early.latest == datetime(2026, 7, 7, 23, tzinfo=UTC)
    late = (await options(rows, at=WEDNESDAY.replace(hour=14), markets=markets))[0]
    assert late.cut_off == datetime(2026, 7, 3, 14, tzinfo=UTC)
    assert late.earliest == datetime(2026, 7, 5, 23, tzinfo=UTC)


async def test_a_label_is_told_in_the_asked_language() -> None:
    rows = {"standard": {**ROW, "labels": {"de": "Standardversand"}}}
    more: dict[str, Any] = {"languages": {"available": ["en", "de"]}}
    assert (await options(rows, language="de-AT", **more))[0].label == "Standardversand"
    assert (await options(rows, language="ja", **more))[0].label == "Standard"


async def test_tables_own_shipping_where_no_backend_does(tmp_path: Path) -> None:
    settings = decode(
        {
            "gateway": {"state": f"sqlite+aiosqlite:///{tmp_path}/state.sqlite"},
            "channels": {"web": CHANNEL},
            "shipping": {"standard": ROW},
            "profiles": {"anonymous": {"touchpoint": "web", "default_country": "GB", "default_language": "en"}},
        },
        {},
    )
    gateway = await Gateway.open(settings)
    try:
        owners = gateway.ownership.answering(SHIPPING, "GB")
        assert owners == (SHIPPING_TABLES,)
        assert gateway.ownership.answering(SHIPPING, "DE") == ()
        assert gateway.ownership.alias(SHIPPING_TABLES) == "gateway"
        basket = Basket((line(),), destination=Destination("GB"))
        call = CallContext.within(2.0, person="cart")
        answer = await gateway.caller.paged(owners[0], LIST_OPTIONS, basket, CommerceContext("GB", "GBP", "en"), call)
        assert isinstance(answer, ShippingOptions)
        assert [option.id for option in answer.options] == ["standard"]
    finally:
        await gateway.close()


def test_a_backend_of_shipping_goes_first_in_its_markets() -> None:
    shop = {**SHOP, "countries": ["GB"]}
    rows = {"standard": {**ROW, "countries": ["GB", "DE"], "currency": "EUR"}}
    settings = settings_of(rows, backends={"shop": shop}, domains={"shipping": {"order": ["shop"]}})
    assert {mistake.place for mistake in validate(settings)} & {"shipping"} == set()
    shop_everywhere = settings_of(rows, backends={"shop": SHOP}, domains={"shipping": {"order": ["shop"]}})
    assert "shipping" in {mistake.place for mistake in validate(shop_everywhere)}


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"countries": []}, "shipping.standard.countries"),
    ({"price": "4.905"}, "shipping.standard.price"),
    ({"price": float("nan")}, "shipping.standard.price"),
    ({"from_value": 50, "below_value": 50}, "shipping.standard.below_value"),
    ({"above_weight": 5, "up_to_weight": 2, "assumed_weight": 1}, "shipping.standard.up_to_weight"),
    ({"up_to_weight": 2}, "shipping.standard.assumed_weight"),
    ({"free_from": 60, "below_value": 50}, "shipping.standard.free_from"),
    ({"days": [4, 2]}, "shipping.standard.days"),
    ({"tax_rates": {"DE": 0.19}}, "shipping.standard.tax_rates.DE"),
    ({"tax_rates": {"GB": 20}}, "shipping.standard.tax_rates.GB"),
    ({"tax": "exempt", "tax_rates": {"GB": 0.2}}, "shipping.standard.tax_rates"),
    ({"countries": ["GB", "FR"]}, "shipping.standard.countries[1]"),
    ({"currency": "EUR"}, "shipping.standard.currency"),
    ({"tax": "inclusive"}, "shipping.standard.tax"),
    ({"prize": 1}, "shipping.standard.prize"),
]


@pytest.mark.parametrize(("keys", "place"), MISTAKES, ids=[place for _, place in MISTAKES])
def test_a_mistake_in_a_row_is_told_with_its_place(keys: dict[str, Any], place: str) -> None:
    raw = {"channels": {"web": CHANNEL}, "shipping": {"standard": {**ROW, **keys}}}
    found = draft(raw, {})
    assert place in {mistake.place for mistake in validate(found.settings, found.mistakes)}


def test_without_rows_nobody_owns_shipping() -> None:
    settings = settings_of({})
    assert tables_of(settings) == {}
    assert Ownership(settings, {}).serves(SHIPPING) is False
