"""What a document may hold, counted as if every fragment were written out; and what counting costs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from gateway.errors import LimitExceeded
from gateway.security.limits import Measures, check_document, guard_of
from gateway.settings import LimitsSection

LIMITS = LimitsSection()
GENEROUS = LimitsSection(depth=10_000, aliases=10_000, directives=10_000, root_fields=10_000)


def counted(document: DocumentNode) -> tuple[int, int, int, int, int]:
    """Depth, fields, aliases, directives, root fields, by walking everything as written: slow, and plainly right."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    totals = [0, 0, 0, 0, 0]

    def walk(selections: SelectionSetNode, depth: int) -> None:
        for one in selections.selections:
            totals[3] += len(one.directives or ())
            if isinstance(one, FieldNode):
                totals[0] = max(totals[0], depth)
                totals[1] += 1
                totals[2] += one.alias is not None
                totals[4] += depth == 1
                if one.selection_set is not None:
                    walk(one.selection_set, depth + 1)
            elif isinstance(one, InlineFragmentNode):
                walk(one.selection_set, depth)
            elif isinstance(one, FragmentSpreadNode):
                fragment = fragments[one.name.value]
                totals[3] += len(fragment.directives or ())
                walk(fragment.selection_set, depth)

    totals[3] += len(operation.directives or ())
    walk(operation.selection_set, 1)
    return totals[0], totals[1], totals[2], totals[3], totals[4]


def drawn(seed: int) -> str:
    """A small document with fragments that only spread later ones."""
    draw = random.Random(seed)
    count = draw.randrange(5)

    def selections(room: int, first: int) -> str:
        parts: list[str] = []
        for _ in range(draw.randint(1, 4)):
            kind = draw.random()
            directive = draw.choice(["", "", " @skip(if: false)"])
            if kind < 0.2 and first < count:
                parts.append(f"...F{draw.randrange(first, count)}{directive}")
            elif kind < 0.4 and room:
                parts.append(f"...{directive} {{ {selections(room - 1, first)} }}")
            else:
                alias = draw.choice(["", "", "x: "])
                below = f" {{ {selections(room - 1, first)} }}" if room and draw.random() < 0.6 else ""
                parts.append(f"{alias}f{draw.randrange(9)}{directive}{below}")
        return " ".join(parts)

    fragments = [f"fragment F{number} on T {{ {selections(2, number + 1)} }}" for number in range(count)]
    return " ".join([f"{{ {selections(4, 0)} }}", *fragments])


def test_the_one_pass_counts_what_walking_everything_counts() -> None:
    for seed in range(400):
        document = parse(drawn(seed))
        found = check_document(document, GENEROUS)[None]
        numbers = (found.depth, found.fields, found.aliases, found.directives, found.root_fields)
        assert numbers == counted(document), drawn(seed)


def test_operations_are_measured_one_by_one() -> None:
    found = check_document(
        parse("query A { a { b } } query B { ...F } fragment F on Q { __schema { types { name } } }"), LIMITS
    )
    assert found["A"] == Measures(2, 2, 0, 0, 1, introspection=False)
    assert found["B"] == Measures(3, 3, 0, 0, 1, introspection=True)


