"""A HubSpot account over a real socket: the CRM API v3 as far as the adapter uses it, with its limits, errors and
oddities. Seeded with model records; `create` is the entry point the demo and the tests use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from adapters.hubspot.sandbox.portal import GROUP_PROPERTY, Contact, Portal
from adapters.hubspot.sandbox.server import Server
from gateway.model.customers import CustomerRecord
from gateway.testing.sandbox import Seed

TOKEN = "pat-eu1-sandbox-hubspot-token"


class HubSpotSandbox(Server):
    """The server, and what tests and the demo change while it runs. Searches see a change once the index has caught
    up."""

    def __init__(self, seed: Seed) -> None:
        super().__init__(Portal(seed, seed.now or datetime.now(UTC)), TOKEN)

    @property
    def settings(self) -> Mapping[str, str]:
        return {"access_token": TOKEN, "group_property": GROUP_PROPERTY}

    def add(self, record: CustomerRecord) -> Contact:
        return self.portal.add(record)

    def merge(self, survivor: str, merged: str) -> None:
        self.portal.merge(survivor, merged)

    def archive(self, contact_id: str) -> None:
        self.portal.contacts[contact_id].archived = True

    def set_property(self, contact_id: str, name: str, value: str) -> None:
        """Any property, raw, such as a phone number as somebody typed it. An unknown one comes into being."""
        self.portal.properties.add(name)
        self.portal.contacts[contact_id].properties[name] = value

    def index_catches_up(self) -> None:
        self.portal.catch_up()


def create(seed: Seed) -> HubSpotSandbox:
    return HubSpotSandbox(seed)
