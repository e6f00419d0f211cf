"""Our description of HubSpot against HubSpot's own client from PyPI, and its client against our sandbox."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any, cast

import pytest

from adapters.hubspot.sandbox import HubSpotSandbox
from adapters.hubspot.sandbox.description import DESCRIPTION, ENDPOINTS, Endpoint, Json
from gateway.errors import CredentialsRefused
from gateway.testing.description import Mismatch, bare_type
from tests.contract.adapters.hubspot.connected import NOTHING, Connect, a_call, email, native, phone

MODELS = DESCRIPTION.models
WORDS = [(name, field) for name, model in MODELS.items() for field in model.words]
SCALARS = {"string": "str", "time": "datetime", "boolean": "bool", "integer": "int"}
CONTACTS = importlib.import_module("hubspot.crm.contacts")
CONSENTS = importlib.import_module("hubspot.communication_preferences")


class Body:
    """What the vendor's deserialiser takes."""

    def __init__(self, data: str) -> None:
        self.data = data


def package_of(operation: str) -> ModuleType:
    return CONSENTS if "communication-preferences" in operation else CONTACTS


def vendor_model(name: str) -> Any:
    return getattr(CONTACTS, name, None) or getattr(CONSENTS, name)


def by_json_name(model: Any) -> dict[str, str]:
    """Type by name on the wire."""
    return {wire: model.openapi_types[name] for name, wire in model.attribute_map.items()}


def vendors_word(kind: str) -> str:
    """A type as the vendor's client writes it."""
    shape, inner = bare_type(kind)
    if shape == "list":
        return f"list[{vendors_word(inner)}]"
    return f"dict[str, {vendors_word(inner)}]" if shape == "map" else SCALARS.get(inner, inner)


@pytest.mark.parametrize("name", MODELS)
def test_described_model_is_a_subset_of_the_vendors(name: str) -> None:
    vendor = by_json_name(vendor_model(name))
    ours = {field: vendors_word(kind) for field, kind in MODELS[name].fields.items()}
    assert {field: vendor.get(field) for field in ours} == ours


@pytest.mark.parametrize("name", MODELS)
def test_what_the_vendor_requires_is_required(name: str) -> None:
    vendor = vendor_model(name)
    required: set[str] = set()
    for attribute, wire in vendor.attribute_map.items():
        setter = inspect.getsource(getattr(vendor, attribute).fset)
        if f"Invalid value for `{attribute}`, must not be `None`" in setter:
            required.add(wire)
    assert required <= set(MODELS[name].required), f"the vendor's {name} requires more"


@pytest.mark.parametrize(("name", "field"), WORDS)
def test_described_words_are_the_vendors(name: str, field: str) -> None:
    vendor = vendor_model(name)
    attribute = next(attribute for attribute, wire in vendor.attribute_map.items() if wire == field)
    setter = inspect.getsource(getattr(vendor, attribute).fset)
    assert [word for word in MODELS[name].words[field] if f'"{word}"' not in setter] == []


@pytest.mark.parametrize(("operation", "endpoint"), ENDPOINTS.items())
def test_described_endpoint_is_the_vendors(operation: str, endpoint: Endpoint) -> None:
    method, path = operation.split(" ")
    api = {
        "batch/read": "crm.contacts.api.batch_api",
        "contacts/search": "crm.contacts.api.search_api",
        "v3/objects/contacts": "crm.contacts.api.basic_api",
        "{emailAddress}": "communication_preferences.api.status_api",
    }
    module = next(name for ending, name in api.items() if path.endswith(ending))
    source = inspect.getsource(importlib.import_module(f"hubspot.{module}"))
    assert f'"{path}",\n            "{method}"' in source
    for model in (endpoint.request, *endpoint.answers.values()):
        assert not model or f'"{model}"' in source or f":type {model}" in source or model in source
    for parameter in endpoint.query:
        assert f'("{parameter}", ' in source


def deserialised(operation: str, model: str, body: bytes) -> Any:
    client = package_of(operation).ApiClient()
    return client.deserialize(cast("Any", Body(body.decode())), model)


