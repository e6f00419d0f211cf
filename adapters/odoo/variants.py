"""What every part of the adapter shares: the client, the configuration, and one freshness per answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from adapters.odoo.client import OdooClient
from adapters.odoo.config import OdooConfig
from adapters.odoo.shelf import Shelf
from adapters.odoo.values import Empty, record_id, text
from gateway.errors import AmbiguousKey, ConfigurationError
from gateway.model.context import CallContext
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef, VariantKey, natives_among, skus_among
from gateway.ports.manifest import AdapterEnvironment

V = TypeVar("V")

KEY_FIELDS = ("default_code", "barcode")
SKUS_A_REQUEST = 500
BLANK_ENDED, BLANK_ENDED_ROWS = "product.tables", 2_000


class CodeRow(Struct, frozen=True):
    id: int
    default_code: str | Empty
    barcode: str | Empty


class OdooBackend:
    def __init__(self, env: AdapterEnvironment) -> None:
        if not isinstance(env.config, OdooConfig):
            raise ConfigurationError("not a configuration of an Odoo", place=f"backends.{env.name}")
        env.config.verify(f"backends.{env.name}")
        if env.key_rule.field not in ("", *KEY_FIELDS):
            raise ConfigurationError(
                f"an Odoo keeps SKUs in {' or '.join(KEY_FIELDS)}", place=f"identity.{env.name}.field"
            )
        self.name = env.name
        self.env = env
        self.config = env.config
        self.client = OdooClient(env.config, env.transport)
        self.sku_field = env.key_rule.field or KEY_FIELDS[0]
        self._blank_ended = Shelf(self._read_blank_ended, self.config.tables_ttl)

    async def close(self) -> None:
        await self._blank_ended.close()
        await self.client.close()

    def freshness(self) -> Freshness:
        """Shared by all records of one answer."""
        return Freshness(self.name, self.env.clock())

    def ref(self, identifier: object) -> NativeRef:
        return NativeRef(self.name, str(identifier))

    def written_skus(self, skus: Iterable[str]) -> dict[str, list[str]]:
        """The SKUs as this Odoo writes them, each with the asked keys that it stands for."""
        written: dict[str, list[str]] = {}
        for sku in skus:
            written.setdefault(self.env.key_rule.written(sku), []).append(sku)
        return written

    async def variant_domains(self, variants: Iterable[VariantKey], call: CallContext) -> list[list[Any]]:
        """What finds these variants, 500 a domain: by SKU in every way this Odoo may hold it, or by id where they have
        none."""
        asked = list(dict.fromkeys(variants))
        ids = [found for native in natives_among(asked, self.name) if (found := record_id(native)) is not None]
        names: list[str | int] = [*await self.codes(skus_among(asked), call), *ids]
        domains: list[list[Any]] = []
        for chunk in chunks(names, SKUS_A_REQUEST):
            skus = [name for name in chunk if isinstance(name, str)]
            some = [name for name in chunk if isinstance(name, int)]
            terms = [[field, "in", found] for field, found in ((self.sku_field, skus), ("id", some)) if found]
            domains.append([*["|"] * (len(terms) - 1), *terms])
        return domains

    def by_variant(
        self, asked: Iterable[VariantKey], rows: Sequence[tuple[int, str | None, V]]
    ) -> dict[VariantKey, V | AmbiguousKey]:
        """Rows (id, SKU, row) by what was asked."""
        variants = list(asked)
        by_ref = {self.ref(identifier): row for identifier, _, row in rows}
        found: dict[VariantKey, V | AmbiguousKey] = {
            variant: by_ref[variant] for variant in variants if not isinstance(variant, str) and variant in by_ref
        }
        return {**found, **self.by_sku(skus_among(variants), [(sku, row) for _, sku, row in rows])}

    async def codes(self, skus: Iterable[str], call: CallContext) -> list[str]:
        """Every way in which this Odoo may hold these SKUs: as its key rule writes them, and with blanks at their ends,
        which Odoo keeps and compares. Those are few, so they are read for everybody once a while."""
        known = await self._blank_ended.get(call)
        return [code for sku in self.written_skus(skus) for code in (sku, *known.get(sku, ())) if code]

    async def _read_blank_ended(self, call: CallContext) -> Mapping[str, tuple[str, ...]]:
        domain = ["|", *([self.sku_field, "=like", pattern] for pattern in (" %", "% "))]
        rows = await self.client.search(
            CodeRow, "product.product", domain, call, operation=BLANK_ENDED, limit=BLANK_ENDED_ROWS
        )
        found: dict[str, tuple[str, ...]] = {}
        for row in rows:
            if code := self.code_of(row):
                written = self.env.key_rule.written(code)
                found[written] = tuple(dict.fromkeys((*found.get(written, ()), code)))
        return found

    def code_of(self, row: CodeRow) -> str | None:
        return text(row.barcode if self.sku_field == "barcode" else row.default_code)

    def by_sku(self, asked: Iterable[str], rows: Sequence[tuple[str | None, V]]) -> dict[str, V | AmbiguousKey]:
        """Rows by asked SKU, compared exactly; a SKU borne by two rows is an error of that key."""
        found: dict[str, list[V]] = {}
        for sku, row in rows:
            if sku:
                found.setdefault(self.env.key_rule.written(sku), []).append(row)
        answers: dict[str, V | AmbiguousKey] = {}
        for sku in asked:
            same = found.get(self.env.key_rule.written(sku), [])
            if len(same) == 1:
                answers[sku] = same[0]
            elif same:
                answers[sku] = AmbiguousKey(source=self.name)
        return answers


def chunks(values: Sequence[V], size: int) -> Iterator[Sequence[V]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
