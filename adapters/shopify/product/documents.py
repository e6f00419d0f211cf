"""The Storefront documents: what a shopper sees, published only, in his country and language. Each answer says which
country and language it was really given in, and brings the navigation menu and the list of countries when asked."""

from __future__ import annotations

from functools import lru_cache

from adapters.shopify.client import Document

_HEAD = """
localization{country{isoCode} language{isoCode} availableCountries @include(if:$static){isoCode}}
menu(handle:$menu)@include(if:$static){items{...M items{...M items{...M}}}}
"""
_MENU = "fragment M on MenuItem{title resource{...on Collection{handle}}}"
_VARIANT_FIELDS = """id sku barcode title taxable selectedOptions{name value}
 unitPriceMeasurement{quantityValue quantityUnit referenceValue referenceUnit}"""
VARIANT = f"fragment V on ProductVariant{{{_VARIANT_FIELDS} image{{url altText width height}}}}"
ADMIN_VARIANT = f"fragment V on ProductVariant{{{_VARIANT_FIELDS}}}"

PRODUCT_FIELDS = """
id handle title description vendor productType tags updatedAt options{name optionValues{name}}
media(first:10){nodes{__typename alt ...on MediaImage{image{url altText width height}}
 ...on Model3d{sources{url mimeType}} ...on Video{sources{url mimeType}}}}
collections(first:20){nodes{handle}} variants(first:$vn){pageInfo{hasNextPage endCursor} nodes{...V}}
"""
_PRODUCT = f"fragment P on Product{{{PRODUCT_FIELDS}}}"
_PAGE = "pageInfo{hasNextPage endCursor} edges{cursor node{...P}}"


def _document(name: str, parameters: str, body: str, *fragments: str) -> Document:
    text = (
        f"query {name}({parameters} $static:Boolean! $menu:String! $country:CountryCode $language:LanguageCode)"
        f"@inContext(country:$country language:$language){{{_HEAD}{body}}}"
    )
    return Document("storefront", name, "\n".join((text, _MENU, *fragments)))


@lru_cache(maxsize=128)
def products_by_key(handles: int) -> Document:
    """Products by exact handle, one alias each (`products(query:)` has no handle filter), and by id."""
    parameters = "".join(f"$h{i}:String! " for i in range(handles))
    aliases = "".join(f"h{i}:product(handle:$h{i}){{...P}}\n" for i in range(handles))
    return _document(
        "ProductsByKey",
        f"$ids:[ID!]! $vn:Int! {parameters}",
        f"nodes(ids:$ids){{...P}}\n{aliases}",
        _PRODUCT,
        VARIANT,
    )


@lru_cache(maxsize=128)
def more_variants(products: int, api: str = "storefront") -> Document:
    """The next variants of several products, each from its own position."""
    parameters = "".join(f"$i{i}:ID! $a{i}:String! " for i in range(products))
    aliases = "".join(
        f"n{i}:node(id:$i{i}){{...on Product{{variants(first:$vn after:$a{i})"
        "{pageInfo{hasNextPage endCursor} nodes{...V}}}}\n"
        for i in range(products)
    )
    if api == "admin":
        return Document(
            "admin", "MoreVariants", f"query MoreVariants($vn:Int! {parameters}){{{aliases}}}{ADMIN_VARIANT}"
        )
    return _document("MoreVariants", f"$vn:Int! {parameters}", aliases, VARIANT)


PRODUCTS = _document(
    "Products",
    "$first:Int! $after:String $vn:Int!",
    f"products(first:$first after:$after sortKey:ID){{{_PAGE}}}",
    _PRODUCT,
    VARIANT,
)
COLLECTION_PRODUCTS = _document(
    "CollectionProducts",
    "$handle:String! $first:Int! $after:String $vn:Int!",
    f"collection(handle:$handle){{products(first:$first after:$after sortKey:ID){{{_PAGE}}}}}",
    _PRODUCT,
    VARIANT,
)
COLLECTIONS = _document(
    "Collections",
    "$after:String",
    "collections(first:250 after:$after sortKey:ID){pageInfo{hasNextPage endCursor}"
    " nodes{handle title description image{url altText width height}}}",
)
PRODUCT_TEXTS = _document(
    "ProductTexts",
    "$ids:[ID!]!",
    "nodes(ids:$ids){...on Product{id title description options{name optionValues{name}}}}",
)
SHOPFRONT = _document("Shopfront", "", "")
SEARCH = _document(
    "Search",
    "$query:String! $first:Int! $after:String $vn:Int! $filters:[ProductFilter!] $sort:SearchSortKeys!"
    " $reverse:Boolean!",
    "search(query:$query first:$first after:$after types:[PRODUCT] productFilters:$filters sortKey:$sort"
    " reverse:$reverse){totalCount productFilters{id label type values{id label count input}}"
    " pageInfo{hasNextPage endCursor} edges{cursor node{...on Product{...P}}}}",
    _PRODUCT,
    VARIANT,
)
