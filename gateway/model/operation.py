"""What an adapter declares about each operation it serves: limits, what the answer depends on, what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

MEBIBYTE = 1 << 20


def one_request(keys: int, axes: Mapping[str, int]) -> int:
    """The request budget of an operation that makes one request whatever is asked."""
    return 1


class OperationSpec(Struct, frozen=True, kw_only=True):
    """`vary_on` names the parts of the commerce context the answer depends on; `personal` answers are never shared
    between people. `max_keys` is the most keys of one call; `axes` are the vendor's other limits, by name.
    `requests(keys, axes)` is the number of HTTP requests one call makes when identifiers are cached; it never depends
    on how many parents asked. `time_to_live` in seconds (0: not cached), `stale_for` seconds more while a newer answer
    is fetched or cannot be had. `timeout` in seconds for one HTTP attempt."""

    vary_on: frozenset[str] = frozenset()
    personal: bool = False
    max_keys: int = 1_000_000
    axes: Mapping[str, int] = {}
    requests: Callable[[int, Mapping[str, int]], int] = one_request
    time_to_live: float = 0.0
    stale_for: float = 0.0
    timeout: float = 5.0
    max_response_bytes: int = MEBIBYTE
    idempotent: bool = True
