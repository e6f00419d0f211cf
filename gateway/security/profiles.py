"""What a client may select: its profile, and the commerce context within it.

Precedence, part by part: `@inContext` of the operation, then the `X-Commerce-*` headers, then the profile's defaults,
then what follows from the parts already known (a store has a country, a country its channel and currency). Whatever is
asked for and not listed by the profile is refused, never silently replaced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from gateway.errors import BadInput, ConfigurationError, ContextNotAllowed, UnsupportedLanguage
from gateway.model.context import CommerceContext
from gateway.model.languages import acceptable, lookup
from gateway.model.principal import ClientProfile, Principal, Touchpoint
from gateway.settings import ChannelSection, Settings, StoreSection

_COUNTRY = re.compile(r"[A-Z]{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")
ANONYMOUS_PROFILE = "anonymous"


class RequestFacts(Struct, frozen=True, kw_only=True):
    """What a request asks for besides its operation. `language` was asked for by name and must be served;
    `accept_languages` are wishes, best first (`*` is any), `refused_languages` what the client takes on no account.
    Times in seconds. `cart_secret` opens a cart, and with `party` (who is counted as one in the network) is all here
    that says anything of who is asking."""

    country: str | None = None
    language: str | None = None
    accept_languages: tuple[str, ...] = ()
    refused_languages: tuple[str, ...] = ()
    currency: str | None = None
    channel: str | None = None
    store: str | None = None
    deadline: float | None = None
    max_age: float | None = None
    request_id: str = ""
    explain: bool = False
    cart_secret: str | None = None
    party: str = ""


class Profiles:
    """The configured client profiles, met with the configured channels, stores and languages. Refuses a configuration
    in which a profile names something that does not exist."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._profiles = dict(settings.profiles)
        self._profiles.setdefault(ANONYMOUS_PROFILE, ClientProfile(touchpoint=Touchpoint.WEB))
        for name, profile in self._profiles.items():
            _check(name, profile, settings)

    def of(self, principal: Principal) -> ClientProfile:
        """Raises ContextNotAllowed for a profile nobody configured (a verified token never names one)."""
        profile = self._profiles.get(principal.profile)
        if profile is None:
            raise ContextNotAllowed("This credential has no client profile here.")
        return profile

    def select(self, profile: ClientProfile, facts: RequestFacts) -> CommerceContext:
        """The commerce context of an operation. Raises ContextNotAllowed, UnsupportedLanguage or BadInput."""
        country = _country(facts.country)
        store = self._store(profile, facts, country)
        place = self._settings.stores[store] if store else None
        if place is not None:
            if country not in (None, place.country):
                raise ContextNotAllowed("The store is in another country than the one asked for.")
            country = place.country
        channel = self._channel(profile, facts, place, country)
        sold = self._settings.channels[channel] if channel else None
        country = country or self._default_country(profile, sold)
        self._check_country(profile, country, sold, place)
        return CommerceContext(
            country=country,
            currency=self._currency(profile, facts, country, sold, place),
            language=self._language(profile, facts),
            channel=channel,
            store=store,
        )

    def _store(self, profile: ClientProfile, facts: RequestFacts, country: str | None) -> str | None:
        if facts.store is not None:
            if facts.store not in self._settings.stores or (profile.stores and facts.store not in profile.stores):
                raise ContextNotAllowed("This client may not select that store.")
            return facts.store
        default = profile.default_store or (profile.stores[0] if len(profile.stores) == 1 else None)
        if default is None or profile.stores:
            return default
        # A default is a convenience, so a country asked for by name prevails over it.
        return default if country in (None, self._settings.stores[default].country) else None

    def _channel(
        self, profile: ClientProfile, facts: RequestFacts, place: StoreSection | None, country: str | None
    ) -> str | None:
        listed = profile.channels or tuple(self._settings.channels)
        if facts.channel is not None:
            if facts.channel not in listed or facts.channel not in self._settings.channels:
                raise ContextNotAllowed("This client may not select that channel.")
            if place is not None and place.channel not in (None, facts.channel):
                raise ContextNotAllowed("The store is in another channel than the one asked for.")
            return facts.channel
        if place is not None and place.channel is not None:
            if place.channel not in listed:
                raise ContextNotAllowed("This client may not select that store's channel.")
            return place.channel
        wanted = country or profile.default_country
        fitting = [name for name in listed if wanted is None or wanted in self._settings.channels[name].countries]
        if profile.default_channel is not None and (country is None or profile.default_channel in fitting):
            return profile.default_channel
        return fitting[0] if fitting else None

    def _default_country(self, profile: ClientProfile, sold: ChannelSection | None) -> str:
        if profile.default_country is not None and (sold is None or profile.default_country in sold.countries):
            return profile.default_country
        if sold is not None and sold.countries:
            return next((country for country in sold.countries if country in profile.countries), sold.countries[0])
        if profile.countries:
            return profile.countries[0]
        raise BadInput("Say for which country: `@inContext(country:)` or the header `X-Commerce-Country`.")

    def _check_country(
        self, profile: ClientProfile, country: str, sold: ChannelSection | None, place: StoreSection | None
    ) -> None:
        if profile.countries and country not in profile.countries:
            raise ContextNotAllowed("This client may not select that country.")
        if place is None and sold is not None and country not in sold.countries:
            raise ContextNotAllowed("That channel does not sell to the country.")
        if sold is None and place is None and self._settings.channels:
            raise ContextNotAllowed("No channel sells to that country.")

    def _currency(
        self,
        profile: ClientProfile,
        facts: RequestFacts,
        country: str,
        sold: ChannelSection | None,
        place: StoreSection | None,
    ) -> str:
        offered: Sequence[str] = sold.currencies.get(country, ()) if sold is not None else ()
        if not offered and place is not None and place.currency is not None:
            offered = (place.currency,)
        allowed = [currency for currency in offered if not profile.currencies or currency in profile.currencies]
        if not offered:
            allowed = list(profile.currencies)
        if facts.currency is not None:
            wanted = facts.currency.upper()
            if not _CURRENCY.fullmatch(wanted):
                raise BadInput("A currency is a code of three letters (ISO 4217).")
            if wanted not in allowed and (offered or profile.currencies):
                raise ContextNotAllowed("This client may not select that currency here.")
            return wanted
        for default in (profile.default_currency, place.currency if place is not None else None):
            if default is not None and (default in allowed or not (offered or profile.currencies)):
                return default
        if not allowed:
            raise ContextNotAllowed("This client has no currency for that country.")
        return allowed[0]

    def _language(self, profile: ClientProfile, facts: RequestFacts) -> str:
        available = self._settings.languages.available
        if facts.language is not None:
            served = lookup(facts.language, available)
            if served is None:
                raise UnsupportedLanguage("No configured language matches the one asked for.")
            return served
        default = lookup(profile.default_language, available) if profile.default_language else None
        default = default or self._settings.languages.default
        if not facts.accept_languages and not facts.refused_languages:
            return default
        taken = acceptable(available, facts.accept_languages, facts.refused_languages)
        for wish in facts.accept_languages:
            served = lookup(wish, taken) if wish != "*" else default if default in taken else next(iter(taken), None)
            if served is not None:
                return served
        # Where all is refused, some language is better than none.
        rest = [] if "*" in facts.refused_languages else taken
        return default if default in rest or not rest else rest[0]


