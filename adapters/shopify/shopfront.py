"""Asks Storefront in a shopper's context, and reads from every answer what it was really given in: country and
language. The navigation menu and the list of countries come along when they are old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from msgspec import Raw, Struct

from adapters.shopify.client import Client, Document
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.languages import country_code, language_code, language_tag
from adapters.shopify.shapes import Node
from gateway.kit.decoding import decoded
from gateway.kit.tables import Table
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.languages import tag_or
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.webhooks import EVERYTHING

STATIC_KEPT = timedelta(minutes=10)

_HEAD = """
localization{country{isoCode} language{isoCode} availableCountries @include(if:$static){isoCode}}
menu(handle:$menu)@include(if:$static){items{...M items{...M items{...M}}}}
"""
_MENU = "fragment M on MenuItem{title resource{...on Collection{handle}}}"


def in_context(name: str, parameters: str, body: str, *fragments: str) -> Document:
    """A Storefront document: what a shopper sees, published only, in his country and language."""
    text = (
        f"query {name}({parameters} $static:Boolean! $menu:String! $country:CountryCode $language:LanguageCode)"
        f"@inContext(country:$country language:$language){{{_HEAD}{body}}}"
    )
    return Document("storefront", name, "\n".join((text, _MENU, *fragments)))


SHOPFRONT = in_context("Shopfront", "", "")


class _Code(Node, frozen=True, kw_only=True):
    iso_code: str


class _Localization(Node, frozen=True, kw_only=True):
    """What the answer was really given in; `available_countries` when asked for."""

    country: _Code
    language: _Code
    available_countries: list[_Code] | None = None


class _Resource(Node, frozen=True, kw_only=True):
    """Set when the menu item leads to a collection."""

    handle: str | None = None


class _MenuItem(Node, frozen=True, kw_only=True):
    title: str
    resource: _Resource | None = None
    items: tuple[_MenuItem, ...] = ()


class _Menu(Node, frozen=True, kw_only=True):
    items: list[_MenuItem]


class Head(Node, frozen=True, kw_only=True):
    """What stands at the top of every answer."""

    localization: _Localization
    menu: _Menu | None = None


A = TypeVar("A", bound=Head)


class Shown(Struct, frozen=True):
    """What an answer says of itself: its freshness, and the language it is really in."""

    freshness: Freshness
    language: str


class MenuCategory(Struct, frozen=True):
    handle: str
    title: str
    parent: str | None
    position: int


class Shopfront:
    """Asks Storefront in a context, and keeps what rarely changes: the countries the shop sells to, and which
    collections stand in the category menu. Both come along with whatever is asked, every ten minutes."""

    def __init__(self, env: AdapterEnvironment[ShopifyConfig], client: Client) -> None:
        self._env = env
        self._client = client
        self._learning = Table(self._learn, 0, env.clock)
        self.close = self._learning.close
        self.own_language = tag_or(env.config.language, env.config.language)
        self._static_until = env.clock() - STATIC_KEPT
        self.countries: frozenset[str] = frozenset()
        self.has_menu = False
        """Whether the configured category menu is there."""
        self.category_parents: Mapping[str, str | None] = {}
        """The collections that stand in the category menu, each with the one above it."""

    def forget(self, tags: Sequence[str]) -> None:
        """Countries and the menu have no webhook of their own."""
        if EVERYTHING[0] in tags:
            self._static_until = self._env.clock()

    async def ask(
        self,
        document: Document,
        variables: Mapping[str, Any],
        shape: type[A],
        context: ContextView | None,
        call: CallContext,
    ) -> tuple[A, Shown]:
        raw, shown = await self.ask_raw(document, variables, context, call)
        return decoded(raw, shape, document.name), shown

    async def ask_raw(
        self,
        document: Document,
        variables: Mapping[str, Any],
        context: ContextView | None,
        call: CallContext,
        *,
        menu: bool = False,
    ) -> tuple[Raw, Shown]:
        """The whole `data`, undecoded but for its head. Without a context, as the shop shows itself at home."""
        static = menu or self._env.clock() >= self._static_until
        everything = {
            **variables,
            "static": static,
            "menu": self._env.config.category_menu,
            "country": country_code(context.country) if context else None,
            "language": language_code(context.language) if context else None,
        }
        raw = await self._client.ask(document, everything, Raw, call)
        head = decoded(raw, Head, document.name)
        if static and head.localization.available_countries is not None:
            self._static_until = self._env.clock() + STATIC_KEPT
            self.countries = frozenset(country.iso_code for country in head.localization.available_countries)
            self.has_menu = head.menu is not None
            self.category_parents = {category.handle: category.parent for category in _categories_of(head.menu)}
        given = head.localization.country.iso_code
        fell_back = context is not None and given != context.country
        reason = f"not sold in {context.country}: shown as in {given}" if context and fell_back else None
        freshness = Freshness(self._env.name, self._env.clock(), reason=reason)
        return raw, Shown(freshness, language_tag(head.localization.language.iso_code))

    async def menu(self, context: ContextView | None, call: CallContext) -> tuple[list[MenuCategory], Shown]:
        """The category tree, in the context's language or the shop's own."""
        raw, shown = await self.ask_raw(SHOPFRONT, {}, context, call, menu=True)
        return _categories_of(decoded(raw, Head, SHOPFRONT.name).menu), shown

    async def sells_to(self, country: str, call: CallContext) -> bool | None:
        """Whether the shop has a market for the country; None where there is no Storefront to tell. A country it does
        not sell to would be answered with another country's prices, without a word, so that a fresh call asks anew."""
        if country_code(country) is None:
            return False
        if not self._client.has_storefront:
            return None
        if call.fresh or self._env.clock() >= self._static_until:
            await self.learn(call)
        return country in self.countries

    async def learn(self, call: CallContext) -> None:
        """Ask for what rarely changes, and nothing else; once for all who wait."""
        await self._learning.get(call)

    async def _learn(self, call: CallContext) -> None:
        await self.menu(None, call)


def _categories_of(menu: _Menu | None) -> list[MenuCategory]:
    """The menu items that lead to a collection, as a tree; an item that leads elsewhere hands its children up. A
    collection that stands in the menu twice counts where it stands first."""
    found: dict[str, MenuCategory] = {}

    def walk(items: Sequence[_MenuItem], parent: str | None) -> None:
        for item in items:
            handle = item.resource.handle if item.resource else None
            if handle and handle not in found:
                found[handle] = MenuCategory(handle, item.title, parent, len(found))
            walk(item.items, handle or parent)

    walk(menu.items if menu else [], None)
    return list(found.values())
