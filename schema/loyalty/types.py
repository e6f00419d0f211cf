"""Loyalty accounts and their entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import strawberry

from gateway.context import OperationContext
from gateway.execution import batched, computed, records
from gateway.model.customers import LoyaltyAccount, LoyaltyEntry
from gateway.model.identity import NativeRef
from gateway.model.paging import EntryEdge, EntryList
from gateway.services.loyalty import LoyaltyAccounts
from schema.arguments import AfterArgument, FirstArgument, per_parent
from schema.values import ExternalIdView, FreshnessView, GapView, PageInfoView, page_size


@strawberry.type(name="LoyaltyEntry", description="A movement on an account.")
class LoyaltyEntryView:
    is_type_of = records(LoyaltyEntry)

    points: Decimal = strawberry.field(description="Positive when earned, negative when spent or expired.")
    at: datetime = strawberry.field(description="When (UTC).")
    kind: str = strawberry.field(description="The system's own word for the kind of movement.")
    description: str | None = strawberry.field(description="As the customer may read it; null where there is none.")
    order_reference: str | None = strawberry.field(description="The order it belongs to, as that system numbers it.")


@strawberry.type(name="LoyaltyEntryEdge", description="An entry in a list, with the position after it.")
class LoyaltyEntryEdgeView:
    is_type_of = records(EntryEdge)

    node: LoyaltyEntryView = strawberry.field(description="The entry.")
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this entry.")


@strawberry.type(name="LoyaltyEntryConnection", description="A page of entries, newest first.")
class LoyaltyEntryConnectionView:
    is_type_of = records(EntryList)

    @computed(list[LoyaltyEntryView], description="The entries of this page, without their cursors.")
    @staticmethod
    def nodes(record: EntryList) -> list[LoyaltyEntry]:
        return [edge.node for edge in record.edges]

    edges: list[LoyaltyEntryEdgeView] = strawberry.field(description="The entries of this page, each with its cursor.")
    page_info: PageInfoView = strawberry.field(description="Where this page ends.")


@strawberry.type(name="LoyaltyAccount", description="A customer's account in one programme.")
class LoyaltyAccountView:
    is_type_of = records(LoyaltyAccount)

    balance: Decimal = strawberry.field(description="Points now; may be negative.")
    program_name: str = strawberry.field(description="The programme, as customers know it.")
    unit_one: str = strawberry.field(description="What one point is called.")
    unit_many: str = strawberry.field(description="What many points are called.")
    lifetime: Decimal | None = strawberry.field(description="Points ever earned; null where the system does not say.")
    enrolled_at: datetime | None = strawberry.field(description="Since when (UTC); null where unknown.")
    freshness: FreshnessView = strawberry.field(description="Which system keeps it.")

    @computed(list[ExternalIdView], description="The account's id in its system.")
    @staticmethod
    def external_ids(record: LoyaltyAccount) -> list[NativeRef]:
        return [record.ref]

    @batched(
        LoyaltyEntryConnectionView | None, key="ref", cost=5, description="Its movements, newest first; one call each."
    )
    @staticmethod
    async def entries(
        parents: Sequence[LoyaltyAccount],
        ctx: OperationContext,
        first: FirstArgument = None,
        after: AfterArgument = None,
    ) -> Sequence[object]:
        size = page_size(first, ctx, 10)
        return await per_parent(ctx.services.loyalty.entries(account, size, after, ctx.scope) for account in parents)


@strawberry.type(name="LoyaltyAccounts", description="All accounts of a customer, over all programmes.")
class LoyaltyAccountsView:
    is_type_of = records(LoyaltyAccounts)

    @computed(list[LoyaltyAccountView], description="The accounts that could be read.")
    @staticmethod
    def nodes(record: LoyaltyAccounts) -> tuple[LoyaltyAccount, ...]:
        return record.accounts

    gaps: list[GapView] = strawberry.field(description="Systems whose accounts are missing.")
