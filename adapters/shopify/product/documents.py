"""The product documents: as a shopper sees the assortment (Storefront), and for a shop without a Storefront token as it
keeps it (Admin)."""

from __future__ import annotations

from functools import lru_cache

from adapters.shopify.client import Document
from adapters.shopify.shopfront import in_context

_VARIANT_FIELDS = """id sku barcode title taxable selectedOptions{name value}
 unitPriceMeasurement{quantityValue quantityUnit referenceValue referenceUnit}"""
VARIANT = (
    f"fragment V on ProductVariant{{{_VARIANT_FIELDS} image{{url altText width height}}"
    " quantityRule{minimum maximum}}"
)
ADMIN_VARIANT = f"fragment V on ProductVariant{{{_VARIANT_FIELDS}}}"

_PRODUCT_FIELDS = """id handle title description vendor productType tags updatedAt options{name optionValues{name}}
 variants(first:$vn){pageInfo{hasNextPage endCursor} nodes{...V}}"""
_MEDIA = """nodes{__typename alt ...on MediaImage{image{url altText width height}}
 ...on Model3d{sources{url mimeType}} ...on Video{sources{url mimeType}}}"""
PRODUCT = (
    f"fragment P on Product{{{_PRODUCT_FIELDS} media(first:10){{{_MEDIA}}} collections(first:20){{nodes{{handle}}}}}}"
)
_ADMIN_TAIL = (
    f"fragment P on Product{{{_PRODUCT_FIELDS} status publishedAt media(first:3){{{_MEDIA}}}"
    f" collections(first:5){{nodes{{handle}}}}}}\n{ADMIN_VARIANT}"
)
_PAGE = "pageInfo{hasNextPage endCursor} edges{cursor node{...P}}"
_COLLECTIONS = "pageInfo{hasNextPage endCursor} nodes{handle title description image{url altText width height}}"


@lru_cache(maxsize=128)
def products_by_key(handles: int) -> Document:
    """Products by exact handle, one alias each (`products(query:)` has no handle filter), and by id."""
    parameters = "".join(f"$h{i}:String! " for i in range(handles))
    aliases = "".join(f"h{i}:product(handle:$h{i}){{...P}}\n" for i in range(handles))
    return in_context(
        "ProductsByKey", f"$ids:[ID!]! $vn:Int! {parameters}", f"nodes(ids:$ids){{...P}}\n{aliases}", PRODUCT, VARIANT
    )


@lru_cache(maxsize=64)
def admin_products_by_key(keys: int) -> Document:
    """One alias for each key, a handle or an id."""
    parameters = "".join(f" $k{i}:ProductIdentifierInput!" for i in range(keys))
    aliases = " ".join(f"k{i}:productByIdentifier(identifier:$k{i}){{...P}}" for i in range(keys))
    return Document(
        "admin", "AdminProductsByKey", f"query AdminProductsByKey($vn:Int!{parameters}){{{aliases}}}{_ADMIN_TAIL}"
    )


def _more_variants(products: int) -> tuple[str, str]:
    """The next variants of several products, each from its own position."""
    parameters = "".join(f" $i{i}:ID! $a{i}:String!" for i in range(products))
    aliases = "".join(
        f"k{i}:node(id:$i{i}){{...on Product{{variants(first:$vn after:$a{i})"
        "{pageInfo{hasNextPage endCursor} nodes{...V}}}}\n"
        for i in range(products)
    )
    return f"$vn:Int!{parameters}", aliases


@lru_cache(maxsize=128)
def more_variants(products: int) -> Document:
    return in_context("MoreVariants", *_more_variants(products), VARIANT)


@lru_cache(maxsize=128)
def admin_more_variants(products: int) -> Document:
    parameters, aliases = _more_variants(products)
    return Document("admin", "MoreVariants", f"query MoreVariants({parameters}){{{aliases}}}{ADMIN_VARIANT}")


PRODUCTS = in_context(
    "Products",
    "$first:Int! $after:String $vn:Int!",
    f"products(first:$first after:$after sortKey:ID){{{_PAGE}}}",
    PRODUCT,
    VARIANT,
)
COLLECTION_PRODUCTS = in_context(
    "CollectionProducts",
    "$handle:String! $first:Int! $after:String $vn:Int!",
    f"collection(handle:$handle){{products(first:$first after:$after sortKey:ID){{{_PAGE}}}}}",
    PRODUCT,
    VARIANT,
)
COLLECTIONS = in_context(
    "Collections", "$after:String", f"collections(first:250 after:$after sortKey:ID){{{_COLLECTIONS}}}"
)
PRODUCT_TEXTS = in_context(
    "ProductTexts",
    "$ids:[ID!]!",
    "nodes(ids:$ids){...on Product{id title description options{name optionValues{name}}}}",
)
ADMIN_PRODUCTS = Document(
    "admin",
    "AdminProducts",
    "query AdminProducts($first:Int! $after:String $vn:Int!)"
    f'{{products(first:$first after:$after query:"status:active" sortKey:ID){{{_PAGE}}}}}{_ADMIN_TAIL}',
)
ADMIN_COLLECTION_PRODUCTS = Document(
    "admin",
    "AdminCollectionProducts",
    "query AdminCollectionProducts($handle:String! $first:Int! $after:String $vn:Int!)"
    "{collectionByIdentifier(identifier:{handle:$handle})"
    f"{{products(first:$first after:$after sortKey:ID){{{_PAGE}}}}}}}{_ADMIN_TAIL}",
)
ADMIN_COLLECTIONS = Document(
    "admin",
    "AdminCollections",
    "query AdminCollections($first:Int! $after:String)"
    f"{{collections(first:$first after:$after sortKey:ID){{{_COLLECTIONS}}}}}",
)
