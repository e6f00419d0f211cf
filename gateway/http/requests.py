"""From HTTP to a GraphQL request: the body or the query string."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from gateway.entry.refusal import Refusal
from gateway.entry.requests import GraphQLRequest
from gateway.http.wire import Refusal
from gateway.model.languages import canonical_tag
from gateway.model.remembered import remembered
from gateway.model.written_numbers import decimal_of
from gateway.security.profiles import RequestFacts

_PARAMETERS = frozenset({"query", "operationName", "variables", "extensions", "documentId"})


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
        operation_name=values.get("operationName"),
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
    if language is not None and canonical_tag(language) is None:
        raise Refusal(400, "BAD_USER_INPUT", "The header X-Commerce-Language is not a language tag.")
    wishes, refused = _wishes(headers.get("accept-language", ""))
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
        number = float(decimal_of(value)) if len(value) < 24 else math.nan
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise Refusal(400, "BAD_USER_INPUT", f"The header {name} must be a number from {least} to {most}.")
    return number * factor


@remembered(256)
def _wishes(accept_language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
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
