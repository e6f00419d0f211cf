"""Breadth-first execution: every field that fetches runs once for all its parents."""

from gateway.execution.declare.batched import (
    BatchedField,
    ComputedField,
    GatewayField,
    attribute,
    batched,
    computed,
    streamed,
)
from gateway.execution.declare.checks import check_schema, records
from gateway.execution.memo.counters import ExecutionCounters
from gateway.execution.memo.failures import original
from gateway.execution.memo.memo import Memo
from gateway.execution.run.engine import Context, Engine, OperationRequest, Result

__all__ = [
    "BatchedField",
    "ComputedField",
    "Context",
    "Engine",
    "ExecutionCounters",
    "GatewayField",
    "Memo",
    "OperationRequest",
    "Result",
    "attribute",
    "batched",
    "check_schema",
    "computed",
    "original",
    "records",
    "streamed",
]
