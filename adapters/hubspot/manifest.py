"""What the HubSpot adapter says of itself."""

from __future__ import annotations

from adapters.hubspot.client import HubSpotClient
from adapters.hubspot.config import HubSpotConfig
from adapters.hubspot.consents import AT_ONCE, Consents
from adapters.hubspot.customer import BATCH, Customers
from adapters.hubspot.errors import throttle
from adapters.hubspot.probe import ContactProbe
from adapters.hubspot.webhooks import TOPICS, Webhooks
from gateway.kit import budgets
from gateway.model.operation import MEBIBYTE, OperationSpec
from gateway.ports.backend import Backend
from gateway.ports.manifest import AdapterEnvironment, Manifest, QualityTier

ONE_PER_KIND = budgets.at_most(budgets.keys, budgets.axis("kinds", 1))
"""Emails, phones and ids are a request each; `kinds` of them are asked together, usually one."""


def create(env: AdapterEnvironment[HubSpotConfig]) -> Backend:
    client = HubSpotClient(env)
    return Backend(
        ports=(Customers(env, client), Consents(env, client)),
        probe=ContactProbe(env.config, client),
        webhooks=Webhooks(env.config),
    )


MANIFEST = Manifest(
    name="hubspot",
    title="HubSpot CRM",
    api_version="v3",
    config=HubSpotConfig,
    create=create,
    throttle=throttle,
    tier=QualityTier.SILVER,
    key_fields=(),
    operations={
        "customer.find_customers": OperationSpec(
            personal=True,
            max_keys=BATCH,
            requests=ONE_PER_KIND,
            time_to_live=60.0,
            max_response_bytes=2 * MEBIBYTE,
        ),
        "customer.get_consents": OperationSpec(personal=True, max_keys=AT_ONCE, requests=budgets.keys),
    },
    webhook_topics=TOPICS,
    unverified=(
        "A batch read by email is expected to find contacts by their additional emails too. If yours does not, set"
        " `search_secondary_emails`: one search more for every five emails that were not found.",
        "Phones are searched in `phone_search_properties` as digits without the country code.",
        "A merged contact is expected to answer under its former ids and to list them in `hs_merged_object_ids`.",
        "An email unknown to HubSpot is expected to have no consents (404).",
        "Limits of the search (5 filter groups, 5 requests a second) are second-hand.",
    ),
)
