"""Where, in what and in which languages one can buy."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.errors import Mistake
from gateway.settings import ChannelSection, LanguagesSection, Settings


def check_markets(settings: Settings) -> Iterator[Mistake]:
    for name, channel in settings.channels.items():
        yield from _channel(channel, f"channels.{name}")
    yield from _languages(settings.languages)


def _channel(channel: ChannelSection, place: str) -> Iterator[Mistake]:
    if not channel.countries:
        yield Mistake(message="is empty: this channel sells nowhere", place=f"{place}.countries")
    for country in channel.countries:
        if country not in channel.currencies:
            yield Mistake(message=f"says nothing about `{country}`", place=f"{place}.currencies", allowed=())
    for country, currencies in channel.currencies.items():
        if country not in channel.countries:
            yield Mistake(
                message=f"`{country}` is none of this channel's countries",
                place=f"{place}.currencies.{country}",
                allowed=channel.countries,
            )
        if not currencies:
            yield Mistake(message="is empty: nothing can be sold there", place=f"{place}.currencies.{country}")
    earliest, latest = channel.delivery_days
    if earliest > latest:
        yield Mistake(
            message=f"the earliest day ({earliest}) is after the latest ({latest})",
            place=f"{place}.delivery_days",
            value=f"[{earliest}, {latest}]",
            nearest=f"[{latest}, {earliest}]",
        )
    if channel.low_stock > channel.quantity_cap:
        yield Mistake(
            message=f"{channel.low_stock} is above `quantity_cap` ({channel.quantity_cap}): all stock would be low",
            place=f"{place}.low_stock",
            grave=False,
        )


def _languages(languages: LanguagesSection) -> Iterator[Mistake]:
    if not languages.available:
        yield Mistake(message="is empty: nothing could be said", place="languages.available")
    for language, chain in languages.fallback.items():
        if language in chain:
            yield Mistake(message=f"`{language}` cannot stand in for itself", place=f"languages.fallback.{language}")
        if not chain:
            yield Mistake(message="is empty: leave it out", place=f"languages.fallback.{language}")
