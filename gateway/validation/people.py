"""Who may ask, and what their credential lets them select."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from gateway.constraints import nearest
from gateway.constraints.addresses import is_loopback
from gateway.constraints.texts import variable_shown
from gateway.errors import ConfigurationError, ContextNotAllowed, GatewayError, Mistake
from gateway.model.principal import ClientProfile
from gateway.runtime.addresses import is_public
from gateway.security.profiles import ANONYMOUS_PROFILE, Profiles, RequestFacts
from gateway.security.trusted import read_manifest
from gateway.settings import ApiKeySection, IssuerSection, Settings

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def check_people(settings: Settings) -> Iterator[Mistake]:
    seen: dict[tuple[str, str], str] = {}
    for name, issuer in settings.issuers.items():
        yield from _issuer(f"issuers.{name}", issuer, settings.base)
        other = seen.setdefault((issuer.issuer, issuer.audience), name)
        if other != name:
            yield Mistake(message=f"`issuers.{other}` has the same issuer and audience", place=f"issuers.{name}.issuer")
    for name, profile in settings.profiles.items():
        yield from _profile(f"profiles.{name}", profile, settings)
    if ANONYMOUS_PROFILE not in settings.profiles:
        yield Mistake(
            message="is not configured: whoever brings no token gets a profile with every default; say what it may",
            place=f"profiles.{ANONYMOUS_PROFILE}",
            nearest=nearest(ANONYMOUS_PROFILE, settings.profiles),
            grave=False,
        )
    yield from _api_keys(settings.api_keys, settings.environment)


# --- issuers -------------------------------------------------------------------------------------------------------


def _issuer(place: str, issuer: IssuerSection, base: Path) -> Iterator[Mistake]:
    if bool(issuer.jwks_url) == bool(issuer.jwks_file):
        key = "jwks_file" if issuer.jwks_url else "jwks_url"
        yield Mistake(message="give either `jwks_url` or `jwks_file`", place=f"{place}.{key}")
    if not issuer.algorithms:
        yield Mistake(message="is empty: no token could be verified", place=f"{place}.algorithms")
    if issuer.roles_claim and issuer.kind != "staff":
        yield Mistake(message="only an issuer of kind `staff` gives roles", place=f"{place}.roles_claim")
    for key in ("issuer", "jwks_url"):
        url: str = getattr(issuer, key)
        if url.startswith("http://") and not issuer.allow_private_network and not _on_this_machine(url):
            yield Mistake(
                message=f"`{url}` is not https: whoever sits between could sign tokens",
                place=f"{place}.{key}",
                nearest=f"https{url[4:]}",
            )
    if issuer.jwks_url and not issuer.allow_private_network and _private(issuer.jwks_url):
        yield Mistake(
            message="points into a private network: set `allow_private_network = true` if it is meant",
            place=f"{place}.jwks_url",
        )
    if issuer.jwks_file:
        try:
            body = (base / issuer.jwks_file).read_bytes()
        except (OSError, ValueError):
            return  # said by the key's own constraint
        for problem in problems_of_keys(body, issuer.algorithms):
            yield Mistake(message=f"`{issuer.jwks_file}` {problem}", place=f"{place}.jwks_file")


def problems_of_keys(body: bytes, algorithms: tuple[str, ...]) -> Iterator[str]:
    """What is wrong with a JWK Set (RFC 7517) that tokens of these algorithms are verified against."""
    from gateway.security.jwks import keys_in  # what checks signatures is loaded only where there is an issuer

    try:
        keys, private = keys_in(body)
    except ValueError as error:
        yield f"is no JWK Set: {error}"
        return
    if private:
        yield "holds a private key: publish the public half only, and make a new one"
    if not keys:
        yield "holds no public signature key"
        return
    wanted = {_key_type(algorithm) for algorithm in algorithms}
    if not wanted & {key.key_type for key in keys}:
        yield f"holds no key for {', '.join(algorithms)}"


def _key_type(algorithm: str) -> str:
    return {"ES": "EC", "Ed": "OKP"}.get(algorithm[:2], "RSA")


def _on_this_machine(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname)
    except ValueError:
        return False


def _private(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        ipaddress.ip_address(host)
    except ValueError:
        return _on_this_machine(url)
    return not is_public(host)


# --- profiles ------------------------------------------------------------------------------------------------------


def _profile(place: str, profile: ClientProfile, settings: Settings) -> Iterator[Mistake]:
    yield from _defaults(place, profile)
    sold = {country for channel in settings.channels.values() for country in channel.countries}
    markets = sold | {settings.stores[name].country for name in settings.stores}
    for key in ("countries", "default_country"):
        value: tuple[str, ...] | str | None = getattr(profile, key)
        for index, country in enumerate(value if isinstance(value, tuple) else () if value is None else (value,)):
            if markets and country not in markets:
                yield Mistake(
                    message=f"`{country}` is no market: no channel sells there",
                    place=f"{place}.{key}[{index}]" if isinstance(value, tuple) else f"{place}.{key}",
                    value=country,
                    allowed=tuple(sorted(markets)),
                    nearest=nearest(country, markets),
                )
    if not profile.free_documents and not profile.operations:
        yield Mistake(
            message="without free documents there must be trusted ones: this profile allows nothing",
            place=f"{place}.operations",
        )
    if profile.stored_methods and not profile.personal_data:
        yield Mistake(
            message="has no effect: a profile without `personal_data` shows nobody's stored payment methods",
            place=f"{place}.stored_methods",
            grave=False,
        )
    if profile.persisted_queries and not profile.free_documents:
        yield Mistake(
            message="has no effect: a profile without `free_documents` registers none",
            place=f"{place}.persisted_queries",
            grave=False,
        )
    for index, name in enumerate(profile.operations):
        try:
            read_manifest(settings.base / name, place=f"{place}.operations[{index}]")
        except ConfigurationError as error:
            yield from error.mistakes
        except ValueError:
            pass  # no path at all, which the key's own constraint says
    yield from _selectable(place, profile, settings)


def _defaults(place: str, profile: ClientProfile) -> Iterator[Mistake]:
    for default, listed in (
        (profile.default_channel, "channels"),
        (profile.default_store, "stores"),
        (profile.default_country, "countries"),
        (profile.default_currency, "currencies"),
    ):
        allowed: tuple[str, ...] = getattr(profile, listed)
        key = {"countries": "country", "currencies": "currency"}.get(listed, listed[:-1])
        if default is not None and allowed and default not in allowed:
            yield Mistake(
                message=f"`{default}` is not among the profile's {listed}",
                place=f"{place}.default_{key}",
                value=default,
                allowed=allowed,
                nearest=nearest(default, allowed),
            )


def _selectable(place: str, profile: ClientProfile, settings: Settings) -> Iterator[Mistake]:
    """What the profile's clients get when they ask for nothing, and whether they can get anything at all."""
    try:
        profiles = Profiles(settings)
    except ConfigurationError:
        return  # said of the profile that it is about
    countries = profile.countries or tuple(
        dict.fromkeys(country for channel in settings.channels.values() for country in channel.countries)
    )
    if not countries and not settings.stores:
        return
    stores = profile.stores or tuple(settings.stores)
    wishes = [
        RequestFacts(),
        *(RequestFacts(country=country) for country in countries),
        *(RequestFacts(store=store) for store in stores),
    ]
    refusals = [_refusal(profiles, profile, wish) for wish in wishes]
    if all(refusal is not None for refusal in refusals):
        yield Mistake(message=f"allows nothing: {refusals[0]}", place=place)
    elif isinstance(refusals[0], ContextNotAllowed):
        yield Mistake(
            message=f"a client that asks for nothing in particular is refused: {refusals[0].message}",
            place=place,
            grave=False,
        )


def _refusal(profiles: Profiles, profile: ClientProfile, wish: RequestFacts) -> GatewayError | None:
    try:
        profiles.select(profile, wish)
    except GatewayError as error:
        return error
    except KeyError:
        return None  # a name that is not configured, said elsewhere
    return None


# --- API keys ------------------------------------------------------------------------------------------------------


def _api_keys(sections: Mapping[str, ApiKeySection], environment: Mapping[str, str]) -> Iterator[Mistake]:
    seen: dict[str, str] = {}
    for name, section in sections.items():
        place = f"api_keys.{name}.env"
        digest = environment.get(section.env, "").strip().lower()
        variable = variable_shown(section.env)
        if not digest:
            yield Mistake(
                message=f"set the environment variable {variable}, or nobody can use this key", place=place, grave=False
            )
        elif not _SHA256.fullmatch(digest):
            yield Mistake(
                message=f"`{variable}` must hold the key's SHA-256 in hex, not the key", place=place, value="***"
            )
        elif seen.setdefault(digest, name) != name:
            yield Mistake(message=f"is the same key as `api_keys.{seen[digest]}`", place=place)
