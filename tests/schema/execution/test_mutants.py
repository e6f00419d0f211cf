"""Breaking the executor by hand is noticed: each mutant below makes some comparison fail."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from execution_equality import Different, compare
from execution_shop import build
from execution_world import Context, World

from gateway.execution import Engine, OperationRequest
from gateway.execution.declare.checks import graphql_schema
from gateway.execution.memo import failures, memo
from gateway.execution.plan import compile as compiling
from gateway.execution.plan import grouping, plans, projection
from gateway.execution.read import documents
from gateway.execution.run import run

# graphql-core, on its own, drops coroutines when a failing sibling cancels them:
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine 'Executor:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:.*coroutine object Executor:pytest.PytestUnraisableExceptionWarning"),
]

OPERATIONS: tuple[tuple[str, tuple[dict[str, Any], ...]], ...] = (
    ("{ catalogue { hasNext nodes { title subtitle count active } } }", ({},)),
    ("{ catalogue { nodes { a: title b: subtitle variants { sku title weight size } } } }", ({},)),
    ("{ catalogue { nodes { variants { a: price { quantity } b: price(quantity: 2) { quantity } stock } } } }", ({},)),
    ("{ catalogue { nodes { variants { price { quantity } } related { variants { price { quantity } } } } } }", ({},)),
    (
        '{ search(text: "abc") { ... on Product { title owner email } ... on Category { products { id } } } }',
        ({},),
    ),
    ("{ catalogue { nodes { tags grid cover { url checksum } variants { media { checksum } meta margin } } } }", ({},)),
    ("{ catalogue { nodes { secret email label variants { price { current { formatted } } } } } headcount }", ({},)),
    (
        "query ($a: Boolean!, $n: Int!) { catalogue { nodes { id title @include(if: $a) variants "
        "{ price(quantity: $n) { quantity } price2: price(quantity: 3) { quantity } } } } }",
        ({"a": True, "n": 1}, {"a": False, "n": 3}, {"a": True, "n": 2}),
    ),
    ('{ a: product(id: "p1") { family { nodes { sku } } } b: product(id: "p1") { family { total } } }', ({},)),
    ("{ catalogue { nodes { related { id related { id } } variants { price { __typename } } } } }", ({},)),
    ('mutation { a: bump b: bump rename(name: "x") { errors product { id owner } } }', ({},)),
)
COMPILER: Any = vars(compiling)["_Compiler"]
Day = tuple[int, int, dict[str, Any]]
PLANTED: tuple[dict[str, Any], ...] = (
    {"count": 2**40},
    {"count": True},
    {"weight": float("nan")},
    {"title": None},
    {"tags": "seven"},
    {"price": 7},
    {"subtitle": ValueError("stored")},
    {"meta": ValueError("stored")},
)
WRITES = frozenset({"rename", "bump"})
NOTHING: frozenset[str] = frozenset()


async def hunt() -> None:
    """Run the operations on many days for many callers; raises Different at the first difference."""
    schema = build()
    engine = Engine(schema)
    days: list[Day] = [(seed, 0, planted) for seed, planted in enumerate(PLANTED)]
    days += [(seed, seed % 3, {}) for seed in range(9)]
    for seed, mischief, planted in days:
        for text, sets in OPERATIONS:
            for variables in sets:
                for roles in ((), ("staff", "boss")):
                    who = partial(caller, seed, mischief, planted, roles)
                    writes = WRITES if "mutation" in text else NOTHING
                    await compare(engine, graphql_schema(schema), OperationRequest(text, variables), who, writes)


def caller(seed: int, mischief: int, planted: dict[str, Any], roles: tuple[str, ...]) -> Context:
    return Context(World(seed, mischief, planted), roles, personal_data=bool(roles) or seed % 2 == 0)


def rewrite(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, old: str, new: str) -> None:
    """Replace a function by one whose source differs in one place."""
    function = inspect.unwrap(getattr(owner, name))
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) >= 1, f"{old!r} is no longer in {name}"
    space: dict[str, Any] = {}
    exec(source.replace(old, new, 1), function.__globals__, space)
    monkeypatch.setattr(owner, name, space[name])


def regenerate(monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str]) -> None:
    """Let every plan's generated code be changed before it is compiled."""

    def code_of(source: str) -> Any:
        return compile(change(source), "<plan>", "exec")

    monkeypatch.setattr(compiling, "code_of", code_of)


