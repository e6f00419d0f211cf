"""What the door knows of a document beside its being valid: kept with the document, as the engine keeps its plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_directive_values,
)
from graphql.execution.values import VariableValues, get_variable_values
from msgspec import Struct
from msgspec.structs import replace

from gateway.entry.cache_hints import Keeping, keeping_of
from gateway.entry.requests import MAXIMUM_HEADER
from gateway.errors import BadInput, Forbidden, LimitExceeded
from gateway.execution.read.documents import Document
from gateway.execution.run.engine import Engine
from gateway.graph.directives import IN_CONTEXT
from gateway.model.principal import ClientProfile
from gateway.security.card_numbers import FreeText
from gateway.security.cost import Sum, compile_cost
from gateway.security.profiles import RequestFacts
from gateway.settings import LimitsSection

BYTES_OF_ONE = 2_000
BYTES_PER_PART = 350


class AdmittedOperation(Struct, frozen=True):
    """One operation of a valid document: what it may cost, whether its answers may be kept, and its `@inContext`."""

    node: OperationDefinitionNode
    cost: Sum
    keeping: Keeping
    in_context: DirectiveNode | None

    @property
    def is_query(self) -> bool:
        return self.node.operation is OperationType.QUERY

    @property
    def is_subscription(self) -> bool:
        return self.node.operation is OperationType.SUBSCRIPTION


class Learned(Struct, frozen=True):
    """What hangs on a valid document. `operations` by their names, None for the unnamed one."""

    operations: Mapping[str | None, AdmittedOperation]
    free_text: FreeText


class Invalid(Exception):
    """What is wrong with a document, as GraphQL errors."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class AdmittedDocuments:
    def __init__(self, engine: Engine, limits: LimitsSection) -> None:
        self._engine = engine
        self._limits = limits
        self._in_context = engine.schema.get_directive(IN_CONTEXT.name)

    def get(self, source: str, profile: ClientProfile) -> Document:
        """The document, ready to run. Raises Invalid, LimitExceeded, BadInput or Forbidden."""
        limit = self._limits.document_bytes
        if len(source) > limit or (not source.isascii() and len(source.encode("utf-8", "surrogatepass")) > limit):
            raise LimitExceeded(f"The document is larger than {limit} bytes.")
        document = self._engine.prepare(source)
        if document.annex is None:
            document.annex = learned = self._learn(document)
            self._engine.documents.grown(document, _bytes(learned))
        if document.introspects and not profile.introspection:
            raise Forbidden("This client may not introspect the schema.")
        return document

    def _learn(self, document: Document) -> Learned:
        if document.errors or document.node is None:
            raise Invalid(document.errors)
        schema = self._engine.schema
        return Learned(_operations(schema, document.node, document.tokens), FreeText(schema, document.node))

    def facts(
        self, operation: AdmittedOperation, variables: Mapping[str, Any] | None, facts: RequestFacts
    ) -> RequestFacts:
        """The facts with what the operation's own `@inContext` asks for in place of the headers' wishes."""
        directive = operation.in_context
        definition = self._in_context
        if directive is None or definition is None:
            return facts
        given = get_variable_values(
            self._engine.schema, operation.node.variable_definitions or (), dict(variables or {}), max_errors=1
        )
        if not isinstance(given, VariableValues):
            return facts  # the engine says what is wrong with the variables
        asked = get_directive_values(definition, operation.node, given) or {}
        return replace(facts, **{name: _text(name, value) for name, value in asked.items() if value is not None})


def _text(name: str, value: object) -> str:
    """Enums of countries, currencies and languages by the names they have in the schema. Raises BadInput for a text
    that is longer than any of them."""
    text = str(getattr(value, "value", value))
    if len(text) > MAXIMUM_HEADER:
        raise BadInput(f"`@{IN_CONTEXT.name}({name}:)` makes no sense.")
    return text


def _operations(schema: GraphQLSchema, document: DocumentNode, tokens: int) -> dict[str | None, AdmittedOperation]:
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    return {
        one.name.value if one.name else None: AdmittedOperation(
            node=one,
            cost=compile_cost(schema, one, fragments, tokens),
            keeping=keeping_of(schema, one, fragments),
            in_context=next((found for found in one.directives or () if found.name.value == IN_CONTEXT.name), None),
        )
        for one in document.definitions
        if isinstance(one, OperationDefinitionNode)
    }


def _bytes(learned: Learned) -> int:
    """About what it takes in memory."""
    return BYTES_OF_ONE + BYTES_PER_PART * sum(operation.cost.size for operation in learned.operations.values())


def learned_of(document: Document) -> Learned:
    return document.annex


def chosen(document: Document, name: str | None) -> AdmittedOperation:
    """The operation to run, as the specification chooses it. Raises Invalid."""
    node = document.chosen(name)
    if isinstance(node, GraphQLError):
        raise Invalid([node])
    return learned_of(document).operations[node.name and node.name.value]
