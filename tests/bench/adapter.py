"""The benchmark's adapter: the gateway's real ports over the canned upstreams. Two of its backends count stock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec import Struct

from gateway.errors import AdapterError, InvalidAnswer
from gateway.model.catalog import (
    Product,
    ProductKey,
    ProductPage,
    ProductQuery,
    SelectedOption,
    Variant,
)
from gateway.model.context import CallContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.operation import OperationSpec
from gateway.model.pricing import Price, PriceKey
from gateway.model.stock import StockKey, StockLevel, StockLevels, Tracking
from gateway.model.text import Text
from gateway.ports.backend import Backend, Probe
from gateway.ports.manifest import AdapterConfig, AdapterEnvironment, Manifest
from gateway.ports.price import GET_PRICES
from gateway.ports.product import GET_PRODUCTS, LIST_PRODUCTS
from gateway.ports.stock import GET_STOCK
from gateway.ports.transport import Request

T = TypeVar("T")


class CannedVariant(Struct, frozen=True, gc=False):
    id: str
    sku: str
    title: str
    size: str


class CannedProduct(Struct, frozen=True, gc=False):
    id: str
    slug: str
    title: str
    brand: str
    type: str
    updated: datetime
    variants: tuple[CannedVariant, ...]


_ONE = msgspec.json.Decoder(CannedProduct)
_MANY = msgspec.json.Decoder(tuple[CannedProduct, ...])
_PRICES = msgspec.json.Decoder(dict[str, Money])  # a price on the wire is an amount and a currency, as the record is
_STOCK = msgspec.json.Decoder(dict[str, dict[str, int]])
_INCLUDED, _TRACKED = TaxTreatment.INCLUDED, Tracking.TRACKED


class CannedConfig(AdapterConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`stock`: which of the two stock files this backend answers with."""

    stock: str = "stock-a"


class CannedAdapter:
    """Catalogue, prices and stock. One product comes from `/one`, a listing of 24 from `/list`, of 100 from `/wide`."""

    def __init__(self, environment: AdapterEnvironment[CannedConfig]) -> None:
        self.name = environment.name
        self._send = environment.transport.send
        self._clock = environment.clock
        self._stock = environment.config.stock

    async def probe(self, call: CallContext) -> Probe:
        return Probe("1")

    async def _get(self, path: str, decoder: msgspec.json.Decoder[T], call: CallContext) -> T:
        response = await self._send(Request(method="GET", path=path), call)
        try:
            return decoder.decode(response.body)
        except msgspec.DecodeError as error:
            raise InvalidAnswer(detail=str(error)) from error

    async def get_products(
        self, keys: Sequence[ProductKey], context: ContextView, call: CallContext
    ) -> Mapping[ProductKey, Product | AdapterError]:
        canned = await self._get("/one/product", _ONE, call)
        return {keys[0]: self._product(canned, context.language, Freshness(self.name, self._clock()))}

    async def list_products(self, query: ProductQuery, context: ContextView, call: CallContext) -> ProductPage:
        path = "/wide/products" if query.first > 24 else "/list/products"
        canned = await self._get(path, _MANY, call)
        seen, language = Freshness(self.name, self._clock()), context.language
        products = tuple([self._product(product, language, seen) for product in canned])
        return ProductPage(products, tuple([product.id for product in canned]), has_next=False)

    def _product(self, canned: CannedProduct, language: str, seen: Freshness) -> Product:
        name = self.name
        ref = NativeRef(name, canned.id)
        return Product(
            ref=ref,
            title=Text(canned.title, language),
            freshness=seen,
            slug=canned.slug,
            brand=canned.brand,
            product_type=canned.type,
            updated_at=canned.updated,
            variants=tuple(
                [
                    Variant(
                        NativeRef(name, variant.id),
                        ref,
                        variant.sku,
                        Text(variant.title, language),
                        seen,
                        options=(SelectedOption("Size", variant.size),),
                        taxable=True,
                    )
                    for variant in canned.variants
                ]
            ),
        )

    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        folder = "one" if len(keys) <= 3 else "list"
        canned = await self._get(f"/{folder}/prices", _PRICES, call)
        seen = Freshness(self.name, self._clock())
        found: dict[PriceKey, Price | AdapterError] = {}
        for key in keys:
            gross = canned.get(key.sku or "")
            if gross is not None:
                found[key] = Price(TaxedMoney(gross=gross, treatment=_INCLUDED), seen, key=key)
        return found

    async def get_stock(
        self, keys: Sequence[StockKey], context: ContextView, call: CallContext
    ) -> Mapping[StockKey, StockLevels | AdapterError]:
        folder = "one" if len(keys) <= 3 else "list"
        canned = await self._get(f"/{folder}/{self._stock}", _STOCK, call)
        seen = Freshness(self.name, self._clock())
        found: dict[StockKey, StockLevels | AdapterError] = {}
        for key in keys:
            counts = canned.get(key.sku or "")
            if counts is not None:
                levels: dict[str, StockLevel] = {}
                for place, count in counts.items():
                    levels[place] = StockLevel(place, _TRACKED, seen, Decimal(count))
                found[key] = StockLevels(levels)
        return found


def _create(environment: AdapterEnvironment[CannedConfig]) -> Backend:
    adapter = CannedAdapter(environment)
    return Backend(ports=(adapter,), probe=adapter)


MANIFEST = Manifest(
    name="canned",
    title="The benchmark's upstreams",
    api_version="1",
    config=CannedConfig,
    create=_create,
    operations={
        GET_PRODUCTS.name: OperationSpec(vary_on=frozenset({"language"})),
        LIST_PRODUCTS.name: OperationSpec(vary_on=frozenset({"language"})),
        GET_PRICES.name: OperationSpec(vary_on=frozenset({"currency", "country"})),
        GET_STOCK.name: OperationSpec(),
    },
)
