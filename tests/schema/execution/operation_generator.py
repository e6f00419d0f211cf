"""Random operations over any schema, from a seed: aliases, merged fields, fragments, directives, variables, arguments.

What it makes is valid but for rare clashes of merged fields, which the caller drops after validation.
"""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLSchema,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

Samples = Mapping[str, Sequence[Any]]
"""Values for scalars, by the scalar's name or, before that, by the argument's."""

SAMPLES: Samples = {
    "Int": (0, 1, 2, 3, -1),
    "Float": (0.5, 2, -1.25),
    "String": ("", "p1", "abc", 'quo"te'),
    "ID": ("p1", "p2", "7"),
    "Boolean": (True, False),
}


class Generated(NamedTuple):
    """An operation, and two sets of variables to run it with."""

    text: str
    variables: tuple[dict[str, Any], dict[str, Any]]
    mutates: bool


class OperationGenerator:
    def __init__(self, schema: GraphQLSchema, seed: int, samples: Samples = SAMPLES, max_fields: int = 24) -> None:
        self._schema = schema
        self._random = random.Random(seed)
        self._samples = {**SAMPLES, **samples}
        self._max_fields = max_fields

    def operation(self, mutation_share: float = 0.15) -> Generated:
        """One operation of a random size."""
        self._budget = self._random.randint(2, self._max_fields)
        self._aliases = 0
        self._variables: dict[str, tuple[str, Any]] = {}
        self._fragments: list[str] = []
        mutates = self._schema.mutation_type is not None and self._chance(mutation_share)
        root = self._schema.mutation_type if mutates else self._schema.query_type
        if self._chance(0.02) and not mutates:
            body = '{ __schema { queryType { name } } __type(name: "Query") { fields { name type { kind } } } }'
        else:
            body = self._selection(root, 0)
        declared = ", ".join(f"${name}: {spec}" for name, (spec, _) in self._variables.items())
        head = f"{'mutation' if mutates else 'query'} Op" + (f"({declared})" if declared else "")
        return Generated("\n".join([f"{head} {body}", *self._fragments]), (self._values(), self._values()), mutates)

    # --- selections -----------------------------------------------------------------------------------------------

    def _selection(self, kind: Any, depth: int) -> str:
        parts = [self._part(kind, depth) for _ in range(self._random.randint(1, 5 if depth < 3 else 2))]
        parts = [part for part in parts if part]
        return "{ " + (" ".join(parts) or "__typename") + " }"

    def _part(self, kind: Any, depth: int) -> str:
        draw = self._random.random()
        if draw < 0.04:
            return f"__typename{self._directive()}"
        if draw < 0.10 and depth:
            return f"...{self._directive()} {self._selection(kind, depth + 1)}"
        if draw < 0.16 and depth:
            return self._spread(kind, depth)
        if is_abstract_type(kind) and (draw < 0.7 or not is_interface_type(kind)):
            member = self._random.choice(self._schema.get_possible_types(kind))
            return f"... on {member.name}{self._directive()} {self._selection(member, depth + 1)}"
        if is_object_type(kind) and kind.interfaces and draw < 0.22:
            parent = self._random.choice(kind.interfaces)
            return f"... on {parent.name} {self._selection(parent, depth + 1)}"
        return self._field(kind, depth)

    def _spread(self, kind: Any, depth: int) -> str:
        name = f"F{len(self._fragments)}"
        self._fragments.append("")
        body = self._selection(kind, depth + 1)
        self._fragments[int(name[1:])] = f"fragment {name} on {kind.name} {body}"
        twice = f" ...{name}" if self._chance(0.3) else ""
        return f"...{name}{self._directive()}{twice}"

    def _field(self, kind: Any, depth: int) -> str:
        choices: list[tuple[str, GraphQLField]] = list(kind.fields.items())
        composite = [(name, field) for name, field in choices if is_composite_type(get_named_type(field.type))]
        if composite and self._chance(0.3):
            choices = composite
        if depth > 5 or self._budget <= 0:
            choices = [(name, field) for name, field in choices if not is_composite_type(get_named_type(field.type))]
        if not choices:
            return ""
        self._budget -= 1
        name, field = self._random.choice(choices)
        arguments = self._arguments(field)
        alias = ""
        if arguments or self._chance(0.25):
            self._aliases += 1
            alias = f"x{self._aliases}: "
        head = f"{alias}{name}{arguments}"
        output: Any = get_named_type(field.type)
        if not is_composite_type(output):
            return f"{head}{self._directive()}"
        first = f"{head}{self._directive()} {self._selection(output, depth + 1)}"
        if self._chance(0.15):  # the same field again, to be merged with the first
            return f"{first} {head} {self._selection(output, depth + 1)}"
        return first

    def _directive(self) -> str:
        if not self._chance(0.12):
            return ""
        condition = self._variable("Boolean!", lambda: self._chance(0.5)) if self._chance(0.6) else self._flag()
        return f" @{self._random.choice(('skip', 'include'))}(if: {condition})"

    def _flag(self) -> str:
        return self._random.choice(("true", "false"))

    # --- arguments and values -------------------------------------------------------------------------------------

    def _arguments(self, field: GraphQLField) -> str:
        written: list[str] = []
        for name, argument in field.args.items():
            if _required(argument) or self._chance(0.5):
                written.append(f"{name}: {self._argument(name, argument)}")
        return f"({', '.join(written)})" if written else ""

    def _argument(self, name: str, argument: GraphQLArgument) -> str:
        if self._chance(0.5):
            return self._variable(str(argument.type), lambda: self._value(name, argument.type))
        return self._literal(name, argument.type)

    def _variable(self, spec: str, draw: Any) -> str:
        same = [name for name, (other, _) in self._variables.items() if other.split(" =")[0] == spec]
        if same and self._chance(0.4):
            return f"${self._random.choice(same)}"
        name = f"v{len(self._variables)}"
        if spec in ("Int", "Int!") and self._chance(0.3):
            spec = f"{spec} = 2"
        self._variables[name] = (spec, draw)
        return f"${name}"

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, (spec, draw) in self._variables.items():
            if (not spec.endswith("!")) and self._chance(0.2):
                continue
            values[name] = draw()
        return values

    def _literal(self, name: str, kind: Any) -> str:
        value = self._value(name, kind)
        return _written(value, kind)

    def _value(self, name: str, kind: Any, depth: int = 0) -> Any:
        if is_non_null_type(kind):
            return self._present(name, kind.of_type, depth)
        return None if self._chance(0.08) else self._present(name, kind, depth)

    def _present(self, name: str, kind: Any, depth: int) -> Any:
        if is_list_type(kind):
            return [self._value(name, kind.of_type, depth + 1) for _ in range(self._random.randint(0, 2))]
        if is_enum_type(kind):
            return self._random.choice(list(kind.values))
        if is_input_object_type(kind):
            return self._input(kind, depth)
        samples = self._samples.get(name) or self._samples.get(kind.name) or ("x",)
        return self._random.choice(samples)

    def _input(self, kind: Any, depth: int) -> dict[str, Any]:
        fields: list[tuple[str, GraphQLInputField]] = list(kind.fields.items())
        if kind.is_one_of:
            name, field = self._random.choice(fields)
            return {name: self._present(name, field.type, depth + 1)}
        chosen = [(name, field) for name, field in fields if _required(field) or (depth < 3 and self._chance(0.5))]
        return {name: self._value(name, field.type, depth + 1) for name, field in chosen}

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability


def _required(argument: GraphQLArgument | GraphQLInputField) -> bool:
    return is_non_null_type(argument.type) and argument.default_value is Undefined


def _written(value: Any, kind: Any) -> str:
    """A value as GraphQL source."""
    if is_non_null_type(kind):
        return _written(value, kind.of_type)
    if value is None:
        return "null"
    if is_list_type(kind):
        return "[" + ", ".join(_written(item, kind.of_type) for item in value) + "]"
    if is_input_object_type(kind):
        return (
            "{" + ", ".join(f"{name}: {_written(item, kind.fields[name].type)}" for name, item in value.items()) + "}"
        )
    if is_enum_type(kind):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
