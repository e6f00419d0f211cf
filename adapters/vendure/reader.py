"""What the port implementations share: the client, the channel of a context, the channel's facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar, cast

from adapters.vendure.client import ADMIN, Query, VendureClient
from adapters.vendure.config import VendureConfig
from adapters.vendure.facts import ChannelFacts, FactsOfChannels
from adapters.vendure.mapping import Source
from gateway.errors import AdapterError, AmbiguousKey, ConfigurationError
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import stored_forms
from gateway.model.operation import MEBIBYTE
from gateway.ports.manifest import AdapterEnvironment

PAGE = 1000
"""The most items of one admin list (`adminListQueryLimit`, Vendure's default)."""

T = TypeVar("T")


class HasSku(Protocol):
    @property
    def sku(self) -> str: ...

    @property
    def enabled(self) -> bool: ...


S = TypeVar("S", bound=HasSku)


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
        self.facts = FactsOfChannels(self.client)
        self.key_rule = rule
        self._clock = environment.clock

    def source(self) -> Source:
        return Source(self.name, self._clock())

    def channel_of(self, context: ContextView) -> str:
        """The Vendure channel for products, prices and search in this context. Stock, customers and orders are read
        from the configured one: Vendure's default channel sees all of them."""
        return self.config.channels.get(context.channel or "", self.config.channel_token)

    async def language_of(self, context: ContextView, call: CallContext) -> tuple[str, ChannelFacts]:
        facts = await self.facts.of(self.channel_of(context), call)
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

    def by_sku(self, items: Iterable[S]) -> dict[str, list[S]]:
        """The items that bear each SKU, as Vendure writes it; those without one are left out."""
        bearers: dict[str, list[S]] = {}
        for item in items:
            if item.sku:
                bearers.setdefault(self.key_rule.written(item.sku), []).append(item)
        return bearers

    def the_one(
        self, bearers: Mapping[str, Sequence[S]], sku: str, *, disabled_too: bool = False
    ) -> S | AdapterError | None:
        """The item with this SKU. Vendure has no unique constraint on SKUs and some databases compare them without
        case, so every answer is compared again. Items that are not for sale are passed over, or (`disabled_too`) come
        second."""
        same = bearers.get(self.key_rule.written(sku), ())
        on_sale = [item for item in same if item.enabled]
        chosen = on_sale or (same if disabled_too else ())
        if len(chosen) > 1:
            return AmbiguousKey(source=self.name)
        return chosen[0] if chosen else None
