"""Our own small description of Square's API is a subset of the vendor's."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.square.catalog import CatalogAnswer, ItemsAnswer
from adapters.square.committing import ChangesAnswer
from adapters.square.config import API_VERSION
from adapters.square.customer import BulkCustomersAnswer, CustomersAnswer
from adapters.square.ensuring import CreatedAnswer
from adapters.square.loyalty.accounts import AccountsAnswer, EventsAnswer
from adapters.square.loyalty.program import ProgramAnswer, PromotionsAnswer
from adapters.square.order.receipts import OrdersAnswer
from adapters.square.order.writing import OrderAnswer, PaymentAnswer
from adapters.square.rows import Answer
from adapters.square.sandbox.description import DESCRIPTION, PATHS, right_of
from adapters.square.stock import CountsAnswer
from adapters.square.store import LocationsAnswer

pytestmark = pytest.mark.specs
ROOT = Path(__file__).resolve().parents[4]
FORMATS = {"string": "string", "integer": "integer", "number": "number", "boolean": "boolean"}


@lru_cache(maxsize=1)
def vendor() -> Mapping[str, Any]:
    path = Path(os.environ.get("VENDOR_SPECS") or ROOT.parent / "shared" / "specs") / "square" / "api.json.gz"
    if not path.exists():
        if os.environ.get("GATEWAY_TESTS_STRICT") == "1":
            pytest.fail(f"the vendor's description is absent: {path}")
        pytest.skip(f"the vendor's description is absent: {path}")
    return json.loads(gzip.decompress(path.read_bytes()))


def _kind(described: Mapping[str, Any]) -> str:
    """A vendor's property in our notation; an enumeration is a string."""
    if "$ref" in described:
        name = described["$ref"].rsplit("/", 1)[-1]
        return "string" if vendor()["components"]["schemas"][name].get("type") == "string" else name
    if described["type"] == "array":
        return f"[{_kind(described['items'])}]"
    if described["type"] == "object":
        return "{" + _kind(described["additionalProperties"]) + "}"
    return FORMATS[described["type"]]


@pytest.mark.parametrize("name", sorted(DESCRIPTION.models))
def test_a_schema_of_ours_is_a_subset_of_the_vendors(name: str) -> None:
    theirs = vendor()["components"]["schemas"][name]
    model = DESCRIPTION.models[name]
    for field, kind in model.fields.items():
        assert field in theirs["properties"], f"{name}.{field}"
        assert kind == _kind(theirs["properties"][field]), f"{name}.{field}"
    assert set(model.required) == set(theirs.get("required", ()))


@pytest.mark.parametrize("operation", sorted(PATHS))
def test_a_path_of_ours_is_one_of_the_vendors(operation: str) -> None:
    method, path = operation.split()
    request, answer = PATHS[operation]
    theirs = vendor()["paths"][path][method.lower()]
    assert _kind(theirs["responses"]["200"]["content"]["application/json"]["schema"]) == answer
    if request is not None:
        assert _kind(theirs["requestBody"]["content"]["application/json"]["schema"]) == request


@pytest.mark.parametrize("operation", sorted(PATHS))
def test_the_right_that_it_wants_is_the_vendors(operation: str) -> None:
    method, path = operation.split()
    (wanted,) = vendor()["paths"][path][method.lower()]["security"]
    assert wanted["oauth2"] == ([right] if (right := right_of(operation)) else [])


def test_the_version_we_send_is_the_descriptions() -> None:
    header = vendor()["components"]["securitySchemes"]["oauth2"]["x-additional-headers"][0]
    assert (header["name"], header["schema"]["default"]) == ("Square-Version", API_VERSION)


ANSWERS: Mapping[str, type[Answer]] = {
    "SearchCatalogObjectsResponse": CatalogAnswer,
    "SearchCatalogItemsResponse": ItemsAnswer,
    "BatchRetrieveCatalogObjectsResponse": CatalogAnswer,
    "BatchRetrieveInventoryCountsResponse": CountsAnswer,
    "BatchChangeInventoryResponse": ChangesAnswer,
    "BatchRetrieveInventoryChangesResponse": ChangesAnswer,
    "ListLocationsResponse": LocationsAnswer,
    "SearchCustomersResponse": CustomersAnswer,
    "BulkRetrieveCustomersResponse": BulkCustomersAnswer,
    "SearchLoyaltyAccountsResponse": AccountsAnswer,
    "SearchLoyaltyEventsResponse": EventsAnswer,
    "RetrieveLoyaltyProgramResponse": ProgramAnswer,
    "ListLoyaltyPromotionsResponse": PromotionsAnswer,
    "SearchOrdersResponse": OrdersAnswer,
    "BatchRetrieveOrdersResponse": OrdersAnswer,
    "CreateOrderResponse": OrderAnswer,
    "CalculateOrderResponse": OrderAnswer,
    "CreatePaymentResponse": PaymentAnswer,
    "RetrieveOrderResponse": OrderAnswer,
    "UpdateOrderResponse": OrderAnswer,
    "CreateCustomerResponse": CreatedAnswer,
}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_the_vendors_own_example_of_an_answer_is_read(name: str) -> None:
    assert {answer for _, answer in PATHS.values()} == set(ANSWERS)
    example = vendor()["components"]["schemas"][name]["example"]
    read = msgspec.json.decode(json.dumps(example).encode(), type=ANSWERS[name])
    contents = {field for field in example if field not in ("cursor", "errors", "latest_time", "matched_variation_ids")}
    known = contents & set(read.__struct_fields__)
    assert known or name == "SearchOrdersResponse"  # its example has entries in place of orders
    assert all(getattr(read, field) for field in known)
