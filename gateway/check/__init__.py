"""`gateway check`: see README.md of this folder."""

from gateway.check.command import check

__all__ = ["check"]