def unknown_names(model: str, value: Json) -> list[str]:
    """Fields that the vendor's model would drop in silence, at any depth."""
    types = by_json_name(vendor_model(model))
    found = [f"{model}.{name}" for name in value if name not in types]
    for name, inner in value.items():
        kind = types.get(name, "").removeprefix("list[").removesuffix("]")
        inners: list[Any] = cast("list[Any]", inner) if isinstance(inner, list) else [inner]
        if kind in MODELS:
            found += [
                wrong for one in inners if isinstance(one, dict) for wrong in unknown_names(kind, cast("Json", one))
            ]
    return found


async def test_every_exchange_passes_the_vendors_models(sandbox: HubSpotSandbox, connect: Connect) -> None:
    sandbox.exchanges = []
    crm = connect(search_secondary_emails=True)
    await crm.find(
        email("ada@example.com"), email("nobody@example.com"), phone("+442079460111"), native("501"), native("1")
    )
    await crm.find(email("ada@example.com"), native("502"))
    await crm.adapter.get_consents(["ada@example.com"], NOTHING, a_call())
    await crm.adapter.probe(a_call())
    assert {exchange.operation for exchange in sandbox.exchanges} == set(ENDPOINTS)
    assert {exchange.status for exchange in sandbox.exchanges} == {200, 207}
    for exchange in sandbox.exchanges:
        endpoint = ENDPOINTS[exchange.operation]
        for model, body in (
            (endpoint.request, exchange.request),
            (endpoint.answers[exchange.status], exchange.response),
        ):
            if model:
                deserialised(exchange.operation, model, body)
                assert unknown_names(model, json.loads(body)) == []


async def test_refusals_have_the_fields_of_the_vendors_error(sandbox: HubSpotSandbox, connect: Connect) -> None:
    sandbox.exchanges = []
    crm = connect()
    sandbox.token = "rotated"
    with pytest.raises(CredentialsRefused):
        await crm.find(email("ada@example.com"))
    refused = sandbox.exchanges[0]
    error = deserialised(refused.operation, "Error", refused.response)
    assert (refused.status, error.category) == (401, "INVALID_AUTHENTICATION")
    assert error.correlation_id
    assert error.message


async def test_the_vendors_own_client_reads_the_sandbox(sandbox: HubSpotSandbox, url: str) -> None:
    def api(package: ModuleType, name: str) -> Any:
        """Made by hand: the client's own factory can only talk to HubSpot itself."""
        configuration = package.Configuration(host=url)
        configuration.access_token = sandbox.token
        return getattr(package, name)(package.ApiClient(configuration))

    def read() -> tuple[Any, Any, Any]:
        batch = CONTACTS.BatchReadInputSimplePublicObjectId(
            id_property="email",
            inputs=[{"id": "ada@example.com"}],
            properties=["email", "phone"],
            properties_with_history=[],
        )
        search = CONTACTS.PublicObjectSearchRequest(
            filter_groups=[
                {
                    "filters": [
                        {
                            "propertyName": "hs_searchable_calculated_phone_number",
                            "operator": "IN",
                            "values": ["2079460111"],
                        }
                    ]
                }
            ],
            properties=["email"],
            limit=10,
            sorts=[],
        )
        return (
            api(CONTACTS, "BatchApi").read(batch),
            api(CONTACTS, "SearchApi").do_search(search),
            api(CONSENTS, "StatusApi").get_email_status("ada@example.com"),
        )

    batch, search, consents = await asyncio.to_thread(read)
    assert [contact.properties["phone"] for contact in batch.results] == ["+442079460100"]
    assert search.total == 2
    assert [(entry.name, entry.status) for entry in consents.subscription_statuses] == [
        ("Marketing Information", "SUBSCRIBED")
    ]


@pytest.mark.parametrize(
    ("model", "value"),
    [
        ("BatchReadInputSimplePublicObjectId", {"inputs": [{"id": "1"}], "properties": []}),
        ("BatchReadInputSimplePublicObjectId", {"inputs": [{"id": 1}], "properties": [], "propertiesWithHistory": []}),
        ("PublicObjectSearchRequest", {"limit": "10"}),
        ("PublicObjectSearchRequest", {"filters": []}),
        ("PublicObjectSearchRequest", {"filterGroups": [{"filters": [{"propertyName": "email", "operator": "LIKE"}]}]}),
    ],
)
def test_description_refuses_what_it_does_not_describe(model: str, value: Mapping[str, object]) -> None:
    with pytest.raises(Mismatch):
        DESCRIPTION.check(model, value)
