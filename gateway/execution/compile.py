"""From a validated operation to a plan. Runs once per operation, `@skip`/`@include` outcome and grants.

graphql-core's own field collection says what is selected on which type, so fragments, directives and merging are its
business. A batched field becomes a hole in its parent's response object and a site; everything else source text.
"""

# graphql-core's type wrappers are open generics, which strict checking cannot see through:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import keyword
from collections.abc import Callable
from typing import Any, cast

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from gateway.errors import Forbidden, LimitExceeded
from gateway.execution.batched import BatchedField, ComputedField, GatewayField
from gateway.execution.checks import declared, record_classes
from gateway.execution.grouping import Grouping, Operation, Place
from gateway.execution.plan import Arguments, Plan, Site, Unplannable
from gateway.execution.projection import Namespace
from gateway.execution.selection import possible_types

SMALL = 8
"""Fields of an object that is still written in place."""


def compile_plan(operation: Operation) -> Plan:
    """Raises Unplannable where graphql-core has to do it, and LimitExceeded for a document that expands too far."""
    return _Compiler(operation).plan()


class _Compiler:
    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._names = Namespace()
        self._functions: list[str] = []
        self._sites: list[Site] = []
        self._grouping = Grouping(operation)
        self._computed: list[Arguments] = []
        self._bodies: dict[str, str] = {}
        self._fields = 0
        self._private = False

    def plan(self) -> Plan:
        operation = self._operation
        kind = operation.definition.operation
        root = operation.schema.get_root_type(kind)
        if root is None:
            raise Unplannable("no root type")
        fields = collect_fields(
            operation.schema, operation.fragments, operation.variables, root, operation.definition
        ).grouped_field_set
        serial = kind.value == "mutation"
        maker = self._object(root, fields, Place(None, 0, None, ()), root=True, serial=serial)
        sites = self._sites
        parameters = ", ".join(
            ["ctx", *(f"k{i}" for i in range(len(self._computed))), *(f"a{site.index}" for site in sites)]
        )
        completers = "".join(f"{site.complete}, " for site in sites)
        source = "\n".join(
            [f"def build({parameters}):", *filter(None, self._functions), f" return {maker}, ({completers})"],
        )
        space = dict(self._names.names)
        exec(compile(source, "<plan>", "exec"), space)  # noqa: S102 # names and literals are ours, strings are repr()s
        return Plan(
            build=space["build"],
            source=source,
            sites=sites,
            groups=self._grouping.groups,
            computed=self._computed,
            frames=tuple(fields) if serial else None,
            private=self._private,
            fields=self._fields,
        )

    # --- selections -----------------------------------------------------------------------------------------------

    def _object(
        self,
        kind: GraphQLObjectType,
        fields: GroupedFieldSet,
        place: Place,
        *,
        root: bool = False,
        serial: bool = False,
    ) -> str:
        """Write the function that makes one response object of a record; its name."""
        name = f"p{len(self._functions)}"
        index = len(self._functions)
        self._functions.append("")  # functions are written before those that call them, but named after
        lines = [f" def {name}(r):"]
        if not root:
            lines += self._class_check(kind)
        entries: list[str] = []
        holes: list[Site] = []
        for alias, details in fields.items():
            self._count()
            node = details[0].node
            definition = self._operation.schema.get_field(kind, node.name.value)
            if definition is None:
                raise Unplannable("unknown field")
            at = place.at(alias)
            if serial:
                at = Place(None, 0, alias, at.path)
            if node.name.value == "__typename":
                entries.append(f"{alias!r}: {kind.name!r}")
                continue
            field = declared(definition)
            if field is None:
                raise Unplannable("introspection")
            refusal = self._refusal(field, definition)
            if refusal is not None or isinstance(field, BatchedField):
                entries.append(f"{alias!r}: None")
                holes.append(self._site(alias, field, definition, details, at, refusal, kind))
                continue
            variable = f"v{len(entries)}"
            lines.append(f"  {variable} = {self._read(field, definition, details)}")
            entries.append(f"{alias!r}: {self._value(definition.type, variable, details, at)}")
        if holes:
            lines.append(f"  d = {{{', '.join(entries)}}}")
            lines += [f"  a{site.index}((d, r))" for site in holes]
            lines.append("  return d")
        else:
            lines.append(f"  return {{{', '.join(entries)}}}")
        return self._written(name, index, lines, alone=not holes and not root)

    def _written(self, name: str, index: int, lines: list[str], alone: bool) -> str:
        """Put the function in its place, unless an equal one stands already. With holes, none is equal to another."""
        body = "\n".join(lines[1:])
        known = self._bodies.setdefault(body, name) if alone else name
        if known == name:
            self._functions[index] = f"{lines[0]}\n{body}"
        return known

    def _class_check(self, kind: GraphQLObjectType) -> list[str]:
        classes = record_classes(kind.is_type_of)
        if len(classes) == 1:
            return [f"  if type(r) is not {self._names.refer('R', classes[0])}: unexpected(r)"]
        if classes:
            return [f"  if type(r) not in {self._names.refer('R', frozenset(classes))}: unexpected(r)"]
        if kind.is_type_of is not None:
            return [f"  if not {self._names.refer('T', kind.is_type_of)}(r, None): unexpected(r)"]
        error = self._names.refer("X", Exception)
        return [f"  if r is None or isinstance(r, {error}): unexpected(r)"]

    def _read(
        self, field: StrawberryField, definition: GraphQLField, details: FieldDetailsList, record: str = "r"
    ) -> str:
        """The expression for a field's raw value on a record."""
        if field.base_resolver is None:
            name = field.python_name
            if not name.isidentifier() or keyword.iskeyword(name):
                raise Unplannable("attribute name")
            return f"{record}.{name}"
        if isinstance(field, ComputedField):
            first = f"{record}, ctx" if "ctx" in field.takes else record
            function = self._names.refer("C", field.function)
        elif isinstance(field, GatewayField):
            raise Unplannable("unknown kind of field")
        else:
            first = record
            function = self._names.refer("C", _plain_call(cast("StrawberryResolver[Any]", field.base_resolver)))
        if not definition.args:
            return f"{function}({first})"
        arguments = self._grouping.arguments(definition, field, details)
        if arguments.constant is not None:
            return f"{function}({first}, **{self._names.refer('K', arguments.constant)})"
        self._computed.append(arguments)
        return f"{function}({first}, **k{len(self._computed) - 1})"

    def _count(self) -> None:
        self._fields += 1
        if self._fields > self._operation.max_fields:
            raise LimitExceeded(f"the document selects more than {self._operation.max_fields} fields")

    # --- values ---------------------------------------------------------------------------------------------------

    def _value(self, output: Any, variable: str, details: FieldDetailsList, place: Place) -> str:
        """The expression that completes the value in `variable`, as graphql-core's `complete_value` would."""
        if is_non_null_type(output):
            return self._present(output.of_type, variable, details, place)
        return f"None if {variable} is None else {self._present(output, variable, details, place)}"

    def _present(self, output: Any, variable: str, details: FieldDetailsList, place: Place) -> str:
        if is_list_type(output):
            item = f"{variable}_"
            items = self._value(output.of_type, item, details, place)
            every = f"({variable} if type({variable}) in LISTS else unexpected({variable}))"
            maker = items.removesuffix(f"({item})")
            if maker.isidentifier():  # a comprehension has a frame of its own before Python 3.12
                return f"[*map({maker}, {every})]"
            return f"[{items} for {item} in {every}]"
        if is_leaf_type(output):
            return self._names.leaf(cast(Any, output))(variable)
        if is_abstract_type(output):
            return f"{self._dispatch(output, details, place)}[type({variable})]({variable})"
        fields = self._subfields(output, details)
        return self._inline(output, fields, variable, place) or f"{self._object(output, fields, place)}({variable})"

    def _inline(self, kind: GraphQLObjectType, fields: GroupedFieldSet, variable: str, place: Place) -> str | None:
        """A small object of nothing but leaves, as an expression: a third of its cost is the call of a function. None
        where it is more than that."""
        classes = record_classes(kind.is_type_of)
        if len(classes) != 1 or len(fields) > SMALL or not variable.isidentifier() or variable.endswith("_"):
            return None
        leaves: list[tuple[str, StrawberryField, GraphQLField, FieldDetailsList]] = []
        for alias, details in fields.items():
            definition = self._operation.schema.get_field(kind, details[0].node.name.value)
            field = declared(definition) if definition is not None else None
            if definition is None or field is None or isinstance(field, BatchedField):
                return None
            output: Any = definition.type.of_type if is_non_null_type(definition.type) else definition.type
            if not is_leaf_type(output) or self._refusal(field, definition) is not None:
                return None
            leaves.append((alias, field, definition, details))
        entries: list[str] = []
        for place_in_it, (alias, field, definition, details) in enumerate(leaves):
            self._count()
            name = f"{variable}{chr(97 + place_in_it)}"
            read = self._read(field, definition, details, variable)
            value = self._value(definition.type, name, details, place)
            entries.append(f"{alias!r}: {_reading(value, name, read)}")
        check = f"type({variable}) is {self._names.refer('R', classes[0])}"
        return f"({{{', '.join(entries)}}} if {check} else unexpected({variable}))"

    def _dispatch(self, output: Any, details: FieldDetailsList, place: Place) -> str:
        """Write the table from record class to maker for an interface or a union; its name."""
        makers: dict[str, str] = {}
        for kind in possible_types(self._operation.schema, output):
            classes = record_classes(kind.is_type_of)
            if not classes:
                raise Unplannable("member without records")
            maker = self._object(kind, self._subfields(kind, details), place)
            for one in classes:
                makers.setdefault(self._names.refer("R", one), maker)
        name = f"D{len(self._functions)}"
        self._functions.append(f" {name} = {{{', '.join(f'{one}: {maker}' for one, maker in makers.items())}}}")
        return name

    def _subfields(self, kind: GraphQLObjectType, details: FieldDetailsList) -> GroupedFieldSet:
        operation = self._operation
        return collect_subfields(
            operation.schema, operation.fragments, operation.variables, operation.definition, kind, details
        ).grouped_field_set

    # --- sites ----------------------------------------------------------------------------------------------------

    def _refusal(self, field: StrawberryField, definition: GraphQLField) -> Forbidden | None:
        if not isinstance(field, GatewayField) or not field.guard:
            return None
        self._private = self._private or field.guard.pii
        refusal = field.guard.refusal(self._operation.grants)
        if refusal is not None and is_non_null_type(definition.type):
            raise Unplannable("refused non-null field")
        return refusal

    def _site(
        self,
        alias: str,
        field: StrawberryField,
        definition: GraphQLField,
        details: FieldDetailsList,
        place: Place,
        refusal: Forbidden | None,
        parent: GraphQLObjectType,
    ) -> Site:
        nodes = [detail.node for detail in details]
        site = Site(len(self._sites), alias, nodes, not is_non_null_type(definition.type), place.path)
        self._sites.append(site)
        site.complete = f"c{site.index}"
        site.refusal = refusal
        if not isinstance(field, BatchedField) or refusal is not None:
            site.complete = "unexpected"
            return site
        group = self._grouping.group(field, definition, details, place, parent)
        site.group = group
        group.sites.append(site)
        below = Place(group, place.level + 1, place.frame, place.path)
        output: Any = definition.type.of_type if is_non_null_type(definition.type) else definition.type
        if is_object_type(output):
            site.complete = self._object(output, self._subfields(output, details), below)
        else:
            index = len(self._functions)
            self._functions.append("")
            value = self._present(output, "v", details, below)
            self._functions[index] = f" def {site.complete}(v):\n  return {value}"
        return site


def _reading(value: str, name: str, read: str) -> str:
    """The expression `value` over `name`, with `name` read where it is evaluated first: in its test."""
    for test in (f"None if {name} is None", f"type({name})", f"id({name})"):
        if test in value:
            return value.replace(test, test.replace(name, f"({name} := {read})", 1), 1)
    raise Unplannable("a leaf without a test")


def _plain_call(resolver: StrawberryResolver[Any]) -> Callable[..., Any]:
    """A plain Strawberry resolver as a function of the record and the arguments."""
    function = cast("Callable[..., Any]", resolver.wrapped_func)
    if resolver.self_parameter is not None:
        return function
    parameter = resolver.parent_parameter or resolver.root_parameter
    if parameter is None:

        def of_nothing(_record: object, **arguments: Any) -> Any:
            return function(**arguments)

        return of_nothing
    name = parameter.name

    def of_parent(record: object, **arguments: Any) -> Any:
        return function(**{name: record}, **arguments)

    return of_parent
