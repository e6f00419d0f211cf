"""SKU and barcode to the vendor's ids, by one Admin search per hundred terms. The search is an index: tokenised and
case-insensitive, it returns near matches, so every answer is compared exactly; two variants of active products with one
SKU are an error about that key. What was found, and what was not, is remembered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
from cachetools import LRUCache

from adapters.shopify.client import Client, Document
from adapters.shopify.shapes import Identified, Node
from gateway.errors import AdapterError
from gateway.kit.graphql import RelayNodes
from gateway.kit.identifiers import KeptIdentifiers
from gateway.kit.keyed import chunks, grouped, one_of, preferred
from gateway.model.context import CallContext
from gateway.model.identity import gtin14, gtin_forms
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.webhooks import EVERYTHING

TERMS = 100
"""Terms of one search. The vendor states no limit."""
KEPT = 24 * 3600.0
ABSENT_KEPT = 300.0
PAGES = 20
CHANGED = 10_000
"""SKUs that changed and that nobody asked for; of more than that, all are forgotten."""

LOOK_UP = Document(
    "admin",
    "VariantsByKey",
    "query VariantsByKey($q:String! $first:Int! $after:String){productVariants(first:$first after:$after query:$q"
    " sortKey:ID){pageInfo{hasNextPage endCursor} nodes{id sku barcode inventoryItem{id} product{id status}}}}",
)


class Found(msgspec.Struct, frozen=True, array_like=True):
    """The native ids of one variant."""

    variant: str
    product: str
    item: str


class _Parent(Node, frozen=True, kw_only=True):
    id: str
    status: str


class Hit(Node, frozen=True, kw_only=True):
    """One variant that a search returned, near match or not."""

    id: str
    inventory_item: Identified
    product: _Parent
    sku: str | None = None
    barcode: str | None = None

    @property
    def ids(self) -> Found:
        return Found(self.id, self.product.id, self.inventory_item.id)


class _Hits(Node, frozen=True, kw_only=True):
    product_variants: RelayNodes[Hit]


def term(field: str, value: str) -> str:
    """One term of the vendor's search syntax."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{field}:"{escaped}"'


def _sold(hit: Hit) -> bool:
    """Variants of drafts and archived products count only where no active one bears the key: a retired product's SKU is
    often used again."""
    return hit.product.status == "ACTIVE"


class Identifiers:
    def __init__(self, env: AdapterEnvironment, client: Client) -> None:
        self._name = env.name
        self._rule = env.key_rule
        self._client = client
        self._kept = KeptIdentifiers(env.identifiers, "sku", Found, seconds=KEPT, briefly=ABSENT_KEPT, source=env.name)
        self._changed: set[str] = set()
        """SKUs that a webhook named and nobody has asked for since: what is kept of them is old."""
        self._all_changed = self._all_forgotten = 0
        """How often anything may have changed, and for how many of those all was forgotten."""
        self.named_by_item: LRUCache[str, str] = LRUCache(100_000)
        """Inventory item to SKU, or to the variant's id where it has none, as far as this process has seen them: stock
        events name only the item."""

    def forget(self, tags: Sequence[str]) -> None:
        """A SKU that had no bearer, or several, may have one from now on. Does no I/O: the next read does."""
        for tag in tags:
            domain, _, name = tag.partition(":")
            if domain == "product" and name:
                self._changed.add(self._rule.written(name))
            elif domain in ("product", *EVERYTHING):
                self._all_changed += 1
        if len(self._changed) > CHANGED:
            self._all_changed += 1
            self._changed.clear()

    async def known(self, skus: Sequence[str], call: CallContext) -> tuple[dict[str, Found | AdapterError], list[str]]:
        """What is known without asking, and the SKUs to ask for."""
        changes = self._all_changed
        if self._all_forgotten < changes:
            await self._kept.forget()
            self._all_forgotten = max(changes, self._all_forgotten)  # not before: whoever began may be cancelled
        written = {sku: self._rule.written(sku) for sku in skus}
        changed = self._changed.intersection(written.values())
        kept, unkept = await self._kept.known(set(written.values()) - changed, fresh=call.fresh)
        self._name_items(kept)
        unknown = changed.union(unkept)
        found = {sku: kept[key] for sku, key in written.items() if key in kept}
        return found, [sku for sku, key in written.items() if key in unknown]

    async def settle(self, skus: Sequence[str], hits: Iterable[Hit]) -> dict[str, Found | AdapterError]:
        """Which hit is which SKU, exactly; remembers it, absences too. `hits` hold each variant once."""
        written = {sku: self._rule.written(sku) for sku in skus}
        by_sku = grouped((self._rule.written(hit.sku) if hit.sku else None, hit) for hit in hits)
        bearers = {key: preferred(by_sku.get(key, ()), _sold) for key in written.values()}
        found = await self._kept.settle(bearers, {key: [hit.ids for hit in borne] for key, borne in bearers.items()})
        self._changed.difference_update(bearers)
        self._name_items(found)
        return {sku: found[key] for sku, key in written.items() if key in found}

    async def drop(self, skus: Sequence[str]) -> None:
        """What turned out to be wrong."""
        await self._kept.forget([self._rule.written(sku) for sku in skus])

    async def by_sku(
        self, skus: Sequence[str], call: CallContext, *, again: bool = False
    ) -> dict[str, Found | AdapterError]:
        """Known SKUs only. `again` goes past what is remembered."""
        return (await self.by_key(skus, (), call, again=again))[0]

    async def by_key(
        self, skus: Sequence[str], barcodes: Sequence[str], call: CallContext, *, again: bool = False
    ) -> tuple[dict[str, Found | AdapterError], dict[str, Found | AdapterError]]:
        """SKUs and GTINs (14 digits) in the same search; a barcode is stored in any of its lengths."""
        known, unknown = ({}, skus) if again else await self.known(skus, call)
        terms = [term("barcode", form) for gtin in barcodes for form in gtin_forms(gtin)]
        hits = await self._search([*terms, *map(self.term, unknown)], call)
        by_code = grouped((gtin14(hit.barcode) if hit.barcode else None, hit) for hit in hits)
        matches = {code: one_of(by_code.get(code, ()), self._name, prefer=_sold) for code in barcodes}
        coded = {code: match.ids if isinstance(match, Hit) else match for code, match in matches.items() if match}
        return {**known, **await self.settle(unknown, hits)}, coded

    def term(self, sku: str) -> str:
        return term("sku", self._rule.written(sku))

    def _name_items(self, found: Mapping[str, Found | AdapterError]) -> None:
        for sku, match in found.items():
            if isinstance(match, Found):
                self.named_by_item[match.item] = sku

    async def _search(self, terms: Sequence[str], call: CallContext) -> Collection[Hit]:
        hits: dict[str, Hit] = {}
        for chunk in chunks(terms, TERMS):
            found = await self._client.every(
                LOOK_UP,
                {"q": " OR ".join(chunk)},
                _Hits,
                lambda answer: answer.product_variants,
                call,
                points=3,
                first=min(250, 2 * len(chunk) + 10),
                most=PAGES,
            )
            hits |= {hit.id: hit for hit in found}
        return hits.values()
