"""What the ports share: the client, the channel of a context, the channel's facts, and lists that are read whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct

from adapters.vendure.client import VendureClient
from adapters.vendure.config import VendureConfig
from adapters.vendure.facts import FACTS, ChannelFacts, FactsData
from adapters.vendure.rows import Page
from gateway.errors import ConfigurationError
from gateway.kit.pages import offset_pages
from gateway.kit.readings import Reading
from gateway.kit.tables import Tables
from gateway.model.context import CallContext, ContextView
from gateway.ports.manifest import AdapterEnvironment

FACTS_SECONDS = 300.0
PAGE = 1000
"""The most items of one admin list (`adminListQueryLimit`, Vendure's default)."""

T = TypeVar("T")
R = TypeVar("R")


class Where(Struct, frozen=True):
    """The Vendure channel of a context, in which of its languages, and what it is."""

    channel: str
    language: str
    facts: ChannelFacts


class Shop:
    def __init__(self, env: AdapterEnvironment[VendureConfig]) -> None:
        if env.key_rule.field not in ("", "sku"):
            raise ConfigurationError(
                f"Vendure keeps the SKU in `sku`, not in `{env.key_rule.field}`", place=f"identity.{env.name}.field"
            )
        self.env = env
        self.config = env.config
        self.client = VendureClient(env)
        self.facts: Tables[str, ChannelFacts] = Tables(self._load_facts, FACTS_SECONDS, env.clock)

    def reading(self) -> Reading:
        return Reading.now(self.env)

    def channel_of(self, context: ContextView) -> str:
        """The Vendure channel for products, prices and search in this context. Stock, customers and orders are read
        from the configured one: Vendure's default channel sees all of them."""
        return self.config.channels.get(context.channel or "", self.config.channel_token)

    async def where(self, context: ContextView, call: CallContext) -> Where:
        channel = self.channel_of(context)
        facts = await self.facts.get(channel, call)
        return Where(channel, facts.language(context.language), facts)

    async def every(
        self,
        document: str,
        answer: type[T],
        rows: Callable[[T], Page[R]],
        id_of: Callable[[R], str],
        sort: str,
        call: CallContext,
        **asked: Any,
    ) -> list[R]:
        """A whole admin list, a thousand at a time. `asked` as of `VendureClient.ask`."""

        async def page(skip: int) -> tuple[tuple[R, ...], int]:
            options = {"sort": {sort: "ASC"}, "skip": skip, "take": PAGE}
            found = rows(await self.client.ask(document, answer, call, {"options": options}, **asked))
            return found.items, found.total_items

        return await offset_pages(page, id_of, what="an admin list")

    async def _load_facts(self, channel: str, call: CallContext) -> ChannelFacts:
        return ChannelFacts.read(await self.client.ask(FACTS, FactsData, call, channel=channel))
