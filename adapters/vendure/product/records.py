"""Vendure's products to records."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser

from adapters.vendure.config import VendureConfig
from adapters.vendure.facts import ChannelFacts
from adapters.vendure.product.rows import WireAsset, WireProduct, WireTranslation, WireVariant
from gateway.kit.readings import Reading
from gateway.model.catalog import (
    Image,
    Media,
    Model3d,
    Model3dSource,
    Product,
    ProductOption,
    SelectedOption,
    Variant,
    Video,
)
from gateway.model.identity import canonical_key, gtin14
from gateway.model.languages import tag_or
from gateway.model.text import Text


def language_tag(code: str) -> str:
    """BCP 47: Vendure writes `pt_BR`."""
    return tag_or(code, code)


def product(wire: WireProduct, language: str, facts: ChannelFacts, config: VendureConfig, reading: Reading) -> Product:
    told = translations(wire, language, facts)
    text = next((entry for entry in told if entry.name.strip()), told[0])
    described = next((entry for entry in told if plain_text(entry.description)), text)
    options = {group.name: tuple(value.name for value in group.options) for group in wire.option_groups}
    collections = [entry.id for entry in wire.collections if not entry.is_private]
    description = plain_text(described.description)
    return Product(
        ref=reading.ref(wire.id),
        title=Text(text.name, language_tag(text.language_code)),
        freshness=reading.freshness,
        slug=text.slug,
        description=Text(description, language_tag(described.language_code)) if description else None,
        brand=next((value.name for value in wire.facet_values if value.facet.code == config.brand_facet), None),
        tags=tuple(value.code for value in wire.facet_values if value.facet.code != config.brand_facet),
        options=tuple(ProductOption(name, values) for name, values in options.items()),
        variants=tuple(variant(entry, wire.id, tuple(options), reading) for entry in wire.variants if entry.enabled),
        media=media(wire.assets),
        category_keys=tuple(key for key in collections if key not in config.merchandised),
        collection_keys=tuple(key for key in collections if key in config.merchandised),
        updated_at=wire.updated_at,
    )


def translations(wire: WireProduct, language: str, facts: ChannelFacts) -> list[WireTranslation]:
    """Best first: the asked language, the channel's own, any. A translation may be there and empty."""
    wanted = (language, facts.default_language)
    return sorted(
        wire.translations,
        key=lambda entry: wanted.index(entry.language_code) if entry.language_code in wanted else len(wanted),
    )


def variant(wire: WireVariant, product_id: str, groups: Sequence[str], reading: Reading) -> Variant:
    """Options in the order of the product's groups: Vendure gives them in any."""
    chosen = {option.group.name: option.name for option in wire.options}
    code = gtin14(wire.custom_fields.barcode or "")
    return Variant(
        ref=reading.ref(wire.id),
        product=reading.ref(product_id),
        sku=canonical_key(wire.sku) or None,
        title=Text(wire.name, language_tag(wire.language_code)),
        freshness=reading.freshness,
        options=tuple(SelectedOption(name, chosen[name]) for name in groups if name in chosen),
        gtins=(code,) if code else (),
        media=media(wire.assets),
    )


def media(assets: Sequence[WireAsset]) -> tuple[Media, ...]:
    """Images, videos and glTF or USDZ models; other files are left out."""
    return tuple(item for item in map(medium, assets) if item is not None)


def medium(asset: WireAsset) -> Media | None:
    if asset.type == "IMAGE":
        return Image(url=asset.source, alt=asset.name, width=asset.width or None, height=asset.height or None)
    if asset.type == "VIDEO":
        return Video(url=asset.source, alt=asset.name, mime_type=asset.mime_type)
    if asset.mime_type.startswith("model/"):
        return Model3d(alt=asset.name, sources=(Model3dSource(asset.source, asset.mime_type),))
    return None


class _PlainText(HTMLParser):
    _BLOCKS = frozenset({"p", "br", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._BLOCKS:
            self.parts.append("\n")


def plain_text(html: str) -> str:
    """Descriptions are written in a rich-text editor; paragraphs become lines."""
    parser = _PlainText()
    parser.feed(html)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.parts).splitlines())
    return "\n".join(line for line in lines if line)
