"""Root fields of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.errors import BadInput, GatewayError, MalformedId
from gateway.execution import batched
from gateway.graph.directives import CacheControl, ListSize
from gateway.model import catalog as model
from gateway.model.barcodes import scanned
from gateway.model.catalog import ProductKey, ProductKeyKind
from gateway.model.identity import canonical_key
from gateway.model.paging import ProductList
from gateway.services.ids import NodeType, decode
from schema.arguments import AfterArgument, FirstArgument
from schema.catalog.categories import CategoryView, CollectionView
from schema.catalog.types import ProductConnectionView, ProductView, VariantView
from schema.values import page_size

SCANNED = (
    "What a scanner reads: a GTIN-8, -12, -13 or -14 whose check digit is right, a GS1 element string with one (with "
    "FNC1, or in brackets as people read it), or a GS1 Digital Link."
)


@strawberry.input(name="ProductBy", one_of=True, description="Exactly one way to name a product.")
class ProductBy:
    id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The id of a product or a variant."
    )
    sku: str | None = strawberry.field(default=strawberry.UNSET, description="A variant's SKU, case kept.")
    barcode: str | None = strawberry.field(default=strawberry.UNSET, description=SCANNED)
    slug: str | None = strawberry.field(default=strawberry.UNSET, description="The product's path in URLs.")


@strawberry.input(name="VariantBy", one_of=True, description="Exactly one way to name a variant.")
class VariantBy:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="The id of a variant.")
    sku: str | None = strawberry.field(default=strawberry.UNSET, description="Its SKU, case kept.")
    barcode: str | None = strawberry.field(default=strawberry.UNSET, description=SCANNED)


async def find_product(by: ProductBy, ctx: OperationContext) -> model.Product | GatewayError | None:
    """Raises MalformedId, BadInput."""
    if isinstance(by.id, str):
        return await _by_id(by.id, ctx)
    if isinstance(by.sku, str):
        key = ProductKey(ProductKeyKind.SKU, _named(by.sku))
    elif isinstance(by.barcode, str):
        key = ProductKey(ProductKeyKind.BARCODE, _read(by.barcode))
    elif isinstance(by.slug, str):
        key = ProductKey(ProductKeyKind.SLUG, _named(by.slug))
    else:
        raise BadInput("Name the product in one way.")
    (product,) = await ctx.services.catalog.products([key], ctx.scope)
    return product


async def find_variant(by: VariantBy, ctx: OperationContext) -> model.Variant | GatewayError | None:
    """Raises MalformedId, BadInput."""
    if isinstance(by.id, str):
        if decode(by.id).type is not NodeType.VARIANT:
            raise MalformedId("This is not the id of a variant.")
        found = await ctx.services.nodes.get(by.id, frozenset(), ctx.scope)
        return found if isinstance(found, model.Variant | GatewayError) else None
    if isinstance(by.sku, str):
        return await ctx.services.catalog.variant(_named(by.sku), ctx.scope)
    if isinstance(by.barcode, str):
        return await ctx.services.catalog.scanned(_read(by.barcode), ctx.scope)
    raise BadInput("Name the variant in one way.")


def _read(barcode: str) -> str:
    found = scanned(barcode)
    if found is None:
        raise BadInput(
            "This names no trade item: neither a GTIN (8, 12, 13 or 14 digits with a right check digit) nor a GS1 "
            "element string or Digital Link with one."
        )
    return found.gtin


async def _by_id(identifier: str, ctx: OperationContext) -> model.Product | GatewayError | None:
    if decode(identifier).type not in (NodeType.PRODUCT, NodeType.VARIANT):
        raise MalformedId("This is not the id of a product or a variant.")
    found = await ctx.services.nodes.get(identifier, frozenset(), ctx.scope)
    if isinstance(found, model.Variant):
        (found,) = await ctx.services.catalog.by_ref([found.product], ctx.scope)
    return found if isinstance(found, model.Product | GatewayError) else None


def _named(text: str) -> str:
    key = canonical_key(text)
    if not key or len(key) > 255:
        raise BadInput("A key is 1 to 255 characters long.")
    return key


@strawberry.type
class CatalogQueries:
    @batched(
        ProductView | None,
        directives=[CacheControl(max_age=60)],
        description="One product, by id, SKU, barcode or slug. Null when there is none; an error AMBIGUOUS_KEY when "
        "two variants bear the key, because neither is then meant.",
    )
    @staticmethod
    async def product(
        parents: Sequence[None],
        ctx: OperationContext,
        by: Annotated[ProductBy, strawberry.argument(description="Exactly one of its fields.")],
    ) -> Sequence[model.Product | GatewayError | None]:
        return [await find_product(by, ctx)]

    @batched(
        VariantView | None,
        directives=[CacheControl(max_age=60)],
        description="One variant, by id, SKU or what a scanner read of it. Null when there is none; an error "
        "AMBIGUOUS_KEY when two bear the key, because neither is then meant.",
    )
    @staticmethod
    async def variant(
        parents: Sequence[None],
        ctx: OperationContext,
        by: Annotated[VariantBy, strawberry.argument(description="Exactly one of its fields.")],
    ) -> Sequence[model.Variant | GatewayError | None]:
        return [await find_variant(by, ctx)]

    @batched(
        ProductConnectionView | None,
        cost=5,
        directives=[CacheControl(max_age=60), ListSize(assumed_size=24, slicing_arguments=["first"])],
        description="The assortment, in a stable order, a page at a time.",
    )
    @staticmethod
    async def products(
        parents: Sequence[None],
        ctx: OperationContext,
        first: FirstArgument = None,
        after: AfterArgument = None,
        category: Annotated[
            str | None, strawberry.argument(description="The id of a category, or its key at the assortment's owner.")
        ] = None,
        collection: Annotated[
            str | None, strawberry.argument(description="The id of a collection, or its key at the assortment's owner.")
        ] = None,
    ) -> Sequence[ProductList]:
        size, nodes, scope = page_size(first, ctx, 24), ctx.services.nodes, ctx.scope
        within = None if category is None else await nodes.listed(category, NodeType.CATEGORY, scope)
        among = None if collection is None else await nodes.listed(collection, NodeType.COLLECTION, scope)
        if (within is None) != (category is None) or (among is None) != (collection is None):
            return [ctx.services.catalog.nothing(scope)]
        return [await ctx.services.catalog.page(size, after, within, among, scope)]

    @batched(
        list[CategoryView] | None,
        directives=[CacheControl(max_age=300), ListSize(assumed_size=30)],
        description="The top of the tree of categories, in order; each has its `children`.",
    )
    @staticmethod
    async def categories(parents: Sequence[None], ctx: OperationContext) -> Sequence[list[model.Category]]:
        known = await ctx.services.classification.categories(ctx.scope)
        return [sorted((entry for entry in known if entry.parent is None), key=lambda entry: entry.position)]

    @batched(
        CategoryView | None,
        directives=[CacheControl(max_age=300)],
        description="One category by its key; null when there is none. A key is the assortment owner's word, so no "
        "stand-in answers to it.",
    )
    @staticmethod
    async def category(
        parents: Sequence[None],
        ctx: OperationContext,
        key: Annotated[str, strawberry.argument(description="Its key, slug or id.")],
    ) -> Sequence[model.Category | None]:
        ref = await ctx.services.nodes.listed(key, NodeType.CATEGORY, ctx.scope)
        return [None if ref is None else await ctx.services.classification.category(ref, ctx.scope, slug=ref.id == key)]

    @batched(
        list[CollectionView] | None,
        directives=[CacheControl(max_age=300), ListSize(assumed_size=30)],
        description="All merchandised collections.",
    )
    @staticmethod
    async def collections(parents: Sequence[None], ctx: OperationContext) -> Sequence[list[model.Collection]]:
        return [list(await ctx.services.classification.collections(ctx.scope))]

    @batched(
        CollectionView | None,
        directives=[CacheControl(max_age=300)],
        description="One collection by its key; null when there is none. A key is the assortment owner's word, so no "
        "stand-in answers to it.",
    )
    @staticmethod
    async def collection(
        parents: Sequence[None],
        ctx: OperationContext,
        key: Annotated[str, strawberry.argument(description="Its key, slug or id.")],
    ) -> Sequence[model.Collection | None]:
        ref = await ctx.services.nodes.listed(key, NodeType.COLLECTION, ctx.scope)
        return [
            None if ref is None else await ctx.services.classification.collection(ref, ctx.scope, slug=ref.id == key)
        ]
