"""How large a document may be: checked after parsing, before validation, whose rules are not linear.

One pass over the syntax tree, each fragment once: what a fragment holds is added up where it is spread, so doubled
fragments are counted in full without being walked, and circular ones are found. Sums stop at `ENOUGH`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    ValueNode,
)
from msgspec import Struct

from gateway.errors import LimitExceeded
from gateway.graph.walk import Definition, walk
from gateway.settings import LimitsSection

OPERATIONS = 10
FRAGMENTS = 50
DIRECTIVES_PER_PLACE = 4
VARIABLES = 100
FIELDS = 3_000
"""Fields once every fragment is written out where it is spread."""
WRITTEN = 500
"""Fields as they stand in the text."""
VALUES = 300
"""Entries of lists and objects written into the text: more belong into variables."""
REPEATS = 1_000
"""Pairs of fields with one response name, or of fragments, in one place: validation compares them two by two."""
ENOUGH = 1_000_000


class Measures(Struct, frozen=True):
    """Of one operation, its fragments written out. `repeats` counts pairs."""

    depth: int
    fields: int
    aliases: int
    directives: int
    root_fields: int
    introspection: bool


class _Local(Struct):
    """What stands in one definition itself, and which fragments it spreads at which depth."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    repeats: int = 0
    values: int = 0
    introspection: bool = False
    spreads: list[tuple[str, int]] = []


def guard_of(limits: LimitsSection) -> Callable[[DocumentNode], None]:
    """The check, as the engine runs it between parsing and validating."""

    def guard(document: DocumentNode) -> None:
        check_document(document, limits)

    return guard


def check_document(document: DocumentNode, limits: LimitsSection) -> dict[str | None, Measures]:
    """The measures of every operation by name. Raises LimitExceeded, naming the limit."""
    operations: dict[str | None, _Local] = {}
    fragments: dict[str, _Local] = {}
    every: list[_Local] = []
    """Those of one name too, which only validation refuses: it reads each of them first."""
    count = spreadable = 0
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            count += 1
            _at_most("operations", count, OPERATIONS)
            _at_most("variables", len(definition.variable_definitions or ()), VARIABLES)
            every.append(local := _walk(definition, limits))
            operations[definition.name.value if definition.name else None] = local
        elif isinstance(definition, FragmentDefinitionNode):
            spreadable += 1
            _at_most("fragments", spreadable, FRAGMENTS)
            every.append(local := _walk(definition, limits))
            fragments[definition.name.value] = local
    _at_most("fields written out", sum(local.fields for local in every), WRITTEN)
    _at_most("repeated fields", sum(local.repeats for local in every), REPEATS)
    _at_most("values written out", sum(local.values for local in every), VALUES)
    totals = _totals(fragments)
    return {name: _checked(_summed(local, totals), limits) for name, local in operations.items()}


def _checked(measures: Measures, limits: LimitsSection) -> Measures:
    _at_most("levels of fields", measures.depth, limits.depth)
    _at_most("aliases", measures.aliases, limits.aliases)
    _at_most("directives", measures.directives, limits.directives)
    _at_most("root fields", measures.root_fields, limits.root_fields)
    _at_most("fields", measures.fields, FIELDS)
    return measures


def _at_most(what: str, number: int, most: int) -> None:
    if number > most:
        raise LimitExceeded(f"The document has more than {most} {what}.")


def _walk(definition: Definition, limits: LimitsSection) -> _Local:
    local = _Local(spreads=[])
    local.directives += _directives(definition)
    for variable in definition.variable_definitions or ():
        local.directives += _directives(variable)
        if variable.default_value is not None:
            local.values += _values(variable.default_value)
    alike: Counter[tuple[int, str | None]] = Counter()
    for step in walk(definition):
        _at_most("levels of fields", step.level, limits.depth)
        local.directives += _directives(step.node)
        if isinstance(step.node, FieldNode):
            alike[step.place, step.response_name] += 1
            _count(step.node, local, step.level)
        elif isinstance(step.node, FragmentSpreadNode):
            alike[step.place, None] += 1
            local.spreads.append((step.response_name, step.level))
    # What has one response name is merged, and so compared with each other, on every level below.
    local.repeats = sum(number * (number - 1) // 2 for number in alike.values())
    return local


def _count(field: FieldNode, local: _Local, depth: int) -> None:
    local.fields += 1
    local.depth = max(local.depth, depth)
    local.aliases += field.alias is not None
    local.root_fields += depth == 1
    local.introspection = local.introspection or (
        field.name.value.startswith("__") and field.name.value != "__typename"
    )
    for argument in field.arguments or ():
        local.values += _values(argument.value)


def _values(value: ValueNode) -> int:
    number = 0
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ListValueNode):
            waiting.extend(one.values)
        elif isinstance(one, ObjectValueNode):
            waiting.extend(field.value for field in one.fields)
        number += 1
    return number


def _directives(node: object) -> int:
    number = len(getattr(node, "directives", None) or ())
    _at_most("directives in one place", number, DIRECTIVES_PER_PLACE)
    return number


def _totals(fragments: dict[str, _Local]) -> dict[str, Measures]:
    """Fragments from the innermost outwards, without recursion."""
    totals: dict[str, Measures] = {}
    open_now: set[str] = set()
    waiting = list(fragments)
    while waiting:
        name = waiting[-1]
        if name in totals:
            waiting.pop()
            open_now.discard(name)
            continue
        inner = {spread for spread, _ in fragments[name].spreads if spread in fragments and spread not in totals}
        if inner & open_now or name in inner:
            raise LimitExceeded("A fragment spreads itself.")
        if inner:
            open_now.add(name)
            waiting.extend(inner)
            continue
        totals[name] = _summed(fragments[name], totals)
    return totals


def _summed(local: _Local, totals: dict[str, Measures]) -> Measures:
    depth, fields, aliases, directives = local.depth, local.fields, local.aliases, local.directives
    root_fields, introspection = local.root_fields, local.introspection
    for name, at in local.spreads:
        inner = totals.get(name)
        if inner is None:
            continue  # validation names unknown fragments
        depth = max(depth, at - 1 + inner.depth)
        fields = min(ENOUGH, fields + inner.fields)
        aliases = min(ENOUGH, aliases + inner.aliases)
        directives = min(ENOUGH, directives + inner.directives)
        introspection = introspection or inner.introspection
        if at == 1:
            root_fields = min(ENOUGH, root_fields + inner.root_fields)
    return Measures(depth, fields, aliases, directives, root_fields, introspection)
