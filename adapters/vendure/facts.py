"""What a Vendure channel is: its currencies, languages, tax treatment and the scale of its amounts. Read once per
channel and kept for some minutes."""

from __future__ import annotations

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

    @classmethod
    async def load(cls, client: VendureClient, channel: str, call: CallContext) -> ChannelFacts:
        query = Query(document=FACTS, operation="channel facts", channel=channel)
        return cls.read(await client.send(query, FactsData, call))
