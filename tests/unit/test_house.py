"""The house as a whole: no circle of imports, and one meaning for each name."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]


def circles(imports: dict[str, frozenset[str]]) -> list[set[str]]:
    """What is left when all who import nobody that is left are taken away, and all whom nobody imports."""
    left = dict(imports)
    while True:
        leaves = {one for one, used in left.items() if not used & left.keys()}
        used = frozenset[str]().union(*left.values())
        gone = leaves | {one for one in left if one not in used}
        if not gone:
            return [set(left)] if left else []
        left = {one: names - gone for one, names in left.items() if one not in gone}


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = grimp.build_graph("gateway", "schema", "adapters")
    assert circles({one: frozenset(graph.find_modules_directly_imported_by(one)) for one in graph.modules}) == []


def test_a_circle_would_be_seen() -> None:
    imports = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set[str]()}
    assert circles({one: frozenset(names) for one, names in imports.items()}) == [{"b", "c"}]


def named(file: Path) -> Iterator[str]:
    """The classes and type aliases that a module makes."""
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if len(name) > 1 and name[0].isupper() and not name.isupper():
                yield name


def test_a_class_name_has_one_meaning() -> None:
    """What is shipped for tests may mirror what it stands for."""
    homes: dict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "gateway").rglob("*.py")):
        if "testing" not in file.parts:
            for name in named(file):
                if not name.startswith("_"):
                    homes[name].append(str(file.relative_to(ROOT)))
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}
