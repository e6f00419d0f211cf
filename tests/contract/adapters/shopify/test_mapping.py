"""Raw answers of the vendor, as its documentation shows them, to records."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from adapters.shopify.languages import country_code, language_code, language_tag
from adapters.shopify.product import records, rows
from adapters.shopify.shapes import Amount
from gateway.model.catalog import (
    Image,
    Measurement,
    Model3d,
    Model3dSource,
    Product,
    ProductOption,
    SelectedOption,
)
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.text import Text

SEEN = Freshness("shop", datetime(2026, 7, 1, tzinfo=UTC))
RAW = b"""{
  "id": "gid://shopify/Product/6911285461176", "handle": "oil", "title": "Olive oil", "description": "",
  "vendor": "Kalamata", "productType": "", "tags": ["food", "vegan"], "updatedAt": "2026-06-30T22:00:00Z",
  "options": [{"name": "Size", "optionValues": [{"name": "250 ml"}, {"name": "1 l"}]}],
  "media": {"nodes": [
    {"__typename": "MediaImage", "alt": "",
     "image": {"url": "https://cdn/1.jpg", "altText": null, "width": 9, "height": 6}},
    {"__typename": "MediaImage", "alt": "still uploading", "image": null},
    {"__typename": "ExternalVideo", "alt": null},
    {"__typename": "Model3d", "alt": "Bottle", "sources": [
      {"url": "https://cdn/1.glb", "mimeType": "model/gltf-binary"},
      {"url": "https://cdn/1.usdz", "mimeType": "model/vnd.usdz+zip"}]}
  ]},
  "collections": {"nodes": [{"handle": "pantry"}, {"handle": "sale"}]},
  "variants": {"pageInfo": {"hasNextPage": false, "endCursor": "x"}, "nodes": [
    {"id": "gid://shopify/ProductVariant/40", "sku": "OIL-250", "barcode": "4006381333931", "title": "250 ml",
     "taxable": true, "selectedOptions": [{"name": "Size", "value": "250 ml"}], "image": null,
     "unitPriceMeasurement": {"quantityValue": 0.25, "quantityUnit": "L", "referenceValue": 1, "referenceUnit": "L"}},
    {"id": "gid://shopify/ProductVariant/41", "sku": "", "barcode": "not a gtin", "title": "1 l", "taxable": false,
     "selectedOptions": [{"name": "Size", "value": "1 l"}], "image": null,
     "unitPriceMeasurement": {"quantityValue": 0.0, "quantityUnit": null, "referenceValue": 0, "referenceUnit": null}}
  ]}
}"""


def mapped(raw: bytes) -> Product:
    node = msgspec.json.decode(raw, type=rows.Product)
    return records.product(
        node,
        node.variants.nodes,
        backend="shop",
        texts=records.Texts("en", "en"),
        freshness=SEEN,
        categories={"pantry": None},
    )


def test_a_raw_product_becomes_a_record() -> None:
    oil = mapped(RAW)
    assert oil.ref == NativeRef("shop", "gid://shopify/Product/6911285461176")
    assert (oil.title, oil.description, oil.slug) == (Text("Olive oil", "en"), None, "oil")
    assert (oil.brand, oil.product_type, oil.tags) == ("Kalamata", None, ("food", "vegan"))
    assert oil.options == (ProductOption("Size", ("250 ml", "1 l")),)
    assert (oil.category_keys, oil.collection_keys) == (("pantry",), ("sale",))
    assert oil.updated_at == datetime(2026, 6, 30, 22, tzinfo=UTC)
    glb, usdz = (
        Model3dSource("https://cdn/1.glb", "model/gltf-binary"),
        Model3dSource("https://cdn/1.usdz", "model/vnd.usdz+zip"),
    )
    assert oil.media == (Image("https://cdn/1.jpg", None, 9, 6), Model3d("Bottle", (glb, usdz)))


def test_raw_variants_become_records() -> None:
    small, large = mapped(RAW).variants
    assert (small.sku, small.gtins, small.taxable) == ("OIL-250", ("04006381333931",), True)
    assert small.options == (SelectedOption("Size", "250 ml"),)
    assert small.measurement == Measurement(Decimal("0.25"), "L", Decimal(1), "L")
    assert (large.sku, large.gtins, large.taxable, large.measurement) == (None, (), False, None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"title": "Olive oil"', b'"title": 1'),
        (b'"tags": ["food", "vegan"]', b'"tags": null'),
        (b'"handle": "oil", ', b""),
        (b'"2026-06-30T22:00:00Z"', b'"2026-06-31T22:00:00Z"'),
        (b'"hasNextPage": false', b'"hasNextPage": 0'),
        (b'"2026-06-30T22:00:00Z"', b'"2026-06-30T22:00:00"'),
        (b'"quantityValue": 0.25', b'"quantityValue": "NaN"'),
    ],
)
def test_a_wrong_field_is_refused(old: bytes, new: bytes) -> None:
    assert old in RAW
    with pytest.raises(msgspec.ValidationError):
        mapped(RAW.replace(old, new))


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ('"1200.0"', "JPY", "1200"),
        ('"12.5"', "GBP", "12.50"),
        ('"3.125"', "KWD", "3.125"),
        ('"0.005"', "GBP", "0.005"),
        ("67.82999999999998", "GBP", "67.82999999999998"),
        ('"-4.0"', "GBP", "-4.00"),
    ],
)
def test_amounts_keep_what_was_said(amount: str, currency: str, shown: str) -> None:
    raw = f'{{"amount": {amount}, "currencyCode": "{currency}"}}'
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Amount, float_hook=Decimal)
    assert str(decoder.decode(raw).money.amount) == shown


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "EN"),
        ("en-GB", "EN"),
        ("pt", "PT"),
        ("pt-BR", "PT_BR"),
        ("pt-AO", "PT"),
        ("zh-Hant-HK", "ZH_TW"),
        ("zh", "ZH_CN"),
        ("he", "HE"),
        ("tlh", None),
    ],
)
def test_language_tags_are_the_vendors_codes(tag: str, code: str | None) -> None:
    assert language_code(tag) == code


def test_codes_are_tags_again() -> None:
    assert [language_tag(code) for code in ("EN", "PT_BR", "ZH_TW")] == ["en", "pt-BR", "zh-TW"]
    assert [country_code(country) for country in ("GB", "AQ", "", "X")] == ["GB", None, None, None]


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e99", "ten", ""])
def test_an_amount_that_is_none_is_refused(amount: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(f'{{"amount": "{amount}", "currencyCode": "GBP"}}', type=Amount)


@pytest.mark.parametrize("currency", ["gbp", "POUND", "", "£"])
def test_a_currency_that_is_none_is_refused(currency: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(f'{{"amount": "1", "currencyCode": "{currency}"}}', type=Amount)


def test_instants_are_utc_whatever_their_offset() -> None:
    oil = mapped(RAW.replace(b"2026-06-30T22:00:00Z", b"2026-07-01T00:00:00+02:00"))
    assert str(oil.updated_at) == "2026-06-30 22:00:00+00:00"
