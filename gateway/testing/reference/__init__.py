"""The in-memory reference adapter: every port, from a `Seed`, with knobs for what goes wrong."""

from gateway.testing.reference.adapter import ReferenceAdapter
from gateway.testing.reference.controls import Asked
from gateway.testing.reference.operations import OPERATIONS

__all__ = ["OPERATIONS", "Asked", "ReferenceAdapter"]
