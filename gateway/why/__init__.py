"""`gateway why`: where one fact comes from."""

from gateway.why.command import why

__all__ = ["why"]
