"""The plans of documents, each kept with its document and counted in its bytes, and no more than a few for each: its
`@include` variables could make 2^n of them."""

from __future__ import annotations

from collections.abc import Hashable

import structlog
from graphql import GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import VariableValues
from strawberry.schema.schema_converter import GraphQLCoreConverter

from gateway.errors import LimitExceeded, places_of
from gateway.execution.declare.authorise import Grants
from gateway.execution.declare.batched import GatewayField
from gateway.execution.declare.checks import declared
from gateway.execution.memo.counters import ExecutionCounters
from gateway.execution.memo.response import has_room
from gateway.execution.plan.compile import compile_plan
from gateway.execution.plan.grouping import Compilation
from gateway.execution.plan.plan import Plan, Unplannable
from gateway.execution.read.documents import Document, Documents

_log = structlog.get_logger("gateway.execution")
BYTES_OF_REFUSAL = 500
FREE_FIELDS, FIELDS_PER_TOKEN = 100, 2
"""How far fragments may expand: compiling must stay comparable to validating."""
USES_BEFORE_SHAPES = 20
"""Classes for response objects save a seventh of a large answer, and cost more than the rest of a plan: they are for
operations that come again and again."""
Known = Plan | Unplannable | LimitExceeded


class Plans:
    def __init__(
        self,
        schema: GraphQLSchema,
        converter: GraphQLCoreConverter,
        counters: ExecutionCounters,
        documents: Documents,
        *,
        variants: int = 16,
        max_fields: int = 5_000,
    ) -> None:
        self._schema = schema
        self._converter = converter
        self._counters = counters
        self._documents = documents
        self._variants = variants
        self._max_fields = max_fields
        self._roles = _guarding_roles(schema)

    def get(
        self, document: Document, operation: OperationDefinitionNode, variables: VariableValues, grants: Grants
    ) -> Plan:
        """The plan for these values of `@skip` and `@include` and these grants. Raises Unplannable or LimitExceeded."""
        if document.unplannable is not None:
            raise Unplannable(document.unplannable)
        grants = Grants(grants.roles & self._roles, grants.personal_data)
        branches = tuple(variables.coerced.get(name) for name in document.branching)
        key = (operation.name and operation.name.value, branches, grants)
        known: Known | None = document.plans.get(key)
        if known is None:
            known = self._compile(document, operation, variables, grants)
            self._keep(document, key, known)
        if isinstance(known, Plan) and not known.shaped:
            known.uses += 1
            if known.uses % USES_BEFORE_SHAPES == 0 and has_room():
                known = self._compile(document, operation, variables, grants, shaped=True)
                self._keep(document, key, known)
        if isinstance(known, Plan):
            return known
        raise Unplannable(known.reason) if isinstance(known, Unplannable) else known.fresh()

    def _compile(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: VariableValues,
        grants: Grants,
        *,
        shaped: bool = False,
    ) -> Known:
        self._counters.plans_compiled += 1
        allowed = min(self._max_fields, FREE_FIELDS + FIELDS_PER_TOKEN * document.tokens)
        if document.expansion(operation) > allowed:
            return LimitExceeded("the document's fragments expand to too many fields")
        try:
            return compile_plan(
                Compilation(
                    schema=self._schema,
                    converter=self._converter,
                    definition=operation,
                    fragments=document.fragments,
                    variables=variables,
                    grants=grants,
                    max_fields=self._max_fields,
                ),
                shaped=shaped,
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
        plans = document.plans
        before = plans.get(key)
        plans[key] = known
        size = _bytes(known) - (_bytes(before) if before is not None else 0)
        if len(plans) > self._variants:
            self._counters.plans_evicted += 1
            size -= _bytes(plans.pop(next(iter(plans))))
        self._documents.grown(document, size)


def _bytes(known: Known) -> int:
    return known.bytes if isinstance(known, Plan) else BYTES_OF_REFUSAL


def _guarding_roles(schema: GraphQLSchema) -> frozenset[str]:
    """Every role some field asks for; others make no difference to a plan."""
    fields = (declared(field) for kind in schema.type_map.values() for field in getattr(kind, "fields", {}).values())
    return frozenset(role for field in fields if isinstance(field, GatewayField) for role in field.guard.requires)
