"""What the door knows of a document beside its being valid: kept per text, as the engine keeps its plans."""

from __future__ import annotations

from collections.abc import Mapping

from cachetools import LRUCache
from graphql import GraphQLError, OperationDefinitionNode, OperationType
from msgspec import Struct

from gateway.errors import Forbidden, LimitExceeded
from gateway.execution.engine import Engine
from gateway.model.principal import ClientProfile
from gateway.security.limits import Measures, check_document
from gateway.settings import LimitsSection


class Document(Struct, frozen=True):
    """A valid document. `operations` and `measures` by operation name, None for the unnamed one."""

    source: str
    operations: Mapping[str | None, OperationDefinitionNode]
    measures: Mapping[str | None, Measures]


class Invalid(Exception):
    """What is wrong with a document, as GraphQL errors."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class Documents:
    def __init__(self, engine: Engine, limits: LimitsSection) -> None:
        self._engine = engine
        self._limits = limits
        self._known: LRUCache[str, Document] = LRUCache(limits.plans)

    def get(self, source: str, profile: ClientProfile) -> Document:
        """The document, ready to run. Raises Invalid, LimitExceeded or Forbidden."""
        document = self._known.get(source)
        if document is None:
            document = self._known[source] = self._prepared(source)
        if not profile.introspection and any(found.introspection for found in document.measures.values()):
            raise Forbidden("This client may not introspect the schema.")
        return document

    def _prepared(self, source: str) -> Document:
        limit = self._limits.document_bytes
        if len(source) > limit or len(source.encode("utf-8", "replace")) > limit:
            raise LimitExceeded(f"The document is larger than {limit} bytes.")
        prepared = self._engine.documents.get(source)
        if prepared.errors or prepared.node is None:
            raise Invalid(prepared.errors)
        return Document(
            source=source,
            operations={one.name.value if one.name else None: one for one in prepared.operations},
            measures=check_document(prepared.node, self._limits),
        )


def chosen(document: Document, name: str | None) -> OperationDefinitionNode:
    """The operation to run, as the specification chooses it. Raises Invalid."""
    if name is not None:
        operation = document.operations.get(name)
        if operation is None:
            raise Invalid([GraphQLError("The document has no operation of that name.")])
        return operation
    if len(document.operations) != 1:
        message = "Say which operation to run: `operationName`." if document.operations else "There is no operation."
        raise Invalid([GraphQLError(message)])
    return next(iter(document.operations.values()))


def is_query(operation: OperationDefinitionNode) -> bool:
    return operation.operation is OperationType.QUERY


def is_subscription(operation: OperationDefinitionNode) -> bool:
    return operation.operation is OperationType.SUBSCRIPTION
