"""Lists that come in pages, by whichever way a vendor turns them. Every walk is bounded, and one that does not advance
is an invalid answer: never an endless loop, and never half a list that looks like a whole one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from typing import TypeVar

from gateway.errors import InvalidAnswer

P = TypeVar("P")
R = TypeVar("R")
K = TypeVar("K")

MOST_PAGES = 1_000


async def cursor_pages(
    ask: Callable[[str | None], Awaitable[P]],
    next_of: Callable[[P], str | None],
    *,
    most: int = MOST_PAGES,
    what: str = "",
    after: str | None = None,
) -> AsyncIterator[P]:
    """Every page, first the one `after`. `next_of` a page is the cursor of the next one, None or empty on the last.
    Raises InvalidAnswer when a cursor comes a second time, or after `most` pages; what was wanted before that has been
    given. Whoever has enough stops iterating."""
    seen = {after}
    for _ in range(most):
        page = await ask(after)
        yield page
        after = next_of(page) or None
        if after is None:
            return
        if after in seen:
            raise InvalidAnswer(detail=_told(what, "the cursor does not advance"))
        seen.add(after)
    raise InvalidAnswer(detail=_told(what, f"more than {most} pages"))


async def offset_pages(
    ask: Callable[[int], Awaitable[tuple[Sequence[R], int | None]]],
    id_of: Callable[[R], Hashable],
    *,
    most: int = MOST_PAGES,
    what: str = "",
) -> list[R]:
    """All rows of a list that is asked for by how many to skip; `ask` answers rows and how many there are in all (None:
    not told). Ends at the total or at an empty page. A row that comes twice, because another was put in before it
    meanwhile, counts once; a page that brings nothing new, or more than `most` pages, is an InvalidAnswer."""
    found: dict[Hashable, R] = {}
    skip = 0
    for _ in range(most):
        rows, total = await ask(skip)
        before = len(found)
        for row in rows:
            found.setdefault(id_of(row), row)
        skip += len(rows)
        if not rows or (total is not None and skip >= total):
            return list(found.values())
        if len(found) == before:
            raise InvalidAnswer(detail=_told(what, "the pages do not advance"))
    raise InvalidAnswer(detail=_told(what, f"more than {most} pages"))


async def keyset_pages(
    ask: Callable[[K | None], Awaitable[Sequence[R]]],
    key_of: Callable[[R], K],
    *,
    size: int,
    most: int = MOST_PAGES,
    what: str = "",
) -> list[R]:
    """All rows of a list that is asked for by the key of the last row given (None: from the start), at most `size` at a
    time. Ends at a page that is not full. Raises InvalidAnswer when a key comes a second time, or after `most`
    pages."""
    found: dict[K, R] = {}
    last: K | None = None
    for _ in range(most):
        rows = await ask(last)
        for row in rows:
            last = key_of(row)
            if last in found:
                raise InvalidAnswer(detail=_told(what, "the pages do not advance"))
            found[last] = row
        if len(rows) < size:
            return list(found.values())
    raise InvalidAnswer(detail=_told(what, f"more than {most} pages"))


def _told(what: str, said: str) -> str:
    return f"{what}: {said}" if what else said
