"""What is wrong around the backends: languages without sentences, documents nobody may run, shops in the sea."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, cast

from gateway.app import Gateway
from gateway.check.findings import Problem
from gateway.constraints.addresses import hidden
from gateway.constraints.codes import time_zones
from gateway.entry.documents import AdmittedDocuments, Invalid, learned_of
from gateway.errors import ConfigurationError, GatewayError
from gateway.model.principal import Touchpoint
from gateway.security.cost import check_cost
from gateway.security.trusted import read_manifest
from gateway.services.speech import has_sentences
from gateway.settings import Settings
from gateway.validation.places import clocks


async def redis_problems(settings: Settings) -> list[Problem]:
    """A gateway goes on without its Redis, and its workers no longer hear of each other's changes."""
    if not settings.gateway.redis or find_spec("redis") is None:
        return []
    from redis.exceptions import RedisError

    from gateway.state.redis_link import RedisLink  # an extra: whoever is alone has none

    try:
        link = RedisLink(settings.gateway.redis)
    except ConfigurationError:
        return []  # said by the key's own constraint
    try:
        await cast("Any", link.client).ping()  # its answer is untyped
    except (RedisError, OSError, TimeoutError) as error:
        told = hidden(str(error)) or type(error).__name__
        return [Problem(message="no Redis answers there", place="gateway.redis", cause="down", detail=told)]
    finally:
        await link.close()
    return []


def document_problems(gateway: Gateway) -> Iterator[Problem]:
    """Trusted documents that their own profile refuses: not valid, too large, or dearer than it may spend."""
    documents = AdmittedDocuments(gateway.engine, gateway.settings.limits)
    for name, profile in gateway.settings.profiles.items():
        for index, file in enumerate(profile.operations):
            place = f"profiles.{name}.operations[{index}]"
            for digest, text in read_manifest(gateway.settings.base / file, place=place).items():
                try:
                    learned = learned_of(documents.get(text, profile))
                    for operation in learned.operations.values():
                        check_cost(operation.cost.of({}), profile.cost_limit)
                except (GatewayError, Invalid) as error:
                    message = f"`{file}`: the document {digest[:12]} is refused: {error}"
                    yield Problem(message=message, place=place, value=digest)


def silent_languages(settings: Settings) -> Iterator[tuple[str, bool]]:
    """Languages in which nothing can be said aloud, and whether a voice assistant needs it."""
    spoken = any(profile.touchpoint is Touchpoint.VOICE for profile in settings.profiles.values())
    for index, language in enumerate(settings.languages.available):
        if not has_sentences(language):
            yield f"languages.available[{index}]: there are no sentences in `{language}`: its fallback speaks", spoken


def misplaced_stores(settings: Settings) -> Iterator[Problem]:
    """Stores whose point has other clocks than their time zone: degrees the wrong way round, or a slip in one."""
    points = {name: store for name, store in settings.stores.items() if store.point is not None}
    if not points or find_spec("timezonefinder") is None:
        return
    from timezonefinder import TimezoneFinder  # a large table, and not in the image

    finder = TimezoneFinder()
    for name, store in points.items():
        point = store.point
        if point is None or store.timezone not in time_zones():
            continue
        if not (-90 <= point.latitude <= 90 and -180 <= point.longitude <= 180):
            continue
        zone = finder.timezone_at(lng=point.longitude, lat=point.latitude)
        if zone is None or clocks(zone) == clocks(store.timezone):
            continue
        turned = abs(point.longitude) <= 90 and finder.timezone_at(lng=point.latitude, lat=point.longitude)
        swapped = bool(turned) and clocks(str(turned)) == clocks(store.timezone)
        hint = f"{{ latitude = {point.longitude}, longitude = {point.latitude} }}"
        yield Problem(
            message=f"lies where the clocks are those of `{zone}`, not of `{store.timezone}`",
            place=f"stores.{name}.point",
            value=f"{{ latitude = {point.latitude}, longitude = {point.longitude} }}",
            nearest=hint if swapped else None,
        )
