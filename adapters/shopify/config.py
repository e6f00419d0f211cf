"""The keys of `[backends.x]` that this adapter reads beyond the common ones (`url` is `https://{shop}.myshopify.com`)."""

from __future__ import annotations

from collections.abc import Mapping

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
    `hours_metafield`: `namespace.key` of a location's opening hours as text. `query_cost_limit` and `cost_scale`: the
    most points of one Admin query, and how dear the vendor's points are against the published rule (below 1 makes
    pieces larger)."""

    admin_token: Secret
    storefront_token: Secret | None = None
    storefront_token_kind: str = "private"  # noqa: S105  a kind, no token
    webhook_secret: Secret | None = None
    language: str = "en"
    category_menu: str = "main-menu"
    option_facets: str = ""
    prices_include_tax: Mapping[str, bool] = {}
    read_all_orders: bool = False
    foreign_sources: str = ""
    trust_verified_email: bool = False
    b2b: bool = False
    hours_metafield: str = "custom.opening_hours"
    query_cost_limit: int = 1000
    cost_scale: float = 1.0
