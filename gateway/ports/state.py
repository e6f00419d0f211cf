"""What services and writes need the gateway itself to keep. `state/` keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.model.customers import IdentityLink, LinkedCustomer
from gateway.model.tasks import Task


class Aliases(Protocol):
    """Old ids that go on working after a re-keying or a re-platforming."""

    async def current(self, identifier: str) -> str | None:
        """The id that an old one stands for now; None when it is not an alias."""
        ...

    async def add(self, old: str, new: str) -> None:
        """From now on `old` means `new`. Going back to an earlier id makes that one current again."""
        ...


class IdentityLinks(Protocol):
    """Who is who over all systems, as the gateway remembers it."""

    async def of_person(self, person: str) -> LinkedCustomer | None:
        """By the key of a signed-in person (`Principal.key`)."""
        ...

    async def by_id(self, customer_id: str) -> LinkedCustomer | None:
        """By our own random id; also by an older one that was merged into it."""
        ...

    async def link(self, person: str | None, links: Sequence[IdentityLink], asked: Sequence[str]) -> LinkedCustomer:
        """Remember that these records are one person, and that these backends were searched. A record that is already
        linked (not as a candidate) keeps its customer's id, so that support and the customer mean the same person; two
        customers that turn out to be one are merged and the younger id stays valid as an alias. Atomic."""
        ...


class Tasks(Protocol):
    """Where a program leaves what only a person can mend, and where people find it."""

    async def open(self, kind: str, subject: str, facts: Mapping[str, str] | None = None) -> str:
        """The id of the open task of this kind and subject: a new one, or the one that is open already, met again."""
        ...

    async def close_subject(self, kind: str, subject: str, by: str) -> bool:
        """Close what turned out to be dealt with, whoever did it. False where no such task is open."""
        ...

    async def list(
        self, *, kind: str | None = None, done: bool = False, limit: int = 100, after: str | None = None
    ) -> Sequence[Task]:
        """Oldest first; `after` is the id of the last one seen."""
        ...
