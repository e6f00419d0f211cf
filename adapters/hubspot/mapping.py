"""HubSpot's contacts and subscriptions to records. Pure functions."""

from __future__ import annotations

from datetime import UTC, date, datetime

import phonenumbers

from adapters.hubspot.config import HubSpotConfig
from adapters.hubspot.wire import ConsentAnswer, WireContact
from gateway.kit.people import e164
from gateway.model.customers import Consent, ConsentState, CustomerRecord
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.languages import tag_or
from gateway.model.written_numbers import whole_of
from gateway.model.written_times import date_of

STATES = {"SUBSCRIBED": ConsentState.GRANTED, "NOT_SUBSCRIBED": ConsentState.DENIED}
"""HubSpot does not tell a person who said no from one who was never asked: neither may be written to."""


def customer(wire: WireContact, config: HubSpotConfig, freshness: Freshness) -> CustomerRecord:
    def text(name: str) -> str:
        """A property that was cleared is empty, one that was never set is null."""
        return ((wire.properties.get(name) or "") if name else "").strip()

    emails = [text("email"), *text("hs_additional_emails").split(";")]
    numbers = [e164(text(name), config.phone_country) for name in ("phone", "mobilephone")]
    ids = [(name, text(name)) for name in config.id_properties]
    return CustomerRecord(
        ref=NativeRef(freshness.source, wire.id),
        freshness=freshness,
        emails=tuple(dict.fromkeys(email.strip().lower() for email in emails if email.strip())),
        phones=tuple(dict.fromkeys(number for number in numbers if number)),
        given_name=text("firstname") or None,
        family_name=text("lastname") or None,
        language=language_tag(text(config.language_property)),
        birth_date=birth_date(text(config.birth_date_property)),
        groups=tuple(group.strip() for group in text(config.group_property).split(";") if group.strip()),
        external_ids=tuple(NativeRef(name, value) for name, value in ids if value),
        updated_at=wire.updated_at,
    )


def former_ids(wire: WireContact) -> tuple[str, ...]:
    """A merged contact also answers to the ids it had before."""
    return tuple((wire.properties.get("hs_merged_object_ids") or "").split(";"))


def consents(wire: ConsentAnswer, freshness: Freshness) -> tuple[Consent, ...]:
    """One for each subscription type of the account; this API knows email only."""
    return tuple(
        Consent("email", STATES.get(entry.status, ConsentState.UNKNOWN), freshness, purpose=entry.name)
        for entry in wire.subscription_statuses
    )


def searchable(number: str) -> str | None:
    """An E.164 number as HubSpot indexes it: its digits without the country code."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.national_significant_number(parsed)


def language_tag(code: str) -> str | None:
    """HubSpot writes `en-gb`; None for what is no language."""
    return tag_or(code, "") or None


def birth_date(text: str) -> date | None:
    """An ISO date, or epoch milliseconds at midnight UTC. HubSpot's own property is free text: the rest is left out."""
    try:
        return date_of(text)
    except ValueError:
        pass
    try:
        return datetime.fromtimestamp(whole_of(text) / 1000, UTC).date() if len(text) > 8 else None
    except (ValueError, OverflowError, OSError):
        return None
