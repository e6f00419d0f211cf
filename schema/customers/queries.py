"""Root fields about customers: oneself, and for staff anybody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import OperationContext
from gateway.errors import BadInput
from gateway.execution import batched
from gateway.model.customers import CustomerKey, CustomerKeyKind
from gateway.services.ids import NodeType, decode_as
from schema.customers.types import CustomerAnswer, CustomerView, golden_fields


@strawberry.input(name="CustomerBy", one_of=True, description="Exactly one way to name a customer.")
class CustomerBy:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="The id of a customer.")
    email: str | None = strawberry.field(default=strawberry.UNSET, description="Any letter case.")
    phone: str | None = strawberry.field(
        default=strawberry.UNSET, description="International, or national of the operation's country."
    )


@strawberry.type
class CustomerQueries:
    @batched(
        CustomerView | None,
        pii=True,
        description="The signed-in customer; null for anybody else. Who that is says the token, nothing else.",
    )
    @staticmethod
    async def me(parents: Sequence[None], ctx: OperationContext, selected: frozenset[str]) -> Sequence[CustomerAnswer]:
        return [await ctx.services.customers.me(golden_fields(selected), ctx.scope)]

    @batched(
        CustomerView | None,
        requires=("staff",),
        pii=True,
        cost=5,
        description="Any customer, for staff; null when there is none, or when several people answer to the key.",
    )
    @staticmethod
    async def customer(
        parents: Sequence[None],
        ctx: OperationContext,
        by: Annotated[CustomerBy, strawberry.argument(description="Exactly one of its fields.")],
        selected: frozenset[str],
    ) -> Sequence[CustomerAnswer]:
        fields = golden_fields(selected)
        if isinstance(by.id, str):
            node = decode_as(by.id, NodeType.CUSTOMER)
            return [await ctx.services.customers.by_id(node.value, fields, ctx.scope)]
        if isinstance(by.email, str):
            key = CustomerKey(CustomerKeyKind.EMAIL, _email(by.email))
        elif isinstance(by.phone, str):
            key = CustomerKey(CustomerKeyKind.PHONE, _phone(by.phone, ctx.commerce.country))
        else:
            raise BadInput("Name the customer in one way.")
        return [await ctx.services.customers.find(key, fields, ctx.scope)]


def _email(written: str) -> str:
    email = written.strip().lower()
    if not 3 <= len(email) <= 254 or email.count("@") != 1:
        raise BadInput("This is no email address.")
    return email


def _phone(written: str, country: str) -> str:
    import phonenumbers  # 60 modules for what staff ask now and then

    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException as error:
        raise BadInput("This is no phone number.") from error
    if not phonenumbers.is_possible_number(number):
        raise BadInput("This is no phone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
