"""Documents, parsed and validated once. The cache is keyed by the text and bounded in bytes: those of all that hangs on
a document, its tree, its plans, and what the door knows of it. Nothing of these is in a ring, so they are gone the
moment they are pushed out and nobody runs them any more."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, cast

import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    OperationDefinitionNode,
    SelectionSetNode,
    UniqueVariableNamesRule,
    VariableNode,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
    specified_rules,
)
from graphql.execution.collect_fields import FragmentDetails
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from gateway.errors import GatewayError
from gateway.execution.declare.checks import graphql_schema
from gateway.execution.memo.counters import ExecutionCounters
from gateway.execution.memo.failures import blamed, raisable
from gateway.execution.read.kept import KeptBySize
from gateway.execution.read.parsing import parsed
from gateway.execution.read.validation import validated
from gateway.execution.read.validity import Validity
from gateway.execution.read.variables import Variables
from gateway.graph.walk import walk

BYTES_OF_ONE = 4_000
BYTES_PER_TOKEN = 250
BYTES_PER_ERROR = 2_500
ABOUT_VARIABLES = (
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    UniqueVariableNamesRule,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
)
WITHOUT_VARIABLES = tuple(rule for rule in specified_rules if rule not in ABOUT_VARIABLES)
"""What is left to ask of a text without a dollar sign. It halves the time."""

OF_STRAWBERRY = (MaybeNullValidationRule, OneOfInputValidationRule)

DocumentGuard = Callable[[DocumentNode], None]
"""Runs before validation, raising a GatewayError for a document beyond the limits. It must not cost more than linear
time, because validation does."""


class Document:
    """A parsed document. With `errors` it may not be executed, and only they are kept."""

    __slots__ = (
        "_variables",
        "annex",
        "branching",
        "bytes",
        "errors",
        "fragments",
        "introspects",
        "node",
        "operations",
        "plans",
        "text",
        "tokens",
        "unplannable",
    )

    def __init__(self, text: str, node: DocumentNode | None, errors: list[GraphQLError]) -> None:
        if errors:
            node = None
        for error in errors:
            _let_go(error)
        self.text = text
        self.node = node
        self.errors = errors
        self.tokens: int = getattr(node, "token_count", 0)
        self.bytes = BYTES_OF_ONE + 2 * len(text) + BYTES_PER_TOKEN * self.tokens + BYTES_PER_ERROR * len(errors)
        """About what it takes in memory, with all that hangs on it; not less."""
        self._variables: dict[str | None, Variables] = {}
        self.plans: dict[Hashable, Any] = {}
        """Plans made of it, oldest first: `Plans` keeps them here."""
        self.annex: Any = None
        """What the door knows of it."""
        definitions = node.definitions if node is not None else ()
        self.operations = [one for one in definitions if isinstance(one, OperationDefinitionNode)]
        self.fragments = {
            one.name.value: FragmentDetails(one) for one in definitions if isinstance(one, FragmentDefinitionNode)
        }
        branching: set[str] = set()
        self.introspects = False
        self.unplannable: str | None = None
        """Why no plan can be made, in one word, or None."""
        for one in definitions:
            if isinstance(one, OperationDefinitionNode):
                for variable in one.variable_definitions or ():
                    self._directives(variable, branching)
            elif not isinstance(one, FragmentDefinitionNode):
                continue
            elif one.variable_definitions:
                self.unplannable = "fragment variables"
            self._directives(one, branching)
            for step in walk(one):
                self._directives(step.node, branching)
                if isinstance(step.node, FieldNode):
                    self.introspects = self.introspects or step.node.name.value in ("__schema", "__type")
        self.branching = tuple(sorted(branching))
        """Variables whose values decide what is selected."""

    def _directives(self, node: Any, branching: set[str]) -> None:
        """Notes the variables that decide whether the node is selected."""
        for directive in node.directives or ():
            name = directive.name.value
            if name in ("skip", "include"):
                values = [argument.value for argument in directive.arguments or ()]
                branching |= {value.name.value for value in values if isinstance(value, VariableNode)}
            elif name == "experimental_disableErrorPropagation" or not isinstance(node, OperationDefinitionNode):
                self.unplannable = "directive"

    def variables(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> Variables:
        """The variables of one of its operations."""
        name = operation.name and operation.name.value
        known = self._variables.get(name)
        if known is None:
            known = self._variables[name] = Variables(schema, operation)
        return known

    def expansion(self, operation: OperationDefinitionNode) -> int:
        """How many fields the operation selects with its fragments written out. Takes linear time, where writing them
        out may take exponential."""
        return self._expansion(operation.selection_set, {})

    def _expansion(self, selected: SelectionSetNode | None, known: dict[str, int]) -> int:
        total = 0
        for one in selected.selections if selected is not None else ():
            if isinstance(one, FragmentSpreadNode):
                name = one.name.value
                if name not in known:
                    known[name] = self._expansion(self.fragments[name].definition.selection_set, known)
                total += known[name]
            else:
                inner = cast("FieldNode | InlineFragmentNode", one).selection_set
                total += isinstance(one, FieldNode) + self._expansion(inner, known)
        return total

    def chosen(self, name: str | None) -> OperationDefinitionNode | GraphQLError:
        """The operation of that name; without a name, the only one."""
        if name is not None:
            found = next((one for one in self.operations if one.name is not None and one.name.value == name), None)
            return found or GraphQLError("The document has no operation of that name.")
        if len(self.operations) == 1:
            return self.operations[0]
        if self.operations:
            return GraphQLError("Say which operation to run: `operationName`.")
        return GraphQLError("There is no operation.")


def _let_go(error: GraphQLError) -> None:
    """One node of a document keeps its whole tree alive, and one frame of a traceback the reader's variables."""
    error.nodes = None
    one: BaseException | None = error
    while one is not None:
        one.__traceback__ = one.__context__ = None
        one = one.original_error if isinstance(one, GraphQLError) else one.__cause__


