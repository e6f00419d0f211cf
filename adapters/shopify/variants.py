"""Reads something about variants in as few Admin queries as fit: by SKU through remembered ids, else by the search that
finds the ids at the same time; those without a SKU by their own id. What prices and stock have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Raw, Struct

from adapters.shopify.client import Client, Document
from adapters.shopify.errors import TooCostly
from adapters.shopify.gids import VARIANT, is_gid
from adapters.shopify.identifiers import PAGES, TERMS, Found, Hit, Identifiers
from adapters.shopify.shapes import Identified, Node, Nodes
from gateway.errors import AdapterError, InvalidAnswer
from gateway.kit.decoding import decoded
from gateway.kit.graphql import RelayNodes, connection_pages
from gateway.model.context import CallContext
from gateway.model.identity import NativeRef, VariantKey, natives_among, skus_among
from gateway.ports.manifest import AdapterEnvironment


class OfVariant(Protocol):
    """A fact about a variant, with the SKU that the variant bears now."""

    @property
    def sku(self) -> str | None: ...


T = TypeVar("T", bound=OfVariant)
Facts = dict[VariantKey, T | AdapterError]


class _Bearer(Node, frozen=True, kw_only=True):
    inventory_item: Identified | None = None


class _BySku(Node, frozen=True, kw_only=True):
    product_variants: RelayNodes[Raw]


class Plan(Struct, Generic[T], frozen=True, kw_only=True):
    """`by_id` takes `$ids`, `by_sku` takes `$q $first $after`, `by_any_id` the `$ids` of `by_id` and of variants; their
    points for one variant by the published rule (`by_any_id` as `by_sku`). `id_of` picks the id that `by_id` wants,
    `fact_of` makes the fact of a node of any of them."""

    by_id: Document
    by_sku: Document
    by_any_id: Document
    id_points: int
    sku_points: int
    variables: Mapping[str, Any]
    id_of: Callable[[Found], str]
    fact_of: Callable[[Raw], T]
    seen: Callable[[Raw], None] = lambda raw: None
    """Is shown every answer whole, for what stands beside the variants."""


class Variants:
    def __init__(self, env: AdapterEnvironment, client: Client, identifiers: Identifiers) -> None:
        self._name = env.name
        self._rule = env.key_rule
        self._client = client
        self._identifiers = identifiers

    async def read(self, variants: Sequence[VariantKey], plan: Plan[T], call: CallContext) -> Facts[T]:
        """Known variants only. Those without a SKU come with the others, in the same queries. A query that fails is the
        error of its own variants; where nothing was found, the call fails."""
        known, unknown = await self._identifiers.known(skus_among(variants), call)
        found: Facts[T] = {sku: match for sku, match in known.items() if not isinstance(match, Found)}
        targets: dict[VariantKey, str] = {
            sku: plan.id_of(match) for sku, match in known.items() if isinstance(match, Found)
        }
        natives = [native for native in natives_among(variants, self._name) if is_gid(VARIANT, native)]
        targets.update({NativeRef(self._name, native): native for native in natives})
        stale: list[str] = []
        errors: list[AdapterError] = []
        try:
            await self._by_id(targets, plan, found, stale, call, any_id=bool(natives))
        except AdapterError as error:
            errors.append(error)
        await self._identifiers.drop(stale)
        try:
            await self._by_sku([*unknown, *stale], plan, found, call)
        except AdapterError as error:
            errors.append(error)
        if errors and all(isinstance(fact, AdapterError) for fact in found.values()):
            raise errors[0]
        return found

    async def _by_id(
        self,
        targets: Mapping[VariantKey, str],
        plan: Plan[T],
        found: Facts[T],
        stale: list[str],
        call: CallContext,
        *,
        any_id: bool,
    ) -> None:
        """Fills `found`, and `stale` with the SKUs whose remembered variant is gone or bears another SKU now."""
        document, points = (plan.by_any_id, plan.sku_points) if any_id else (plan.by_id, plan.id_points)

        async def send(keys: Sequence[VariantKey]) -> None:
            ids = [targets[key] for key in keys]
            raw = await self._client.ask(document, {**plan.variables, "ids": ids}, Raw, call, float(points * len(ids)))
            plan.seen(raw)
            nodes = decoded(raw, Nodes[Raw], document.name).nodes
            if len(nodes) != len(ids):
                raise InvalidAnswer(detail=f"{document.name}: {len(nodes)} nodes for {len(ids)} ids")
            for key, node in zip(keys, nodes, strict=True):
                fact = None if bytes(node) == b"null" else plan.fact_of(node)
                if isinstance(key, str) and (fact is None or not self._rule.same(key, fact.sku)):
                    stale.append(key)
                elif fact is not None:
                    found[key] = fact
                    if isinstance(key, NativeRef):
                        self._remember(key.id, decoded(node, _Bearer, document.name))

        await self._client.costs.in_pieces(document.name, list(targets), points, TERMS, send, found.__setitem__)

    def _remember(self, native: str, bearer: _Bearer) -> None:
        """Stock events name the item: what its variant is known by must be found from there."""
        if bearer.inventory_item is not None:
            self._identifiers.named_by_item[bearer.inventory_item.id] = native

    async def _by_sku(self, unknown: Sequence[str], plan: Plan[T], found: Facts[T], call: CallContext) -> None:
        costs = self._client.costs
        name = plan.by_sku.name

        async def send(skus: Sequence[str]) -> None:
            words = " OR ".join(self._identifiers.term(sku) for sku in skus)
            first = min(2 * len(skus) + 10, costs.pieces(name, plan.sku_points, 250))
            hits: dict[str, tuple[Hit, Raw]] = {}

            async def page(after: str | None) -> RelayNodes[Raw]:
                variables = {**plan.variables, "q": words, "first": first, "after": after}
                try:
                    raw = await self._client.ask(plan.by_sku, variables, Raw, call, float(plan.sku_points * first))
                except TooCostly as error:
                    error.rows = first
                    raise
                plan.seen(raw)
                return decoded(raw, _BySku, name).product_variants

            async for nodes in connection_pages(page, most=PAGES, what=name):
                for node in nodes:
                    hit = decoded(node, Hit, name)
                    hits[hit.id] = hit, node
            for sku, match in (await self._identifiers.settle(skus, [hit for hit, _ in hits.values()])).items():
                found[sku] = plan.fact_of(hits[match.variant][1]) if isinstance(match, Found) else match

        # A sixth of the page stays free for near matches, so that they seldom cost another request.
        room = max(1, costs.pieces(name, plan.sku_points, 250) * 5 // 6)
        await costs.in_pieces(name, unknown, plan.sku_points, min(TERMS, room), send, found.__setitem__)
