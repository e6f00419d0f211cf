"""An answer to what never became a request of the graph."""

from __future__ import annotations

from collections.abc import Iterable

Header = tuple[bytes, bytes]
"""As HTTP sends it; the name in lower case."""


class Refusal(Exception):
    """`status` is HTTP's. `message` is safe for anybody."""

    def __init__(self, status: int, code: str, message: str, headers: Iterable[Header] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = tuple(headers)