class Documents:
    """The cache. Both valid and invalid documents are kept, so that neither is validated twice."""

    def __init__(
        self,
        schema: strawberry.Schema,
        guards: Sequence[DocumentGuard],
        counters: ExecutionCounters,
        *,
        max_bytes: int,
        max_characters: int = 100_000,
        max_tokens: int = 5_000,
    ) -> None:
        self._schema = graphql_schema(schema)
        self._validity = Validity(self._schema)
        self._guards = tuple(guards)
        self._max_tokens = max_tokens
        self._max_characters = max_characters
        self._known: KeptBySize[str, Document] = KeptBySize(max_bytes, lambda document: document.bytes)
        self._counters = counters

    def get(self, text: str) -> Document:
        """The document, with the errors of parsing, guards or validation."""
        document = self._known.get(text)
        if document is None:
            document = self._read(text)
            self._known.put(text, document)
        return document

    def grown(self, document: Document, size: int) -> None:
        """Something of so many bytes hangs on a document now (or, below zero, does no more)."""
        document.bytes += size
        self._known.grown(document.text)

    def clear(self) -> None:
        """Forget all of them."""
        self._known.clear()

    def __len__(self) -> int:
        return len(self._known)

    @property
    def bytes(self) -> int:
        """What all that is kept takes, about."""
        return self._known.bytes

    def _read(self, text: str) -> Document:
        self._counters.documents_parsed += 1
        try:
            node = parsed(text, max_tokens=self._max_tokens, max_characters=self._max_characters)
            for guard in self._guards:
                guard(node)
        except GraphQLError as error:
            return Document(text, None, [error])
        except GatewayError as error:
            self._counters.documents_refused += 1
            return Document(text, None, [raisable(error)])
        if self._validity.proven(node):
            return Document(text, node, [])
        rules = tuple(specified_rules) if "$" in text else WITHOUT_VARIABLES
        return Document(text, node, blamed(validated(self._schema, node, (*rules, *OF_STRAWBERRY))))
