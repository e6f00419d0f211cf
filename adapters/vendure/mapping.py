"""Vendure's catalogue, prices, stock and places to records. Pure functions; orders and customers: `people.py`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser

from adapters.vendure.config import VendureConfig
from adapters.vendure.facts import ChannelFacts
from adapters.vendure.wire.catalogue import WireAsset, WireCollection, WireProduct, WireTranslation, WireVariant
from adapters.vendure.wire.common import WireNamed
from adapters.vendure.wire.offers import WirePriced, WireStock
from gateway.kit.money import minor_units
from gateway.kit.readings import Reading
from gateway.model.catalog import (
    Category,
    Collection,
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
from gateway.model.money import TaxedMoney, TaxTreatment
from gateway.model.pricing import Price, PriceKey
from gateway.model.stock import StockLevel, StockLevels, Tracking
from gateway.model.stores import StoreRecord
from gateway.model.text import Text


def language_tag(code: str) -> str:
    """BCP 47: Vendure writes `pt_BR`."""
    return tag_or(code, code)


# --- catalogue -----------------------------------------------------------------------------------------------------


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
    return tuple(item for item in map(_medium, assets) if item is not None)


def _medium(asset: WireAsset) -> Media | None:
    if asset.type == "IMAGE":
        return Image(url=asset.source, alt=asset.name, width=asset.width or None, height=asset.height or None)
    if asset.type == "VIDEO":
        return Video(url=asset.source, alt=asset.name, mime_type=asset.mime_type)
    if asset.mime_type.startswith("model/"):
        return Model3d(alt=asset.name, sources=(Model3dSource(asset.source, asset.mime_type),))
    return None


def category(wire: WireCollection, known: frozenset[str], facts: ChannelFacts, reading: Reading) -> Category:
    """`parent` of a top-level collection is Vendure's invisible root, which is left out."""
    return Category(
        key=wire.id,
        name=Text(wire.name, language_tag(wire.language_code or facts.default_language)),
        freshness=reading.freshness,
        slug=wire.slug,
        parent=wire.parent_id if wire.parent_id in known else None,
        position=wire.position,
    )


def collection(wire: WireCollection, facts: ChannelFacts, reading: Reading) -> Collection:
    tag = language_tag(wire.language_code or facts.default_language)
    description = plain_text(wire.description)
    image = _medium(wire.featured_asset) if wire.featured_asset else None
    return Collection(
        key=wire.id,
        name=Text(wire.name, tag),
        freshness=reading.freshness,
        slug=wire.slug,
        description=Text(description, tag) if description else None,
        image=image if isinstance(image, Image) else None,
    )


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


# --- prices, stock, places -----------------------------------------------------------------------------------------


def taxed(net: int, gross: int, currency: str, precision: int, *, included: bool) -> TaxedMoney:
    return TaxedMoney(
        net=minor_units(net, currency, precision),
        gross=minor_units(gross, currency, precision),
        tax=minor_units(gross - net, currency, precision),
        treatment=TaxTreatment.INCLUDED if included else TaxTreatment.EXCLUDED,
    )


def price(wire: WirePriced, key: PriceKey, facts: ChannelFacts, reading: Reading) -> Price:
    """`price` is net and `priceWithTax` gross in every channel; `pricesIncludeTax` says which of the two is stored."""
    included = facts.prices_include_tax
    return Price(
        current=taxed(wire.price, wire.price_with_tax, wire.currency_code, facts.precision, included=included),
        freshness=reading.freshness,
        line=line(wire, key.quantity, facts),
        quantity=key.quantity,
    )


def line(wire: WirePriced, quantity: Decimal, facts: ChannelFacts) -> TaxedMoney | None:
    """What a cart charges: the stored amount times the quantity, and the other one computed from that and rounded once.
    Three at 3.33 plus 20 % are 11.99, although one is 4.00. None for parts of a piece, which Vendure does not sell."""
    if quantity == 1 or quantity != quantity.to_integral_value():
        return None
    factor = 1 + wire.tax_rate_applied.value / 100
    if facts.prices_include_tax:
        gross = wire.price_with_tax * int(quantity)
        net = int((gross / factor).to_integral_value(ROUND_HALF_UP))
    else:
        net = wire.price * int(quantity)
        gross = int((net * factor).to_integral_value(ROUND_HALF_UP))
    return taxed(net, gross, wire.currency_code, facts.precision, included=facts.prices_include_tax)


def stock_levels(wire: WireStock, locations: Sequence[str], facts: ChannelFacts, reading: Reading) -> StockLevels:
    """What can be sold at a location is what Vendure itself would allocate there: on hand, less allocated, less the
    out-of-stock threshold (negative where back orders are allowed)."""
    tracked = wire.track_inventory == "TRUE" or (wire.track_inventory == "INHERIT" and facts.track_inventory)
    threshold = facts.out_of_stock_threshold if wire.use_global_out_of_stock_threshold else wire.out_of_stock_threshold
    levels: dict[str, StockLevel] = {}
    for level in wire.stock_levels:
        if level.stock_location_id not in locations:
            continue
        levels[level.stock_location_id] = StockLevel(
            location=level.stock_location_id,
            tracking=Tracking.TRACKED if tracked else Tracking.UNTRACKED,
            freshness=reading.freshness,
            available=Decimal(level.stock_on_hand - level.stock_allocated - threshold) if tracked else None,
            on_hand=Decimal(level.stock_on_hand) if tracked else None,
        )
    return StockLevels(levels)


def store(wire: WireNamed, reading: Reading) -> StoreRecord:
    """A stock location has a name and nothing else a customer could use."""
    return StoreRecord(ref=reading.ref(wire.id), name=wire.name, freshness=reading.freshness)
