"""An adapter sees what its operation declares of the commerce context; caches are keyed by exactly those parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.context import CONTEXT_PARTS, CallContext, CommerceContext, UndeclaredContext
from gateway.model.principal import ANONYMOUS, Principal
from gateway.model.text import SpeakableText, Text

CONTEXT = CommerceContext("GB", "GBP", "en", channel="web", store="soho", price_group="VIP")


@given(st.frozensets(st.sampled_from(CONTEXT_PARTS)))
def test_declared_parts_are_seen_and_all_others_refused(declared: frozenset[str]) -> None:
    view = CONTEXT.only(declared)
    for part in CONTEXT_PARTS:
        if part in declared:
            assert getattr(view, part) == getattr(CONTEXT, part)
        else:
            with pytest.raises(UndeclaredContext, match=part):
                getattr(view, part)


@given(st.frozensets(st.sampled_from(CONTEXT_PARTS)))
def test_a_cache_key_differs_only_by_declared_parts(declared: frozenset[str]) -> None:
    other = CommerceContext("JP", "JPY", "ja", channel="app", store="ginza", price_group="STAFF")
    assert (CONTEXT.parts(declared) == other.parts(declared)) is not bool(declared)
    assert len(CONTEXT.parts(declared)) == len(CONTEXT_PARTS)


def test_a_call_knows_how_long_it_may_still_take() -> None:
    call = CallContext.within(60, fresh=True)
    assert 0 < call.remaining() <= 60
    assert call.fresh
    assert CallContext.within(-1).remaining() < 0


def test_a_person_is_known_by_issuer_and_subject_and_nobody_by_nothing() -> None:
    assert ANONYMOUS.key is None
    assert Principal("ada", "https://id.example").key != Principal("ada", "https://other.example").key


@pytest.mark.parametrize(
    ("language", "direction"),
    [("en", "LTR"), ("ja", "LTR"), ("he", "RTL"), ("ar-KW", "RTL"), ("AR", "RTL"), ("", "LTR")],
)
def test_the_direction_of_a_text_follows_from_its_own_language(language: str, direction: str) -> None:
    assert Text("x", language).direction == direction
    assert SpeakableText("x", "<speak/>", language).direction == direction
