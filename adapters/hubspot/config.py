"""The keys of `[backends.x]` for a HubSpot account, beyond the common ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from gateway.constraints import COUNTRY, HTTP_URL, matching
from gateway.errors import ConfigurationError
from gateway.ports.manifest import AdapterConfig, Secret

PROPERTY = matching(r"[a-z][a-z0-9_]*", "is not the internal name of a property")
Property = Annotated[str, PROPERTY]
MOST_SEARCHED = 5


class HubSpotConfig(AdapterConfig, frozen=True, kw_only=True):
    """`access_token` of a private app with the scopes `crm.objects.contacts.read` and, for consents,
    `communication_preferences.read`. Properties are named by their internal names; an empty name: not kept there."""

    access_token: Secret
    group_property: Annotated[str, PROPERTY.or_empty()] = ""
    """Holds the customer group; several separated by `;`, as HubSpot writes multiple checkboxes."""
    language_property: Annotated[str, PROPERTY.or_empty()] = "hs_language"
    birth_date_property: Annotated[str, PROPERTY.or_empty()] = "date_of_birth"
    id_properties: tuple[Property, ...] = ()
    """Hold other systems' ids of the person."""
    phone_country: Annotated[str, COUNTRY.or_empty()] = ""
    """ISO 3166-1 alpha-2 country of phone numbers stored without a country code."""
    phone_search_properties: tuple[Property, ...] = (
        "hs_searchable_calculated_phone_number",
        "hs_searchable_calculated_mobile_number",
    )
    """Calculated by HubSpot: a phone number's digits without the country code. Searched, then compared in E.164."""
    search_secondary_emails: bool = False
    """Look for emails that a batch read did not find among the contacts' additional ones. Five emails a request."""

    webhook_secret: Secret | None = None
    """The client secret of the app that sends webhooks; without it none are accepted."""
    webhook_url: Annotated[str, HTTP_URL.or_empty()] = ""
    """The target URL as entered in the app, where a proxy changes what the gateway sees."""

    def verify(self, place: str) -> None:
        if len(self.phone_search_properties) > MOST_SEARCHED:
            raise ConfigurationError(
                f"a search takes at most {MOST_SEARCHED} properties", place=f"{place}.phone_search_properties"
            )

    def named(self) -> Iterator[tuple[str, str]]:
        """Each configured property with the key it is named by."""
        for key in ("group_property", "language_property", "birth_date_property"):
            yield key, getattr(self, key)
        for key in ("id_properties", "phone_search_properties"):
            for index, name in enumerate(getattr(self, key)):
                yield f"{key}[{index}]", name

    @property
    def properties(self) -> tuple[str, ...]:
        """Everything that is asked of a contact: HubSpot answers only what is named."""
        mapped = (self.group_property, self.language_property, self.birth_date_property, *self.id_properties)
        return (*BASE_PROPERTIES, *(name for name in dict.fromkeys(mapped) if name and name not in BASE_PROPERTIES))


BASE_PROPERTIES = (
    "email",
    "hs_additional_emails",
    "hs_merged_object_ids",
    "firstname",
    "lastname",
    "phone",
    "mobilephone",
)
