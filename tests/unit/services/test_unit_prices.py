"""The price per measure: the owner's final price over what the catalogue says is in it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.errors import CurrencyNotSold
from gateway.model.catalog import Measurement, Variant
from gateway.model.freshness import Role
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.pricing import Price, PriceKey, UnitPrice
from gateway.services.unit_prices import with_unit_prices
from gateway.testing.sandbox import SeedPrice
from tests.unit.services.conftest import Build
from tests.unit.services.retailer import SEEN, configuration, domains, erp, gbp, product, shop

QUERY = """query($quantity: Int) { product(by: {sku: "MUG"}) { variants { price(quantity: $quantity) {
  breaks { minimumQuantity price { net { amount } gross { amount formatted } taxTreatment } }
  unitPrice { formatted referenceQuantity referenceUnit freshness { source role }
    price { net { amount } gross { amount } tax { amount } taxTreatment } } } } } }"""


def catalogue(contents: Measurement | None) -> Any:
    mug = product("1", "MUG")
    return shop(products=(replace(mug, variants=(replace(mug.variants[0], measurement=contents),)),), prices=())


async def told(build: Build, contents: Measurement | None, quantity: int = 1) -> Any:
    prices = (SeedPrice("MUG", gbp("12.0833")), SeedPrice("MUG", gbp("10.2666"), minimum_quantity=Decimal(10)))
    world = await build(
        configuration(domains=domains(price={"order": ["erp"]}, order=["shop", "erp"])),
        {"shop": catalogue(contents), "erp": erp("MUG", prices=prices)},
    )
    return (await world.data(QUERY, {"quantity": quantity}))["product"]["variants"][0]["price"]


async def test_the_owners_price_meets_the_contents_of_another_system_and_both_are_named(build: Build) -> None:
    found = await told(build, Measurement(Decimal(250), "g", Decimal(100), "g"))
    assert found["unitPrice"] == {
        "formatted": "£5.80",
        "referenceQuantity": "100",
        "referenceUnit": "g",
        "freshness": [{"source": "erp", "role": "PRIMARY"}, {"source": "shop", "role": "ENRICHMENT"}],
        "price": {
            "net": {"amount": "4.83"}, "gross": {"amount": "5.80"}, "tax": {"amount": "0.97"},
            "taxTreatment": "EXCLUDED",
        },
    }  # fmt: skip


async def test_breaks_are_taxed_as_the_price_is_and_gross_is_what_is_charged(build: Build) -> None:
    found = await told(build, None)
    assert found["breaks"] == [
        {
            "minimumQuantity": "10",
            "price": {
                "net": {"amount": "10.2666"}, "gross": {"amount": "12.3166", "formatted": "£12.32"},
                "taxTreatment": "EXCLUDED",
            },
        }
    ]  # fmt: skip
    assert found["unitPrice"] is None


async def test_more_pieces_have_their_own_price_per_measure(build: Build) -> None:
    found = await told(build, Measurement(Decimal(250), "g", Decimal(100), "g"), quantity=10)
    assert found["unitPrice"]["price"]["gross"]["amount"] == "4.93"


GROSS = TaxedMoney(gross=gbp("13.50"), treatment=TaxTreatment.INCLUDED)
VARIANT = product("1", "MUG").variants[0]


def per(
    contents: Measurement | None, current: TaxedMoney = GROSS, country: str = "GB", **parts: Any
) -> UnitPrice | None:
    variant: Variant = replace(VARIANT, measurement=contents)
    (priced,) = with_unit_prices([Price(current, SEEN, **parts)], [variant], country)
    assert isinstance(priced, Price)
    return priced.unit_price


def taxed(amount: str, currency: str) -> TaxedMoney:
    return TaxedMoney(gross=Money(Decimal(amount), currency), treatment=TaxTreatment.INCLUDED)


@pytest.mark.parametrize(
    ("amount", "currency", "country", "contents", "expected"),
    [
        ("13.50", "GBP", "GB", ("250", "g", "100", "g"), "5.40"),
        ("13.50", "GBP", "GB", ("250", "g", "1", "kg"), "54.00"),
        ("9.90", "EUR", "DE", ("750", "mL", "1", "L"), "13.20"),
        ("9.90", "EUR", "DE", ("75", "cL", "1", "L"), "13.20"),
        ("1.25", "GBP", "GB", ("500", "{item}", "1", "{item}"), "0.003"),
        ("1.25", "GBP", "GB", ("50", "mL", "1", "mL"), "0.025"),
        ("1.25", "EUR", "DE", ("50", "mL", "1", "mL"), "0.03"),
        ("0.99", "USD", "US", ("16", "[foz_us]", "1", "[foz_us]"), "0.062"),
        ("500", "JPY", "JP", ("300", "g", "100", "g"), "167"),
        ("149.49", "RSD", "RS", ("250", "g", "1", "kg"), "597.96"),
        ("5.750", "KWD", "KW", ("250", "g", "1", "kg"), "23.000"),
    ],
)
def test_it_is_rounded_as_the_law_of_the_country_says(
    amount: str, currency: str, country: str, contents: tuple[str, str, str, str], expected: str
) -> None:
    quantity, unit, reference, reference_unit = contents
    measure = Measurement(Decimal(quantity), unit, Decimal(reference), reference_unit)
    found = per(measure, taxed(amount, currency), country)
    assert found is not None
    assert found.price.gross is not None
    assert str(found.price.gross.amount) == expected
    assert (str(found.reference_quantity), found.reference_unit) == (reference, reference_unit)


def test_it_is_made_of_the_price_as_it_is_charged() -> None:
    unrounded = taxed("13.327333", "GBP")
    found = per(Measurement(Decimal(1), "g", Decimal(1000), "g"), unrounded)
    assert found is not None
    assert found.price.gross == gbp("13330.00")


def test_a_reference_that_makes_no_sense_gives_way_to_the_one_of_the_law() -> None:
    for reference in (("0", "g"), ("100", "mL"), ("-1", "g"), ("1", "")):
        found = per(Measurement(Decimal(250), "g", Decimal(reference[0]), reference[1]))
        assert found is not None
        assert (found.price.gross, found.reference_quantity, found.reference_unit) == (gbp("54.00"), 1, "kg")


@pytest.mark.parametrize(
    ("contents", "parts"),
    [
        (None, {}),
        (Measurement(Decimal(0), "g", Decimal(100), "g"), {}),
        (Measurement(Decimal(-5), "g", Decimal(100), "g"), {}),
        (Measurement(Decimal(250), "bushel", Decimal(0), "bushel"), {}),
        (Measurement(Decimal(250), "g", Decimal(100), "g"), {"key": PriceKey("MUG", Decimal(1), "dozen")}),
    ],
)
def test_where_the_contents_of_what_is_priced_are_not_known_there_is_none(
    contents: Measurement | None, parts: dict[str, Any]
) -> None:
    assert per(contents, **parts) is None


def test_what_the_owner_states_itself_is_left_alone() -> None:
    own = UnitPrice(GROSS, Decimal(100), "g")
    assert per(Measurement(Decimal(250), "g", Decimal(100), "g"), unit_price=own) is own


def test_errors_and_absences_pass() -> None:
    error = CurrencyNotSold()
    assert with_unit_prices([error, None], [VARIANT, VARIANT], "GB") == [error, None]


def test_the_catalogues_part_is_an_enrichment_with_its_own_age() -> None:
    found = per(Measurement(Decimal(250), "g", Decimal(100), "g"))
    assert found is not None
    assert [entry.role for entry in found.freshness] == [Role.PRIMARY, Role.ENRICHMENT]
