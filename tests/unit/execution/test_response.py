"""Response objects: encoded under their names, in the order of the selection, and unfolded to dictionaries."""

from __future__ import annotations

import gc

import msgspec
import orjson

from gateway.execution.memo.response import builtins, response_class

NAMES = ("__typename", "from", "a", "class", "f0", "_")


def test_names_are_those_of_the_selection_whatever_python_thinks_of_them() -> None:
    made = response_class(NAMES)(*range(len(NAMES)))
    expected = {name: place for place, name in enumerate(NAMES)}
    assert builtins(made) == expected
    assert list(orjson.loads(msgspec.json.encode(made))) == list(NAMES)
    assert [name for _, name, _ in made.items()] == list(NAMES)


def test_an_empty_selection_is_an_empty_object() -> None:
    assert msgspec.json.encode(response_class(())()) == b"{}"


def test_equal_lists_of_names_share_a_class() -> None:
    assert response_class(("a", "b")) is response_class(("a", "b"))
    assert response_class(("b", "a")) is not response_class(("a", "b"))


def test_trees_are_unfolded_and_leaves_left_alone() -> None:
    inner, outer = response_class(("x",)), response_class(("list", "json"))
    tree = outer([inner(1), None, [inner(2)]], {"x": {"y": [1]}})
    assert builtins(tree) == {"list": [{"x": 1}, None, [{"x": 2}]], "json": {"x": {"y": [1]}}}


def test_the_collector_does_not_look_at_them() -> None:
    assert not gc.is_tracked(response_class(("a",))([]))
