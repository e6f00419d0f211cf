"""Walks over pages: whole, bounded, and never quietly half."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import InvalidAnswer
from gateway.kit.pages import cursor_pages, keyset_pages, offset_pages

Page = tuple[list[int], str | None]


async def walked(pages: dict[str | None, Page], most: int = 9) -> list[int]:
    async def ask(cursor: str | None) -> Page:
        return pages[cursor]

    return [row async for page in cursor_pages(ask, lambda page: page[1], most=most, what="list") for row in page[0]]


async def test_a_walk_ends_where_there_is_no_next_cursor() -> None:
    assert await walked({None: ([1], "a"), "a": ([2], "b"), "b": ([3], "")}) == [1, 2, 3]


@pytest.mark.parametrize(
    "pages",
    [
        {None: ([1], "a"), "a": ([2], "a")},
        {None: ([1], "a"), "a": ([2], "b"), "b": ([3], "a")},
    ],
)
async def test_a_cursor_that_comes_twice_is_an_invalid_answer(pages: dict[str | None, Page]) -> None:
    with pytest.raises(InvalidAnswer) as raised:
        await walked(pages)
    assert raised.value.detail == "list: the cursor does not advance"


async def test_a_walk_is_bounded() -> None:
    asked: list[str | None] = []

    async def ask(cursor: str | None) -> int:
        asked.append(cursor)
        return len(asked)

    with pytest.raises(InvalidAnswer):
        async for _ in cursor_pages(ask, str, most=5):
            pass
    assert len(asked) == 5


async def test_whoever_has_enough_asks_no_further() -> None:
    asked: list[str | None] = []

    async def ask(cursor: str | None) -> int:
        asked.append(cursor)
        return len(asked)

    async for _ in cursor_pages(ask, str, after="9"):
        break
    assert asked == ["9"]


@given(st.lists(st.integers(), unique=True, max_size=30), st.integers(1, 7), st.booleans())
@settings(max_examples=60, deadline=None)
def test_an_offset_walk_is_the_whole_list(rows: list[int], size: int, counted: bool) -> None:
    asked: list[int] = []

    async def ask(skip: int) -> tuple[Sequence[int], int | None]:
        asked.append(skip)
        return rows[skip : skip + size], len(rows) if counted else None

    assert asyncio.run(offset_pages(ask, int)) == rows
    if counted:
        assert len(asked) == max(1, -(-len(rows) // size))


async def test_a_row_that_moved_to_the_next_page_counts_once() -> None:
    pages = {0: [1, 2], 2: [2, 3], 4: [4]}

    async def ask(skip: int) -> tuple[Sequence[int], int | None]:
        return pages[skip], 5

    assert await offset_pages(ask, int) == [1, 2, 3, 4]


async def test_an_offset_that_is_ignored_is_an_invalid_answer() -> None:
    async def ask(skip: int) -> tuple[Sequence[int], int | None]:
        return [1, 2], 1_000

    with pytest.raises(InvalidAnswer) as raised:
        await offset_pages(ask, int, what="list")
    assert raised.value.detail == "list: the pages do not advance"


async def test_an_endless_list_is_an_invalid_answer() -> None:
    async def ask(skip: int) -> tuple[Sequence[int], int | None]:
        return [skip], None

    with pytest.raises(InvalidAnswer):
        await offset_pages(ask, int, most=10)


@given(st.lists(st.integers(1, 99), unique=True, max_size=30), st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_a_keyset_walk_is_the_whole_list(keys: list[int], size: int) -> None:
    rows = sorted(keys)

    async def ask(last: int | None) -> Sequence[int]:
        return [row for row in rows if last is None or row > last][:size]

    assert asyncio.run(keyset_pages(ask, int, size=size)) == rows


async def test_a_keyset_that_is_ignored_is_an_invalid_answer() -> None:
    async def ask(last: int | None) -> Sequence[int]:
        return [1, 2]

    with pytest.raises(InvalidAnswer):
        await keyset_pages(ask, int, size=2)
