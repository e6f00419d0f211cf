"""The vendor's ids: `gid://shopify/<type>/<number>`. What is none, is of another type or is written otherwise makes the
vendor refuse the whole query it stands in, so it is never sent.

Source: shopify.dev/docs/api/usage/gids."""

from __future__ import annotations

from gateway.model.identity import INT64, record_number

_SPACE = "gid://shopify/"
PRODUCT, VARIANT, CUSTOMER, ORDER = "Product", "ProductVariant", "Customer", "Order"
COMPANY_LOCATION, LOCATION = "CompanyLocation", "Location"


def is_gid(kind: str, native: str) -> bool:
    """Whether this is an id of that type, in its one spelling."""
    prefix = f"{_SPACE}{kind}/"
    return native.startswith(prefix) and record_number(native[len(prefix) :], INT64) is not None
