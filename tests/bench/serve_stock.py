"""Strawberry as its documentation shows it: async resolvers, a DataLoader per backend, its own ASGI view, aiohttp."""

from __future__ import annotations

import os
from enum import Enum
from typing import Any

import aiohttp
import strawberry
import uvicorn
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.types import Info

from tests.bench.queries import STORE_IDS

UPSTREAM = os.environ["UPSTREAM"]
SESSION: list[aiohttp.ClientSession] = []


async def get(path: str) -> Any:
    if not SESSION:
        SESSION.append(aiohttp.ClientSession())
    async with SESSION[0].get(UPSTREAM + path) as response:
        return await response.json()


def loaders() -> dict[str, DataLoader[str, Any]]:
    def loader(file: str) -> DataLoader[str, Any]:
        async def load(keys: list[str]) -> list[Any]:
            found = await get(f"/{'one' if len(keys) <= 3 else 'list'}/{file}")
            return [found.get(key) for key in keys]

        return DataLoader(load)

    return {file: loader(file) for file in ("prices", "stock-a", "stock-b")}


@strawberry.type
class LocalizedText:
    value: str
    language: str


@strawberry.type
class Money:
    amount: str
    currency_code: str


@strawberry.type
class TaxedMoney:
    gross: Money
    tax_treatment: str


@strawberry.type
class Price:
    current: TaxedMoney


@strawberry.type
class StoreAvailability:
    status: str
    quantity: int


@strawberry.type
class Availability:
    status: str
    quantity: int
    complete: bool
    stores: list[StoreAvailability]


@strawberry.type
class SelectedOption:
    name: str
    value: str


@strawberry.enum
class Fulfilment(Enum):
    DELIVERY = "DELIVERY"
    PICKUP = "PICKUP"


def status(count: int) -> str:
    return "OUT_OF_STOCK" if count == 0 else "LOW_STOCK" if count <= 3 else "IN_STOCK"


@strawberry.type
class Variant:
    canned: strawberry.Private[Any]

    @strawberry.field
    def sku(self) -> str:
        return self.canned["sku"]

    @strawberry.field
    def title(self) -> LocalizedText:
        return LocalizedText(value=self.canned["title"], language="en")

    @strawberry.field
    def taxable(self) -> bool:
        return True

    @strawberry.field
    def options(self) -> list[SelectedOption]:
        return [SelectedOption(name="Size", value=self.canned["size"])]

    @strawberry.field
    async def price(self, info: Info) -> Price | None:
        found = await info.context["prices"].load(self.canned["sku"])
        if found is None:
            return None
        gross = Money(amount=found["amount"], currency_code=found["currency"])
        return Price(current=TaxedMoney(gross=gross, tax_treatment="INCLUDED"))

    @strawberry.field
    async def availability(
        self, info: Info, fulfilment: Fulfilment = Fulfilment.DELIVERY, store_ids: list[strawberry.ID] | None = None
    ) -> Availability | None:
        sku = self.canned["sku"]
        if fulfilment is Fulfilment.DELIVERY:
            count = (await info.context["stock-a"].load(sku))["warehouse"]
            return Availability(status=status(count), quantity=min(count, 10), complete=True, stores=[])
        found = {**await info.context["stock-a"].load(sku), **await info.context["stock-b"].load(sku)}
        counts = [found[name] for name in ("one", "two", "three", "four", "five")][: len(store_ids or STORE_IDS)]
        return Availability(
            status=status(sum(counts)),
            quantity=min(sum(counts), 10),
            complete=True,
            stores=[StoreAvailability(status=status(count), quantity=min(count, 10)) for count in counts],
        )


@strawberry.type
class Product:
    canned: strawberry.Private[Any]

    @strawberry.field
    def slug(self) -> str:
        return self.canned["slug"]

    @strawberry.field
    def brand(self) -> str:
        return self.canned["brand"]

    @strawberry.field
    def product_type(self) -> str:
        return self.canned["type"]

    @strawberry.field
    def updated_at(self) -> str:
        return self.canned["updated"]

    @strawberry.field
    def title(self) -> LocalizedText:
        return LocalizedText(value=self.canned["title"], language="en")

    @strawberry.field
    def variants(self) -> list[Variant]:
        return [Variant(canned=variant) for variant in self.canned["variants"]]


@strawberry.type
class ProductConnection:
    nodes: list[Product]


@strawberry.type
class CommerceContext:
    country: str


@strawberry.input
class ProductBy:
    slug: str


@strawberry.type
class Query:
    @strawberry.field
    def context(self) -> CommerceContext:
        return CommerceContext(country="GB")

    @strawberry.field
    async def product(self, by: ProductBy) -> Product | None:
        return Product(canned=await get("/one/product"))

    @strawberry.field
    async def products(self, first: int = 24) -> ProductConnection | None:
        canned = await get("/wide/products" if first > 24 else "/list/products")
        return ProductConnection(nodes=[Product(canned=product) for product in canned])


class View(GraphQL[Any, Any]):
    async def get_context(self, request: Any, response: Any) -> Any:
        return loaders()


if __name__ == "__main__":
    application: Any = View(strawberry.Schema(Query))
    uvicorn.run(application, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error", loop="uvloop")
