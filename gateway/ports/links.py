"""Who is who over all systems, as the gateway remembers it. Implemented in `state/`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.model.customers import IdentityLink, LinkedCustomer


class IdentityLinks(Protocol):
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
