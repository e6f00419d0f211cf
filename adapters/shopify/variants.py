"""Reads something about variants in as few Admin queries as fit: by SKU through remembered ids, else by the search that
finds the ids at the same time; those without a SKU by their own id. What prices and stock have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Raw, Struct

from adapters.shopify.client import Client, Document
from adapters.shopify.errors import TooCostly
from adapters.shopify.gids import VARIANT, is_gid
from adapters.shopify.identifiers import PAGES, TERMS, Found, Hit, Identifiers
from adapters.shopify.product.rows import Node, Page
from gateway.errors import AmbiguousKey, InvalidAnswer
from gateway.model.context import CallContext
from gateway.model.identity import KeyRule, NativeRef, VariantKey, natives_among, skus_among

T = TypeVar("T")


class _ById(Node, frozen=True, kw_only=True):
    nodes: list[Raw]


class _Item(Node, frozen=True, kw_only=True):
    id: str


class _Bearer(Node, frozen=True, kw_only=True):
    inventory_item: _Item | None = None


class _BySku(Node, frozen=True, kw_only=True):
    product_variants: Page[Raw]


class Plan(Struct, Generic[T], frozen=True):
    """`by_id` takes `$ids`, `by_sku` takes `$q $first $after`, `by_any_id` the `$ids` of `by_id` and of variants; their
    points for one variant by the published rule (`by_any_id` as `by_sku`). `id_of` picks the id that `by_id` wants,
    `from_id` (which reads `by_any_id` too) and `from_sku` make the fact of a node."""

    by_id: Document
    by_sku: Document
    by_any_id: Document
    id_points: int
    sku_points: int
    variables: Mapping[str, Any]
    id_of: Callable[[Found], str]
    from_id: Callable[[Raw], tuple[str | None, T] | None]
    from_sku: Callable[[Raw], T]
    seen: Callable[[Raw], None]
    """Is shown every answer whole, for what stands beside the variants."""


class Variants:
    def __init__(self, name: str, client: Client, identifiers: Identifiers, rule: KeyRule) -> None:
        self._name = name
        self._client = client
        self._identifiers = identifiers
        self._rule = rule

    async def read(
        self, variants: Sequence[VariantKey], plan: Plan[T], call: CallContext, operation: str
    ) -> dict[VariantKey, T | AmbiguousKey]:
        """Known variants only. Those without a SKU come with the others, in the same queries."""
        found: dict[VariantKey, T | AmbiguousKey] = {}
        known, unknown = await self._identifiers.remembered(skus_among(variants), call)
        natives = [native for native in natives_among(variants, self._name) if is_gid(VARIANT, native)]
        targets: dict[VariantKey, str] = {sku: plan.id_of(match) for sku, match in known.items()}
        targets.update({NativeRef(self._name, native): native for native in natives})
        stale = await self._by_id(targets, plan, found, call, operation, any_id=bool(natives))
        if stale:
            await self._identifiers.forget(stale)
        await self._by_sku([*unknown, *stale], plan, found, call, operation)
        return found

    async def _by_id(
        self,
        targets: Mapping[VariantKey, str],
        plan: Plan[T],
        found: dict[VariantKey, T | AmbiguousKey],
        call: CallContext,
        operation: str,
        *,
        any_id: bool,
    ) -> list[str]:
        """Fills `found`; returns the SKUs whose remembered variant is gone or bears another SKU now."""
        stale: list[str] = []
        document, points = (plan.by_any_id, plan.sku_points) if any_id else (plan.by_id, plan.id_points)

        async def send(keys: Sequence[VariantKey]) -> None:
            ids = [targets[key] for key in keys]
            raw = await self._client.ask(
                document,
                {**plan.variables, "ids": ids},
                Raw,
                operation=operation,
                call=call,
                points=float(points * len(ids)),
            )
            plan.seen(raw)
            nodes = decoded(raw, _ById, document).nodes
            if len(nodes) != len(ids):
                raise InvalidAnswer(detail=f"{document.name}: {len(nodes)} nodes for {len(ids)} ids")
            for key, node in zip(keys, nodes, strict=True):
                fact = plan.from_id(node)
                if not isinstance(key, str):
                    if fact is not None:
                        found[key] = fact[1]
                        self._remember(key.id, decoded(node, _Bearer, document))
                elif fact is None or not self._rule.same(key, fact[0]):
                    stale.append(key)
                else:
                    found[key] = fact[1]

        await self._client.costs.in_pieces(document.name, list(targets), points, TERMS, send)
        return stale

    def _remember(self, native: str, bearer: _Bearer) -> None:
        """Stock events name the item: what its variant is known by must be found from there."""
        if bearer.inventory_item is not None:
            self._identifiers.named_by_item[bearer.inventory_item.id] = native

    async def _by_sku(
        self,
        unknown: Sequence[str],
        plan: Plan[T],
        found: dict[VariantKey, T | AmbiguousKey],
        call: CallContext,
        operation: str,
    ) -> None:
        costs = self._client.costs

        async def send(skus: Sequence[str]) -> None:
            variables = {**plan.variables, "q": " OR ".join(self._identifiers.term(sku) for sku in skus)}
            first = min(2 * len(skus) + 10, costs.pieces(plan.by_sku.name, plan.sku_points, 250))
            hits: dict[str, Hit] = {}
            facts: dict[str, Raw] = {}
            after: str | None = None
            for _ in range(PAGES):
                try:
                    raw = await self._client.ask(
                        plan.by_sku,
                        {**variables, "first": first, "after": after},
                        Raw,
                        operation=operation,
                        call=call,
                        points=float(plan.sku_points * first),
                    )
                except TooCostly as error:
                    error.rows = first
                    raise
                plan.seen(raw)
                page = decoded(raw, _BySku, plan.by_sku).product_variants
                for node in page.nodes:
                    hit = decoded(node, Hit, plan.by_sku)
                    hits[hit.id], facts[hit.id] = hit, node
                after = page.page_info.end_cursor
                if not page.page_info.has_next_page:
                    break
            else:
                raise InvalidAnswer(detail=f"{plan.by_sku.name}: more near matches than can be read")
            for sku, match in (await self._identifiers.settle(skus, list(hits.values()))).items():
                found[sku] = plan.from_sku(facts[match.variant]) if isinstance(match, Found) else match.fresh()

        # A sixth of the page stays free for near matches, so that they seldom cost another request.
        room = max(1, costs.pieces(plan.by_sku.name, plan.sku_points, 250) * 5 // 6)
        await costs.in_pieces(plan.by_sku.name, unknown, plan.sku_points, min(TERMS, room), send)


def decoded(raw: Raw, shape: type[T], document: Document) -> T:
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as error:
        raise InvalidAnswer(detail=f"{document.name}: {error}") from None
