"""The whole configuration looked at for its meaning: see README.md of this folder."""

from gateway.validation.whole import require, validate

__all__ = ["require", "validate"]
