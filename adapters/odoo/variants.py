"""How variants are found by their keys: SKUs as this Odoo may hold them, or ids where they have none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec.structs import replace

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.values import CodeRow, any_of, record_id, text
from gateway.errors import ConfigurationError
from gateway.kit.keyed import ByVariant, chunks
from gateway.kit.tables import Table
from gateway.model.context import CallContext
from gateway.model.identity import VariantKey, canonical_key, natives_among, skus_among
from gateway.ports.manifest import AdapterEnvironment
from gateway.ports.webhooks import EVERYTHING

KEY_FIELDS = ("default_code", "barcode")
SKUS_A_REQUEST = 500
TABLES, BLANK_ENDED_ROWS = "product.tables", 2_000
PRODUCTS = ("product", *EVERYTHING)


V = TypeVar("V", bound=CodeRow)


class Variants:
    def __init__(self, env: AdapterEnvironment[OdooConfig], client: OdooClient) -> None:
        if env.key_rule.field not in ("", *KEY_FIELDS):
            said = f"an Odoo keeps SKUs in {' or '.join(KEY_FIELDS)}"
            raise ConfigurationError(said, place=f"identity.{env.name}.field")
        self._name = env.name
        self._client = client
        self.rule = env.key_rule
        self.sku_field = env.key_rule.field or KEY_FIELDS[0]
        self._blank_ended = Table(self._read_blank_ended, env.config.tables_ttl, env.clock)
        self.close = self._blank_ended.close

    def forget(self, tags: Sequence[str]) -> None:
        """Codes with blanks at their ends. A change that names a code without any says nothing of those."""
        changed = (tag.partition(":") for tag in tags)
        if any(domain in PRODUCTS and (not name or name != canonical_key(name)) for domain, _, name in changed):
            self._blank_ended.forget()

    def sku_of(self, row: CodeRow) -> str | None:
        return text(row.barcode if self.sku_field == "barcode" else row.default_code)

    async def domains(self, variants: Iterable[VariantKey], call: CallContext) -> list[list[Any]]:
        """What finds these variants, 500 a domain: by SKU in every way this Odoo may hold it, or by id."""
        asked = list(dict.fromkeys(variants))
        ids = [found for native in natives_among(asked, self._name) if (found := record_id(native)) is not None]
        names: list[str | int] = [*await self.codes(skus_among(asked), call), *ids]
        domains: list[list[Any]] = []
        for chunk in chunks(names, SKUS_A_REQUEST):
            skus = [name for name in chunk if isinstance(name, str)]
            some = [name for name in chunk if isinstance(name, int)]
            terms = [[field, "in", found] for field, found in ((self.sku_field, skus), ("id", some)) if found]
            domains.append(any_of(terms))
        return domains

    def found(self, rows: Iterable[V]) -> ByVariant[V]:
        return ByVariant(self._name, self.rule, ((str(row.id), self.sku_of(row), row) for row in rows))

    async def codes(self, skus: Iterable[str], call: CallContext) -> list[str]:
        """Every way in which this Odoo may hold these SKUs: as its key rule writes them, and with blanks at their ends,
        which Odoo keeps and compares. Those are few, so they are read for everybody once a while."""
        known = await self._blank_ended.get(call, kept_is_enough=True)
        written = dict.fromkeys(map(self.rule.written, skus))
        return [code for sku in written for code in (sku, *known.get(sku, ())) if code]

    async def _read_blank_ended(self, call: CallContext) -> Mapping[str, Sequence[str]]:
        domain = ["|", *([self.sku_field, "=like", pattern] for pattern in (" %", "% "))]
        own = replace(call, operation=TABLES)
        rows = await self._client.search(CodeRow, "product.product", domain, own, limit=BLANK_ENDED_ROWS)
        found: dict[str, dict[str, None]] = {}
        for code in filter(None, map(self.sku_of, rows)):
            found.setdefault(self.rule.written(code), {})[code] = None
        return {written: tuple(codes) for written, codes in found.items()}
