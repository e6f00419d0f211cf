"""The markets of the configuration as commerce contexts: what a check asks in."""

from __future__ import annotations

from gateway.model.context import CommerceContext
from gateway.settings import Settings

NOWHERE = CommerceContext("US", "USD", "en")
"""Where nothing is configured to be sold."""


def markets(settings: Settings) -> tuple[CommerceContext, ...]:
    """One for each channel, country and currency, in the default language; at least one."""
    language = settings.languages.default
    found = [
        CommerceContext(country, currency, language, channel=name)
        for name, channel in settings.channels.items()
        for country, currencies in channel.currencies.items()
        for currency in currencies
    ]
    found += [
        CommerceContext(store.country, store.currency, language, store=name)
        for name, store in settings.stores.items()
        if not found and store.currency
    ]
    return tuple(found) or (NOWHERE,)


def known_to(settings: Settings, backend: str) -> tuple[CommerceContext, ...]:
    """The markets that this backend knows anything of."""
    countries = settings.backends[backend].countries
    return tuple(each for each in markets(settings) if not countries or each.country in countries)
