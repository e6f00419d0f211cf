"""Business keys to native ids, remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from gateway.errors import AmbiguousKey
from gateway.kit.identifiers import KeptIdentifiers, audited
from gateway.model.context import CallContext
from gateway.model.identity import CaseRule, KeyRule
from tests.unit.kit.conftest import Remembered


class Led(Struct, frozen=True):
    id: str


class LookUp:
    """Who bears what, and what was asked."""

    def __init__(self, **bearers: list[str]) -> None:
        self.bearers = bearers
        self.asked: list[Sequence[str]] = []

    async def __call__(self, keys: Sequence[str]) -> Mapping[str, Sequence[Led]]:
        self.asked.append(keys)
        return {key: [Led(native) for native in natives] for key, natives in self.bearers.items()}


CALL = CallContext.within(60)
FRESH = CallContext.within(60, fresh=True)


def kept_in(cache: Remembered) -> KeptIdentifiers[Led]:
    return KeptIdentifiers(cache, "sku", Led, seconds=3600, briefly=60, source="shop")


async def test_what_was_found_absent_or_ambiguous_is_asked_once(cache: Remembered) -> None:
    kept, look_up = kept_in(cache), LookUp(a=["1"], b=["2", "3"], other=["9"])
    for _ in range(2):
        found = await kept.resolve(["a", "b", "c", "a"], look_up, CALL)
        assert found["a"] == Led("1")
        assert isinstance(found["b"], AmbiguousKey)
        assert found["b"].source == "shop"
        assert "c" not in found
    assert look_up.asked == [["a", "b", "c"]]
    assert {key: seconds for (_, key), (_, seconds) in cache.entries.items()} == {"a": 3600, "b": 60, "c": 60}


async def test_a_fresh_call_asks_again_for_what_was_absent_or_ambiguous_only(cache: Remembered) -> None:
    kept, look_up = kept_in(cache), LookUp(a=["1"], b=["2", "3"])
    await kept.resolve(["a", "b", "c"], look_up, CALL)
    look_up.bearers = {"b": ["2"], "c": ["4"]}
    assert await kept.resolve(["a", "b", "c"], look_up, FRESH) == {"a": Led("1"), "b": Led("2"), "c": Led("4")}
    assert look_up.asked[1:] == [["b", "c"]]


async def test_what_is_forgotten_is_looked_up_anew(cache: Remembered) -> None:
    kept, look_up = kept_in(cache), LookUp(a=["1"], b=["2"])
    await kept.resolve(["a", "b"], look_up, CALL)
    await kept.forget([])
    await kept.forget(["a"])
    await kept.resolve(["a", "b"], look_up, CALL)
    await kept.forget()
    await kept.resolve(["a", "b"], look_up, CALL)
    assert look_up.asked == [["a", "b"], ["a"], ["a", "b"]]


async def test_what_was_kept_in_another_shape_is_looked_up_anew(cache: Remembered) -> None:
    kept, look_up = kept_in(cache), LookUp(a=["1"])
    for text in ("[1, 2", "12345", "null", '{"other": 1}'):
        cache.entries["sku", "a"] = (text, 1)
        assert await kept.resolve(["a"], look_up, CALL) == {"a": Led("1")}


async def test_an_identifier_that_reads_like_a_mark_is_no_mark(cache: Remembered) -> None:
    kept = KeptIdentifiers(cache, "variation", str, seconds=1, briefly=1, source="shop")
    await kept.keep({"1": "", "2": "!"})
    assert await kept.known(["1", "2"]) == ({"1": "", "2": "!"}, [])


@given(st.lists(st.none() | st.text("aA ", max_size=3)))
def test_an_audit_counts_every_record_once(keys: list[str | None]) -> None:
    audit = audited(keys, KeyRule(case=CaseRule.UPPER))
    written = [key.strip().upper() for key in keys if key and key.strip()]
    assert audit.records == len(keys)
    assert audit.missing == len(keys) - len(written)
    assert audit.duplicates == tuple(sorted({key for key in written if written.count(key) > 1}))
