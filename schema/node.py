"""`Node`: everything that has an id."""

from __future__ import annotations

import strawberry

from gateway.execution import computed


@strawberry.interface(name="Node", description="Something with a globally unique, opaque id.")
class Node:
    @computed(strawberry.ID, description="Opaque; compare it, never take it apart.")
    @staticmethod
    def id(record: object) -> str:
        raise NotImplementedError(f"{type(record).__name__} has no id of its own")
