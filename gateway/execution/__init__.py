"""Breadth-first execution: every field that fetches runs once for all its parents."""

from gateway.execution.batched import BatchedField, ComputedField, GatewayField, attribute, batched, computed, streamed
from gateway.execution.checks import check_schema, records
from gateway.execution.counters import Counters
from gateway.execution.engine import Context, Engine, Request, Result
from gateway.execution.failures import original
from gateway.execution.memo import Memo

__all__ = [
    "BatchedField",
    "ComputedField",
    "Context",
    "Counters",
    "Engine",
    "GatewayField",
    "Memo",
    "Request",
    "Result",
    "attribute",
    "batched",
    "check_schema",
    "computed",
    "original",
    "records",
    "streamed",
]
