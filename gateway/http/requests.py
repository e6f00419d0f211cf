"""From HTTP to a GraphQL request: the body or the query string, and the headers that ask for a context."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from gateway.http.wire import Refusal
from gateway.security.profiles import RequestFacts

MAXIMUM_HEADER = 128
MAXIMUM_WISHES = 16
_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,6}")
_PARAMETERS = frozenset({"query", "operationName", "variables", "extensions", "documentId"})


class GraphQLRequest(Struct, frozen=True, rename="camel"):
    """The parameters of GraphQL over HTTP. `document_id` names a trusted document (also as a persisted query)."""

    query: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None


_request = msgspec.json.Decoder(GraphQLRequest)
_object = msgspec.json.Decoder(dict[str, Any])


def from_body(body: bytes) -> GraphQLRequest:
    """One request. A batch is refused: it would multiply every limit."""
    try:
        return _request.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        if body.lstrip()[:1] == b"[":
            raise Refusal(400, "BAD_REQUEST", "Batches are not accepted.") from None
        if isinstance(error, msgspec.ValidationError):
            raise Refusal(400, "BAD_REQUEST", f"Not a GraphQL request: {error}.") from None
        raise Refusal(400, "BAD_REQUEST", "The body is not valid JSON.") from None


def from_query_string(query_string: bytes) -> GraphQLRequest:
    try:
        text = query_string.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=20)
    except ValueError:
        raise Refusal(400, "BAD_REQUEST", "The query string cannot be read.") from None
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in _PARAMETERS and name in values:
            raise Refusal(400, "BAD_REQUEST", f"`{name}` is given twice.")
        values[name] = value
    return GraphQLRequest(
        query=values.get("query"),
        operation_name=values.get("operationName") or None,
        variables=_json_object(values, "variables"),
        extensions=_json_object(values, "extensions"),
        document_id=values.get("documentId"),
    )


def _json_object(values: Mapping[str, str], name: str) -> dict[str, Any] | None:
    text = values.get(name)
    if not text or text == "null":
        return None
    try:
        return _object.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        raise Refusal(400, "BAD_REQUEST", f"`{name}` is not a JSON object.") from None


def facts_of(headers: Mapping[str, str], request_id: str) -> RequestFacts:
    """What the headers ask for. Values that make no sense are refused by name; nothing here names a person."""
    language = headers.get("x-commerce-language")
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise Refusal(400, "BAD_USER_INPUT", "The header X-Commerce-Language is not a language tag.")
    return RequestFacts(
        country=_word(headers, "x-commerce-country"),
        language=language,
        accept_languages=_wishes(headers.get("accept-language", "")),
        currency=_word(headers, "x-commerce-currency"),
        channel=_word(headers, "x-commerce-channel"),
        store=_word(headers, "x-commerce-store"),
        deadline=_number(headers, "x-commerce-deadline-ms", 1, 600_000, 0.001),
        max_age=_number(headers, "x-commerce-max-age", 0, 31_536_000, 1.0),
        request_id=request_id,
        explain=headers.get("x-commerce-explain", "").lower() in ("1", "true"),
    )


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
        number = float(value) if len(value) < 24 and value.isascii() else math.nan
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise Refusal(400, "BAD_USER_INPUT", f"The header {name} must be a number from {least} to {most}.")
    return number * factor


@lru_cache(256)
def _wishes(accept_language: str) -> tuple[str, ...]:
    """Language tags, best first. What cannot be read is not wished for."""
    wishes: list[tuple[float, str]] = []
    for entry in accept_language.split(",")[:MAXIMUM_WISHES]:
        tag, _, parameter = (part.strip() for part in entry.partition(";"))
        try:
            quality = float(parameter[2:]) if parameter.startswith("q=") else 1.0
        except ValueError:
            continue
        if quality > 0 and _LANGUAGE.fullmatch(tag):
            wishes.append((-quality, tag))
    return tuple(tag for _, tag in sorted(wishes, key=lambda wish: wish[0]))
