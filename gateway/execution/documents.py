"""Documents, parsed and validated once. The cache is keyed by the text, and bounded by count and by size: a token of a
document takes about a kilobyte for as long as it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import strawberry
from cachetools import LRUCache
from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    OperationDefinitionNode,
    SelectionSetNode,
    UniqueVariableNamesRule,
    VariableNode,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
    parse,
    specified_rules,
)
from graphql.execution.collect_fields import FragmentDetails
from strawberry.schema.schema import validate_document

from gateway.errors import GatewayError
from gateway.execution.checks import graphql_schema
from gateway.execution.counters import Counters
from gateway.execution.failures import raisable
from gateway.execution.validity import Validity
from gateway.execution.variables import Variables

TYPICAL_TOKENS = 250
ABOUT_VARIABLES = (
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    UniqueVariableNamesRule,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
)
WITHOUT_VARIABLES = tuple(rule for rule in specified_rules if rule not in ABOUT_VARIABLES)
"""What is left to ask of a text without a dollar sign. It halves the time."""

Guard = Callable[[DocumentNode], None]
"""Runs before validation, raising a GatewayError for a document beyond the limits. It must not cost more than linear
time, because validation does."""


class Document:
    """A parsed document. With `errors` it may not be executed, and only they are kept."""

    __slots__ = (
        "_variables",
        "branching",
        "errors",
        "fragments",
        "introspects",
        "node",
        "operations",
        "tokens",
        "unplannable",
        "variants",
        "weight",
    )

    def __init__(self, node: DocumentNode | None, errors: list[GraphQLError]) -> None:
        if errors:
            node = None
        for error in errors:
            error.nodes = None  # one node keeps all tokens of the text alive
            error.__traceback__ = None
        self.node = node
        self.errors = errors
        self.tokens: int = getattr(node, "token_count", 0)
        self.weight = 1 + self.tokens // TYPICAL_TOKENS
        """How many places it takes in the cache."""
        self._variables: dict[str | None, Variables] = {}
        self.variants: list[Any] = []
        """Keys of the plans made of it, oldest first."""
        definitions = node.definitions if node is not None else ()
        self.operations = [one for one in definitions if isinstance(one, OperationDefinitionNode)]
        self.fragments = {
            one.name.value: FragmentDetails(one) for one in definitions if isinstance(one, FragmentDefinitionNode)
        }
        branching: set[str] = set()
        self.introspects = False
        self.unplannable: str | None = None
        """Why no plan can be made, in one word, or None."""
        waiting: list[Any] = list(definitions)
        while waiting:
            one = waiting.pop()
            for directive in one.directives or ():
                branching |= self._directive(directive, one)
            if isinstance(one, FieldNode):
                self.introspects = self.introspects or one.name.value in ("__schema", "__type")
            elif isinstance(one, OperationDefinitionNode):
                waiting.extend(one.variable_definitions or ())
            elif isinstance(one, FragmentDefinitionNode) and one.variable_definitions:
                self.unplannable = "fragment variables"
            selected = getattr(one, "selection_set", None)
            if selected is not None:
                waiting.extend(selected.selections)
        if self.introspects:
            self.unplannable = "introspection"
        self.branching = tuple(sorted(branching))
        """Variables whose values decide what is selected."""

    def _directive(self, directive: DirectiveNode, node: Node) -> set[str]:
        """The variables it reads to decide whether its node is selected."""
        name = directive.name.value
        if name in ("skip", "include"):
            values = [argument.value for argument in directive.arguments or ()]
            return {value.name.value for value in values if isinstance(value, VariableNode)}
        if name == "experimental_disableErrorPropagation" or not isinstance(node, OperationDefinitionNode):
            self.unplannable = "directive"
        return set()

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
        sizes: dict[str, int] = {}

        def size(selected: SelectionSetNode | None) -> int:
            total = 0
            for one in selected.selections if selected is not None else ():
                if isinstance(one, FragmentSpreadNode):
                    name = one.name.value
                    if name not in sizes:
                        sizes[name] = size(self.fragments[name].definition.selection_set)
                    total += sizes[name]
                else:
                    total += isinstance(one, FieldNode) + size(
                        cast("FieldNode | InlineFragmentNode", one).selection_set
                    )
            return total

        return size(operation.selection_set)

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of that name; without a name, the only one."""
        if name is None:
            return self.operations[0] if len(self.operations) == 1 else None
        return next((one for one in self.operations if one.name is not None and one.name.value == name), None)


class Documents:
    """The cache. Both valid and invalid documents are kept, so that neither is validated twice."""

    def __init__(
        self,
        schema: strawberry.Schema,
        guards: Sequence[Guard],
        counters: Counters,
        *,
        capacity: int = 1_000,
        max_characters: int = 100_000,
        max_tokens: int = 5_000,
    ) -> None:
        self._schema = graphql_schema(schema)
        self._validity = Validity(self._schema)
        self._guards = tuple(guards)
        self._max_tokens = max_tokens
        self._max_characters = max_characters
        self._known: LRUCache[str, Document] = LRUCache(
            capacity, getsizeof=lambda document: min(document.weight, capacity)
        )
        self._counters = counters

    def get(self, text: str) -> Document:
        """The document, with the errors of parsing, guards or validation."""
        document = self._known.get(text)
        if document is None:
            document = self._read(text)
            self._known[text] = document
        return document

    def _read(self, text: str) -> Document:
        self._counters.documents_parsed += 1
        try:
            node = parse(
                text,
                max_lexical_tokens=self._max_tokens,
                max_comments=self._max_tokens,
                max_source_length=self._max_characters,
            )
            for guard in self._guards:
                guard(node)
        except GraphQLError as error:
            return Document(None, [error])
        except GatewayError as error:
            self._counters.documents_refused += 1
            return Document(None, [raisable(error)])
        if self._validity.proven(node):
            return Document(node, [])
        rules = tuple(specified_rules) if "$" in text else WITHOUT_VARIABLES
        return Document(node, validate_document(self._schema, node, rules))
