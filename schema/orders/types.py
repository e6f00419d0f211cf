"""Orders and till receipts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import strawberry

from gateway.context import OperationContext
from gateway.errors import GatewayError
from gateway.execution import batched, computed, records
from gateway.model import orders as model
from gateway.model.identity import NativeRef
from gateway.model.orders import OrderKind, OrderStatus
from gateway.model.paging import OrderEdge, OrderList
from gateway.model.stores import Store
from gateway.model.syncing import OrderSync, SyncRole, SyncState
from gateway.model.text import SpeakableText
from gateway.services.syncing import OrderSyncing
from schema.node import Node
from schema.stores.types import StoreView
from schema.values import (
    ExternalIdView,
    FreshnessView,
    GapView,
    MoneyView,
    PageInfoView,
    SpeakableTextView,
    TaxedMoneyView,
)


@strawberry.type(name="OrderLine", description="A line, as sold then; products may have changed since.")
class OrderLineView:
    is_type_of = records(model.OrderLine)

    title: str = strawberry.field(description="As printed then.")
    quantity: Decimal = strawberry.field(description="Pieces; negative on refunds.")
    sku: str | None = strawberry.field(description="Null where the system kept none.")
    unit: TaxedMoneyView | None = strawberry.field(description="One piece, after discounts.")
    total: TaxedMoneyView | None = strawberry.field(description="The line, after discounts.")
    returned_quantity: Decimal | None = strawberry.field(description="Pieces given back; null where unknown.")


@strawberry.type(
    name="OrderPart",
    description="One of several orders that were bought together: its system fulfils each from one place.",
)
class OrderPartView:
    is_type_of = records(model.OrderPart)

    number: str = strawberry.field(description="Its own number in its system.")
    status: OrderStatus | None = strawberry.field(description="Its status; null while it cannot be read.")
    raw_status: str | None = strawberry.field(description="The same in its system's own word.")
    total: TaxedMoneyView = strawberry.field(description="Its share of what was to be paid.")
    lines: list[OrderLineView] = strawberry.field(description="What comes with it; empty while it cannot be read.")


@strawberry.type(name="OrderFulfilment", description="What another system knows of the same order, such as an ERP.")
class OrderFulfilmentView:
    is_type_of = records(model.OrderEnrichment)

    number: str = strawberry.field(description="Its number in that system.")
    status: OrderStatus = strawberry.field(description="Its status there.")
    raw_status: str = strawberry.field(description="The same in that system's own word.")
    placed_at: datetime = strawberry.field(description="Its date there (UTC): often the time of confirmation.")
    freshness: FreshnessView = strawberry.field(description="Which system says so.")


@strawberry.type(name="OrderSync", description="One system that knows an order, or should.")
class OrderSyncView:
    is_type_of = records(OrderSync)

    backend: str = strawberry.field(name="system", description="Its configured name.")
    role: SyncRole = strawberry.field(description="Whether it took the order, or is to know it besides.")
    state: SyncState = strawberry.field(description="How the order stands there.")
    since: datetime = strawberry.field(description="Since when (UTC).")
    number: str | None = strawberry.field(description="The order's number there; null while it is not there.")
    due: datetime | None = strawberry.field(name="dueAt", description="By when it should be there (UTC).")
    overdue: bool = strawberry.field(description="True when it was not there by then, and still is not.")
    reason: str | None = strawberry.field(description="The code of the error with which it was refused.")
    reference: str = strawberry.field(description="The gateway's reference of the order: its checkout's id.")


@strawberry.type(name="Order", description="A web order or a till receipt, once, whatever systems know it.")
class OrderView(Node):
    is_type_of = records(model.Order)

    @computed(strawberry.ID, cost=1, description="Opaque and stable.")
    @staticmethod
    def id(record: model.Order, ctx: OperationContext) -> str:
        return ctx.services.ids.order(record)

    number: str = strawberry.field(description="What the customer sees on it.")
    kind: OrderKind = strawberry.field(description="Where it was made.")
    placed_at: datetime = strawberry.field(description="When it was made (UTC).")
    status: OrderStatus = strawberry.field(description="Coarse status.")
    raw_status: str = strawberry.field(description="The status in its system's own word.")
    total: TaxedMoneyView = strawberry.field(description="What was to be paid; negative on refunds.")
    lines: list[OrderLineView] = strawberry.field(description="As sold then.")
    lines_truncated: bool = strawberry.field(description="True when there are more lines than shown.")
    parts: list[OrderPartView] = strawberry.field(
        description="The orders it is made of, where its goods come from several places and are fulfilled apart, the "
        "one whose number it bears first; empty where it is one."
    )
    cancelled_at: datetime | None = strawberry.field(description="When it was cancelled (UTC); else null.")
    refunded: MoneyView | None = strawberry.field(description="Given back so far; null where unknown.")
    freshness: FreshnessView = strawberry.field(description="Which system it was read from.")

    @batched(StoreView | None, key="ref", description="The store it was bought at; null for web orders.")
    @staticmethod
    async def store(parents: Sequence[model.Order], ctx: OperationContext) -> Sequence[Store | None]:
        ownership = ctx.services.ownership
        names = [ownership.store_of(order.ref.backend, order.location or "") for order in parents]
        known = list(dict.fromkeys(name for name in names if name is not None))
        stores = dict(zip(known, await ctx.services.stores.get(known, ctx.scope), strict=True)) if known else {}
        return [None if name is None else stores[name] for name in names]

    @batched(
        OrderFulfilmentView | None,
        key="ref",
        cost=5,
        description="What another system knows of it, asked only when selected; null where none does.",
    )
    @staticmethod
    async def fulfilment(
        parents: Sequence[model.Order], ctx: OperationContext
    ) -> Sequence[model.OrderEnrichment | GatewayError | None]:
        return await ctx.services.orders.enrichments(parents, ctx.scope)

    @batched(
        list[OrderSyncView] | None,
        key="ref",
        requires=("staff",),
        cost=2,
        description="Where it is known, its owner first: since when, under which number, what is overdue or was "
        "refused. Staff only; null for an order that was not made through the gateway.",
    )
    @staticmethod
    async def sync_info(parents: Sequence[model.Order], ctx: OperationContext) -> Sequence[list[OrderSync] | None]:
        return await ctx.services.of(OrderSyncing).of(parents)

    @computed(list[ExternalIdView], description="What its system calls it.")
    @staticmethod
    def external_ids(record: model.Order) -> list[NativeRef]:
        return [record.ref]

    @computed(SpeakableTextView, cost=30, description="The order in a sentence, as a voice assistant says it.")
    @staticmethod
    def speakable(record: model.Order, ctx: OperationContext) -> SpeakableText:
        name = ctx.services.ownership.store_of(record.ref.backend, record.location or "")
        zone = ctx.timezone if name is None else ctx.services.ownership.stores[name].timezone
        return ctx.services.speech.order(record, ctx.language, zone)


@strawberry.type(name="OrderEdge", description="An order in a list, with the position after it.")
class OrderEdgeView:
    is_type_of = records(OrderEdge)

    node: OrderView = strawberry.field(description="The order.")
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this order.")
    late: bool = strawberry.field(
        description="True when it belongs above orders of an earlier page: its system could not be heard then."
    )


@strawberry.type(name="OrderConnection", description="A page of a customer's orders over all systems, newest first.")
class OrderConnectionView:
    is_type_of = records(OrderList)

    @computed(list[OrderView], description="The orders of this page, without their cursors.")
    @staticmethod
    def nodes(record: OrderList) -> list[model.Order]:
        return [edge.node for edge in record.edges]

    edges: list[OrderEdgeView] = strawberry.field(description="The orders of this page, each with its cursor.")
    page_info: PageInfoView = strawberry.field(description="Where this page ends.")
    gaps: list[GapView] = strawberry.field(
        description="Systems whose orders are missing; they come later, marked late."
    )

    @computed("int | None", description="Always null: counting over several systems would cost a call to each.")
    @staticmethod
    def total_count(record: OrderList) -> int | None:
        return None
