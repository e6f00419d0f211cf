"""Customers: the golden record, who they are in each system, consents, and what hangs on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import strawberry

from gateway.context import OperationContext
from gateway.errors import GatewayError
from gateway.execution import attribute, batched, computed, records
from gateway.model import customers as model
from gateway.model.customers import GOLDEN_FIELDS, ConsentState, LinkStatus
from gateway.model.paging import Gap
from schema.arguments import AfterArgument, FirstArgument, per_parent
from schema.loyalty.types import LoyaltyAccountsView
from schema.node import Node
from schema.orders.types import OrderConnectionView
from schema.values import FreshnessView, GapView, page_size


@strawberry.type(name="Consent", description="Whether the customer may be written to.")
class ConsentView:
    is_type_of = records(model.Consent)

    channel: str = strawberry.field(description="`email`, `sms`, or a subscription of the system's own.")
    state: ConsentState = strawberry.field(description="Anything but GRANTED means no.")
    purpose: str | None = strawberry.field(description="What for, in the system's own words; null where it says none.")
    updated_at: datetime | None = strawberry.field(description="Since when (UTC); null where unknown.")
    freshness: FreshnessView = strawberry.field(description="Which system keeps it.")


@strawberry.type(name="CustomerIdentity", description="That the customer is this record of that system.")
class CustomerIdentityView:
    is_type_of = records(model.IdentityLink)

    @computed(str, description="The public alias of the system; staff see its configured name.")
    @staticmethod
    def system(record: model.IdentityLink, ctx: OperationContext) -> str:
        return ctx.source(record.ref.backend)

    @computed(strawberry.ID, description="The record's id in that system.")
    @staticmethod
    def external_id(record: model.IdentityLink) -> str:
        return record.ref.id

    status: LinkStatus = strawberry.field(description="What proves it.")


@strawberry.type(
    name="Customer",
    description="One person over all systems. Each field by its own rule which system prevails; systems that could not "
    "be heard are listed in `gaps`.",
)
class CustomerView(Node):
    is_type_of = records(model.Customer)

    @computed(strawberry.ID, cost=1, description="Random, stable, ours; tells nothing about the person.")
    @staticmethod
    def id(record: model.Customer, ctx: OperationContext) -> str:
        return ctx.services.ids.customer(record.linked.id)

    given_name: str | None = attribute(pii=True, description="Null where no system knows it.")
    family_name: str | None = attribute(pii=True, description="Null where no system knows it.")
    emails: list[str] = attribute(pii=True, description="Lower-cased, of all systems, the prevailing one first.")
    phones: list[str] = attribute(pii=True, description="E.164, of all systems, the prevailing one first.")
    birth_date: date | None = attribute(pii=True, description="Null where no system knows it.")
    language: str | None = attribute(pii=True, description="BCP 47, the customer's own choice; null where unknown.")
    groups: list[str] = attribute(pii=True, description="Customer groups, as the systems name them.")
    freshness: list[FreshnessView] = strawberry.field(description="Which systems were heard for the fields above.")

    @computed(list[GapView], description="Systems that should have been heard for the fields above and were not.")
    @staticmethod
    def gaps(record: model.Customer) -> list[Gap]:
        return [Gap(name, code, retryable=True) for name, code in record.missing]

    @computed(list[CustomerIdentityView], pii=True, description="Who the customer is in each system.")
    @staticmethod
    def identities(record: model.Customer) -> list[model.IdentityLink]:
        return [link for link in record.linked.links if link.status is not LinkStatus.CANDIDATE]

    @batched(
        list[ConsentView] | None,
        key="linked",
        pii=True,
        cost=5,
        description="What the customer agreed to. Asked only when selected.",
    )
    @staticmethod
    async def consents(parents: Sequence[model.Customer], ctx: OperationContext) -> Sequence[object]:
        return await per_parent(ctx.services.customers.consents(customer, ctx.scope) for customer in parents)

    @batched(
        LoyaltyAccountsView | None,
        key="linked",
        pii=True,
        cost=5,
        description="Accounts in every loyalty programme the customer is in.",
    )
    @staticmethod
    async def loyalty(parents: Sequence[model.Customer], ctx: OperationContext) -> Sequence[object]:
        return await per_parent(ctx.services.loyalty.accounts(customer.linked, ctx.scope) for customer in parents)

    @batched(
        OrderConnectionView | None,
        key="linked",
        pii=True,
        cost=10,
        description="Web orders and till receipts over all systems, newest first, each once.",
    )
    @staticmethod
    async def orders(
        parents: Sequence[model.Customer],
        ctx: OperationContext,
        first: FirstArgument = None,
        after: AfterArgument = None,
    ) -> Sequence[object]:
        size = page_size(first, ctx, 10)
        return await per_parent(
            ctx.services.orders.of_customer(customer.linked, size, after, ctx.scope) for customer in parents
        )


def golden_fields(selected: frozenset[str]) -> frozenset[str]:
    """The fields of the golden record behind selected GraphQL names; `freshness` and `gaps` tell about those."""
    snake = {"givenName": "given_name", "familyName": "family_name", "birthDate": "birth_date"}
    return frozenset(snake.get(name, name) for name in selected) & frozenset(GOLDEN_FIELDS)


CustomerAnswer = model.Customer | GatewayError | None
