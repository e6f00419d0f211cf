"""A schema that uses every feature the executor must cover."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Annotated, Any, Generic, NewType, TypeVar

import strawberry
from execution_records import Category, Image, Money, Page, Payload, Price, Product, Size, Variant, Video
from execution_world import NOBODY, Context
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from gateway.execution import attribute, batched, computed, records, streamed

Answers = Sequence[Any]
strawberry.enum(Size)
Lenient = NewType("Lenient", object)
LENIENT = strawberry.scalar(name="Lenient", serialize=str, parse_value=str, description="Serialises anything at all.")
FIRST = strawberry.ID("p1")
T = TypeVar("T")


@strawberry.input
class Range:
    low: int = 0
    high: int | None = strawberry.UNSET
    sizes: list[Size] = strawberry.field(default_factory=lambda: [Size.SMALL])


@strawberry.input(one_of=True)
class By:
    id: strawberry.Maybe[strawberry.ID]
    title: strawberry.Maybe[str]


@strawberry.type(name="Money")
class MoneyView:
    is_type_of = records(Money)
    amount: Decimal
    currency: str

    @computed(str)
    @staticmethod
    def formatted(record: Money, ctx: Context, digits: int = 2, suffix: str | None = None) -> str:
        return f"{record.amount:.{digits}f} {record.currency} {ctx.language}{suffix or ''}"


@strawberry.type(name="Price")
class PriceView:
    is_type_of = records(Price)
    current: MoneyView
    list: MoneyView | None
    quantity: int
    valid_until: datetime.datetime | None

    @computed(MoneyView | None)
    @staticmethod
    def saving(record: Price) -> Money | None:
        return record.list and Money(record.list.amount - record.current.amount, record.current.currency)


@strawberry.interface(name="Media")
class MediaView:
    url: str

    @batched(str | None, key="url")
    @staticmethod
    async def checksum(parents: Sequence[Image | Video], ctx: Context) -> Answers:
        keys = [parent.url for parent in parents]
        return await ctx.world.answer("checksum", keys, None, [f"sum of {key}" for key in keys])


@strawberry.type(name="Image")
class ImageView(MediaView):
    is_type_of = records(Image)
    width: int | None


@strawberry.type(name="Video")
class VideoView(MediaView):
    is_type_of = records(Video)
    seconds: float | None


@strawberry.type(name="Variant")
class VariantView:
    is_type_of = records(Variant)
    sku: strawberry.ID
    title: str
    size: Size
    weight: float | None
    media: list[MediaView]
    meta: JSON | None

    @strawberry.field
    def shout(self, times: int = 1) -> str:
        return self.title.upper() + "!" * times

    @batched(PriceView | None, key="sku")
    @staticmethod
    async def price(parents: Sequence[Variant], ctx: Context, quantity: int = 1, size: Size | None = None) -> Answers:
        skus = [variant.sku for variant in parents]
        prices = [ctx.world.price(sku, quantity) for sku in skus]
        return await ctx.world.answer("price", skus, (quantity, size), prices)

    @batched(int, key="sku")
    @staticmethod
    async def stock(parents: Sequence[Variant], ctx: Context, within: Range | None = None) -> Answers:
        skus = [variant.sku for variant in parents]
        return await ctx.world.answer("stock", skus, repr(within), [len(sku) for sku in skus])

    @batched("ProductView", key=lambda variant: variant.sku.split(".")[0])
    @staticmethod
    def product(parents: Sequence[Variant], ctx: Context) -> Answers:
        return [ctx.world.product(variant.sku.split(".")[0]) for variant in parents]

    @batched(Lenient | None, key="sku", requires=("staff",))
    @staticmethod
    async def margin(parents: Sequence[Variant], ctx: Context) -> Answers:
        skus = [variant.sku for variant in parents]
        return await ctx.world.answer("margin", skus, None, skus)


@strawberry.type(name="Page")
class PageView(Generic[T]):
    nodes: list[T]
    has_next: bool

    @batched(int | None, key=lambda page: tuple(node.id for node in page.nodes))
    @staticmethod
    async def total(parents: Sequence[Page], ctx: Context) -> Answers:
        keys = ["+".join(node.id for node in parent.nodes) or NOBODY for parent in parents]
        return await ctx.world.answer("total", keys, None, [len(parent.nodes) for parent in parents])


@strawberry.interface(name="Node")
class NodeView:
    id: strawberry.ID


@strawberry.type(name="Product")
class ProductView(NodeView):
    is_type_of = records(Product)
    title: str
    subtitle: str | None
    count: int
    active: bool
    tags: list[str | None]
    grid: list[list[int] | None] | None
    variants: list[VariantView]
    cover: MediaView | None
    secret: str | None = attribute(requires=("staff", "boss"))
    email: str | None = attribute(pii=True)

    @batched(list["ProductView"] | None, key="id")
    @staticmethod
    async def related(parents: Sequence[Product], ctx: Context, first: int = 2) -> Answers:
        ids = [product.id for product in parents]
        found = [[ctx.world.product(f"{name[:6]}{i}") for i in range(first)] for name in ids]
        return await ctx.world.answer("related", ids, first, found)

    @batched(PageView[VariantView] | None, key="id")
    @staticmethod
    async def family(parents: Sequence[Product], ctx: Context, selected: frozenset[str]) -> Answers:
        ids = [product.id for product in parents]
        pages = [Page(product.variants, "total" in selected) for product in parents]
        return await ctx.world.answer("family", ids, sorted(selected), pages)

    @computed(str)
    @staticmethod
    def label(record: Product, prefix: str = "", by: By | None = None) -> str:
        return f"{prefix}{record.title}{by}"

    @batched(str, key="id", pii=True)
    @staticmethod
    async def owner(parents: Sequence[Product], ctx: Context) -> Answers:
        ids = [product.id for product in parents]
        return await ctx.world.answer("owner", ids, None, [f"owner of {name}" for name in ids])


@strawberry.type(name="Category")
class CategoryView(NodeView):
    is_type_of = records(Category)
    name: str
    depth: int | None

    @batched(list[ProductView | None] | None, key="id")
    @staticmethod
    async def products(parents: Sequence[Category], ctx: Context) -> Answers:
        ids = [category.id for category in parents]
        found = [[ctx.world.product(f"{name}x"), ctx.world.maybe(ctx.world.product(f"{name}y"), name)] for name in ids]
        return await ctx.world.answer("products", ids, None, found)


Hit = Annotated[ProductView | CategoryView, strawberry.union("Hit")]


@strawberry.type
class Query:
    @batched(PageView[ProductView] | None)
    @staticmethod
    async def catalogue(parents: Sequence[None], ctx: Context, first: int = 3, by: By | None = None) -> Answers:
        page = ctx.world.page([f"p{i}" for i in range(min(first, 4))])
        return await ctx.world.answer("catalogue", [""], (first, repr(by)), [page])

    @batched(ProductView | None)
    @staticmethod
    async def product(parents: Sequence[None], ctx: Context, id: strawberry.ID = FIRST) -> Answers:  # noqa: A002
        return await ctx.world.answer("product", [str(id)], None, [ctx.world.product(str(id)[:8])])

    @batched(list[Hit])
    @staticmethod
    async def search(parents: Sequence[None], ctx: Context, text: str, within: Range | None = None) -> Answers:
        hits = [ctx.world.odd(ctx.world.hit(i), "hit", i) for i in range(len(text) % 4 + 1)]
        return await ctx.world.answer("search", [text], repr(within), [hits])

    @batched(NodeView | None)
    @staticmethod
    async def node(parents: Sequence[None], ctx: Context, id: strawberry.ID) -> Answers:  # noqa: A002
        return await ctx.world.answer("node", [str(id)], None, [ctx.world.hit(len(str(id)))])

    @computed(str)
    @staticmethod
    def version(record: None) -> str:
        return "1"

    @batched(int | None, requires=("staff",))
    @staticmethod
    async def headcount(parents: Sequence[None], ctx: Context) -> Answers:
        return await ctx.world.answer("headcount", [""], None, [7])


@strawberry.type(name="Payload")
class PayloadView:
    is_type_of = records(Payload)
    product: ProductView | None
    errors: list[str]


@strawberry.type
class Mutation:
    @batched(PayloadView | None)
    @staticmethod
    async def rename(parents: Sequence[None], ctx: Context, name: str, by: By | None = None) -> Answers:
        return await ctx.world.answer("rename", [name], repr(by), [ctx.world.payload(name[:8])])

    @batched(int)
    @staticmethod
    async def bump(parents: Sequence[None], ctx: Context, amount: int = 1) -> Answers:
        return await ctx.world.answer("bump", [""], amount, [amount])


@strawberry.type
class Subscription:
    @streamed(ProductView | None)
    @staticmethod
    async def changes(ctx: Context, count: int = 2) -> AsyncIterator[Product]:
        for index in range(count):
            yield ctx.world.product(f"p{index}")


def build() -> strawberry.Schema:
    return strawberry.Schema(
        Query,
        Mutation,
        Subscription,
        types=[ImageView, VideoView, CategoryView],
        config=StrawberryConfig(scalar_map={Lenient: LENIENT}),
    )
