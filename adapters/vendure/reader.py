"""What the port implementations share: the client, the channel of a context, the channel's facts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar, cast

from adapters.vendure.client import ADMIN, Query, VendureClient
from adapters.vendure.config import VendureConfig
from adapters.vendure.facts import FACTS_SECONDS, ChannelFacts
from adapters.vendure.ids import ids_among
from gateway.errors import ConfigurationError
from gateway.kit.keyed import ByVariant
from gateway.kit.pages import offset_pages
from gateway.kit.readings import Reading
from gateway.kit.tables import Tables
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import VariantKey, natives_among, skus_among, stored_forms
from gateway.model.operation import MEBIBYTE
from gateway.ports.manifest import AdapterEnvironment

PAGE = 1000
"""The most items of one admin list (`adminListQueryLimit`, Vendure's default)."""

T = TypeVar("T")


class HasSku(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def sku(self) -> str: ...

    @property
    def enabled(self) -> bool: ...


class HasId(Protocol):
    @property
    def id(self) -> str: ...


S = TypeVar("S", bound=HasSku)
R = TypeVar("R", bound=HasId)


class Reader:
    def __init__(self, environment: AdapterEnvironment) -> None:
        rule = environment.key_rule
        if rule.field not in ("", "sku"):
            raise ConfigurationError(
                f"Vendure keeps the SKU in `sku`, not in `{rule.field}`", place=f"identity.{environment.name}.field"
            )
        self.name = environment.name
        self.config = cast(VendureConfig, environment.config)
        self.client = VendureClient(environment, self.config)
        self.facts: Tables[str, ChannelFacts] = Tables(self._load_facts, FACTS_SECONDS, environment.clock)
        self.key_rule = rule
        self.env = environment

    async def _load_facts(self, channel: str, call: CallContext) -> ChannelFacts:
        return await ChannelFacts.load(self.client, channel, call)

    def reading(self) -> Reading:
        return Reading.now(self.env)

    def channel_of(self, context: ContextView) -> str:
        """The Vendure channel for products, prices and search in this context. Stock, customers and orders are read
        from the configured one: Vendure's default channel sees all of them."""
        return self.config.channels.get(context.channel or "", self.config.channel_token)

    async def language_of(self, context: ContextView, call: CallContext) -> tuple[str, ChannelFacts]:
        facts = await self.facts.get(self.channel_of(context), call)
        return facts.language(context.language), facts

    async def ask(
        self,
        document: str,
        answer: type[T],
        call: CallContext,
        *,
        operation: str,
        channel: str | None = None,
        variables: Mapping[str, object] | None = None,
        language: str | None = None,
        currency: str | None = None,
        path: str = ADMIN,
        max_response_bytes: int = MEBIBYTE,
    ) -> T:
        query = Query(
            document=document,
            operation=operation,
            variables=variables or {},
            channel=self.config.channel_token if channel is None else channel,
            language=language,
            currency=currency,
            path=path,
            max_response_bytes=max_response_bytes,
        )
        return await self.client.send(query, answer, call)

    def written(self, skus: Sequence[str]) -> list[str]:
        """As Vendure compares them, exactly: with the blanks people left at their ends."""
        return [form for sku in skus for form in stored_forms(self.key_rule.written(sku))]

    def named(self, variants: Iterable[VariantKey]) -> Mapping[str, object] | None:
        """A filter for variants by SKU and by id; None where there is nothing to ask for."""
        asked = list(dict.fromkeys(variants))
        skus, ids = self.written(skus_among(asked)), ids_among(natives_among(asked, self.name))
        wanted: list[Mapping[str, object]] = [
            {field: {"in": found}} for field, found in (("sku", skus), ("id", ids)) if found
        ]
        if len(wanted) < 2:
            return wanted[0] if wanted else None
        return {"_or": wanted}

    def by_key(self, items: Iterable[S]) -> ByVariant[S]:
        return ByVariant(self.name, self.key_rule, ((item.id, item.sku, item) for item in items))

    async def pages(self, ask: Callable[[int], Awaitable[tuple[Sequence[R], int]]]) -> list[R]:
        """A whole admin list, a thousand at a time."""
        return await offset_pages(ask, lambda item: item.id, what="an admin list")


def on_sale(item: HasSku) -> bool:
    """Vendure has no unique constraint on SKUs: what is for sale comes first, a disabled bearer second."""
    return item.enabled
