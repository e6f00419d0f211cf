"""The cache of plans: bounded as a whole, by count and by size, and per document, whose `@include` variables could make
2^n of them."""

from __future__ import annotations

from collections.abc import Hashable

import structlog
from cachetools import LRUCache
from graphql import GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import VariableValues
from strawberry.schema.schema_converter import GraphQLCoreConverter

from gateway.errors import LimitExceeded, places_of
from gateway.execution.authorise import Grants
from gateway.execution.batched import GatewayField
from gateway.execution.checks import declared
from gateway.execution.compile import compile_plan
from gateway.execution.counters import Counters
from gateway.execution.documents import Document
from gateway.execution.grouping import Operation
from gateway.execution.plan import Plan, Unplannable

_log = structlog.get_logger("gateway.execution")
TYPICAL_FIELDS = 100
FREE_FIELDS, FIELDS_PER_TOKEN = 100, 2
"""How far fragments may expand: compiling must stay comparable to validating."""
Known = Plan | Unplannable | LimitExceeded


class Plans:
    def __init__(
        self,
        schema: GraphQLSchema,
        converter: GraphQLCoreConverter,
        counters: Counters,
        *,
        capacity: int = 1_000,
        variants: int = 16,
        max_fields: int = 5_000,
    ) -> None:
        self._schema = schema
        self._converter = converter
        self._counters = counters
        self._variants = variants
        self._max_fields = max_fields
        self._roles = _guarding_roles(schema)
        self._known: LRUCache[Hashable, tuple[Known, int]] = LRUCache(capacity, getsizeof=lambda kept: kept[1])
        self._capacity = capacity

    def get(
        self, document: Document, operation: OperationDefinitionNode, variables: VariableValues, grants: Grants
    ) -> Plan:
        """The plan for these values of `@skip` and `@include` and these grants. Raises Unplannable or LimitExceeded."""
        if document.unplannable is not None:
            raise Unplannable(document.unplannable)
        grants = Grants(grants.roles & self._roles, grants.personal_data)
        branches = tuple(variables.coerced.get(name) for name in document.branching)
        key = (document, operation.name and operation.name.value, branches, grants)
        kept = self._known.get(key)
        if kept is None:
            known = self._compile(document, operation, variables, grants)
            self._keep(document, key, known)
        else:
            known = kept[0]
        if isinstance(known, Plan):
            return known
        raise Unplannable(known.reason) if isinstance(known, Unplannable) else known.fresh()

    def _compile(
        self, document: Document, operation: OperationDefinitionNode, variables: VariableValues, grants: Grants
    ) -> Known:
        self._counters.plans_compiled += 1
        allowed = min(self._max_fields, FREE_FIELDS + FIELDS_PER_TOKEN * document.tokens)
        if document.expansion(operation) > allowed:
            return LimitExceeded("the document's fragments expand to too many fields")
        try:
            return compile_plan(
                Operation(
                    schema=self._schema,
                    converter=self._converter,
                    definition=operation,
                    fragments=document.fragments,
                    variables=variables,
                    grants=grants,
                    max_fields=self._max_fields,
                )
            )
        except (Unplannable, LimitExceeded) as refusal:
            refusal.__traceback__ = None  # kept for long, and must not keep the compiler alive
            return refusal
        except RecursionError:
            return Unplannable("nesting")
        except Exception as error:  # ours, but graphql-core can still answer
            _log.error("plan_failed", reason=type(error).__name__, at=places_of(error))
            return Unplannable("compiler")

    def _keep(self, document: Document, key: Hashable, known: Known) -> None:
        fields = known.fields if isinstance(known, Plan) else 0
        # A plan keeps its document alive, even when that was evicted.
        weight = min(document.weight + fields // TYPICAL_FIELDS, self._capacity)
        self._known[key] = (known, weight)
        document.variants.append(key)
        if len(document.variants) > self._variants:
            self._counters.plans_evicted += 1
            self._known.pop(document.variants.pop(0), None)


def _guarding_roles(schema: GraphQLSchema) -> frozenset[str]:
    """Every role some field asks for; others make no difference to a plan."""
    fields = (declared(field) for kind in schema.type_map.values() for field in getattr(kind, "fields", {}).values())
    return frozenset(role for field in fields if isinstance(field, GatewayField) for role in field.guard.requires)
