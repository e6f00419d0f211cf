"""Walking all pages of anything, and stopping where a walk would never end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

MOST_PAGES = 10_000
NO_POSITIONS = ("²", "-1", "x", "../..", "9" * 400, '{"cursor": 1}')
"""Positions that nobody gave."""


async def walk(
    page_after: Callable[[Any], Awaitable[Any]],
    records_of: Callable[[Any], Sequence[Any]],
    identify: Callable[[Any], str],
) -> list[Any]:
    """The records of all pages, in order. Fails at the first record or position that comes again, and at a page that
    is empty and promises more."""
    walked: list[Any] = []
    known: set[str] = set()
    positions: set[Any] = set()
    after: Any = None
    for _ in range(MOST_PAGES):
        page = await page_after(after)
        records = records_of(page)
        assert len(records) == len(page.positions), "as many positions as records"
        for record in records:
            assert identify(record) not in known, f"{identify(record)} comes again after {len(walked)} records"
            known.add(identify(record))
            walked.append(record)
        if not page.has_next:
            return walked
        assert records, "an empty page promises another"
        after = page.positions[-1]
        assert after not in positions, f"the position {after!r} comes again"
        positions.add(after)
    raise AssertionError(f"no end after {MOST_PAGES} pages")
