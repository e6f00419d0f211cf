"""Documents for `corpus`: ordinary ones, and hostile ones that try to take more than they cost."""

from __future__ import annotations

from graphql import get_introspection_query

PRODUCTS, STORES = 300, 60
"""How many there are."""


def many(count: int, text: str) -> str:
    """The text so often, `#` numbered."""
    return " ".join(text.replace("#", str(number)) for number in range(count))


def products(selected: str, first: int = 100) -> str:
    return f"{{ products(first: {first}) {{ nodes {{ {selected} }} }} }}"


def variants(selected: str, first: int = 100) -> str:
    return products(f"variants {{ {selected} }}", first)


def stores(selected: str) -> str:
    return f"{{ stores(first: {STORES}) {{ nodes {{ {selected} }} }} }}"


LOCALES = ("en-GB", "de-DE", "ja", "fr", "he", "ar", "pt-BR", "hi", "pl")
NEAR = "near: {latitude: 51.2, longitude: -0.1}"
PRICE = "price { current { gross { %s } } }"

ORDINARY: dict[str, str] = {
    "the context": "{ context { country currency } }",
    "one product": '{ product(by: {slug: "p1"}) { title { value } variants { sku ' + PRICE % "amount" + " } } }",
    "a page": products(
        "slug title { value } variants { sku title { value language } "
        + PRICE % "amount currencyCode"
        + " availability { status quantity complete } }",
        24,
    ),
    "a page as people read it": products(
        "slug title { value } variants { sku price { current { gross { formatted } net { formatted } } } }", 24
    ),
    "a list": products("id slug title { value } brand productType updatedAt"),
    "a wide list": products(
        "id slug title { value language direction } brand productType freshness { source asOf role stale } tags "
        "options { name values } media { __typename }"
    ),
    "variants": variants("id sku title { value language } options { name value } taxable"),
    "prices": variants("sku price { current { gross { amount } net { amount } taxTreatment } freshness { source } }"),
    "written prices": variants(PRICE % "formatted", 50),
    "availability": variants("availability { status quantity complete freshness { source } }", 50),
    "pickup": '{ product(by: {slug: "p1"}) { variants { availability(fulfilment: PICKUP, '
    + NEAR
    + ") { status stores { status store { name { value } openAt nextOpening } } } } } }",
    "stores": stores("id key name { value } country timezone services"),
    "stores that are open": stores("key openAt nextOpening"),
    "opening hours": stores("hours { weekday opens closes } specialHours { date closed periods }"),
    "the nearest stores": f"{{ stores(first: 60, {NEAR}) {{ totalCount nodes {{ distanceKm key }} }} }}",
    "a search": '{ search(query: "product", first: 50) { nodes { slug } facets { name } totalCount } }',
    "categories": "{ categories { key name { value } } collections { key } }",
    "fragments": products("...A").removesuffix("}") + "} fragment A on Product { slug ...B } "
    "fragment B on Product { title { value } variants { ...C } } fragment C on Variant { sku title { value } }",
    "inline fragments": products("... on Product { slug ... on Node { id } } ... { title { value } }"),
    "conditions": "query ($on: Boolean = true) "
    + products("slug title @include(if: $on) { value } brand @skip(if: $on)"),
    "cursors": "{ products(first: 100) { edges { cursor node { slug } } pageInfo { endCursor hasNextPage } } }",
    "introspection": get_introspection_query().strip(),
    "introspection of one type": '{ __type(name: "Product") { name fields { name type { name } } } }',
}

HOSTILE: dict[str, str] = {
    "written prices often": products(f"variants {{ {PRICE % many(54, 'a#: formatted')} }}", 10),
    "written prices in many locales": products(
        "variants { %s }" % (PRICE % " ".join(f'a{n}: formatted(locale: "{LOCALES[n % 9]}")' for n in range(54))),
        10,
    ),
    "amounts often": products(f"variants {{ {PRICE % many(54, 'a#: amount')} }}", 30),
    "leaves often": products(many(54, "a#: slug")),
    "ids often": products(many(54, "a#: id")),
    "type names often": products(many(54, "a#: __typename")),
    "objects often": products(many(54, "a#: title { value }")),
    "sentences of products": products("speakable { text ssml }"),
    "sentences of products often": products(many(50, "a#: speakable { text }"), 25),
    "sentences of prices": variants("price { speakable { text ssml } }", 50),
    "sentences of availability": variants("availability { speakable { text ssml } }", 50),
    "sentences of stores": stores("speakable { text ssml }"),
    "openings often": stores(many(15, "a#: nextOpening")),
    "instants often": stores(" ".join(f'a{n}: openAt(at: "2026-07-01T12:{n:02d}:00Z")' for n in range(15))),
    "stores often": "{ " + many(20, "a#: stores(first: 1, near: {latitude: 51, longitude: #}) { totalCount }") + " }",
    "products often": "{ " + many(20, 'a#: product(by: {slug: "p#"}) { title { value } variants { sku } }') + " }",
    "nothing often": "{ " + many(20, 'a#: product(by: {slug: "none#"}) { title { value } }') + " }",
    "ids of nothing": "{ " + many(20, 'a#: node(id: "x#") { id }') + " }",
    "pages often": "{ " + many(20, "a#: products(first: 50) { nodes { slug title { value } } }") + " }",
    "searches often": "{ " + many(20, 'a#: search(query: "product #", first: 20) { nodes { slug } totalCount }') + " }",
    "products of variants of products": products("variants { product { variants { product { slug } } } }", 20),
    "pickup for many": variants(f"availability(fulfilment: PICKUP, {NEAR}) {{ status stores {{ status }} }}", 30),
    "conditions often": products(many(9, "slug @include(if: true) @skip(if: false)")),
    "the schema's types": "{ __schema { types { name } } }",
    "the schema's fields": "{ __schema { types { name fields { name type { name ofType { name } } } } } }",
    "the schema's fields often": "{ " + many(6, "a#: __schema { types { name fields { name description } } }") + " }",
    "a type often": "{ " + many(20, 'a#: __type(name: "Product") { fields { name type { name } } }') + " }",
    "a type in types": '{ __type(name: "Product") { fields { type { fields { type { name } } } } } }',
    "the type's name": "{ __typename }",
}
CORPUS = {**ORDINARY, **HOSTILE}
