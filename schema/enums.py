"""The model's enums as GraphQL enums. Registered before any type mentions one, hence imported first."""

from __future__ import annotations

from gateway.graph.enums import described
from gateway.model.catalog import ProductStatus
from gateway.model.customers import ConsentState, LinkStatus
from gateway.model.freshness import Role
from gateway.model.money import TaxTreatment
from gateway.model.orders import OrderKind, OrderStatus
from gateway.model.search import SearchSort
from gateway.model.stock import AvailabilityStatus, Confidence, Fulfilment
from gateway.model.streams import StreamEnd
from gateway.model.syncing import SyncRole, SyncState

described(
    AvailabilityStatus,
    description="Whether it can be had.",
    values={
        AvailabilityStatus.IN_STOCK: "It can be had.",
        AvailabilityStatus.LOW_STOCK: "Few are left.",
        AvailabilityStatus.OUT_OF_STOCK: "Every place was heard and has none.",
        AvailabilityStatus.UNKNOWN: (
            "Not every place could be heard and those that were have none, or nobody ever counted."
        ),
    },
)
described(
    Confidence,
    description="How sure it is.",
    values={
        Confidence.HIGH: "Every place was heard, and is fresh.",
        Confidence.LOW: "Something is missing or old.",
    },
)
described(
    ConsentState,
    description="Whether somebody agreed.",
    values={
        ConsentState.GRANTED: "They agreed.",
        ConsentState.PENDING: "They were asked to confirm, and have not.",
        ConsentState.DENIED: "They said no, or took it back.",
        ConsentState.UNKNOWN: "The system has no answer.",
    },
)
described(
    LinkStatus,
    description="How sure it is that a record is this customer's.",
    values={
        LinkStatus.ASSERTED: "By a verified claim of their token.",
        LinkStatus.CONFIRMED: "Linked on purpose.",
        LinkStatus.CANDIDATE: "A match that proves nothing; never shown.",
    },
)
described(
    OrderKind,
    description="Where it was bought.",
    values={
        OrderKind.WEB: "Ordered online.",
        OrderKind.RECEIPT: "Bought at a till.",
        OrderKind.REFUND: "Given back at a till; amounts are negative.",
    },
)
described(
    OrderStatus,
    description="Coarse, over all systems; the system's own word is `rawStatus`.",
    values={
        OrderStatus.OPEN: "It stands there and is not confirmed yet: a draft, a quotation, an unpaid one.",
        OrderStatus.CONFIRMED: "Taken on; nothing has gone out yet.",
        OrderStatus.PARTIALLY_FULFILLED: "Some of it has gone out or was collected.",
        OrderStatus.FULFILLED: "All of it has gone out or was collected.",
        OrderStatus.CANCELLED: "It is none any more.",
        OrderStatus.RETURNED: "It came back.",
        OrderStatus.UNKNOWN: "The system's own word means none of these.",
    },
)
described(
    SyncRole,
    description="Why a system knows the order.",
    values={
        SyncRole.OWNER: "It took the order.",
        SyncRole.MIRROR: "The gateway writes it there.",
        SyncRole.EXPECTED: "A connector of the retailer's writes it there.",
    },
)
described(
    SyncState,
    description="Whether a system knows the order.",
    values={
        SyncState.WAITING: "Not there yet.",
        SyncState.THERE: "It stands there.",
        SyncState.REFUSED: "That system said no; a person looks at it.",
        SyncState.CANCELLED: "The order is none any more, and does not stand there.",
    },
)
described(
    ProductStatus,
    description="Who sees it.",
    values={
        ProductStatus.ACTIVE: "Everybody.",
        ProductStatus.DRAFT: "Staff: it is being made.",
        ProductStatus.ARCHIVED: "Staff: it is sold no longer.",
    },
)
described(
    Role,
    name="SourceRole",
    description="In what part a system was asked.",
    values={
        Role.PRIMARY: "It owns the fact.",
        Role.FALLBACK: "It stands in for the owner.",
        Role.ENRICHMENT: "It adds to what the owner says.",
        Role.COMPARISON: "It is only compared with the owner.",
    },
)
described(
    SearchSort,
    description="Order of hits. What the search system cannot do is UNSUPPORTED_FILTER.",
    values={
        SearchSort.RELEVANCE: "The best match first, as the search system ranks.",
        SearchSort.PRICE_ASC: "The cheapest first, by the search system's own prices.",
        SearchSort.PRICE_DESC: "The dearest first, by the search system's own prices.",
        SearchSort.NEWEST: "The newest first.",
        SearchSort.TITLE: "By title, in the search system's own order.",
    },
)
described(
    TaxTreatment,
    description="Whether the amount as its source keeps it contains the tax.",
    values={
        TaxTreatment.INCLUDED: "It does.",
        TaxTreatment.EXCLUDED: "It does not.",
        TaxTreatment.EXEMPT: "There is no tax on it.",
        TaxTreatment.UNKNOWN: "Its source does not say.",
    },
)
described(
    StreamEnd,
    description="Why nothing more is told.",
    values={
        StreamEnd.NOT_YOURS: "There is no such thing, or what opened it opens it no longer.",
        StreamEnd.OVER: "It has come to its end.",
    },
)
described(
    Fulfilment,
    description="How goods reach the shopper.",
    values={
        Fulfilment.DELIVERY: "To an address.",
        Fulfilment.PICKUP: "In a store.",
    },
)
