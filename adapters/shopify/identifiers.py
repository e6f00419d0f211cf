"""SKU and barcode to the vendor's ids, by one Admin search per hundred terms. The search is an index: tokenised and
case-insensitive, it returns near matches, so every answer is compared exactly; two variants of active products with one
SKU are an error about that key. What was found, and what was not, is remembered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from adapters.shopify.answers import Node, Page
from adapters.shopify.client import Client, Document
from gateway.errors import AmbiguousKey, InvalidAnswer
from gateway.model.context import CallContext
from gateway.model.identity import gtin14, gtin_forms
from gateway.ports.manifest import AdapterEnvironment

T = TypeVar("T")
TERMS = 100
"""Terms of one search. The vendor states no limit."""
KEPT = 24 * 3600.0
ABSENT_KEPT = 300.0
PAGES = 20
SPACE = "sku"

LOOK_UP = Document(
    "admin",
    "VariantsByKey",
    "query VariantsByKey($q:String! $first:Int! $after:String){productVariants(first:$first after:$after query:$q"
    " sortKey:ID){pageInfo{hasNextPage endCursor} nodes{id sku barcode inventoryItem{id} product{id status}}}}",
)


class _Item(Node, frozen=True, kw_only=True):
    id: str


class _Parent(Node, frozen=True, kw_only=True):
    id: str
    status: str


class _Hit(Node, frozen=True, kw_only=True):
    id: str
    inventory_item: _Item
    product: _Parent
    sku: str | None = None
    barcode: str | None = None


class _Hits(Node, frozen=True, kw_only=True):
    product_variants: Page[_Hit]


class Found(msgspec.Struct, frozen=True, array_like=True):
    """The native ids of one variant."""

    variant: str
    product: str
    item: str


def term(field: str, value: str) -> str:
    """One term of the vendor's search syntax."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{field}:"{escaped}"'


def in_chunks(items: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


class Identifiers:
    def __init__(self, env: AdapterEnvironment, client: Client) -> None:
        self._cache = env.identifiers
        self._rule = env.key_rule
        self._client = client

    async def by_sku(
        self, skus: Sequence[str], call: CallContext, *, operation: str, ask: bool = False
    ) -> dict[str, Found | AmbiguousKey]:
        """Known SKUs only. `ask` goes past what is remembered, and `call.fresh` past what is known to be absent."""
        found: dict[str, Found | AmbiguousKey] = {}
        unknown = list(skus)
        if not ask:
            kept = await self._cache.get_many(SPACE, unknown)
            unknown.clear()
            for sku in skus:
                text = kept.get(sku)
                if text:
                    found[sku] = msgspec.json.decode(text, type=Found)
                elif text is None or call.fresh:
                    unknown.append(sku)
        if unknown:
            hits = await self._search([term("sku", self._rule.written(sku)) for sku in unknown], call, operation)
            fresh = {sku: self._one(h for h in hits if self._rule.same(sku, h.sku)) for sku in unknown}
            found.update({sku: match for sku, match in fresh.items() if match is not None})
            await self._remember(fresh)
        return found

    async def by_key(
        self, skus: Sequence[str], barcodes: Sequence[str], call: CallContext, *, operation: str
    ) -> tuple[dict[str, Found | AmbiguousKey], dict[str, Found | AmbiguousKey]]:
        """SKUs and GTINs (14 digits) in the same search; a barcode is stored in any of its lengths."""
        if not barcodes:
            return await self.by_sku(skus, call, operation=operation), {}
        terms = [term("barcode", form) for gtin in barcodes for form in gtin_forms(gtin)]
        terms.extend(term("sku", self._rule.written(sku)) for sku in skus)
        hits = await self._search(terms, call, operation)
        by_sku = {sku: self._one(h for h in hits if self._rule.same(sku, h.sku)) for sku in skus}
        by_code = {
            code: self._one(h for h in hits if h.barcode and gtin14(h.barcode) == (gtin14(code) or code))
            for code in barcodes
        }
        await self._remember(by_sku)
        return (
            {key: match for key, match in by_sku.items() if match is not None},
            {key: match for key, match in by_code.items() if match is not None},
        )

    async def forget(self, skus: Sequence[str]) -> None:
        await self._cache.drop(SPACE, skus)

    async def _remember(self, matches: dict[str, Found | AmbiguousKey | None]) -> None:
        known = {k: msgspec.json.encode(m).decode() for k, m in matches.items() if isinstance(m, Found)}
        absent = {k: "" for k, m in matches.items() if m is None}
        if known:
            await self._cache.set_many(SPACE, known, KEPT)
        if absent:
            await self._cache.set_many(SPACE, absent, ABSENT_KEPT)

    @staticmethod
    def _one(hits: Iterable[_Hit]) -> Found | AmbiguousKey | None:
        """Variants of drafts and archived products count only where no active one bears the key: a retired product's
        SKU is often used again."""
        every = {hit.id: hit for hit in hits}
        active = [hit for hit in every.values() if hit.product.status == "ACTIVE"]
        chosen = active or list(every.values())
        if len(chosen) > 1:
            return AmbiguousKey(detail=f"{len(chosen)} variants")
        return Found(chosen[0].id, chosen[0].product.id, chosen[0].inventory_item.id) if chosen else None

    async def _search(self, terms: Sequence[str], call: CallContext, operation: str) -> list[_Hit]:
        hits: list[_Hit] = []
        for chunk in in_chunks(terms, TERMS):
            first = min(250, 2 * len(chunk) + 10)
            after: str | None = None
            for _ in range(PAGES):
                answer = await self._client.ask(
                    LOOK_UP,
                    {"q": " OR ".join(chunk), "first": first, "after": after},
                    _Hits,
                    operation=operation,
                    call=call,
                    points=3.0 * first,
                )
                hits.extend(answer.product_variants.nodes)
                after = answer.product_variants.page_info.end_cursor
                if not answer.product_variants.page_info.has_next_page:
                    break
            else:
                raise InvalidAnswer(detail=f"{LOOK_UP.name}: more near matches than can be read")
        return hits