DEEP = "{ " + "a { " * 20 + "a" + " }" * 21
AT_THE_LIMIT: dict[str, tuple[str, str]] = {
    "depth": ("{ " + "a { " * 19 + "a" + " }" * 20, DEEP),
    "aliases": (
        "{ a { " + " ".join(f"x{n}: a" for n in range(60)) + " } }",
        "{ a { " + " ".join(f"x{n}: a" for n in range(61)) + " } }",
    ),
    "root fields": (
        "{ " + " ".join(f"f{n}" for n in range(20)) + " }",
        "{ " + " ".join(f"f{n}" for n in range(21)) + " }",
    ),
    "directives": (
        "{ a { " + " ".join(f"f{n} @a @b @c @d" for n in range(10)) + " } }",
        "{ a { " + " ".join(f"f{n} @a @b @c @d" for n in range(10)) + " g @a } }",
    ),
    "directives in one place": ("{ a @a @b @c @d }", "{ a @a @b @c @d @e }"),
    "operations": (
        " ".join(f"query Q{n} {{ a }}" for n in range(10)),
        " ".join(f"query Q{n} {{ a }}" for n in range(11)),
    ),
    "variables": (
        "query (" + " ".join(f"$v{n}: Int" for n in range(100)) + ") { a }",
        "query (" + " ".join(f"$v{n}: Int" for n in range(101)) + ") { a }",
    ),
    "values": ("{ a(l: [" + "1 " * 298 + "]) }", "{ a(l: [" + "1 " * 301 + "]) }"),
    "fields": (
        "{ a { " + " ".join(f"f{n}" for n in range(499)) + " } }",
        "{ a { " + " ".join(f"f{n}" for n in range(500)) + " } }",
    ),
    "repeats": ("{ a { " + "b " * 45 + "} }", "{ a { " + "b " * 46 + "} }"),
    "fragments": (
        "{ a } " + " ".join(f"fragment F{n} on T {{ a }}" for n in range(50)),
        "{ a } " + " ".join(f"fragment F{n} on T {{ a }}" for n in range(51)),
    ),
}


@pytest.mark.parametrize("limit", AT_THE_LIMIT)
def test_a_document_at_the_limit_passes_and_one_beyond_does_not(limit: str) -> None:
    within, beyond = AT_THE_LIMIT[limit]
    check_document(parse(within), LIMITS)
    with pytest.raises(LimitExceeded):
        check_document(parse(beyond), LIMITS)


@pytest.mark.parametrize(
    "document",
    [
        "{ ...A } fragment A on T { ...A }",
        "{ ...A } fragment A on T { a { ...B } } fragment B on T { ...C } fragment C on T { b { ...A } }",
        "{ a } fragment A on T { ...B } fragment B on T { ...A }",
        "{ ...F0 } "
        + " ".join(f"fragment F{n} on T {{ ...F{n + 1} ...F{n + 1} }}" for n in range(30))
        + " fragment F30 on T { a }",
        "{ ...F0 } "
        + " ".join(f"fragment F{n} on T {{ a {{ ...F{n + 1} }} }}" for n in range(30))
        + " fragment F30 on T { a }",
    ],
)
def test_circular_and_doubled_fragments_are_refused(document: str) -> None:
    with pytest.raises(LimitExceeded):
        guard_of(LIMITS)(parse(document))


def cpu(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


def test_measuring_is_linear_in_the_documents_size() -> None:
    def document(fragments: int) -> DocumentNode:
        body = " ".join(f"fragment F{n} on T {{ a {{ b }} ...F{n + 1} ...F{n + 1} }}" for n in range(fragments))
        return parse(f"{{ ...F0 }} {body} fragment F{fragments} on T {{ a }}")

    def measure(one: DocumentNode) -> None:
        with pytest.raises(LimitExceeded):
            check_document(one, GENEROUS)

    small, large = document(12), document(48)
    ratio = cpu(lambda: [measure(large) for _ in range(20)]) / cpu(lambda: [measure(small) for _ in range(20)])
    assert ratio < 4 * 2.5


@pytest.mark.parametrize(
    "document",
    [
        "query Q {{ {ids} }} query Q {{ id }}",
        "{{ {ids} }} {{ id }}",
        "{{ ...F }} fragment F on T {{ {ids} }} fragment F on T {{ id }}",
    ],
)
@pytest.mark.parametrize("times", [60, 600])
def test_a_second_definition_of_one_name_hides_nothing_of_the_first(document: str, times: int) -> None:
    with pytest.raises(LimitExceeded):
        check_document(parse(document.format(ids="id " * times)), GENEROUS)
