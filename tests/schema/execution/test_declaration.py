"""Declaring fields: what the SDL says, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest
import strawberry
from execution_shop import build
from strawberry.directive import DirectiveLocation
from strawberry.extensions import FieldExtension, SchemaExtension
from strawberry.permission import BasePermission

from gateway.execution import attribute, batched, check_schema, computed, records
from gateway.model.money import Money


def test_arguments_types_and_authorisation_are_in_the_sdl() -> None:
    sdl = str(build())
    assert "price(quantity: Int! = 1, size: Size = null): Price" in sdl
    assert "stock(within: Range = null): Int!" in sdl
    assert 'secret: String @requires(roles: ["boss", "staff"])' in sdl
    assert "owner: String! @pii" in sdl
    assert "related(first: Int! = 2): [Product!]" in sdl
    assert "family: VariantPage" in sdl
    assert "selected" not in sdl
    assert "ctx" not in sdl


def test_a_good_schema_passes() -> None:
    check_schema(build())


@pytest.mark.parametrize("name", ["info", "self", "root"])
def test_a_batched_field_may_not_ask_for_what_a_batch_has_not(name: str) -> None:
    space: dict[str, Any] = {}
    exec(f"async def field(parents, ctx, {name}): ...", space)
    with pytest.raises(TypeError, match="may not take"):
        batched(int)(space["field"])


def test_a_batched_field_begins_with_its_parents_and_the_context() -> None:
    async def price(ctx: Any, parents: Sequence[Any]) -> Sequence[int]:
        return [1 for _ in parents]

    with pytest.raises(TypeError, match="must begin with the parameters parents, ctx"):
        batched(int)(price)


def test_a_computed_field_is_not_async() -> None:
    async def label(record: Money) -> str:
        return record.currency

    with pytest.raises(TypeError, match="must not be async"):
        computed(str)(label)


class Denied(BasePermission):
    message = "no"

    def has_permission(self, source: Any, info: Any, **kwargs: Any) -> bool:
        return False


class Loud(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        return next_(source, info, **kwargs)


@strawberry.interface
class Thing:
    name: str


@strawberry.type
class Nameless(Thing):
    pass


def problem_of(field: Any) -> str:
    """What check_schema says of a query type with this field."""
    query = cast("type", strawberry.type(type("Query", (), {"field": field})))
    with pytest.raises(TypeError) as raised:
        check_schema(strawberry.Schema(query))
    return str(raised.value)


def test_permission_classes_are_refused() -> None:
    def field() -> int:
        return 1

    assert "Query.field has permission classes" in problem_of(strawberry.field(field, permission_classes=[Denied]))


def test_field_extensions_are_refused() -> None:
    def field() -> int:
        return 1

    assert "Query.field has field extensions" in problem_of(strawberry.field(field, extensions=[Loud()]))


def test_async_plain_resolvers_are_refused() -> None:
    async def field() -> int:
        return 1

    assert "Query.field has an async resolver" in problem_of(strawberry.field(field))


def test_resolvers_that_take_info_are_refused() -> None:
    def field(info: strawberry.Info[Any, Any]) -> int:
        return 1

    assert "Query.field takes `info`" in problem_of(strawberry.field(field))


def test_members_of_an_interface_say_which_records_they_show() -> None:
    @strawberry.type
    class Query:
        thing: Thing

    with pytest.raises(TypeError, match="Nameless is a member of Thing and needs"):
        check_schema(strawberry.Schema(Query, types=[Nameless]))


@strawberry.directive(locations=[DirectiveLocation.FIELD])
def shout(value: str) -> str:
    return value.upper()


def test_what_only_strawberrys_own_execution_runs_is_refused() -> None:
    @strawberry.type
    class Query:
        name: str

    with pytest.raises(TypeError) as raised:
        check_schema(strawberry.Schema(Query, directives=[shout], extensions=[SchemaExtension]))
    assert "the schema has extensions" in str(raised.value)
    assert "@shout may stand on fields" in str(raised.value)


@strawberry.interface
class Secret:
    code: str | None = attribute(requires=["staff"])
    owner: str | None = attribute(pii=True)


@strawberry.type
class Open(Secret):
    is_type_of = records(Money)
    code: str | None = attribute()


def test_an_interface_may_not_be_a_way_round_a_guard() -> None:
    @strawberry.type
    class Query:
        secret: Secret

    with pytest.raises(TypeError, match=r"Open\.code is less guarded than Secret\.code") as raised:
        check_schema(strawberry.Schema(Query, types=[Open]))
    assert "Open.owner" not in str(raised.value)


def test_a_guarded_attribute_is_still_an_attribute() -> None:
    @strawberry.type
    class Query:
        name: str | None = attribute(pii=True, description="Who.")
        cost: int = attribute(requires=["staff"])

    assert 'cost: Int! @requires(roles: ["staff"])' in str(strawberry.Schema(Query))
