"""What the entry point `memory` names. The adapter itself ships with the conformance suites, in `gateway.testing`."""

from gateway.testing.reference.manifest import MANIFEST

__all__ = ["MANIFEST"]
