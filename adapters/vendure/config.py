"""The keys of `[backends.x]` for a Vendure shop, beyond the common ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from gateway.constraints import COUNTRY, TEXT, matching, named
from gateway.errors import ConfigurationError, Mistake
from gateway.ports.manifest import AdapterConfig, Secret

ID = matching(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", "is no id of a customer")
FIELD = matching(r"[A-Za-z_][A-Za-z0-9_]*", "is not the name of a custom field")


class VendureConfig(AdapterConfig, frozen=True, kw_only=True):
    """Either `api_key`, or `username` and `password` of an administrator with the permissions ReadCatalog,
    ReadCustomer, ReadOrder and ReadStockLocation. `channel_token` names the Vendure channel everything is read from
    (empty: Vendure's default channel); `channels` gives the gateway's channels a Vendure channel of their own for
    products, prices and search."""

    api_key: Secret | None = None
    username: Annotated[str, TEXT.or_empty()] = ""
    password: Secret | None = None
    channel_token: Annotated[str, TEXT.or_empty()] = ""
    channels: Annotated[Mapping[str, Annotated[str, TEXT]], named("channels").for_keys()] = {}
    barcode_field: Annotated[str, FIELD.or_empty()] = ""
    """Custom field of ProductVariant that holds the GTIN; empty: barcodes are not known here."""
    brand_facet: Annotated[str, TEXT.or_empty()] = "brand"
    """Code of the facet whose value is the product's brand."""
    merchandised: tuple[Annotated[str, TEXT], ...] = ()
    """Ids of Vendure collections that are merchandised sets, not places in the category tree."""
    customer_id_fields: tuple[Annotated[str, FIELD], ...] = ()
    """Custom fields of Customer that hold other systems' ids."""
    order_origin_field: Annotated[str, FIELD.or_empty()] = ""
    """Custom field of Order that holds the number of the order in the system that took it first."""
    order_reference_field: Annotated[str, FIELD.or_empty()] = ""
    """Custom field of Order that holds our reference of an order placed here; empty: none can be placed."""
    guest_customer: Annotated[str, ID.or_empty()] = ""
    """Id of the customer that guests' orders are made out to; empty: each mail address is a customer without an
    account, and that of somebody who has one is refused."""
    phone_country: Annotated[str, COUNTRY.or_empty()] = ""
    """ISO 3166-1 alpha-2 country of phone numbers stored without a country code."""

    def origin_fault(self, *, written: bool) -> tuple[str, str] | None:
        return None if self.order_origin_field else ("order_origin_field", "names no custom field of Order")

    def verify(self, place: str) -> None:
        """Whether there is one way to log in, and it can do what is configured."""
        found: list[Mistake] = []
        for key, other in (("username", "password"), ("password", "username")):
            if getattr(self, other) and not getattr(self, key):
                found.append(
                    Mistake(
                        message=f"`username` and `password` belong together: `{key}` is missing", place=f"{place}.{key}"
                    )
                )
        has_login = bool(self.username or self.password)
        if (self.api_key is not None) == has_login:
            found.append(
                Mistake(message="give either `api_key`, or `username` and `password`", place=f"{place}.api_key")
            )
        if self.api_key is not None and self.channels:
            found.append(
                Mistake(
                    message="an API key works only in the Vendure channel it was created in: with `channels`, use "
                    "`username` and `password`, or one backend per channel",
                    place=f"{place}.channels",
                )
            )
        if found:
            raise ConfigurationError.of(found)
