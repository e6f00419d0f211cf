"""What was scanned, and what was chosen: the variant itself, not just its product."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from gateway.execution import Result
from gateway.model.catalog import Product, ProductOption, SelectedOption
from tests.unit.services.conftest import Build, World
from tests.unit.services.retailer import configuration, product, shop

SMALL, LARGE, OTHER = "09506000134352", "09506000134369", "00012345678905"
SCANNED = "query($code: String!) { variant(by: {barcode: $code}) { sku product { slug } } }"
CHOSEN = """query($chosen: [SelectedOptionInput!]!) {
  product(by: {slug: "p1"}) { variant(selectedOptions: $chosen) { sku } } }"""


def mug(*gtins: str) -> Product:
    made = product("1", "MUG-S-RED", "MUG-L-RED", "MUG-L-BLUE")
    places = (("S", "Red"), ("L", "Red"), ("L", "Blue"))
    return replace(
        made,
        options=(ProductOption("Size", ("S", "L")), ProductOption("Colour", ("Red", "Blue"))),
        variants=tuple(
            replace(
                variant,
                gtins=(gtin,) if gtin else (),
                options=(SelectedOption("Size", size), SelectedOption("Colour", colour)),
            )
            for variant, gtin, (size, colour) in zip(made.variants, gtins, places, strict=True)
        ),
    )


def codes(answer: Result) -> list[str | None]:
    return [getattr(error.original_error, "code", None) for error in answer.errors or []]


@pytest.fixture
async def world(build: Build) -> World:
    return await build(configuration(), {"shop": shop(products=(mug(SMALL, LARGE, ""), product("2", "PLATE")))})


@pytest.mark.parametrize(
    "code",
    [
        "9506000134369",
        LARGE,
        f"(01){LARGE}(10)LOT-7",
        f"]d201{LARGE}10LOT-7\x1d17271231",
        f"https://id.gs1.org/01/{LARGE}/10/LOT-7?17=271231",
    ],
)
async def test_whatever_a_scanner_reads_of_it_is_the_variant(world: World, code: str) -> None:
    found = (await world.data(SCANNED, {"code": code}))["variant"]
    assert found == {"sku": "MUG-L-RED", "product": {"slug": "p1"}}


async def test_the_product_of_what_was_scanned_is_found_by_the_same(world: World) -> None:
    document = "query($code: String!) { product(by: {barcode: $code}) { slug } }"
    data = await world.data(document, {"code": f"https://id.gs1.org/01/{SMALL}"})
    assert data["product"] == {"slug": "p1"}


async def test_nothing_bears_a_code_that_nobody_knows(world: World) -> None:
    assert (await world.data(SCANNED, {"code": OTHER}))["variant"] is None


async def test_what_names_no_trade_item_is_the_clients_mistake(world: World) -> None:
    answer = await world.ask(SCANNED, {"code": "9506000134360"})
    assert codes(answer) == ["BAD_USER_INPUT"]


async def test_a_code_that_two_variants_bear_means_neither(build: Build) -> None:
    world = await build(configuration(), {"shop": shop(products=(mug(SMALL, SMALL, ""),))})
    answer = await world.ask(SCANNED, {"code": SMALL})
    assert answer.data == {"variant": None}
    assert codes(answer) == ["AMBIGUOUS_KEY"]


async def test_by_sku_and_by_id_it_is_the_same_variant(world: World) -> None:
    document = "query($by: VariantBy!) { variant(by: $by) { id sku } }"
    named = (await world.data(document, {"by": {"sku": "MUG-L-BLUE"}}))["variant"]
    assert (await world.data(document, {"by": {"id": named["id"]}}))["variant"] == named
    parent = (await world.data('{ product(by: {slug: "p1"}) { id } }'))["product"]
    answer = await world.ask(document, {"by": {"id": parent["id"]}})
    assert codes(answer) == ["MALFORMED_ID"]


@pytest.mark.parametrize(
    ("chosen", "sku"),
    [
        ({"Size": "L", "Colour": "Blue"}, "MUG-L-BLUE"),
        ({"Colour": "Red", "Size": "S"}, "MUG-S-RED"),
        ({"Size": "S"}, "MUG-S-RED"),
        ({"Size": "L"}, None),
        ({"Size": "S", "Colour": "Blue"}, None),
        ({"Size": "s", "Colour": "Red"}, None),
        ({}, None),
    ],
)
async def test_the_variant_where_the_chosen_values_meet(world: World, chosen: dict[str, str], sku: str | None) -> None:
    entries: list[Any] = [{"name": name, "value": value} for name, value in chosen.items()]
    found = (await world.data(CHOSEN, {"chosen": entries}))["product"]["variant"]
    assert found == (None if sku is None else {"sku": sku})


async def test_more_axes_than_a_product_can_have_are_refused(world: World) -> None:
    answer = await world.ask(CHOSEN, {"chosen": [{"name": "Size", "value": "S"}] * 21})
    assert codes(answer) == ["BAD_USER_INPUT"]
