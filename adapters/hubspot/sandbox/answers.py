"""What the sandbox answers to each operation, from the portal's data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from adapters.hubspot.sandbox import description
from adapters.hubspot.sandbox.description import Json
from adapters.hubspot.sandbox.portal import ALWAYS, DEFAULT_PROPERTIES, Contact, Portal


class Refusal(Exception):
    """An error of HubSpot's, with its category."""

    def __init__(self, status: int, category: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.message = message
        self.more = more

    @classmethod
    def limit(cls, policy: str) -> Refusal:
        message = f"You have reached your {policy.lower()} limit."
        return cls(429, "RATE_LIMITS", message, errorType="RATE_LIMIT", policyName=policy)

    def body(self, correlation_id: str) -> dict[str, object]:
        return {
            "status": "error",
            "message": self.message,
            "correlationId": correlation_id,
            "category": self.category,
            **self.more,
        }


def answer(
    operation: str,
    portal: Portal,
    body: Mapping[str, object],
    query: Mapping[str, str],
    parameter: str,
    *,
    secondary: bool,
) -> tuple[int, dict[str, object]]:
    match operation.rpartition("/")[2]:
        case "read":
            return _batch_read(portal, cast("Json", body), query, secondary=secondary)
        case "search":
            return 200, _search(portal, cast("Json", body))
        case "contacts":
            return 200, _list(portal, query)
        case _:
            return 200, _subscriptions(portal, parameter)


_OBJECT_ID = re.compile(r"[1-9][0-9]{0,18}")


def _batch_read(portal: Portal, body: Json, query: Mapping[str, str], *, secondary: bool) -> tuple[int, Json]:
    ids: list[str] = [entry["id"] for entry in body["inputs"]]
    by = body.get("idProperty", "hs_object_id")
    if len(ids) > description.BATCH_INPUTS:
        raise Refusal(400, "VALIDATION_ERROR", f"The maximum number of inputs is {description.BATCH_INPUTS}")
    if by not in ("hs_object_id", "email"):
        raise Refusal(400, "VALIDATION_ERROR", f"Property {by} is not a unique identifier property")
    if by == "hs_object_id" and not all(_OBJECT_ID.fullmatch(id) for id in ids):  # noqa: A001
        raise Refusal(400, "VALIDATION_ERROR", "Invalid object id")
    archived = query.get("archived", "false") == "true"
    found: dict[str, Contact] = {}
    missing: list[str] = []
    for id in ids:  # noqa: A001
        contact = portal.by_email(id, secondary=secondary) if by == "email" else portal.by_id(id)
        if contact is None or contact.archived is not archived:
            missing.append(id)
        else:
            found[contact.id] = contact
    # Not in the order of the inputs.
    results = [_shown(portal, contact, body["properties"]) for contact in reversed(found.values())]
    moment = portal.now.isoformat()
    content: Json = {"status": "COMPLETE", "results": results, "startedAt": moment, "completedAt": moment}
    if not missing:
        return 200, content
    error: Json = {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.",
        "context": {"ids": missing},
        "links": {},
        "errors": [],
    }
    return 207, {**content, "numErrors": 1, "errors": [error]}


def _search(portal: Portal, body: Json) -> Json:
    groups: list[list[Json]] = [group["filters"] for group in body.get("filterGroups") or ()]
    limit: int = body.get("limit", 10)
    _check_limits(groups, limit)
    for entry in (entry for group in groups for entry in group):
        values = cast("list[str]", entry.get("values") or ())
        if entry["operator"] in ("IN", "NOT_IN") and any(value != value.lower() for value in values):
            raise Refusal(400, "VALIDATION_ERROR", "values of IN must be in lower case")
        if entry["propertyName"] not in portal.properties:
            raise Refusal(400, "VALIDATION_ERROR", f"There was a problem with property {entry['propertyName']}")
    matches = portal.matching(groups or [[]])
    after = body.get("after") or "0"
    if not (after.isascii() and after.isdigit()) or int(after) + limit > description.SEARCH_RESULTS:
        raise Refusal(400, "VALIDATION_ERROR", "Cannot page beyond 10000 results")
    return {"total": len(matches), **_page(portal, matches, int(after), limit, body.get("properties") or ())}


def _check_limits(groups: list[list[Json]], limit: int) -> None:
    if len(groups) > description.FILTER_GROUPS:
        raise Refusal(400, "VALIDATION_ERROR", f"Too many filter groups: {len(groups)}")
    if any(len(group) > description.FILTERS_IN_GROUP for group in groups) or (
        sum(map(len, groups)) > description.FILTERS
    ):
        raise Refusal(400, "VALIDATION_ERROR", "Too many filters")
    if not 0 < limit <= description.SEARCH_LIMIT:
        raise Refusal(400, "VALIDATION_ERROR", f"limit {limit} is not between 1 and {description.SEARCH_LIMIT}")


def _list(portal: Portal, query: Mapping[str, str]) -> Json:
    archived = query.get("archived", "false") == "true"
    contacts = [contact for contact in portal.contacts.values() if contact.archived is archived]
    names = [name for name in query.get("properties", "").split(",") if name]
    return _page(portal, contacts, int(query.get("after", "0")), min(100, int(query.get("limit", "10"))), names)


def _page(portal: Portal, contacts: list[Contact], after: int, limit: int, names: Any) -> Json:
    content: Json = {"results": [_shown(portal, contact, names) for contact in contacts[after : after + limit]]}
    if after + limit < len(contacts):
        content["paging"] = {"next": {"after": str(after + limit)}}
    return content


def _shown(portal: Portal, contact: Contact, names: Any) -> Json:
    """Named properties that exist, null where they were never set; unknown names are left out without a word."""
    wanted = dict.fromkeys((*ALWAYS, *(names or DEFAULT_PROPERTIES)))
    known = [name for name in wanted if name in portal.properties]
    stored = portal.shown(contact, known)
    return {
        "id": contact.id,
        "properties": {name: stored.get(name) for name in known},
        "createdAt": contact.created_at.isoformat(),
        "updatedAt": contact.updated_at.isoformat(),
        "archived": contact.archived,
    }


def _subscriptions(portal: Portal, email: str) -> Json:
    contact = portal.by_email(email, secondary=True)
    if contact is None:
        raise Refusal(404, "OBJECT_NOT_FOUND", "No contact has this email")
    statuses = [
        {
            "id": str(index),
            "name": name,
            "description": f"Emails: {name}",
            "status": "SUBSCRIBED" if contact.subscriptions.get(name) else "NOT_SUBSCRIBED",
            "sourceOfStatus": "SUBSCRIPTION_STATUS" if name in contact.subscriptions else "PORTAL_WIDE_STATUS",
            **({"legalBasis": "CONSENT_WITH_NOTICE"} if contact.subscriptions.get(name) else {}),
        }
        for index, name in enumerate(portal.subscription_types(), 1)
    ]
    return {"recipient": email, "subscriptionStatuses": statuses}
