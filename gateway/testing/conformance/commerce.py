"""Suites of the assortment's domains: catalogue, identity, price and stock."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

import pytest
from msgspec.structs import replace

from gateway.errors import AmbiguousKey, CurrencyNotSold, InvalidCursor
from gateway.model.catalog import Product, ProductKey, ProductKeyKind, ProductQuery
from gateway.model.currencies import fraction_digits
from gateway.model.identity import NativeRef
from gateway.model.operation import OperationSpec
from gateway.model.pricing import Price, PriceKey
from gateway.model.stock import StockKey, StockLevels, Tracking
from gateway.ports.identity import IdentityPort
from gateway.ports.manifest import Manifest
from gateway.ports.price import GET_PRICES, PRICE_CONTEXT, PriceContextPort, PricePort
from gateway.ports.product import GET_PRODUCTS, LIST_PRODUCTS, CatalogPort
from gateway.ports.stock import GET_STOCK, StockPort
from gateway.testing.conformance.base import Conformance, a_call, assert_well_formed, declared, given, view
from gateway.testing.conformance.facts import Adapter, BackendControl, ConformanceFacts
from gateway.testing.conformance.hostile import no_ids
from gateway.testing.conformance.keyed import KeyedConformance

UNKNOWN = "CONFORMANCE-UNKNOWN-{}"


def by_sku(sku: str) -> ProductKey:
    return ProductKey(ProductKeyKind.SKU, sku)


class CatalogConformance(KeyedConformance):
    port = CatalogPort
    operation = GET_PRODUCTS

    def no_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[ProductKey]:
        return [ProductKey(ProductKeyKind.NATIVE, text) for text in no_ids(facts)]

    def known_keys(self, facts: ConformanceFacts) -> Sequence[ProductKey]:
        return [by_sku(sku) for sku in facts.skus]

    def unknown_key(self, index: int, facts: ConformanceFacts) -> ProductKey:
        return by_sku(UNKNOWN.format(index))

    async def product(self, adapter: Adapter, key: ProductKey, facts: ConformanceFacts, spec: OperationSpec) -> Product:
        found = (await self.ask(adapter, (key,), facts, spec))[key]
        assert isinstance(found, Product)
        return found

    async def test_a_product_found_by_sku_bears_that_sku(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        for sku in given(facts.skus, "skus")[:5]:
            product = await self.product(adapter, by_sku(sku), facts, spec)
            assert sku in [variant.sku for variant in product.variants]
            assert {variant.product for variant in product.variants} == {product.ref}

    async def test_two_bearers_of_a_sku_are_ambiguous(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        key = by_sku(given(facts.duplicate_sku, "duplicate_sku"))
        assert isinstance((await self.ask(adapter, (key,), facts, spec))[key], AmbiguousKey)

    async def test_skus_that_differ_by_case_are_two(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        first, second = given(facts.case_pair, "case_pair")
        answer = await self.ask(adapter, (by_sku(first), by_sku(second)), facts, spec)
        bearers = [
            variant.ref
            for sku in (first, second)
            for variant in cast("Product", answer[by_sku(sku)]).variants
            if variant.sku == sku
        ]
        assert len(set(bearers)) == 2

    async def test_slug_and_native_id_and_barcode_find_the_same_product(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        by_slug = await self.product(adapter, ProductKey(ProductKeyKind.SLUG, given(facts.slug, "slug")), facts, spec)
        by_id = await self.product(adapter, ProductKey(ProductKeyKind.NATIVE, by_slug.ref.id), facts, spec)
        assert by_id.ref == by_slug.ref
        if facts.barcode is not None:
            scanned = await self.product(adapter, ProductKey(ProductKeyKind.BARCODE, facts.barcode), facts, spec)
            assert facts.barcode in [code for variant in scanned.variants for code in variant.gtins]

    async def test_pages_of_the_assortment_neither_lose_nor_double(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest
    ) -> None:
        spec = declared(manifest, LIST_PRODUCTS.name)
        assert isinstance(adapter, CatalogPort)
        context = view(facts, spec)
        walked: list[str] = []
        after: str | None = None
        for _ in range(10_000):
            page = await adapter.list_products(ProductQuery(first=7, after=after), context, a_call())
            assert len(page.products) == len(page.positions) <= 7
            assert_well_formed(page, adapter.name)
            walked += [product.ref.id for product in page.products]
            if not page.has_next:
                break
            after = page.positions[-1]
        assert len(walked) == len(set(walked)) == (facts.product_count or len(walked)) > 0

    async def test_a_page_resumes_after_any_of_its_products(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest
    ) -> None:
        spec = declared(manifest, LIST_PRODUCTS.name)
        assert isinstance(adapter, CatalogPort)
        context = view(facts, spec)
        page = await adapter.list_products(ProductQuery(first=5), context, a_call())
        rest = await adapter.list_products(ProductQuery(first=4, after=page.positions[0]), context, a_call())
        assert [product.ref for product in rest.products] == [product.ref for product in page.products[1:]]

    async def test_what_was_never_given_out_lists_nothing(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest
    ) -> None:
        """No such category or collection is an empty page, no such position an invalid cursor."""
        spec = declared(manifest, LIST_PRODUCTS.name)
        assert isinstance(adapter, CatalogPort)
        context = view(facts, spec)
        for text in no_ids(facts):
            for query in (ProductQuery(5, category=text or "?"), ProductQuery(5, collection=text or "?")):
                page = await adapter.list_products(query, context, a_call())
                assert (page.products, page.has_next) == ((), False), text
        for text in ("²", "-1", "x", "../..", "9" * 400, '{"cursor": 1}'):
            with pytest.raises(InvalidCursor):
                await adapter.list_products(ProductQuery(5, after=text), context, a_call())


class IdentityConformance(Conformance):
    port = IdentityPort

    async def test_a_known_sku_resolves_and_an_unknown_one_is_absent(
        self, adapter: Adapter, facts: ConformanceFacts
    ) -> None:
        assert isinstance(adapter, IdentityPort)
        skus = given(facts.skus, "skus")
        answer = await adapter.resolve((*skus, UNKNOWN.format(0)), facts.context.only(frozenset()), a_call())
        assert set(answer) == set(skus)
        assert len(set(cast("Any", answer).values())) == len(skus)

    async def test_a_duplicate_is_ambiguous_and_audited(self, adapter: Adapter, facts: ConformanceFacts) -> None:
        assert isinstance(adapter, IdentityPort)
        duplicate = given(facts.duplicate_sku, "duplicate_sku")
        answer = await adapter.resolve((duplicate,), facts.context.only(frozenset()), a_call())
        assert isinstance(answer[duplicate], AmbiguousKey)
        audit = await adapter.audit(a_call())
        assert duplicate in audit.duplicates
        assert audit.records >= len(facts.skus)


class PriceConformance(KeyedConformance):
    port = PricePort
    operation = GET_PRICES

    def no_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[PriceKey]:
        return [PriceKey(NativeRef(adapter.name, text)) for text in no_ids(facts)]

    async def test_a_variant_without_a_sku_is_priced_by_its_reference_in_the_same_requests(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, backend: BackendControl
    ) -> None:
        ref, amount, _ = given(facts.nameless, "nameless")
        wanted = given(amount, "nameless: a price")
        other = PriceKey(given(facts.skus, "skus")[0])
        await self.ask(adapter, (PriceKey(ref), other), facts, spec)  # identifiers are cached from here on
        before = backend.requests
        answer = await self.ask(adapter, (PriceKey(ref), other), facts, spec)
        price = answer[PriceKey(ref)]
        assert isinstance(price, Price)
        assert price.current.stated.quantized() == wanted
        assert isinstance(answer[other], Price)
        assert backend.requests - before <= spec.requests(2, facts.axes.get(self.operation.name, {}))

    async def test_a_reference_of_another_backend_means_nothing(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        ref, _, _ = given(facts.nameless, "nameless")
        assert await self.ask(adapter, (PriceKey(NativeRef("another", ref.id)),), facts, spec) == {}

    def known_keys(self, facts: ConformanceFacts) -> Sequence[PriceKey]:
        return [PriceKey(sku) for sku in facts.skus]

    def unknown_key(self, index: int, facts: ConformanceFacts) -> PriceKey:
        return PriceKey(UNKNOWN.format(index))

    async def test_the_known_price_is_answered_exactly(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        sku, amount = given(facts.price, "price")
        price = (await self.ask(adapter, (PriceKey(sku),), facts, spec))[PriceKey(sku)]
        assert isinstance(price, Price)
        assert price.current.stated.quantized() == amount
        assert price.current.currency == facts.context.currency

    async def test_two_bearers_of_a_sku_have_no_price(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        key = PriceKey(given(facts.duplicate_sku, "duplicate_sku"))
        assert isinstance((await self.ask(adapter, (key,), facts, spec))[key], AmbiguousKey)

    async def test_another_currency_is_never_converted(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        currency = given(facts.unsold_currency, "unsold_currency")
        key = PriceKey(given(facts.skus, "skus")[0])
        elsewhere = replace(facts, context=replace(facts.context, currency=currency))
        assert isinstance((await self.ask(adapter, (key,), elsewhere, spec))[key], CurrencyNotSold)

    async def test_what_is_charged_has_the_digits_of_the_currency(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        keys = [PriceKey(sku, Decimal(3)) for sku in facts.skus[:24]]
        for price in (await self.ask(adapter, keys, facts, spec)).values():
            assert isinstance(price, Price)
            line = price.line.stated if price.line is not None else price.current.stated.times(3).quantized()
            assert line == line.quantized()
            if price.list is not None:
                assert price.list.stated.amount > price.current.stated.amount

    async def test_net_and_tax_make_gross(self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec) -> None:
        for price in (await self.ask(adapter, self.known_keys(facts)[:24], facts, spec)).values():
            assert isinstance(price, Price)
            beside = (price.list, price.line, price.unit_price and price.unit_price.price)
            for money in (price.current, *beside, *(step.price for step in price.breaks)):
                if money is None or money.net is None or money.gross is None or money.tax is None:
                    continue
                smallest = Decimal(1).scaleb(-fraction_digits(money.currency))
                # One side may keep digits that the others, as they are charged, have not.
                assert abs(money.net.amount + money.tax.amount - money.gross.amount) < smallest

    async def test_all_that_a_price_says_is_taxed_as_the_price(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        for price in (await self.ask(adapter, self.known_keys(facts)[:24], facts, spec)).values():
            assert isinstance(price, Price)
            beside = (price.list, price.line, price.unit_price and price.unit_price.price)
            for money in (*beside, *(step.price for step in price.breaks)):
                assert money is None or money.treatment is price.current.treatment

    async def test_a_price_is_not_over_when_it_is_given(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        for price in (await self.ask(adapter, self.known_keys(facts)[:24], facts, spec)).values():
            assert isinstance(price, Price)
            assert price.horizon is None or price.horizon >= price.freshness.as_of
            assert price.valid_from is None or price.valid_from <= price.freshness.as_of

    async def test_a_price_group_changes_the_price(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        group, sku, amount = given(facts.group_price, "group_price")
        grouped = replace(facts, context=replace(facts.context, price_group=group))
        price = (await self.ask(adapter, (PriceKey(sku),), grouped, spec))[PriceKey(sku)]
        assert isinstance(price, Price)
        assert price.current.stated.quantized() == amount

    async def test_the_price_context_of_a_customer_is_derived(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest
    ) -> None:
        spec = declared(manifest, PRICE_CONTEXT.name)
        assert isinstance(adapter, PriceContextPort)
        customer, group = given(facts.grouped_customer, "grouped_customer")
        answer = await adapter.price_context((customer,), view(facts, spec), a_call())
        assert answer == {customer: group}


class StockConformance(KeyedConformance):
    port = StockPort
    operation = GET_STOCK

    def no_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[StockKey]:
        return [StockKey(NativeRef(adapter.name, text), ()) for text in no_ids(facts)]

    async def test_a_variant_without_a_sku_is_counted_by_its_reference_in_the_same_requests(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, backend: BackendControl
    ) -> None:
        ref, _, counted = given(facts.nameless, "nameless")
        location, pieces = given(counted, "nameless: a count")
        key, other = StockKey(ref, facts.locations), StockKey(given(facts.skus, "skus")[0], facts.locations)
        await self.ask(adapter, (key, other), facts, spec)  # identifiers are cached from here on
        before = backend.requests
        answer = await self.ask(adapter, (key, other), facts, spec)
        assert backend.requests - before <= spec.requests(2, facts.axes.get(self.operation.name, {}))
        levels = answer[key]
        assert isinstance(levels, StockLevels)
        assert levels.levels[location].available == pieces
        assert isinstance(answer[other], StockLevels)

    async def test_a_reference_of_another_backend_means_nothing(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        ref, _, _ = given(facts.nameless, "nameless")
        assert await self.ask(adapter, (StockKey(NativeRef("another", ref.id), facts.locations),), facts, spec) == {}

    def known_keys(self, facts: ConformanceFacts) -> Sequence[StockKey]:
        return [StockKey(sku, facts.locations) for sku in facts.skus]

    def unknown_key(self, index: int, facts: ConformanceFacts) -> StockKey:
        return StockKey(UNKNOWN.format(index), facts.locations)

    async def test_the_known_stock_is_answered_exactly(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        sku, location, available = given(facts.stock, "stock")
        key = StockKey(sku, facts.locations)
        levels = (await self.ask(adapter, (key,), facts, spec))[key]
        assert isinstance(levels, StockLevels)
        assert levels.levels[location].available == available
        assert levels.levels[location].tracking is Tracking.TRACKED

    async def test_a_location_that_was_never_counted_is_not_zero(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        sku, location = given(facts.uncounted, "uncounted")
        key = StockKey(sku, (location,))
        levels = (await self.ask(adapter, (key,), facts, spec)).get(key, StockLevels({}))
        assert isinstance(levels, StockLevels)
        level = levels.levels.get(location)
        assert level is None or level.tracking is not Tracking.TRACKED

    async def test_only_asked_locations_are_answered(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        location = given(facts.locations, "locations")[0]
        keys = [StockKey(sku, (location,)) for sku in facts.skus[:5]]
        for levels in (await self.ask(adapter, keys, facts, spec)).values():
            assert set(cast("StockLevels", levels).levels) <= {location}

    async def test_two_bearers_of_a_sku_are_never_summed(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        key = StockKey(given(facts.duplicate_sku, "duplicate_sku"), facts.locations)
        assert isinstance((await self.ask(adapter, (key,), facts, spec))[key], AmbiguousKey)
