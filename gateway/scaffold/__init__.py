"""`gateway new-adapter`: a folder, or a package of its own, that passes all checks and its own conformance suite."""

from gateway.scaffold.choices import Choice, chosen
from gateway.scaffold.write import new_adapter

__all__ = ["Choice", "chosen", "new_adapter"]
