"""From a validated operation to a plan. Runs once per operation, `@skip`/`@include` outcome and grants.

graphql-core's own field collection says what is selected on which type, so fragments, directives and merging are its
business. A batched field becomes a slot in its parent's response object and a site; everything else source text.
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
from gateway.execution.declare.batched import BatchedField, ComputedField, GatewayField
from gateway.execution.declare.checks import declared, record_classes
from gateway.execution.declare.selection import possible_types
from gateway.execution.memo.response import field_of
from gateway.execution.plan.code import code_of
from gateway.execution.plan.grouping import Compilation, Grouping, PlanPosition
from gateway.execution.plan.meta import MetaArguments, reader
from gateway.execution.plan.plan import Plan, Site, Unplannable
from gateway.execution.plan.projection import Namespace
from gateway.execution.plan.source import FunctionBody, Source
from gateway.execution.read.arguments import Arguments, has_variables

BYTES_OF_ONE = 4_000
BYTES_PER_CHARACTER = 8
BYTES_PER_SITE = 1_500
SMALL = 8
"""Fields of an object without fetches that is still written in place; a larger one may stand in several places."""


def compile_plan(operation: Compilation, *, shaped: bool = False) -> Plan:
    """Raises Unplannable where graphql-core has to do it, and LimitExceeded for a document that expands too far.
    `shaped`: makes response objects of classes of their own instead of dictionaries."""
    return _Compiler(operation, shaped).plan()


class _Compiler:
    def __init__(self, operation: Compilation, shaped: bool) -> None:
        self._operation = operation
        self._shaped = shaped
        self._names = Namespace()
        self._source = Source()
        self._sites: list[Site] = []
        self._fillers: list[str] = []
        self._spots = 0
        self._grouping = Grouping(operation)
        self._computed: list[Arguments | MetaArguments] = []
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
        body = FunctionBody()
        body.write(f"return {self._selection(root, fields, 'r', PlanPosition(None, 0, None, ()), body, serial=serial)}")
        maker = self._source.add("p", "r", body)
        source = self._source.text(
            [
                "ctx",
                *(f"a{number}" for number in range(len(self._computed))),
                *(name for number in range(self._spots) for name in (f"h{number}", f"q{number}")),
            ],
            f"{maker}, ({''.join(f'{filler}, ' for filler in self._fillers)})",
        )
        space = dict(self._names.names)
        exec(code_of(source), space)  # noqa: S102 # names and literals are ours, strings are repr()s
        return Plan(
            build=space.pop("module")(),  # the functions know their namespace, which may not know them
            source=source,
            sites=self._sites,
            spots=self._spots,
            groups=self._grouping.groups(),
            computed=self._computed,
            frames=tuple(fields) if serial else None,
            private=self._private,
            shaped=self._shaped,
            size=BYTES_OF_ONE
            + BYTES_PER_CHARACTER * len(source)
            + BYTES_PER_SITE * len(self._sites)
            + self._names.bytes,
        )

    # --- selections: each writes statements, and returns the expression of the response value ------------------------

    def _object(
        self, kind: GraphQLObjectType, fields: GroupedFieldSet, record: str, place: PlanPosition, body: FunctionBody
    ) -> str:
        """The response object of the record in a variable."""
        if body.is_deep or len(fields) > SMALL:
            own = FunctionBody()
            own.write(f"return {self._checked(kind, fields, 'r', place, own)}")
            own.look_at_the_clock((0, 0))
            return self._call("p", "r", own, record, body)
        return self._checked(kind, fields, record, place, body)

    def _checked(
        self, kind: GraphQLObjectType, fields: GroupedFieldSet, record: str, place: PlanPosition, body: FunctionBody
    ) -> str:
        body.write(f"if {self._is_other(kind, record)}: unexpected({record})")
        return self._selection(kind, fields, record, place, body)

    def _selection(
        self,
        kind: GraphQLObjectType,
        fields: GroupedFieldSet,
        record: str,
        place: PlanPosition,
        body: FunctionBody,
        *,
        serial: bool = False,
    ) -> str:
        names = tuple(fields)
        values: list[str] = []
        spot: int | None = None
        for alias, details in fields.items():
            self._count()
            node = details[0].node
            definition = self._operation.schema.get_field(kind, node.name.value)
            if definition is None:
                raise Unplannable("unknown field")
            at = PlanPosition(None, 0, alias, (*place.path, alias)) if serial else place.at(alias)
            if node.name.value == "__typename":
                values.append(repr(kind.name))
                continue
            field = declared(definition)
            if field is None:
                variable = body.fresh()
                body.write(f"{variable} = {self._read_meta(definition, details, record, body)}")
                values.append(self._value(definition.type, variable, details, at, body))
                continue
            refusal = self._refusal(field, definition)
            if refusal is not None or isinstance(field, BatchedField):
                if spot is None:
                    spot, self._spots = self._spots, self._spots + 1
                slot = field_of(len(values)) if self._shaped else alias
                values.append("None")
                self._site(slot, field, definition, details, at, refusal, kind, spot)
                continue
            variable = body.fresh()
            body.write(f"{variable} = {self._read(field, definition, details, record, body)}")
            values.append(self._value(definition.type, variable, details, at, body))
        if self._shaped:
            made = f"{self._names.shape(names)}({', '.join(values)})"
        else:
            keys = map(self._names.word, names)
            made = f"{{{', '.join(f'{key}: {value}' for key, value in zip(keys, values, strict=True))}}}"
        if spot is None:
            return made
        holder = body.fresh()
        body.write(f"{holder} = {made}")
        body.write(f"h{spot}({holder}); q{spot}({record})")
        body.bound = True
        return holder

    def _is_other(self, kind: GraphQLObjectType, record: str) -> str:
        """The condition under which a record is of another type."""
        classes = record_classes(kind.is_type_of)
        if len(classes) == 1:
            return f"type({record}) is not {self._names.refer('R', classes[0])}"
        if classes:
            return f"type({record}) not in {self._names.refer('R', frozenset(classes))}"
        if kind.is_type_of is not None:
            return f"not {self._names.refer('T', kind.is_type_of)}({record}, None)"
        return f"{record} is None or isinstance({record}, {self._names.refer('X', Exception)})"

    def _read(
        self,
        field: StrawberryField,
        definition: GraphQLField,
        details: FieldDetailsList,
        record: str,
        body: FunctionBody,
    ) -> str:
        """The expression for a field's raw value on a record."""
        if field.base_resolver is None:
            name = field.python_name
            if not name.isidentifier() or keyword.iskeyword(name):
                raise Unplannable("attribute name")
            return f"{record}.{name}"
        if isinstance(field, ComputedField):
            body.cost += field.cost
            body.bound = body.bound or "ctx" in field.takes
            first = f"{record}, ctx" if "ctx" in field.takes else record
            function = self._names.refer("C", field.function)
        elif isinstance(field, GatewayField):
            raise Unplannable("unknown kind of field")
        else:
            first = record
            function = self._names.refer("C", _plain_call(cast("StrawberryResolver[Any]", field.base_resolver)))
        if not definition.args:
            return f"{function}({first})"
        return self._called(function, first, self._grouping.arguments(definition, field, details), body)

    def _read_meta(self, definition: GraphQLField, details: FieldDetailsList, record: str, body: FunctionBody) -> str:
        """The same for a field of the introspection system."""
        function = self._names.refer("C", reader(self._operation.schema, definition))
        node = details[0].node
        if not definition.args:
            return f"{function}({record})"
        constant = not any(has_variables(argument.value) for argument in node.arguments or ())
        arguments = MetaArguments(definition, node, self._operation.variables, constant=constant)
        return self._called(function, record, arguments, body)

    def _called(self, function: str, first: str, arguments: Arguments | MetaArguments, body: FunctionBody) -> str:
        if arguments.constant is not None:
            return f"{function}({first}, **{self._names.refer('K', arguments.constant)})"
        self._computed.append(arguments)
        body.bound = True
        return f"{function}({first}, **a{len(self._computed) - 1})"

    def _count(self) -> None:
        self._fields += 1
        if self._fields > self._operation.max_fields:
            raise LimitExceeded(f"the document selects more than {self._operation.max_fields} fields")

    # --- values: as graphql-core's `complete_value` would ------------------------------------------------------------

    def _value(
        self, output: Any, variable: str, details: FieldDetailsList, place: PlanPosition, body: FunctionBody
    ) -> str:
        """The response value of the value in a variable, which may be written over."""
        nullable = not is_non_null_type(output)
        present: Any = output if nullable else output.of_type
        if is_leaf_type(present):
            body.write(self._names.leaf(cast(Any, present)).statement(variable, nullable=nullable))
            return variable
        if not nullable:
            return self._present(present, variable, details, place, body)
        with body.block(f"if {variable} is not None:"):
            body.write(f"{variable} = {self._present(present, variable, details, place, body)}")
        return variable

    def _present(
        self, output: Any, variable: str, details: FieldDetailsList, place: PlanPosition, body: FunctionBody
    ) -> str:
        if is_list_type(output):
            body.write(f"if type({variable}) not in LISTS: unexpected({variable})")
            if body.is_deep:
                own = FunctionBody()
                own.write(f"return {self._list(output.of_type, 'rs', details, place, own)}")
                return self._call("m", "rs", own, variable, body)
            return self._list(output.of_type, variable, details, place, body)
        if is_abstract_type(output):
            table = self._dispatch(output, details, place)
            body.bound = body.bound or self._source.is_bound(table)
            return f"{table}[type({variable})]({variable})"
        return self._object(output, self._subfields(output, details), variable, place, body)

    def _list(
        self, item: Any, variable: str, details: FieldDetailsList, place: PlanPosition, body: FunctionBody
    ) -> str:
        made, one = body.fresh(), body.fresh()
        body.write(f"{made} = []")
        with body.block(f"for {one} in {variable}:"):
            mark = body.mark()
            body.write(f"{made}.append({self._value(item, one, details, place, body)})")
            body.look_at_the_clock(mark)
        return made

    def _call(self, prefix: str, parameter: str, function: FunctionBody, argument: str, body: FunctionBody) -> str:
        """Write the function, and return a call of it."""
        name = self._source.add(prefix, parameter, function)
        body.bound = body.bound or function.bound
        return f"{name}({argument})"

    def _dispatch(self, output: Any, details: FieldDetailsList, place: PlanPosition) -> str:
        """Write the table from record class to maker for an interface or a union; its name."""
        makers: dict[str, str] = {}
        for kind in possible_types(self._operation.schema, output):
            classes = record_classes(kind.is_type_of)
            if not classes:
                raise Unplannable("member without records")
            body = FunctionBody()
            body.write(f"return {self._checked(kind, self._subfields(kind, details), 'r', place, body)}")
            maker = self._source.add("p", "r", body)
            for one in classes:
                makers.setdefault(self._names.refer("R", one), maker)
        return self._source.add_table([*makers.items()])

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
        slot: str,
        field: StrawberryField,
        definition: GraphQLField,
        details: FieldDetailsList,
        place: PlanPosition,
        refusal: Forbidden | None,
        parent: GraphQLObjectType,
        spot: int,
    ) -> None:
        nodes = [detail.node for detail in details]
        site = Site(len(self._sites), spot, slot, nodes, not is_non_null_type(definition.type), place.path)
        self._sites.append(site)
        self._fillers.append("None")
        site.refusal = refusal
        if not isinstance(field, BatchedField) or refusal is not None:
            return
        group = self._grouping.group(field, definition, details, place, parent)
        group.sites.append(site)
        below = PlanPosition(group, place.level + 1, place.frame, place.path)
        body = FunctionBody()
        with body.block("for d, r in zip(ds, rs):"):
            mark = body.mark()
            place_of = f"d.{slot}" if self._shaped else f"d[{self._names.word(slot)}]"
            body.write(f"{place_of} = {self._value(definition.type, 'r', details, below, body)}")
            body.look_at_the_clock(mark)
        self._fillers[site.index] = self._source.add("c", "ds, rs", body)


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
