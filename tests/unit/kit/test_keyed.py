"""One bearer, several, none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import AdapterError, AmbiguousKey, Unavailable
from gateway.kit.keyed import ByVariant, answered, by_kind, chunks, grouped, one_of
from gateway.model.customers import CustomerKey, CustomerKeyKind
from gateway.model.identity import CaseRule, KeyRule, NativeRef


def test_one_bearer_is_the_answer_several_are_ambiguous_none_is_absent() -> None:
    assert one_of(["a"], "shop") == "a"
    assert one_of([], "shop") is None
    several = one_of(["a", "b"], "shop")
    assert isinstance(several, AmbiguousKey)
    assert several.source == "shop"


def test_preferred_bearers_decide_among_themselves_and_the_others_where_there_are_none() -> None:
    def big(number: int) -> bool:
        return number > 9

    assert one_of([1, 10, 2], "shop", prefer=big) == 10
    assert isinstance(one_of([10, 11, 2], "shop", prefer=big), AmbiguousKey)
    assert one_of([2], "shop", prefer=big) == 2
    assert isinstance(one_of([1, 2], "shop", prefer=big), AmbiguousKey)


def test_what_is_not_found_or_comes_to_nothing_is_absent_and_an_error_is_about_its_key() -> None:
    error = Unavailable()
    found: dict[str, int | AdapterError] = {"a": 1, "b": error, "c": 0}
    assert answered("abcd", found.get, lambda key, value: f"{key}{value}" if value else None) == {"a": "a1", "b": error}


def test_a_sku_is_found_as_the_backend_writes_it_and_a_record_by_its_own_id_only() -> None:
    rows = ByVariant("shop", KeyRule(case=CaseRule.UPPER), [("1", " mug ", "m"), ("2", None, "n"), ("3", "", "o")])
    assert rows.one("MUG") == rows.one("mug") == rows.one(NativeRef("shop", "1")) == "m"
    assert rows.one(NativeRef("shop", "2")) == "n"
    assert rows.one(NativeRef("till", "1")) is None
    assert rows.one("") is None


def test_exact_rules_tell_case() -> None:
    rows = ByVariant("shop", KeyRule(), [("1", "MUG", "m"), ("2", "mug", "n")])
    assert (rows.one("MUG"), rows.one("mug"), rows.one("Mug")) == ("m", "n", None)


def test_a_row_that_comes_twice_bears_its_sku_once() -> None:
    rows = ByVariant("shop", KeyRule(), [("1", "MUG", "old"), ("1", "MUG", "new")])
    assert rows.one("MUG") == "new"


def test_values_come_by_kind_each_once() -> None:
    kind = CustomerKeyKind
    values = by_kind([CustomerKey(kind.EMAIL, "a"), CustomerKey(kind.PHONE, "1"), CustomerKey(kind.EMAIL, "a")])
    assert (values[kind.EMAIL], values[kind.PHONE], values[kind.NATIVE]) == (["a"], ["1"], [])


def test_rows_without_a_key_are_left_out() -> None:
    assert grouped([("a", 1), (None, 2), ("a", 3)]) == {"a": [1, 3]}


@given(st.lists(st.integers()), st.integers(1, 9))
def test_chunks_are_everything_in_order(values: list[int], size: int) -> None:
    parts = [list(part) for part in chunks(values, size)]
    assert [value for part in parts for value in part] == values
    assert all(len(part) == size for part in parts[:-1])
    assert all(0 < len(part) <= size for part in parts)
