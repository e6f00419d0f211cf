"""`Accept` as RFC 9110 reads it."""

from __future__ import annotations

import pytest

from gateway.http.media import MediaType, negotiate

JSON, GRAPHQL, EVENTS, PAGE = MediaType.JSON, MediaType.GRAPHQL, MediaType.EVENTS, MediaType.PAGE


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON), ("", JSON), ("*/*", JSON), ("application/json", JSON), ("application/*", GRAPHQL),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL),
        ("application/json, application/graphql-response+json", JSON),
        ("application/json;q=0, */*", GRAPHQL), ("*/*, application/json;q=0", GRAPHQL),
        ("application/*, application/json;q=0", GRAPHQL), ("application/*;q=0, */*", EVENTS),
        ("*/*;q=0.1, application/json;q=0.5, text/event-stream;q=0.4", JSON),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", PAGE),
        ("APPLICATION/JSON ; Q=0.5 , text/html;q=0.6", PAGE), ('text/html;x="a,b;q=0", application/json;q=0.1', PAGE),
        ("image/png", None), ("*/*;q=0", None), ("application/json;q=0.000", None),
        ("application/json;charset=latin-1", None), ('application/json;charset="UTF-8"', JSON),
    ],
)  # fmt: skip
def test_the_most_precise_range_decides(accept: str | None, media: MediaType | None) -> None:
    assert negotiate(accept) is media


@pytest.mark.parametrize(
    "part",
    ["application/json;q=abc", "application/json;q=2", "application/json;q=nan", ";", "nonsense", "a/b/c", "q=1"],
)
def test_what_cannot_be_read_is_as_if_it_were_not_there(part: str) -> None:
    assert negotiate(f"{part}, text/event-stream;q=0.1") is EVENTS
    assert negotiate(part) is JSON
