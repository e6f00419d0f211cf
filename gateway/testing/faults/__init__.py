"""The fault server: what integrators put between the gateway and a backend, real or sandbox, to see what happens."""

from gateway.testing.faults.kinds import Fault
from gateway.testing.faults.proxy import FaultProxy

__all__ = ["Fault", "FaultProxy"]
