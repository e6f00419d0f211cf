"""A request of the graph, and what its headers ask for: a context, a language, an age, a deadline."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import force_setattr

from gateway.entry.refusal import Refusal
from gateway.model.languages import canonical_tag
from gateway.model.remembered import remembered
from gateway.model.written_numbers import decimal_of
from gateway.security.profiles import RequestFacts

MAXIMUM_HEADER = 128
MAXIMUM_WISHES = 16
CART_SECRET = "commerce-cart-secret"  # noqa: S105  the name of a header
_WISHES = frozenset(
    f"x-commerce-{wish}"
    for wish in ("language", "country", "currency", "channel", "store", "deadline-ms", "max-age", "explain")
) | {CART_SECRET}
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,128}")
_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
_QUALITY = re.compile(r"[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


class GraphQLRequest(Struct, frozen=True, rename="camel"):
    """The parameters of GraphQL over HTTP. `document_id` names a trusted document (also as a persisted query). An empty
    `operation_name` is none: some clients send it always."""

    query: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None

    def __post_init__(self) -> None:
        if self.operation_name == "":
            force_setattr(self, "operation_name", None)


def facts_of(headers: Mapping[str, str], request_id: str, party: str = "") -> RequestFacts:
    """What the headers ask for. Values that make no sense are refused by name; nothing here names a person."""
    wishes, refused = _languages(headers.get("accept-language", ""))
    if _WISHES.isdisjoint(headers):
        return RequestFacts(accept_languages=wishes, refused_languages=refused, request_id=request_id, party=party)
    language = headers.get("x-commerce-language")
    if language is not None and canonical_tag(language) is None:
        raise Refusal(400, "BAD_USER_INPUT", "The header X-Commerce-Language is not a language tag.")
    return RequestFacts(
        country=_word(headers, "x-commerce-country"),
        language=language,
        accept_languages=wishes,
        refused_languages=refused,
        currency=_word(headers, "x-commerce-currency"),
        channel=_word(headers, "x-commerce-channel"),
        store=_word(headers, "x-commerce-store"),
        deadline=_number(headers, "x-commerce-deadline-ms", 1, 600_000, 0.001),
        max_age=_number(headers, "x-commerce-max-age", 0, 31_536_000, 1.0),
        request_id=request_id,
        explain=headers.get("x-commerce-explain", "").lower() in ("1", "true"),
        cart_secret=_secret(headers.get(CART_SECRET)),
        party=party,
    )


def _secret(value: str | None) -> str | None:
    if value is not None and not _SECRET.fullmatch(value):
        raise Refusal(400, "BAD_USER_INPUT", "The header Commerce-Cart-Secret makes no sense.")
    return value


def _word(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name)
    if value is not None and not _NAME.fullmatch(value):
        raise Refusal(400, "BAD_USER_INPUT", f"The header {name} makes no sense.")
    return value


def _number(headers: Mapping[str, str], name: str, least: float, most: float, factor: float) -> float | None:
    value = headers.get(name)
    if value is None:
        return None
    try:
        number = float(decimal_of(value)) if len(value) < 24 else math.nan
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise Refusal(400, "BAD_USER_INPUT", f"The header {name} must be a number from {least} to {most}.")
    return number * factor


@remembered(256)
def _languages(accept_language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Language ranges, best first and of equal ones as they stand there, and those of quality 0, which are refused
    (RFC 9110, section 12.5.4). What cannot be read is not wished for."""
    wishes: list[tuple[float, str]] = []
    refused: list[str] = []
    for entry in accept_language.split(",")[:MAXIMUM_WISHES]:
        tag, *parameters = (part.strip(" \t") for part in entry.split(";"))
        weights = [_QUALITY.fullmatch(parameter) for parameter in parameters]
        if len(weights) > 1 or None in weights or (tag != "*" and canonical_tag(tag) is None):
            continue
        quality = float(weights[0][1]) if weights and weights[0] else 1.0
        if quality > 0:
            wishes.append((-quality, tag))
        else:
            refused.append(tag)
    return tuple(tag for _, tag in sorted(wishes, key=lambda wish: wish[0])), tuple(refused)
