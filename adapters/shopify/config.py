"""The keys of `[backends.x]` that this adapter reads beyond the common ones (`url` is `https://{shop}.myshopify.com`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from gateway.constraints import COUNTRY, LANGUAGE, TEXT, between, matching, one_of
from gateway.ports.manifest import AdapterConfig, Secret


class ShopifyConfig(AdapterConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`admin_token` is the app's access token for the Admin API. `storefront_token` opens what shoppers see; without it
    the catalogue is read through Admin (no translations, no menu, no search). `webhook_secret` is the app's client
    secret and, during rotation, the one before it.

    `language` is the shop's own language. `category_menu` is the handle of the navigation menu that is the category
    tree. `option_facets`: product options that search offers as facets, separated by commas, such as `Size, Color`.
    `prices_include_tax` overrides, by country, what the shop says (empty: ask the shop).
    `read_all_orders`: the app holds that right; without it orders older than 60 days cannot be seen.
    `foreign_sources`: the order source names, separated by commas, under which another system writes its orders here.
    `trust_verified_email`: the vendor marks customers made by staff or by API as verified, so it proves nothing unless
    every customer registers by himself. `b2b`: customers may buy for companies with prices of their own.
    `foreign_prices`: promotions are reckoned with the basket's own prices, which another system owns; without it the
    shop's are, and a basket with others is refused.
    `reference_metafield`: `namespace.key` of the metafield by which orders placed here are found again; its definition
    (orders, type `id`) has to be there.
    `guest_customer`: the customer that guests' orders are of; without it they name none, and what the shop makes of the
    e-mail that was typed is its own.
    `hours_metafield`: `namespace.key` of a location's opening hours as text. `query_cost_limit` and `cost_scale`: the
    most points of one Admin query, and how dear the vendor's points are against the published rule (below 1 makes
    pieces larger)."""

    admin_token: Secret
    storefront_token: Secret | None = None
    storefront_token_kind: Annotated[str, one_of("private", "public")] = "private"  # noqa: S105  a kind, no token
    webhook_secret: Secret | None = None
    language: Annotated[str, LANGUAGE] = "en"
    category_menu: Annotated[str, matching(r"[a-z0-9][a-z0-9_-]*", "is no handle of a menu")] = "main-menu"
    option_facets: Annotated[str, TEXT.or_empty()] = ""
    prices_include_tax: Annotated[Mapping[str, bool], COUNTRY.for_keys()] = {}
    read_all_orders: bool = False
    foreign_sources: Annotated[str, TEXT.or_empty()] = ""
    trust_verified_email: bool = False
    b2b: bool = False
    foreign_prices: bool = False
    reference_metafield: Annotated[str, matching(r"[^.\s]+\.[^.\s]+", "must be `namespace.key`")] = "gateway.reference"
    guest_customer: Annotated[
        str, matching(r"gid://shopify/Customer/[1-9][0-9]*", "must be `gid://shopify/Customer/...`").or_empty()
    ] = ""
    hours_metafield: Annotated[str, matching(r"[^.\s]+\.[^.\s]+", "must be `namespace.key`")] = "custom.opening_hours"
    query_cost_limit: Annotated[int, between(50, 1_000, "points")] = 1000
    cost_scale: Annotated[float, between(0.01, 100.0)] = 1.0
