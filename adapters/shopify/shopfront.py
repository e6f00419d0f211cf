"""Asks Storefront in a shopper's context, and reads from every answer what it was really given in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from adapters.shopify.client import Client, Document
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.locales import country_code, language_code, language_tag
from adapters.shopify.product import documents as storefront
from adapters.shopify.product import rows as answers
from gateway.errors import InvalidAnswer
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.languages import tag_or
from gateway.ports.manifest import AdapterEnvironment

STATIC_KEPT = timedelta(minutes=10)
A = TypeVar("A", bound=answers.Head)


class Shown(msgspec.Struct, frozen=True):
    """What an answer says of itself: its freshness, and the language it is really in."""

    freshness: Freshness
    language: str


class Shopfront:
    """Asks Storefront in a context, and keeps what rarely changes: the countries the shop sells to, and which
    collections stand in the category menu. Both come along with whatever is asked, every ten minutes."""

    def __init__(self, env: AdapterEnvironment, client: Client, config: ShopifyConfig) -> None:
        self._env = env
        self._client = client
        self._menu = config.category_menu
        self.own_language = tag_or(config.language, config.language)
        self._static_until = env.clock() - STATIC_KEPT
        self.countries: frozenset[str] = frozenset()
        self.has_menu = False
        """Whether the configured category menu is there."""
        self.category_parents: Mapping[str, str | None] = {}
        """The collections that stand in the category menu, each with the one above it."""

    @property
    def static_is_old(self) -> bool:
        return self._env.clock() >= self._static_until

    async def ask(
        self,
        document: Document,
        variables: Mapping[str, Any],
        shape: type[A],
        context: ContextView | None,
        call: CallContext,
        operation: str,
        *,
        menu: bool = False,
    ) -> tuple[A, Shown]:
        raw, head, shown = await self.ask_raw(document, variables, context, call, operation, menu=menu)
        del head
        try:
            return msgspec.json.decode(raw, type=shape), shown
        except msgspec.ValidationError as error:
            raise InvalidAnswer(detail=f"{document.name}: {error}") from None

    async def ask_raw(
        self,
        document: Document,
        variables: Mapping[str, Any],
        context: ContextView | None,
        call: CallContext,
        operation: str,
        *,
        menu: bool = False,
    ) -> tuple[Raw, answers.Head, Shown]:
        """The whole `data`, undecoded but for its head. Without a context, as the shop shows itself at home."""
        static = menu or self.static_is_old
        everything = {
            **variables,
            "static": static,
            "menu": self._menu,
            "country": country_code(context.country) if context else None,
            "language": language_code(context.language) if context else None,
        }
        raw = await self._client.ask(document, everything, Raw, operation=operation, call=call)
        try:
            head = msgspec.json.decode(raw, type=answers.Head)
        except msgspec.ValidationError as error:
            raise InvalidAnswer(detail=f"{document.name}: {error}") from None
        if static and head.localization.available_countries is not None:
            self._static_until = self._env.clock() + STATIC_KEPT
            self.countries = frozenset(country.iso_code for country in head.localization.available_countries)
            self.has_menu = head.menu is not None
            self.category_parents = {category.handle: category.parent for category in categories_of(head.menu)}
        given = head.localization.country.iso_code
        fell_back = context is not None and given != context.country
        reason = f"not sold in {context.country}: shown as in {given}" if context and fell_back else None
        freshness = Freshness(self._env.name, self._env.clock(), reason=reason)
        return raw, head, Shown(freshness, language_tag(head.localization.language.iso_code))

    async def sells_to(self, country: str, call: CallContext, operation: str) -> bool | None:
        """Whether the shop has a market for the country; None where there is no Storefront to tell. A country it does
        not sell to would be answered with another country's prices, without a word."""
        if country_code(country) is None:
            return False
        if not self._client.has_storefront:
            return None
        if self.static_is_old:
            await self.learn(call, operation)
        return country in self.countries

    async def learn(self, call: CallContext, operation: str) -> None:
        """Ask for what rarely changes, and nothing else."""
        await self.ask_raw(storefront.SHOPFRONT, {}, None, call, operation, menu=True)


class MenuCategory(msgspec.Struct, frozen=True):
    handle: str
    title: str
    parent: str | None
    position: int


def categories_of(menu: answers.Menu | None) -> list[MenuCategory]:
    """The menu items that lead to a collection, as a tree; an item that leads elsewhere hands its children up. A
    collection that stands in the menu twice counts where it stands first."""
    found: dict[str, MenuCategory] = {}

    def walk(items: Sequence[answers.MenuItem], parent: str | None) -> None:
        for item in items:
            handle = item.resource.handle if item.resource else None
            if handle and handle not in found:
                found[handle] = MenuCategory(handle, item.title, parent, len(found))
            walk(item.items, handle or parent)

    walk(menu.items if menu else [], None)
    return list(found.values())
