"""The envelope and the walk over a connection."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

import pytest
from msgspec import Struct

from gateway.errors import AdapterError, InvalidAnswer, RateLimited, RequestRefused
from gateway.kit.decoding import decoded
from gateway.kit.graphql import (
    AnsweredError,
    AnswerEnvelope,
    CursorInfo,
    RelayNodes,
    connection_pages,
    envelope,
    request_body,
)


def refused(errors: Sequence[AnsweredError]) -> AdapterError:
    kind = RateLimited if errors[0].code == "THROTTLED" else RequestRefused
    return kind(detail=f"{len(errors)} {errors[0].path}")


def answer(**parts: object) -> AnswerEnvelope:
    return envelope(json.dumps(parts).encode())


def test_data_without_errors_is_the_answer() -> None:
    assert bytes(answer(data={"a": 1}, errors=None).whole(refused)) == b'{"a": 1}'


def test_data_beside_an_error_is_no_answer_where_the_whole_is_wanted() -> None:
    with pytest.raises(RateLimited):
        answer(data={"a": 1}, errors=[{"message": "", "extensions": {"code": "THROTTLED"}}]).whole(refused)


def test_partial_data_comes_with_the_errors_that_say_what_is_missing() -> None:
    data, errors = answer(data={"a": 1, "b": None}, errors=[{"message": "no", "path": ["b", 0]}]).partial(refused)
    assert decoded(data, dict[str, int | None]) == {"a": 1, "b": None}
    assert [(each.path, each.code) for each in errors] == [(("b", 0), "")]
    with pytest.raises(RequestRefused):
        answer(data=None, errors=[{"message": "no"}]).partial(refused)
    with pytest.raises(InvalidAnswer):
        answer(data=None).partial(refused)


@pytest.mark.parametrize("body", [b'{"data": null}', b"{}", b"[]", b"<html>", b"", b'{"data": {'])
def test_what_is_neither_data_nor_an_error_is_an_invalid_answer(body: bytes) -> None:
    with pytest.raises(InvalidAnswer):
        envelope(body).whole(refused)


@pytest.mark.parametrize("errors", ["Not Found", {"id": ["is invalid"]}, [1], 5])
def test_errors_that_are_no_list_of_errors_are_one_error(errors: object) -> None:
    found = answer(errors=errors).refusals
    assert len(found) == 1
    assert json.loads(found[0].message) == errors
    with pytest.raises(RequestRefused):
        answer(data={"a": 1}, errors=errors).whole(refused)


class Cost(Struct, rename="camel"):
    requested_query_cost: float


def test_the_vendors_own_extensions_are_read_where_they_are_there() -> None:
    told = answer(extensions={"cost": {"requestedQueryCost": 7}}, errors=[{"extensions": {"cost": 3, "code": 5}}])
    assert told.extension("cost", Cost) == Cost(7)
    assert told.extension("other", Cost) is None
    assert told.refusals[0].extension("cost", float) == 3
    assert told.refusals[0].code == ""
    assert answer(extensions="no").extension("cost", Cost) is None
    assert answer().extension("cost", Cost) is None


def test_a_request_carries_decimals_as_numbers() -> None:
    assert json.loads(request_body("query", {"n": Decimal("1.5")}, "Q")) == {
        "query": "query",
        "variables": {"n": 1.5},
        "operationName": "Q",
    }


async def test_a_connection_is_walked_to_its_end() -> None:
    pages = {None: RelayNodes(CursorInfo(True, "a"), (1, 2)), "a": RelayNodes(CursorInfo(False, "b"), (3,))}

    async def ask(after: str | None) -> RelayNodes[int]:
        return pages[after]

    assert [node async for nodes in connection_pages(ask) for node in nodes] == [1, 2, 3]


@pytest.mark.parametrize("cursor", [None, "", "a"])
async def test_a_connection_that_does_not_advance_is_an_invalid_answer(cursor: str | None) -> None:
    async def ask(after: str | None) -> RelayNodes[int]:
        return RelayNodes(CursorInfo(True, cursor), (1,))

    with pytest.raises(InvalidAnswer):
        async for _ in connection_pages(ask, after="a"):
            pass
