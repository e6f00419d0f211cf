"""From HTTP to a GraphQL request: the body or the query string."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from gateway.entry.refusal import Refusal
from gateway.entry.requests import GraphQLRequest

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
