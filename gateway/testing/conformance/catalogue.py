"""Suites of the catalogue and of identity. What a listing has to hold is in `listings`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from msgspec.structs import replace

from gateway.errors import AmbiguousKey
from gateway.model.catalog import Product, ProductKey, ProductKeyKind
from gateway.model.operation import OperationSpec
from gateway.model.text import Text
from gateway.ports.identity import IdentityPort
from gateway.ports.manifest import Manifest
from gateway.ports.product import GET_PRODUCTS, CatalogPort
from gateway.testing.conformance.base import a_call, given, served
from gateway.testing.conformance.facts import Adapter, ConformanceFacts, Hidden
from gateway.testing.conformance.failures import FailingConformance
from gateway.testing.conformance.hostile import no_ids
from gateway.testing.conformance.keyed import UNKNOWN, KeyedConformance
from gateway.testing.conformance.listings import ListingConformance
from gateway.testing.conformance.wellformed import parts, timeless

UNWRITTEN = "mt"
"""A language that no shop under test is written in."""
UNKNOWN_SLUG = "conformance-unknown-{}"
UNKNOWN_BARCODE = "00999999999993"


def by_sku(sku: str) -> ProductKey:
    return ProductKey(ProductKeyKind.SKU, sku)


def by_slug(slug: str) -> ProductKey:
    return ProductKey(ProductKeyKind.SLUG, slug)


def by_id(native: str) -> ProductKey:
    return ProductKey(ProductKeyKind.NATIVE, native)


def by_barcode(code: str) -> ProductKey:
    return ProductKey(ProductKeyKind.BARCODE, code)


class CatalogConformance(ListingConformance, KeyedConformance):
    port = CatalogPort
    operation = GET_PRODUCTS

    def no_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[ProductKey]:
        return [ProductKey(ProductKeyKind.NATIVE, text) for text in no_ids(facts)]

    def known_keys(self, facts: ConformanceFacts) -> Sequence[ProductKey]:
        return [by_sku(sku) for sku in given(facts.skus, "skus", facts)]

    def unknown_key(self, index: int, facts: ConformanceFacts) -> ProductKey:
        return by_sku(UNKNOWN.format(index))

    def unknown_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[ProductKey]:
        native = map(by_id, facts.unknown_ids)
        return (by_sku(UNKNOWN.format(0)), by_slug(UNKNOWN_SLUG.format(0)), by_barcode(UNKNOWN_BARCODE), *native)

    async def product(self, adapter: Adapter, key: ProductKey, facts: ConformanceFacts, spec: OperationSpec) -> Product:
        found = (await self.ask(adapter, (key,), facts, spec))[key]
        assert isinstance(found, Product)
        return found

    async def test_a_product_found_by_sku_bears_that_sku(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        for sku in given(facts.skus, "skus", facts)[:5]:
            product = await self.product(adapter, by_sku(sku), facts, spec)
            assert sku in [variant.sku for variant in product.variants]
            assert {variant.product for variant in product.variants} == {product.ref}

    async def test_two_bearers_of_a_sku_are_ambiguous(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        key = by_sku(given(facts.duplicate_sku, "duplicate_sku", facts))
        assert isinstance((await self.ask(adapter, (key,), facts, spec))[key], AmbiguousKey)

    async def test_skus_that_differ_by_case_are_two(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        first, second = given(facts.case_pair, "case_pair", facts)
        answer = await self.ask(adapter, (by_sku(first), by_sku(second)), facts, spec)
        bearers = [
            variant.ref
            for sku in (first, second)
            for variant in cast("Product", answer[by_sku(sku)]).variants
            if variant.sku == sku
        ]
        assert len(set(bearers)) == 2

    async def test_slug_and_native_id_find_the_same_product(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        found = await self.product(adapter, by_slug(given(facts.slug, "slug", facts)), facts, spec)
        again = await self.product(adapter, by_id(found.ref.id), facts, spec)
        assert timeless(again) == timeless(found)
        assert found.slug == facts.slug

    async def test_a_barcode_finds_the_product_that_bears_it(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        code = given(facts.barcode, "barcode", facts)
        scanned = await self.product(adapter, by_barcode(code), facts, spec)
        assert code in [code for variant in scanned.variants for code in variant.gtins]

    async def test_keys_of_every_kind_in_one_call_find_what_each_finds_alone(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        sku = given(facts.skus, "skus", facts)[0]
        found = await self.product(adapter, by_sku(sku), facts, spec)
        keys = [by_sku(sku), by_id(found.ref.id)]
        keys += [by_slug(facts.slug)] if facts.slug and "slug" not in facts.impossible else []
        keys += [by_barcode(facts.barcode)] if facts.barcode and "barcode" not in facts.impossible else []
        alone: dict[Any, Any] = {}
        for key in keys:
            alone |= await self.ask(adapter, (key,), facts, spec)
        together = await self.ask(adapter, (*keys, *self.unknown_keys(adapter, facts)), facts, spec)
        assert timeless(together) == timeless(alone)
        assert set(alone) == set(keys)

    async def test_what_is_hidden_is_found_by_no_key(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        keys = keys_of(given(facts.hidden, "hidden", facts))
        known = tuple(self.known_keys(facts))[:1]
        assert set(await self.ask(adapter, (*keys, *known), facts, spec)) == set(known)
        for key in keys:
            assert await self.ask(adapter, (key,), facts, spec) == {}, key.kind

    async def test_a_translated_text_is_in_the_language_it_says(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        sku, language, title = given(facts.translated, "translated", facts)
        own = await self.product(adapter, by_sku(sku), facts, spec)
        shown = await self.product(adapter, by_sku(sku), in_language(facts, language), spec)
        assert shown.title == Text(title, language)
        assert own.title.language == facts.context.language
        assert own.title.value != title

    async def test_what_nobody_translated_says_the_language_it_is_in(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        key = by_sku(given(facts.skus, "skus", facts)[0])
        own = [part for part in parts(await self.product(adapter, key, facts, spec)) if isinstance(part, Text)]
        elsewhere = in_language(facts, UNWRITTEN)
        shown = [part for part in parts(await self.product(adapter, key, elsewhere, spec)) if isinstance(part, Text)]
        assert own
        assert shown == own


class IdentityConformance(FailingConformance):
    port = IdentityPort

    async def read(self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest) -> object:
        skus = given(facts.skus, "skus", facts)
        return await served(adapter, IdentityPort).resolve(skus[:1], facts.context.only(frozenset()), a_call())

    async def test_a_known_sku_resolves_and_an_unknown_one_is_absent(
        self, adapter: Adapter, facts: ConformanceFacts
    ) -> None:
        skus = given(facts.skus, "skus", facts)
        keys = (*skus, UNKNOWN.format(0))
        answer = await served(adapter, IdentityPort).resolve(keys, facts.context.only(frozenset()), a_call())
        assert set(answer) == set(skus)
        assert len(set(cast("Any", answer).values())) == len(skus)

    async def test_a_duplicate_is_ambiguous_and_audited(self, adapter: Adapter, facts: ConformanceFacts) -> None:
        duplicate = given(facts.duplicate_sku, "duplicate_sku", facts)
        port = served(adapter, IdentityPort)
        answer = await port.resolve((duplicate,), facts.context.only(frozenset()), a_call())
        assert isinstance(answer[duplicate], AmbiguousKey)
        audit = await port.audit(a_call())
        assert duplicate in audit.duplicates
        assert audit.records >= len(facts.skus)


def keys_of(hidden: Hidden) -> list[ProductKey]:
    keys = [by_sku(hidden.sku), by_id(hidden.native)]
    keys += [by_slug(hidden.slug)] if hidden.slug else []
    return keys + ([by_barcode(hidden.barcode)] if hidden.barcode else [])


def in_language(facts: ConformanceFacts, language: str) -> ConformanceFacts:
    return replace(facts, context=replace(facts.context, language=language))