async def test_without_a_mutation_nothing_differs() -> None:
    await hunt()


def substitute(pattern: str, replacement: str) -> Callable[[str], str]:
    return lambda source: re.sub(pattern, replacement, source)


GENERATED: dict[str, Callable[[str], str]] = {
    "a null check of a non-null string is dropped": substitute(
        r"if type\((\w+)\) is not str:", r"if \1 and str != type(\1):"
    ),
    "two aliases are swapped": substitute(r"(O\d+)\((\w+), (\w+)", r"\1(\3, \2"),
    "the class of a record is not checked": substitute(r"type\(r\) is not \w+", "False"),
    "the range of Int is not checked": substitute(r" or not -2147483648 <= \w+ <= 2147483647", ""),
    "bools pass for Int": substitute(r"type\((\w+)\) is not int", r"not isinstance(\1, int)"),
    "NaN passes for Float": substitute(r" or \w+ - \w+ != 0.0", ""),
    "anything iterable passes for a list": substitute(r"if type\(\w+\) not in LISTS: .*", "pass"),
    "the last item of a list is lost": substitute(r"for (\w+) in (\w+):", r"for \1 in \2[:-1]:"),
    "a fetch is forgotten": substitute(r"h1\(\w+\); q1\(\w+\)", "pass"),
}


@pytest.mark.parametrize("change", GENERATED.values(), ids=GENERATED)
async def test_wrong_generated_code_is_caught(change: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    regenerate(monkeypatch, change)
    with pytest.raises(Different):
        await hunt()


WRITTEN: dict[str, tuple[Any, str, str, str]] = {
    "an index is lost": (failures.Failures, "_walk", "path.append(index)", "path.append(0)"),
    "a path keeps growing": (failures.Failures, "_walk", "path.pop()", "pass"),
    "failures of non-null fields are swallowed": (COMPILER, "_value", "if not nullable:", "if False:"),
    "the second site gets the first one's answers": (run.Run, "_fetch", "start += len(held)", "start += 0"),
    "refusals are silent": (run.Run, "run", "self.failures.note", "(lambda *_: None)"),
    "a failed key is not reported": (run.Run, "_deliver", "self.failures.note", "(lambda *_: None)"),
    "a mutation's frames share a memo": (run.Run, "run", "self._memo.frame(name)", "self._memo"),
    "fields with different arguments share a fetch": (grouping.Grouping, "group", "arguments.alike, ", ""),
    "fetches of different levels are merged": (
        grouping.Grouping,
        "group",
        "place.frame, place.level",
        "place.frame, 0",
    ),
    "what is selected below makes no difference": (grouping.Grouping, "group", '"selected" in field.takes', "False"),
    "refused fields are answered": (COMPILER, "_refusal", "return refusal", "return None"),
    "arguments are not part of the memo": (memo, "identity", "sorted(arguments)", "()"),
    "an answer is put into another slot": (COMPILER, "_selection", "field_of(len(values))", "field_of(0)"),
    "a key that stands twice is answered once": (memo.Memo, "fill", "len({*keys}) == len(keys)", "True"),
    "a field that stands twice is thought to be alone": (grouping.Grouping, "groups", "== 1", "> 0"),
    "what is known is fetched again": (memo.Memo, "fill", "missing.pop(key, None)", "pass"),
    "plans are shared between callers": (plans.Plans, "get", "branches, grants)", "branches)"),
    "plans are shared between outcomes of @include": (plans.Plans, "get", "branches, grants)", "grants)"),
    "variables of @include are not noticed": (documents.Document, "_directives", "if isinstance", "if not isinstance"),
    "a stored exception is serialised": (projection, "_serializer", "isinstance(value, Exception) or ", ""),
    "variables keep the first request's values": (
        grouping.Grouping,
        "arguments",
        "has_variables(argument.value)",
        "False",
    ),
}


@pytest.mark.parametrize(("owner", "name", "old", "new"), WRITTEN.values(), ids=WRITTEN)
async def test_a_mutated_executor_is_caught(
    owner: Any, name: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(monkeypatch, owner, name, old, new)
    with pytest.raises(Different):
        await hunt()
