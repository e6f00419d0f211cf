"""SKU and barcode to the vendor's ids, by one Admin search per hundred terms. The search is an index: tokenised and
case-insensitive, it returns near matches, so every answer is compared exactly; two variants of active products with one
SKU are an error about that key. What was found, and what was not, is remembered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec
from cachetools import LRUCache

from adapters.shopify.client import Client, Document
from adapters.shopify.product.rows import Node, Page
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


class Hit(Node, frozen=True, kw_only=True):
    """One variant that a search returned, near match or not."""

    id: str
    inventory_item: _Item
    product: _Parent
    sku: str | None = None
    barcode: str | None = None


class _Hits(Node, frozen=True, kw_only=True):
    product_variants: Page[Hit]


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
        self.named_by_item: LRUCache[str, str] = LRUCache(100_000)
        """Inventory item to SKU, or to the variant's id where it has none, as far as this process has seen them: stock
        events name only the item."""

    async def remembered(self, skus: Sequence[str], call: CallContext) -> tuple[dict[str, Found], list[str]]:
        """What is known without asking, and the SKUs to ask for. `call.fresh` asks again for what was absent."""
        kept = await self._cache.get_many(SPACE, skus)
        known: dict[str, Found] = {}
        unknown: list[str] = []
        for sku in skus:
            text = kept.get(sku)
            if text:
                known[sku] = found = msgspec.json.decode(text, type=Found)
                self.named_by_item[found.item] = sku
            elif text is None or call.fresh:
                unknown.append(sku)
        return known, unknown

    async def settle(self, skus: Sequence[str], hits: Sequence[Hit]) -> dict[str, Found | AmbiguousKey]:
        """Which hit is which SKU, exactly; remembers it, absences too."""
        by_key: dict[str, list[Hit]] = {}
        for hit in hits:
            if hit.sku:
                by_key.setdefault(self._rule.written(hit.sku), []).append(hit)
        matches = {sku: self._one(by_key.get(self._rule.written(sku), ())) for sku in skus}
        known = {sku: msgspec.json.encode(match).decode() for sku, match in matches.items() if isinstance(match, Found)}
        absent = {sku: "" for sku, match in matches.items() if match is None}
        for sku, match in matches.items():
            if isinstance(match, Found):
                self.named_by_item[match.item] = sku
        if known:
            await self._cache.set_many(SPACE, known, KEPT)
        if absent:
            await self._cache.set_many(SPACE, absent, ABSENT_KEPT)
        return {sku: match for sku, match in matches.items() if match is not None}

    async def by_sku(
        self, skus: Sequence[str], call: CallContext, *, operation: str, ask: bool = False
    ) -> dict[str, Found | AmbiguousKey]:
        """Known SKUs only. `ask` goes past what is remembered."""
        known, unknown = ({}, list(skus)) if ask else await self.remembered(skus, call)
        found: dict[str, Found | AmbiguousKey] = dict(known)
        if unknown:
            hits = await self._search([self.term(sku) for sku in unknown], call, operation)
            found.update(await self.settle(unknown, hits))
        return found

    def term(self, sku: str) -> str:
        return term("sku", self._rule.written(sku))

    async def by_key(
        self, skus: Sequence[str], barcodes: Sequence[str], call: CallContext, *, operation: str
    ) -> tuple[dict[str, Found | AmbiguousKey], dict[str, Found | AmbiguousKey]]:
        """SKUs and GTINs (14 digits) in the same search; a barcode is stored in any of its lengths."""
        if not barcodes:
            return await self.by_sku(skus, call, operation=operation), {}
        known, unknown = await self.remembered(skus, call)
        terms = [term("barcode", form) for gtin in barcodes for form in gtin_forms(gtin)]
        terms.extend(self.term(sku) for sku in unknown)
        hits = await self._search(terms, call, operation)
        by_code = {code: self._one([h for h in hits if h.barcode and gtin14(h.barcode) == code]) for code in barcodes}
        return (
            {**known, **await self.settle(unknown, hits)},
            {code: match for code, match in by_code.items() if match is not None},
        )

    async def forget(self, skus: Sequence[str]) -> None:
        await self._cache.drop(SPACE, skus)

    @staticmethod
    def _one(hits: Iterable[Hit]) -> Found | AmbiguousKey | None:
        """Variants of drafts and archived products count only where no active one bears the key: a retired product's
        SKU is often used again."""
        every = {hit.id: hit for hit in hits}
        active = [hit for hit in every.values() if hit.product.status == "ACTIVE"]
        chosen = active or list(every.values())
        if len(chosen) > 1:
            return AmbiguousKey(detail=f"{len(chosen)} variants")
        return Found(chosen[0].id, chosen[0].product.id, chosen[0].inventory_item.id) if chosen else None

    async def _search(self, terms: Sequence[str], call: CallContext, operation: str) -> list[Hit]:
        hits: list[Hit] = []
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