def deadline_seconds(profile: ClientProfile, facts: RequestFacts) -> float:
    """How long the operation may take: the profile's bound, or less where the client asks for less."""
    return profile.deadline if facts.deadline is None else min(profile.deadline, facts.deadline)


def accepted_age(profile: ClientProfile, facts: RequestFacts) -> float | None:
    """How old an answer may be: the stricter of both, None when neither minds."""
    ages = [age for age in (profile.max_age, facts.max_age) if age is not None]
    return min(ages) if ages else None


def _country(asked: str | None) -> str | None:
    if asked is None:
        return None
    country = asked.upper()
    if not _COUNTRY.fullmatch(country):
        raise BadInput("A country is a code of two letters (ISO 3166-1).")
    return country


def _check(name: str, profile: ClientProfile, settings: Settings) -> None:
    def known(values: Sequence[str], configured: Mapping[str, object], key: str) -> None:
        for value in values:
            if value not in configured:
                raise ConfigurationError(f"`{value}` is not configured", place=f"profiles.{name}.{key}")

    known(profile.channels, settings.channels, "channels")
    known(profile.stores, settings.stores, "stores")
    known([profile.default_channel] if profile.default_channel else [], settings.channels, "default_channel")
    known([profile.default_store] if profile.default_store else [], settings.stores, "default_store")
    if profile.stores and profile.default_store and profile.default_store not in profile.stores:
        raise ConfigurationError("not among the profile's stores", place=f"profiles.{name}.default_store")
    if profile.channels and profile.default_channel and profile.default_channel not in profile.channels:
        raise ConfigurationError("not among the profile's channels", place=f"profiles.{name}.default_channel")
    if profile.default_language and lookup(profile.default_language, settings.languages.available) is None:
        raise ConfigurationError("not an available language", place=f"profiles.{name}.default_language")
