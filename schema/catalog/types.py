"""Products and their variants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.errors import AdapterError, BadInput, GatewayError
from gateway.execution import attribute, batched, computed, records
from gateway.graph.directives import CacheControl, Cost
from gateway.model import catalog as model
from gateway.model.catalog import ProductStatus
from gateway.model.identity import NativeRef
from gateway.model.paging import PageInfo, ProductEdge, ProductList
from gateway.model.pricing import Price
from gateway.model.stock import Availability, Fulfilment
from gateway.model.text import SpeakableText
from gateway.services.unit_prices import with_unit_prices
from schema.availability.types import AvailabilityView
from schema.catalog.arguments import (
    FulfilmentArgument,
    NearArgument,
    QuantityArgument,
    StoreIdsArgument,
    UnitArgument,
    near_point,
    store_names,
)
from schema.catalog.categories import CategoryView, CollectionView
from schema.catalog.media import MediaView
from schema.node import Node
from schema.pricing.types import PriceView
from schema.values import ExternalIdView, FreshnessView, PageInfoView, SpeakableTextView, TextView

_AXES = 20


@strawberry.type(name="ProductOption", description="An axis along which a product's variants differ, such as Size.")
class ProductOptionView:
    is_type_of = records(model.ProductOption)

    name: str = strawberry.field(description="Name of the axis.")
    values: list[str] = strawberry.field(description="Its values, in display order.")


@strawberry.type(name="SelectedOption", description="Where on an axis a variant stands.")
class SelectedOptionView:
    is_type_of = records(model.SelectedOption)

    name: str = strawberry.field(description="Name of the axis.")
    value: str = strawberry.field(description="The variant's value.")


@strawberry.input(name="SelectedOptionInput", description="Where on an axis a variant is to stand.")
class SelectedOptionInput:
    name: str = strawberry.field(description="Name of the axis, as `options` has it.")
    value: str = strawberry.field(description="One of its values, as `options` has it.")


@strawberry.type(name="Measurement", description="What one piece contains, for unit prices. Units are UCUM codes.")
class MeasurementView:
    is_type_of = records(model.Measurement)

    quantity: Decimal = strawberry.field(description="How much one piece contains.")
    unit: str = strawberry.field(description="Unit of `quantity`, such as ml or g.")
    reference_quantity: Decimal = strawberry.field(description="How much the unit price is for, such as 100.")
    reference_unit: str = strawberry.field(description="Unit of `referenceQuantity`.")


@strawberry.type(name="Variant", description="What a customer buys: one size, one colour.")
class VariantView(Node):
    is_type_of = records(model.Variant)

    @computed(
        strawberry.ID,
        cost=1,
        description="Opaque and stable; the same in every backend, from the SKU where there is one.",
    )
    @staticmethod
    def id(record: model.Variant, ctx: OperationContext) -> str:
        return ctx.services.ids.variant(record)

    sku: str | None = strawberry.field(
        description="The business key shared by all systems, case kept. Null where the catalogue has none: then price "
        "and stock are those of the same system, and null where another one owns them."
    )
    title: TextView = strawberry.field(description="What tells it from its siblings, in the operation's language.")
    options: list[SelectedOptionView] = strawberry.field(description="Where it stands on the product's axes.")
    gtins: list[str] = strawberry.field(description="Barcodes as GTIN-14 (shorter ones padded with zeros).")
    media: list[MediaView] = strawberry.field(description="Pictures of this variant; those of the product are there.")
    measurement: MeasurementView | None = strawberry.field(description="What one piece contains; null where unknown.")
    taxable: bool | None = strawberry.field(description="False when exempt from sales tax; null where unknown.")
    freshness: FreshnessView = strawberry.field(description="Where these catalogue facts come from.")

    @computed(list[ExternalIdView], description="What other systems call it.")
    @staticmethod
    def external_ids(record: model.Variant) -> list[NativeRef]:
        return [record.ref]

    @batched("ProductView | None", key="product", cost=2, description="The product it belongs to.")
    @staticmethod
    async def product(
        parents: Sequence[model.Variant], ctx: OperationContext
    ) -> Sequence[model.Product | AdapterError | None]:
        return await ctx.services.catalog.by_ref([variant.product for variant in parents], ctx.scope)

    @batched(
        PriceView | None,
        key="ref",
        cost=2,
        directives=[CacheControl(max_age=30)],
        description="What it costs in the operation's country, currency and customer's price list. Null with an error "
        "when its owner cannot say (see `extensions.code`); null without one when it is not sold here.",
    )
    @staticmethod
    async def price(
        parents: Sequence[model.Variant],
        ctx: OperationContext,
        quantity: QuantityArgument = 1,
        unit: UnitArgument = None,
    ) -> Sequence[Price | AdapterError | None]:
        if not 1 <= quantity <= 1_000_000:
            raise BadInput("`quantity` must be 1 to 1,000,000.")
        prices = await ctx.services.pricing.prices([v.key for v in parents], Decimal(quantity), unit, ctx.scope)
        return with_unit_prices(prices, parents, ctx.scope.commerce.country)

    @batched(
        AvailabilityView | None,
        key="ref",
        cost=3,
        directives=[CacheControl(max_age=10)],
        description="Whether it can be had, summed over places, each counted by its own system. A place that cannot be "
        "heard is unknown, never zero. Null with an error only when no place at all could be heard.",
    )
    @staticmethod
    async def availability(
        parents: Sequence[model.Variant],
        ctx: OperationContext,
        fulfilment: FulfilmentArgument = Fulfilment.DELIVERY,
        near: NearArgument = None,
        store_ids: StoreIdsArgument = None,
    ) -> Sequence[Availability | GatewayError | None]:
        names = None if store_ids is None else store_names(store_ids)
        return await ctx.services.availability.of(
            [variant.key for variant in parents], fulfilment, near_point(near), names, ctx.scope
        )


@strawberry.type(name="Product", description="A product with all its variants, as the assortment's owner knows it.")
class ProductView(Node):
    is_type_of = records(model.Product)

    @computed(strawberry.ID, cost=1, description="Opaque and stable; old ids go on working after a change of systems.")
    @staticmethod
    def id(record: model.Product, ctx: OperationContext) -> str:
        return ctx.services.ids.product(record)

    slug: str | None = strawberry.field(description="Its path in URLs; null where it has none.")
    title: TextView = strawberry.field(description="Name in the language of the operation, or its stand-in.")
    description: TextView | None = strawberry.field(
        directives=[Cost(weight=10)],  # it is long, and may be asked for often
        description="Plain text; null where there is none.",
    )
    brand: str | None = strawberry.field(description="Maker or brand, as customers know it.")
    product_type: str | None = strawberry.field(description="The retailer's own kind of product.")
    tags: list[str] = strawberry.field(description="The retailer's own labels.")
    options: list[ProductOptionView] = strawberry.field(description="The axes along which its variants differ.")
    variants: list[VariantView] = strawberry.field(description="All of them, in display order.")

    @computed(
        VariantView | None,
        description="The one that stands at these values, an axis each, names and values as they are spelt here; null "
        "where there is none, or where axes are left out and several remain.",
    )
    @staticmethod
    def variant(
        record: model.Product,
        selected_options: Annotated[
            list[SelectedOptionInput], strawberry.argument(description="One value of each axis; at most 20.")
        ],
    ) -> model.Variant | None:
        if len(selected_options) > _AXES:
            raise BadInput(f"A product has at most {_AXES} axes.")
        chosen = {(each.name, each.value) for each in selected_options}
        fit = [v for v in record.variants if chosen <= {(option.name, option.value) for option in v.options}]
        return fit[0] if len(fit) == 1 else None

    media: list[MediaView] = strawberry.field(description="Pictures, videos and 3D models, in display order.")
    status: ProductStatus | None = attribute(
        requires=("staff",), description="Whether customers can see it. Staff only."
    )
    updated_at: datetime | None = strawberry.field(description="When its owner last changed it (UTC).")
    freshness: FreshnessView = strawberry.field(description="Where these catalogue facts come from.")

    @computed(list[ExternalIdView], description="What other systems call it.")
    @staticmethod
    def external_ids(record: model.Product) -> list[NativeRef]:
        return [record.ref]

    @batched(list[CategoryView], key="ref", description="Where it stands in the tree.")
    @staticmethod
    async def categories(parents: Sequence[model.Product], ctx: OperationContext) -> Sequence[list[model.Category]]:
        if not any(product.category_keys for product in parents):
            return [[] for _ in parents]
        backends = [product.ref.backend for product in parents if product.category_keys]
        known = await ctx.services.classification.known_categories(backends, ctx.scope)
        refs = [[NativeRef(product.ref.backend, key) for key in product.category_keys] for product in parents]
        return [[known[ref] for ref in named if ref in known] for named in refs]

    @batched(list[CollectionView], key="ref", description="The collections it is in.")
    @staticmethod
    async def collections(parents: Sequence[model.Product], ctx: OperationContext) -> Sequence[list[model.Collection]]:
        if not any(product.collection_keys for product in parents):
            return [[] for _ in parents]
        backends = [product.ref.backend for product in parents if product.collection_keys]
        known = await ctx.services.classification.known_collections(backends, ctx.scope)
        refs = [[NativeRef(product.ref.backend, key) for key in product.collection_keys] for product in parents]
        return [[known[ref] for ref in named if ref in known] for named in refs]

    @computed(SpeakableTextView, cost=10, description="Its name, as a voice assistant says it.")
    @staticmethod
    def speakable(record: model.Product, ctx: OperationContext) -> SpeakableText:
        return ctx.services.speech.product(record, ctx.language)


@strawberry.type(name="ProductEdge", description="A product in a list, with the position after it.")
class ProductEdgeView:
    is_type_of = records(ProductEdge)

    node: ProductView = strawberry.field(description="The product.")
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this product.")


@strawberry.type(name="ProductConnection", description="A page of products.")
class ProductConnectionView:
    is_type_of = records(ProductList)

    @computed(list[ProductView], description="The products of this page, without their cursors.")
    @staticmethod
    def nodes(record: ProductList) -> tuple[model.Product, ...]:
        return record.products

    @computed(list[ProductEdgeView], description="The products of this page, each with its cursor.")
    @staticmethod
    def edges(record: ProductList, ctx: OperationContext) -> list[ProductEdge]:
        return ctx.services.catalog.edges(record)

    @computed(PageInfoView, description="Where this page ends.")
    @staticmethod
    def page_info(record: ProductList, ctx: OperationContext) -> PageInfo:
        return ctx.services.catalog.page_info(record)

    freshness: FreshnessView = strawberry.field(description="Whose assortment this is: its owner's or a stand-in's.")
    total_count: int | None = strawberry.field(
        description="How many there are in all; null where counting would cost its owner another call."
    )
