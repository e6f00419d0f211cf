"""What integrators and our own tests share. `connect` an adapter; the suites are in `gateway.testing.conformance`."""

from gateway.testing.connecting import Connected, Hosted, Standing, attached, connect, running

__all__ = ["Connected", "Hosted", "Standing", "attached", "connect", "running"]
