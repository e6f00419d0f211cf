"""The part of HubSpot's API that the adapter uses, described by ourselves: paths, models, operators and limits. The
sandbox checks what it is asked and answers against it; a contract test holds it to be a subset of the vendor's models.

Types are written as the vendor's client writes them: `list[Filter]`, `dict[str, str]`, `datetime`. A text in a
`dict[str, str]` may be null."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from msgspec import Struct

Json = dict[str, Any]


class Endpoint(Struct, frozen=True):
    """`request` and `answers` (by status) name models; `query` the parameters that are understood."""

    answers: Mapping[int, str]
    request: str = ""
    query: tuple[str, ...] = ()


class Model(Struct, frozen=True):
    fields: Mapping[str, str]
    required: tuple[str, ...] = ()


ENDPOINTS: Mapping[str, Endpoint] = {
    "POST /crm/v3/objects/contacts/batch/read": Endpoint(
        {200: "BatchResponseSimplePublicObject", 207: "BatchResponseSimplePublicObjectWithErrors"},
        "BatchReadInputSimplePublicObjectId",
        ("archived",),
    ),
    "POST /crm/v3/objects/contacts/search": Endpoint(
        {200: "CollectionResponseWithTotalSimplePublicObjectForwardPaging"}, "PublicObjectSearchRequest"
    ),
    "GET /crm/v3/objects/contacts": Endpoint(
        {200: "CollectionResponseSimplePublicObjectWithAssociationsForwardPaging"},
        query=("limit", "after", "properties", "archived"),
    ),
    "GET /communication-preferences/v3/status/email/{emailAddress}": Endpoint(
        {200: "PublicSubscriptionStatusesResponse"}
    ),
}

MODELS: Mapping[str, Model] = {
    "BatchReadInputSimplePublicObjectId": Model(
        {
            "idProperty": "str",
            "inputs": "list[SimplePublicObjectId]",
            "properties": "list[str]",
            "propertiesWithHistory": "list[str]",
        },
        ("inputs", "properties", "propertiesWithHistory"),
    ),
    "SimplePublicObjectId": Model({"id": "str"}, ("id",)),
    "PublicObjectSearchRequest": Model(
        {
            "filterGroups": "list[FilterGroup]",
            "properties": "list[str]",
            "sorts": "list[str]",
            "limit": "int",
            "after": "str",
        }
    ),
    "FilterGroup": Model({"filters": "list[Filter]"}, ("filters",)),
    "Filter": Model(
        {"propertyName": "str", "operator": "str", "value": "str", "values": "list[str]"},
        ("propertyName", "operator"),
    ),
    "SimplePublicObject": Model(
        {
            "id": "str",
            "properties": "dict[str, str]",
            "createdAt": "datetime",
            "updatedAt": "datetime",
            "archived": "bool",
        },
        ("id", "properties", "createdAt", "updatedAt"),
    ),
    "SimplePublicObjectWithAssociations": Model(
        {
            "id": "str",
            "properties": "dict[str, str]",
            "createdAt": "datetime",
            "updatedAt": "datetime",
            "archived": "bool",
        },
        ("id", "properties", "createdAt", "updatedAt"),
    ),
    "BatchResponseSimplePublicObject": Model(
        {
            "status": "str",
            "results": "list[SimplePublicObject]",
            "startedAt": "datetime",
            "completedAt": "datetime",
        },
        ("status", "results", "startedAt", "completedAt"),
    ),
    "BatchResponseSimplePublicObjectWithErrors": Model(
        {
            "status": "str",
            "results": "list[SimplePublicObject]",
            "numErrors": "int",
            "errors": "list[StandardError]",
            "startedAt": "datetime",
            "completedAt": "datetime",
        },
        ("status", "results", "startedAt", "completedAt"),
    ),
    "StandardError": Model(
        {
            "status": "str",
            "category": "str",
            "message": "str",
            "context": "dict[str, list[str]]",
            "links": "dict[str, str]",
            "errors": "list[ErrorDetail]",
        },
        ("status", "category", "message", "context", "links", "errors"),
    ),
    "ErrorDetail": Model({"message": "str", "in": "str"}, ("message",)),
    "CollectionResponseWithTotalSimplePublicObjectForwardPaging": Model(
        {"total": "int", "results": "list[SimplePublicObject]", "paging": "ForwardPaging"}, ("total", "results")
    ),
    "CollectionResponseSimplePublicObjectWithAssociationsForwardPaging": Model(
        {"results": "list[SimplePublicObjectWithAssociations]", "paging": "ForwardPaging"}, ("results",)
    ),
    "ForwardPaging": Model({"next": "NextPage"}),
    "NextPage": Model({"after": "str", "link": "str"}, ("after",)),
    "PublicSubscriptionStatusesResponse": Model(
        {"recipient": "str", "subscriptionStatuses": "list[PublicSubscriptionStatus]"},
        ("recipient", "subscriptionStatuses"),
    ),
    "PublicSubscriptionStatus": Model(
        {
            "id": "str",
            "name": "str",
            "description": "str",
            "status": "str",
            "sourceOfStatus": "str",
            "legalBasis": "str",
        },
        ("id", "name", "description", "status", "sourceOfStatus"),
    ),
    "Error": Model(
        {"category": "str", "message": "str", "correlationId": "str", "errors": "list[ErrorDetail]"},
        ("category", "message", "correlationId"),
    ),
}

WORDS: Mapping[str, tuple[str, ...]] = {
    "Filter.operator": ("EQ", "NEQ", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY", "CONTAINS_TOKEN"),
    "BatchResponseSimplePublicObject.status": ("COMPLETE",),
    "BatchResponseSimplePublicObjectWithErrors.status": ("COMPLETE",),
    "PublicSubscriptionStatus.status": ("SUBSCRIBED", "NOT_SUBSCRIBED"),
    "PublicSubscriptionStatus.sourceOfStatus": ("SUBSCRIPTION_STATUS", "PORTAL_WIDE_STATUS"),
    "PublicSubscriptionStatus.legalBasis": ("CONSENT_WITH_NOTICE", "LEGITIMATE_INTEREST_CLIENT"),
}

BATCH_INPUTS = 100
FILTER_GROUPS = 5
FILTERS_IN_GROUP = 6
FILTERS = 18
SEARCH_LIMIT = 200
SEARCH_RESULTS = 10_000
SEARCHES_PER_SECOND = 5
REQUESTS_PER_TEN_SECONDS = 190
REQUESTS_PER_DAY = 650_000


class Mismatch(ValueError):
    """A message that the description does not allow, with the place."""


def check(model: str, value: object, place: str = "") -> None:
    """Raises Mismatch for an unknown field, a missing one, a wrong type or a word outside its list."""
    if not isinstance(value, dict):
        raise Mismatch(f"{place or model}: not an object")
    given = cast("Json", value)
    description = MODELS[model]
    for name in given:
        if name not in description.fields:
            raise Mismatch(f"{place}{name}: unknown field of {model}")
    for name in description.required:
        if given.get(name) is None:
            raise Mismatch(f"{place}{name}: required by {model}")
    for name, inner in given.items():
        _check_type(description.fields[name], inner, f"{place}{name}")
        words = WORDS.get(f"{model}.{name}")
        if words is not None and inner not in words:
            raise Mismatch(f"{place}{name}: `{inner}` is not one of {', '.join(words)}")


def _check_type(kind: str, value: object, place: str) -> None:
    if item := re.fullmatch(r"list\[(.+)\]", kind):
        if not isinstance(value, list):
            raise Mismatch(f"{place}: not a list")
        for index, inner in enumerate(cast("list[object]", value)):
            _check_type(item[1], inner, f"{place}[{index}].")
    elif item := re.fullmatch(r"dict\[str, (.+)\]", kind):
        if not isinstance(value, dict):
            raise Mismatch(f"{place}: not an object")
        for name, inner in cast("Json", value).items():
            if inner is not None:
                _check_type(item[1], inner, f"{place}.{name}")
    elif kind in MODELS:
        check(kind, value, place if place.endswith(".") else f"{place}.")
    else:
        _check_scalar(kind, value, place)


def _check_scalar(kind: str, value: object, place: str) -> None:
    types = {"str": str, "datetime": str, "bool": bool, "int": int}
    if not isinstance(value, types[kind]) or (kind == "int" and isinstance(value, bool)):
        raise Mismatch(f"{place}: not of type {kind}")
    if kind == "datetime" and isinstance(value, str) and datetime.fromisoformat(value).tzinfo is None:
        raise Mismatch(f"{place}: a time without a zone")
