"""The model's enums as GraphQL enums. Registered before any type mentions one, hence imported first."""

from __future__ import annotations

import strawberry

from gateway.model.catalog import ProductStatus
from gateway.model.customers import ConsentState, LinkStatus
from gateway.model.freshness import Role
from gateway.model.money import TaxTreatment
from gateway.model.orders import OrderKind, OrderStatus
from gateway.model.search import SearchSort
from gateway.model.stock import AvailabilityStatus, Confidence, Fulfilment
from gateway.model.streams import StreamEnd
from gateway.model.syncing import SyncRole, SyncState

strawberry.enum(
    AvailabilityStatus,
    name="AvailabilityStatus",
    description="IN_STOCK; LOW_STOCK: few left; OUT_OF_STOCK: every place was heard and has none; UNKNOWN: not every "
    "place could be heard and those that were have none, or nobody ever counted.",
)
strawberry.enum(
    Confidence, name="Confidence", description="HIGH: every place was heard and is fresh. LOW: some is missing or old."
)
strawberry.enum(
    ConsentState,
    name="ConsentState",
    description="GRANTED, PENDING (asked to confirm), DENIED, or UNKNOWN where the system has no answer.",
)
strawberry.enum(
    LinkStatus,
    name="LinkStatus",
    description="ASSERTED by a verified claim of the token, or CONFIRMED on purpose. Candidates are never shown.",
)
strawberry.enum(
    OrderKind, name="OrderKind", description="WEB: ordered online. RECEIPT: bought at a till. REFUND: given back there."
)
strawberry.enum(
    OrderStatus, name="OrderStatus", description="Coarse, over all systems; the system's own word is `rawStatus`."
)
strawberry.enum(
    SyncRole,
    name="SyncRole",
    description="OWNER took the order. MIRROR: the gateway writes it there. EXPECTED: a connector of the retailer's "
    "does.",
)
strawberry.enum(
    SyncState,
    name="SyncState",
    description="WAITING: not there yet. THERE. REFUSED: that system said no. CANCELLED: the order is none any more.",
)
strawberry.enum(
    ProductStatus, name="ProductStatus", description="Customers see ACTIVE products only; staff see DRAFT and ARCHIVED."
)
strawberry.enum(
    Role,
    name="SourceRole",
    description="PRIMARY owns the fact, FALLBACK stands in for the owner, ENRICHMENT adds to it, COMPARISON is only "
    "compared.",
)
strawberry.enum(
    SearchSort, name="SearchSort", description="Order of hits. What the search system cannot do is UNSUPPORTED_FILTER."
)
strawberry.enum(
    TaxTreatment,
    name="TaxTreatment",
    description="Whether the amount as its source keeps it contains the tax: INCLUDED, EXCLUDED, EXEMPT, or UNKNOWN.",
)
strawberry.enum(
    StreamEnd,
    name="StreamEnd",
    description="Why nothing more is told. NOT_YOURS: there is no such thing, or what opened it opens it no longer. "
    "OVER: it has come to its end.",
)
strawberry.enum(Fulfilment, name="Fulfilment", description="DELIVERY to an address, or PICKUP in a store.")
