"""Who may select a field: metadata of the schema, checked when a plan is compiled and again under graphql-core.

A field names the roles it `requires` (all of them) and whether it holds personal data. Object-level questions ("whose
order is this") are not asked here: services answer them, and *not yours* reads like *not there*.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from gateway.errors import Forbidden
from gateway.graph.directives import Pii, Requires


class HasRoles(Protocol):
    @property
    def roles(self) -> frozenset[str]: ...


class MaySeePersonalData(Protocol):
    @property
    def personal_data(self) -> bool: ...


class Grantee(Protocol):
    """What authorisation needs to know of an operation's context."""

    @property
    def principal(self) -> HasRoles: ...

    @property
    def profile(self) -> MaySeePersonalData: ...


class Grants(Struct, frozen=True):
    """What a caller may select. Part of a plan's cache key, narrowed to what the document's fields mention."""

    roles: frozenset[str]
    personal_data: bool

    @classmethod
    def of(cls, caller: Grantee) -> Grants:
        return cls(caller.principal.roles, caller.profile.personal_data)


class FieldGuard(Struct, frozen=True):
    """What a field asks of its caller."""

    requires: frozenset[str] = frozenset()
    pii: bool = False

    def __bool__(self) -> bool:
        return self.pii or bool(self.requires)

    def refusal(self, grants: Grants) -> Forbidden | None:
        """Why this caller may not select the field; None when it may."""
        if not self.requires <= grants.roles:
            return Forbidden("A role is missing for this field.")
        if self.pii and not grants.personal_data:
            return Forbidden("Personal data may not be selected from this device.")
        return None

    def directives(self) -> list[object]:
        """How the printed schema shows it."""
        shown: list[object] = []
        if self.requires:
            shown.append(Requires(roles=sorted(self.requires)))
        if self.pii:
            shown.append(Pii())
        return shown
