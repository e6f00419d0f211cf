"""Categories, which are a tree, and collections, which are not. A key is one backend's own word, so each is known with
its backend: what is named is asked of that backend alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from gateway.model.catalog import Category, Collection
from gateway.model.identity import NativeRef, same_slug
from gateway.ports.domain import PagedOperation
from gateway.ports.product import LIST_CATEGORIES, LIST_COLLECTIONS, PRODUCT
from gateway.runtime.side_by_side import side_by_side
from gateway.services.scope import Scope
from gateway.services.systems import NAMED, Answered, SystemsOfRecord, fallback_freshness

C = TypeVar("C", Category, Collection)


class Classification:
    def __init__(self, systems: SystemsOfRecord) -> None:
        self._systems = systems

    def owner(self, scope: Scope) -> str | None:
        """Whose words a plain key is in; None where nobody serves this market."""
        return next(iter(self._systems.ownership.serving(PRODUCT, scope.commerce.country)), None)

    async def categories(self, scope: Scope) -> tuple[Category, ...]:
        """The whole tree, the owner's or a stand-in's. Raises AdapterError."""
        return await self._every(LIST_CATEGORIES, scope)

    async def collections(self, scope: Scope) -> tuple[Collection, ...]:
        """None where the assortment's systems have no such thing."""
        return await self._every(LIST_COLLECTIONS, scope)

    async def _every(self, operation: PagedOperation[None, tuple[C, ...]], scope: Scope) -> tuple[C, ...]:
        ownership = self._systems.ownership
        backends = ownership.answering(PRODUCT, scope.commerce.country)
        if backends and not any(ownership.offers(name, operation.name) for name in backends):
            return ()
        return _marked(*await self._systems.paged(operation, None, scope.commerce, scope.call))

    async def category(self, ref: NativeRef, scope: Scope, *, slug: bool = False) -> Category | None:
        """By key, in the words of its backend; by `slug` too where no id was given. Raises AdapterError."""
        return _named(ref, await self._listed(LIST_CATEGORIES, ref.backend, scope), slug=slug)

    async def collection(self, ref: NativeRef, scope: Scope, *, slug: bool = False) -> Collection | None:
        return _named(ref, await self._listed(LIST_COLLECTIONS, ref.backend, scope), slug=slug)

    async def known_categories(self, backends: Sequence[str], scope: Scope) -> Mapping[NativeRef, Category]:
        """All of some backends that records in hand came from. Raises AdapterError."""
        return await self._known(LIST_CATEGORIES, backends, scope)

    async def known_collections(self, backends: Sequence[str], scope: Scope) -> Mapping[NativeRef, Collection]:
        return await self._known(LIST_COLLECTIONS, backends, scope)

    async def _known(
        self, operation: PagedOperation[None, tuple[C, ...]], backends: Sequence[str], scope: Scope
    ) -> dict[NativeRef, C]:
        named = dict.fromkeys(name for name in backends if self._systems.ownership.offers(name, operation.name))
        listed = await side_by_side(lambda name: self._all(operation, name, scope), named)
        return {each.ref: each for entries in listed for each in entries}

    async def _listed(
        self, operation: PagedOperation[None, tuple[C, ...]], backend: str, scope: Scope
    ) -> tuple[C, ...]:
        """Nothing where a client in this market can see none of the backend's."""
        ownership = self._systems.ownership
        if backend not in ownership.answering(PRODUCT, scope.commerce.country):
            return ()
        return await self._all(operation, backend, scope) if ownership.offers(backend, operation.name) else ()

    async def _all(self, operation: PagedOperation[None, tuple[C, ...]], backend: str, scope: Scope) -> tuple[C, ...]:
        entries = await self._systems.caller.paged(backend, operation, None, scope.commerce, scope.call)
        stands_in = backend in self._systems.ownership.serving(PRODUCT, scope.commerce.country)[1:]
        return _marked(entries, Answered(backend, NAMED if stands_in else None))


def _marked(entries: tuple[C, ...], answered: Answered) -> tuple[C, ...]:
    reason = answered.reason
    if reason is None:
        return entries
    return tuple([replace(each, freshness=fallback_freshness(each.freshness, reason)) for each in entries])


def _named(ref: NativeRef, entries: Sequence[C], *, slug: bool) -> C | None:
    """A key before a slug: what is one's key may be another's slug."""
    by_key = next((entry for entry in entries if entry.key == ref.id), None)
    if by_key is not None or not slug:
        return by_key
    return next((entry for entry in entries if same_slug(ref.id, entry.key, entry.slug)), None)
