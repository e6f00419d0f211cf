"""GraphQL over HTTP as vendors speak it: the envelope of an answer, and Relay's connections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from msgspec import Raw, Struct

from gateway.errors import GatewayError, InvalidAnswer
from gateway.kit.decoding import decoded
from gateway.kit.pages import MOST_PAGES, cursor_pages

T = TypeVar("T")
N = TypeVar("N", covariant=True)

_NULL = b"null"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def request_body(document: str, variables: Mapping[str, Any], name: str | None = None) -> bytes:
    """The body of a POST. Decimals are written as numbers."""
    body: dict[str, Any] = {"query": document, "variables": variables}
    return _ENCODER.encode(body if name is None else {**body, "operationName": name})


class AnsweredError(Struct, frozen=True):
    """One of `errors`. `message` is the vendor's and may repeat what was sent; `extensions` are the vendor's own."""

    message: str = ""
    path: tuple[str | int, ...] | None = None
    extensions: Raw = Raw(_NULL)

    @property
    def code(self) -> str:
        """`extensions.code`, by convention; empty where there is none."""
        return _extension(self.extensions, "code", str, "")

    def extension(self, name: str, kind: type[T]) -> T | None:
        return _extension(self.extensions, name, kind, None)


class AnswerEnvelope(Struct, frozen=True):
    """The outermost object of an answer. `errors` that are no list (some vendors write a text when a request never
    reached GraphQL) are one error with that text."""

    data: Raw = Raw(_NULL)
    errors: Raw = Raw(_NULL)
    extensions: Raw = Raw(_NULL)

    @property
    def has_data(self) -> bool:
        return bytes(self.data) != _NULL

    @property
    def refusals(self) -> tuple[AnsweredError, ...]:
        errors = bytes(self.errors)
        if errors == _NULL:
            return ()
        try:
            return msgspec.json.decode(errors, type=tuple[AnsweredError, ...])
        except (msgspec.MsgspecError, RecursionError):
            return (AnsweredError(errors.decode("utf-8", "replace")),)

    def extension(self, name: str, kind: type[T]) -> T | None:
        """One of `extensions`, such as what the query cost; None where it is not there or is something else."""
        return _extension(self.extensions, name, kind, None)

    def whole(self, refusal: Callable[[Sequence[AnsweredError]], GatewayError], *, source: str | None = None) -> Raw:
        """`data` of an answer without errors. Raises what `refusal` makes of the errors, even where there is data
        beside them: half an answer is none. Raises InvalidAnswer where there is neither."""
        if errors := self.refusals:
            raise refusal(errors)
        if not self.has_data:
            raise InvalidAnswer(source=source, detail="no data")
        return self.data

    def partial(
        self, refusal: Callable[[Sequence[AnsweredError]], GatewayError]
    ) -> tuple[Raw, tuple[AnsweredError, ...]]:
        """`data` and the errors beside it, for documents whose every field may be null with its error's `path`: keys of
        their own by alias. Raises as `whole` where there is no data."""
        errors = self.refusals
        return (self.data, errors) if self.has_data else (self.whole(refusal), ())


def envelope(body: bytes, what: str = "", *, source: str | None = None) -> AnswerEnvelope:
    """Raises InvalidAnswer for what is no object in JSON: a proxy's page, or half an answer."""
    return decoded(body, AnswerEnvelope, what, source=source)


def _extension(extensions: Raw, name: str, kind: type[T], default: Any) -> T | Any:
    try:
        found = msgspec.json.decode(extensions, type=dict[str, Raw] | None)
        return msgspec.json.decode(found[name], type=kind) if found and name in found else default
    except (msgspec.MsgspecError, RecursionError):
        return default


class CursorInfo(Struct, frozen=True, rename="camel"):
    """`pageInfo` of a connection."""

    has_next_page: bool
    end_cursor: str | None = None


class RelayConnection(Protocol[N]):
    """What of a connection a walk looks at."""

    @property
    def page_info(self) -> CursorInfo: ...

    @property
    def nodes(self) -> Sequence[N]: ...


class RelayNodes(Struct, Generic[T], frozen=True, rename="camel"):
    """A connection that was asked for `nodes`."""

    page_info: CursorInfo
    nodes: tuple[T, ...]


async def connection_pages(
    ask: Callable[[str | None], Awaitable[RelayConnection[N]]],
    *,
    most: int = MOST_PAGES,
    what: str = "",
    after: str | None = None,
) -> AsyncIterator[Sequence[N]]:
    """The nodes of every page, first the page `after`. Ends as `cursor_pages`; a next page without a cursor is an
    InvalidAnswer."""

    def following(page: RelayConnection[N]) -> str | None:
        if not page.page_info.has_next_page:
            return None
        if not page.page_info.end_cursor:
            raise InvalidAnswer(detail=f"{what}: a next page without a cursor".removeprefix(": "))
        return page.page_info.end_cursor

    async for page in cursor_pages(ask, following, most=most, what=what, after=after):
        yield page.nodes
