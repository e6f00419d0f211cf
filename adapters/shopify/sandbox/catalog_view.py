"""Products, collections and the menu as both APIs answer them: plain dictionaries whose callables are fields with
arguments."""

# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# Fields with arguments are lambdas, called by graphql-core.

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from adapters.shopify.sandbox.connections import connection
from adapters.shopify.sandbox.world import ShopCollection, ShopProduct, ShopVariant, World, number
from gateway.model.catalog import Category, Image, Model3d, Video

UNITS = {
    "mL": "ML",
    "cL": "CL",
    "L": "L",
    "g": "G",
    "kg": "KG",
    "mg": "MG",
    "m": "M",
    "cm": "CM",
    "mm": "MM",
    "m2": "M2",
    "m3": "M3",
    "{item}": "ITEM",
}


def amount(value: Decimal) -> str:
    """As the vendor writes decimals: at least one digit after the point, no trailing zeros beyond it."""
    text = format(value.normalize(), "f")
    return text if "." in text else f"{text}.0"


def moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


def image(url: str | None, found: Image | None = None) -> dict[str, Any] | None:
    if url is None:
        return None
    return {
        "url": url,
        "altText": found.alt if found else None,
        "width": found.width if found else None,
        "height": found.height if found else None,
    }


class CatalogView:
    """One request's view of the catalogue, in a language. `admin` sees drafts too."""

    def __init__(self, world: World, language: str, *, admin: bool) -> None:
        self.world = world
        self.language = language
        self.admin = admin

    def listed(self) -> list[ShopProduct]:
        return [product for product in self.world.products.values() if self.admin or product.visible]

    def products(self, chosen: list[ShopProduct], first: int | None, after: str | None) -> dict[str, Any]:
        return connection(
            chosen, self.product, order="id", key=lambda product: (number(product.id),), first=first, after=after
        )

    def product(self, product: ShopProduct) -> dict[str, Any]:
        record = product.record
        translation = self.world.translation(product, self.language)
        description = record.description.value if record.description else ""
        options = [(option.name, option.values) for option in record.options] or [("Title", ("Default Title",))]
        return {
            "__typename": "Product",
            "id": product.id,
            "handle": product.handle,
            "title": translation.title if translation else record.title.value,
            "description": (translation.description if translation else "") or description,
            "vendor": record.brand or "",
            "productType": record.product_type or "",
            "tags": list(record.tags),
            "status": product.status,
            "publishedAt": moment(self.world.now) if product.published else None,
            "updatedAt": moment(record.updated_at or self.world.now),
            "options": [{"name": n, "optionValues": [{"name": value} for value in values]} for n, values in options],
            "media": lambda info, first=None: {"nodes": [self._media(media) for media in record.media][:first]},
            "collections": lambda info, first=None: connection(
                [self.world.collections[handle] for handle in product.collections],
                self.collection,
                order="id",
                key=lambda collection: (number(collection.id),),
                first=first,
                after=None,
            ),
            "variants": lambda info, first=None, after=None: connection(
                list(enumerate(product.variants)),
                lambda pair: self.variant(pair[1]),
                order="position",
                key=lambda pair: (pair[0],),
                first=first,
                after=after,
            ),
        }

    def _media(self, media: Image | Video | Model3d) -> dict[str, Any]:
        if isinstance(media, Image):
            return {"__typename": "MediaImage", "id": "1", "alt": media.alt, "image": image(media.url, media)}
        if isinstance(media, Video):
            sources = [{"url": media.url, "mimeType": media.mime_type or "video/mp4"}]
            return {"__typename": "Video", "id": "1", "alt": media.alt, "sources": sources}
        sources = [{"url": s.url, "mimeType": s.mime_type or "model/gltf-binary"} for s in media.sources]
        return {"__typename": "Model3d", "id": "1", "alt": media.alt, "sources": sources}

    def variant(self, variant: ShopVariant) -> dict[str, Any]:
        record = variant.record
        options = [{"name": option.name, "value": option.value} for option in record.options]
        measure = record.measurement
        own_image = next((media for media in record.media if isinstance(media, Image)), None)
        title = " / ".join(option["value"] for option in options) or "Default Title"
        return {
            "__typename": "ProductVariant",
            "id": variant.id,
            "sku": variant.sku,
            "barcode": variant.barcode,
            "title": title,
            "taxable": variant.taxable,
            "image": image(own_image.url, own_image) if own_image else None,
            "selectedOptions": options or [{"name": "Title", "value": "Default Title"}],
            "quantityRule": {"increment": 1, "minimum": record.least or 1, "maximum": record.most},
            "unitPriceMeasurement": {
                "quantityValue": float(measure.quantity),
                "quantityUnit": UNITS.get(measure.unit, "UNKNOWN"),
                "referenceValue": int(measure.reference_quantity),
                "referenceUnit": UNITS.get(measure.reference_unit, "UNKNOWN"),
            }
            if measure
            else None,
        }

    def collection(self, collection: ShopCollection) -> dict[str, Any]:
        return {
            "__typename": "Collection",
            "id": collection.id,
            "handle": collection.handle,
            "title": collection.title,
            "description": collection.description,
            "image": image(collection.image),
            "products": lambda info, first=None, after=None, sortKey=None: self.products(
                [product for product in self.listed() if collection.handle in product.collections], first, after
            ),
        }

    def collections(self, first: int | None, after: str | None) -> dict[str, Any]:
        return connection(
            list(self.world.collections.values()),
            self.collection,
            order="id",
            key=lambda collection: (number(collection.id),),
            first=first,
            after=after,
        )

    def menu(self, handle: str) -> dict[str, Any] | None:
        """The seed's categories, as the shop's main navigation menu."""
        if handle != "main-menu":
            return None
        ordered = sorted(self.world.seed.categories, key=lambda category: category.position)

        def below(parent: str | None) -> list[dict[str, Any]]:
            return [self._item(category, below(category.key)) for category in ordered if category.parent == parent]

        return {"items": below(None)}

    def _item(self, category: Category, items: list[dict[str, Any]]) -> dict[str, Any]:
        collection = self.world.collections[category.slug or category.key]
        return {"title": category.name.value, "items": items, "resource": self.collection(collection)}

    def node(self, native: str) -> dict[str, Any] | None:
        if product := self.world.products.get(native):
            return self.product(product) if self.admin or product.visible else None
        if variant := self.world.variants.get(native):
            shown = self.admin or self.world.products[variant.product].visible
            return self.variant(variant) if shown else None
        return None
