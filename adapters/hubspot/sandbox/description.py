"""The part of HubSpot's API that the adapter uses, described by ourselves: paths, models, operators and limits. The
sandbox checks what it is asked and answers against it; a contract test holds it to be a subset of the vendor's models.

How models are written: `gateway.testing.description`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from gateway.testing.description import Description, read_models

Json = dict[str, Any]


class Endpoint(Struct, frozen=True):
    """`request` and `answers` (by status) name models; `query` the parameters that are understood."""

    answers: Mapping[int, str]
    request: str = ""
    query: tuple[str, ...] = ()


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

_LINES = """
BatchReadInputSimplePublicObjectId idProperty:string inputs*:[SimplePublicObjectId] properties*:[string] propertiesWithHistory*:[string]
SimplePublicObjectId id*:string
PublicObjectSearchRequest filterGroups:[FilterGroup] properties:[string] sorts:[string] limit:integer after:string
FilterGroup filters*:[Filter]
Filter propertyName*:string operator*:string value:string values:[string]
SimplePublicObject id*:string properties*:{string?} createdAt*:time updatedAt*:time archived:boolean
SimplePublicObjectWithAssociations id*:string properties*:{string?} createdAt*:time updatedAt*:time archived:boolean
BatchResponseSimplePublicObject status*:string results*:[SimplePublicObject] startedAt*:time completedAt*:time
BatchResponseSimplePublicObjectWithErrors status*:string results*:[SimplePublicObject] numErrors:integer errors:[StandardError] startedAt*:time completedAt*:time
StandardError status*:string category*:string message*:string context*:{[string]?} links*:{string?} errors*:[ErrorDetail]
ErrorDetail message*:string in:string
CollectionResponseWithTotalSimplePublicObjectForwardPaging total*:integer results*:[SimplePublicObject] paging:ForwardPaging
CollectionResponseSimplePublicObjectWithAssociationsForwardPaging results*:[SimplePublicObjectWithAssociations] paging:ForwardPaging
ForwardPaging next:NextPage
NextPage after*:string link:string
PublicSubscriptionStatusesResponse recipient*:string subscriptionStatuses*:[PublicSubscriptionStatus]
PublicSubscriptionStatus id*:string name*:string description*:string status*:string sourceOfStatus*:string legalBasis:string
Error category*:string message*:string correlationId*:string errors:[ErrorDetail]
"""  # noqa: E501

_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "Filter": {"operator": ("EQ", "NEQ", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY", "CONTAINS_TOKEN")},
    "BatchResponseSimplePublicObject": {"status": ("COMPLETE",)},
    "BatchResponseSimplePublicObjectWithErrors": {"status": ("COMPLETE",)},
    "PublicSubscriptionStatus": {
        "status": ("SUBSCRIBED", "NOT_SUBSCRIBED"),
        "sourceOfStatus": ("SUBSCRIPTION_STATUS", "PORTAL_WIDE_STATUS"),
        "legalBasis": ("CONSENT_WITH_NOTICE", "LEGITIMATE_INTEREST_CLIENT"),
    },
}

DESCRIPTION = Description(
    {name: replace(model, words=_WORDS.get(name, {})) for name, model in read_models(_LINES).items()}
)

BATCH_INPUTS = 100
FILTER_GROUPS = 5
FILTERS_IN_GROUP = 6
FILTERS = 18
SEARCH_LIMIT = 200
SEARCH_RESULTS = 10_000
SEARCHES_PER_SECOND = 5
REQUESTS_PER_TEN_SECONDS = 190
REQUESTS_PER_DAY = 650_000
