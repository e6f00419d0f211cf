"""What a Vendure channel is: its currencies, languages, tax treatment and the scale of its amounts. Read once per
channel and kept for some minutes."""

from __future__ import annotations

import asyncio
import time

from msgspec import Struct

from adapters.vendure.client import Query, VendureClient
from adapters.vendure.documents import FACTS
from adapters.vendure.wire.channel import FactsData
from gateway.model.context import CallContext
from gateway.model.languages import lookup

FACTS_SECONDS = 300.0


class ChannelFacts(Struct, frozen=True):
    """`precision`: decimal places of every integer amount of this server. `languages` as Vendure writes them
    (`pt_BR`); the default language is always among them."""

    code: str
    default_currency: str
    currencies: frozenset[str]
    default_language: str
    languages: frozenset[str]
    prices_include_tax: bool
    precision: int
    track_inventory: bool
    out_of_stock_threshold: int

    @classmethod
    def read(cls, data: FactsData) -> ChannelFacts:
        channel, settings = data.active_channel, data.global_settings
        return cls(
            code=channel.code,
            default_currency=channel.default_currency_code,
            currencies=frozenset({channel.default_currency_code, *channel.available_currency_codes}),
            default_language=channel.default_language_code,
            languages=frozenset({channel.default_language_code, *(channel.available_language_codes or ())}),
            prices_include_tax=channel.prices_include_tax,
            precision=settings.server_config.money_strategy_precision,
            track_inventory=settings.track_inventory,
            out_of_stock_threshold=settings.out_of_stock_threshold,
        )

    def language(self, wanted: str) -> str:
        """The channel's language for a BCP 47 tag: the same or the nearest, else the default."""
        return lookup(wanted, (self.default_language, *sorted(self.languages))) or self.default_language


class FactsOfChannels:
    """Facts by channel token. Concurrent callers share one request."""

    def __init__(self, client: VendureClient) -> None:
        self._client = client
        self._known: dict[str, tuple[float, ChannelFacts]] = {}
        self._reading = asyncio.Lock()

    async def of(self, channel: str, call: CallContext) -> ChannelFacts:
        known = self._current(channel)
        if known is not None:
            return known
        async with self._reading:
            known = self._current(channel)
            if known is None:
                known = await self._read(channel, call)
                self._known[channel] = (time.monotonic(), known)
            return known

    def _current(self, channel: str) -> ChannelFacts | None:
        read_at, facts = self._known.get(channel, (0.0, None))
        return facts if facts is not None and time.monotonic() - read_at < FACTS_SECONDS else None

    async def _read(self, channel: str, call: CallContext) -> ChannelFacts:
        query = Query(document=FACTS, operation="channel facts", channel=channel)
        return ChannelFacts.read(await self._client.send(query, FactsData, call))
