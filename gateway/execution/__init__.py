"""Breadth-first execution: every field that fetches runs once for all its parents."""

from gateway.execution.batched import BatchedField, ComputedField, GatewayField, attribute, batched, computed, streamed
from gateway.execution.checks import check_schema, records
from gateway.execution.memo import Memo

__all__ = [
    "BatchedField",
    "ComputedField",
    "GatewayField",
    "Memo",
    "attribute",
    "batched",
    "check_schema",
    "computed",
    "records",
    "streamed",
]
