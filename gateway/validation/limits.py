"""Numbers that contradict each other: with which nothing is served, or less than anybody can have meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from gateway.errors import Mistake
from gateway.model.principal import ClientProfile
from gateway.security.cost import CHEAPEST, FETCH, LEAF, OBJECT, PLAIN, TENTHS
from gateway.security.profiles import ANONYMOUS_PROFILE
from gateway.settings import GRACE_SECONDS, BackendSection, LimitsSection, ServerSection, Settings
from gateway.structure import fields_of

SMALLEST = '{product(by: {slug: "a"}) {variants {price {current {gross {amount}}}}}}'
"""The least with which somebody learns a price."""
SMALLEST_DEPTH, SMALLEST_TOKENS = 6, 27
ENVELOPE = len('{"query":""}')
DOCUMENTS_KEPT = 4
"""What is asked once waits in a quarter of the cache: there the largest document must find room."""


def check_limits(settings: Settings) -> Iterator[Mistake]:
    patience = _longest_deadline(settings)
    for name, profile in settings.profiles.items():
        yield from _profile(profile, f"profiles.{name}")
    for name, backend in settings.backends.items():
        yield from _policy(backend, f"backends.{name}.policy", patience)
    yield from _documents(settings.limits)
    yield from _server(settings.server, patience)


def _longest_deadline(settings: Settings) -> float:
    """Whoever brings no token has the usual one where no profile says otherwise."""
    deadlines = [profile.deadline for profile in settings.profiles.values()]
    if ANONYMOUS_PROFILE not in settings.profiles:
        deadlines.append(_usual(ClientProfile, "deadline"))
    return max(deadlines)


def _profile(profile: ClientProfile, place: str) -> Iterator[Mistake]:
    usual = _usual(ClientProfile, "cost_limit")
    for least, kind in ((CHEAPEST, "the cheapest operation there is"), (PLAIN, "the price of one product")):
        if profile.cost_limit < least:
            yield Mistake(
                message=f"{profile.cost_limit:,} points are less than {kind} costs ({least:,}): it would be refused",
                place=f"{place}.cost_limit",
                value=str(profile.cost_limit),
                nearest=str(usual),
                grave=least == CHEAPEST,
            )
            return
    page = CHEAPEST + (FETCH + (OBJECT + LEAF) * profile.page_limit) // TENTHS
    if page > profile.cost_limit:
        yield Mistake(
            message=f"no page of {profile.page_limit:,} can be asked for: one costs {page:,} points at least, and "
            f"`cost_limit` is {profile.cost_limit:,}",
            place=f"{place}.page_limit",
            value=str(profile.page_limit),
            nearest=str(max(1, (profile.cost_limit - CHEAPEST) * TENTHS - FETCH) // (OBJECT + LEAF) or 1),
            grave=False,
        )


def _policy(backend: BackendSection, place: str, patience: float) -> Iterator[Mistake]:
    policy = backend.policy
    if policy.retries and not policy.retry_budget:
        yield Mistake(
            message="leaves nothing for `retries`: none would ever be made; say `retries = 0` if that is meant",
            place=f"{place}.retry_budget",
            value=str(policy.retry_budget),
            nearest=str(_usual(type(policy), "retry_budget")),
            grave=False,
        )
    if policy.timeout > patience:
        yield Mistake(
            message=f"{policy.timeout:g} s is longer than any profile waits for its whole answer ({patience:g} s)",
            place=f"{place}.timeout",
            value=f"{policy.timeout:g}",
            nearest=f"{patience:g}",
            grave=False,
        )


def _documents(limits: LimitsSection) -> Iterator[Mistake]:
    if limits.document_bytes + ENVELOPE > limits.body_bytes:
        yield Mistake(
            message=f"{limits.document_bytes:,} bytes, and what stands around them, do not fit in `body_bytes` "
            f"({limits.body_bytes:,})",
            place="limits.document_bytes",
            value=str(limits.document_bytes),
            nearest=str(limits.body_bytes // 2),
            grave=False,
        )
    if limits.document_bytes * DOCUMENTS_KEPT > limits.document_cache_bytes:
        yield Mistake(
            message=f"{limits.document_cache_bytes:,} bytes do not keep the plan of one document of `document_bytes` "
            f"({limits.document_bytes:,})",
            place="limits.document_cache_bytes",
            value=str(limits.document_cache_bytes),
            nearest=str(max(_usual(LimitsSection, "document_cache_bytes"), limits.document_bytes * 64)),
            grave=False,
        )
    for key, least in (("depth", SMALLEST_DEPTH), ("tokens", SMALLEST_TOKENS)):
        given: int = getattr(limits, key)
        if given < least:
            yield Mistake(
                message=f"{given} is too few to ask for the price of one product, which takes {least}",
                place=f"limits.{key}",
                value=str(given),
                nearest=str(_usual(LimitsSection, key)),
                grave=False,
            )


def _server(server: ServerSection, patience: float) -> Iterator[Mistake]:
    if server.connections_per_address > server.connections:
        yield Mistake(
            message=f"{server.connections_per_address:,} is beyond `connections` ({server.connections:,}): one address "
            "may take them all",
            place="server.connections_per_address",
            value=str(server.connections_per_address),
            nearest=str(max(1, server.connections // 8)),
            grave=False,
        )
    given = server.drain_seconds + GRACE_SECONDS
    if patience > given:
        yield Mistake(
            message=f"{server.drain_seconds:g} s and {GRACE_SECONDS} more are less than a profile's `deadline` "
            f"({patience:g} s): what is under way would be cut off at every stop",
            place="server.drain_seconds",
            value=f"{server.drain_seconds:g}",
            nearest=f"{patience - GRACE_SECONDS:g}",
            grave=False,
        )


def _usual(section: type[Struct], key: str) -> Any:
    return next(field.default for field in fields_of(section) if field.name == key)
