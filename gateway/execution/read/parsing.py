"""From a text to a syntax tree that lives and dies by its references alone.

graphql-core links the tokens of a text in both directions, and every node names two of them: so a tree is one large
ring, which only the collector frees, and its tokens weigh as much as its nodes. Here a node knows where it stands by
numbers, as error locations need, and the tokens go while the text is still read.
"""

from __future__ import annotations

from typing import cast

from graphql import DocumentNode, Location, Source
from graphql.language import Lexer, Token
from graphql.language.parser import Parser, nested_too_deeply_error
from msgspec import Struct


class TokenSpan(Struct, frozen=True, gc=False):
    """What graphql-core asks of a location: nothing asks for its tokens. There is one to each node, and the collector
    need not walk them."""

    start: int
    end: int
    source: Source


class _Lexer(Lexer):
    """Tokens know the next one only."""

    def advance(self) -> Token:
        behind = self.last_token = self.token
        token = self.token = self.lookahead()
        while behind is not token and behind.next is not None:  # once, but for comments
            behind = behind.next
            behind.prev = None
        return token


class _Parser(Parser):
    def loc(self, start_token: Token) -> Location | None:
        return cast("Location", TokenSpan(start_token.start, self._lexer.last_token.end, self._lexer.source))


def parsed(text: str, *, max_tokens: int, max_characters: int) -> DocumentNode:
    """The syntax tree. Raises GraphQLError for what is no document or larger than allowed."""
    source = Source(text)
    parser = _Parser(
        source,
        lexer=_Lexer(source),
        max_lexical_tokens=max_tokens,
        max_comments=max_tokens,
        max_source_length=max_characters,
    )
    try:
        return parser.parse_document()
    except RecursionError:
        pass
    raise nested_too_deeply_error(parser)
