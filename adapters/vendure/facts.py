"""What a Vendure channel is: its currencies, languages, tax treatment and the scale of its amounts. Read once per
channel and kept for some minutes."""

from __future__ import annotations

from msgspec import Struct

from adapters.vendure.rows import Camel
from gateway.kit.money import minor_units
from gateway.model.languages import lookup
from gateway.model.money import TaxedMoney, TaxTreatment

FACTS = """query Facts {
  activeChannel { token code defaultLanguageCode availableLanguageCodes defaultCurrencyCode availableCurrencyCodes
    pricesIncludeTax }
  globalSettings { trackInventory outOfStockThreshold serverConfig { moneyStrategyPrecision } }
}"""


class WireChannel(Camel, frozen=True):
    code: str
    default_language_code: str
    default_currency_code: str
    available_currency_codes: tuple[str, ...]
    prices_include_tax: bool
    available_language_codes: tuple[str, ...] | None = None


class WireServerConfig(Camel, frozen=True):
    money_strategy_precision: int


class WireSettings(Camel, frozen=True):
    track_inventory: bool
    out_of_stock_threshold: int
    server_config: WireServerConfig


class FactsData(Camel, frozen=True):
    active_channel: WireChannel
    global_settings: WireSettings


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


def taxed(net: int, gross: int, currency: str, precision: int, *, included: bool) -> TaxedMoney:
    return TaxedMoney(
        net=minor_units(net, currency, precision),
        gross=minor_units(gross, currency, precision),
        tax=minor_units(gross - net, currency, precision),
        treatment=TaxTreatment.INCLUDED if included else TaxTreatment.EXCLUDED,
    )
