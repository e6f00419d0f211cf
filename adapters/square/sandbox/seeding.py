"""Model records to a Square account: the catalogue, places and stock. Nothing here is used by the adapter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from adapters.square.sandbox.account import Account, Json, minor, native_id, present, stamp
from gateway.model.catalog import Image, Product, ProductStatus, Variant
from gateway.model.identity import VariantKey
from gateway.model.stores import StoreRecord
from gateway.testing.sandbox import Seed

TAX_ID = "TAXX00000000000000000001"
_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def empty_account(seed: Seed) -> Account:
    return Account(seed.now or datetime.now(UTC), seed.currency, seed.country, seed.default_language)


def fill_catalog(account: Account, seed: Seed) -> None:
    rate = seed.tax_rates.get(seed.country)
    if rate is not None:
        _put(
            account,
            "TAX",
            TAX_ID,
            tax_data={
                "name": "VAT",
                "calculation_phase": "TAX_SUBTOTAL_PHASE",
                "inclusion_type": "INCLUSIVE" if seed.prices_include_tax else "ADDITIVE",
                "percentage": f"{(rate * 100).normalize():f}",
                "enabled": True,
            },
        )
    for category in seed.categories:
        parent = {"id": native_id("CATG", category.parent)} if category.parent else None
        data = present(
            name=category.name.value,
            category_type="REGULAR_CATEGORY",
            parent_category=parent,
            is_top_level=parent is None,
        )
        _put(account, "CATEGORY", native_id("CATG", category.key), category_data=data)
    for product in seed.products:
        _item(account, product, taxed=rate is not None)
    _prices(account, seed)


def fill_places(account: Account, seed: Seed) -> None:
    for store in seed.stores:
        account.locations[store.ref.id] = _location(account, store)


def fill_stock(account: Account, seed: Seed) -> None:
    """A count makes its variation tracked; a SKU without any count is not counted here."""
    by_sku = _by_sku(account)
    for index, stock in enumerate(seed.stock):
        bearers = _bearers(account, by_sku, stock.variant)
        if not bearers:
            continue
        variation = bearers[-1]
        variation["item_variation_data"]["track_inventory"] = True
        moment = account.now - timedelta(seconds=index)
        put_count(account, variation["id"], stock.location, stock.on_hand - stock.reserved, moment)
        if stock.reserved:
            put_count(account, variation["id"], stock.location, stock.reserved, moment, "RESERVED_FOR_SALE")


def put_count(
    account: Account, variation: str, location: str, quantity: Decimal, moment: datetime, state: str = "IN_STOCK"
) -> None:
    account.counts[variation, location, state] = {
        "catalog_object_id": variation,
        "catalog_object_type": "ITEM_VARIATION",
        "state": state,
        "location_id": location,
        "quantity": f"{quantity:f}",
        "calculated_at": stamp(moment),
    }


def _put(account: Account, kind: str, object_id: str, **data: Json) -> Json:
    entry: Json = {
        "type": kind,
        "id": object_id,
        "updated_at": stamp(account.now),
        "version": 1,
        "is_deleted": False,
        "present_at_all_locations": True,
        **data,
    }
    return account.add(entry)


def _item(account: Account, product: Product, *, taxed: bool) -> None:
    item = native_id("ITEM", product.ref.id)
    text = product.description.value if product.description else None
    taxable = not product.variants or any(each.taxable is not False for each in product.variants)
    options = [_option(account, option.name, option.values) for option in product.options]
    data = present(
        name=product.title.value,
        description=text,
        description_html=f"<p>{text}</p>" if text else None,
        description_plaintext=text,
        is_taxable=taxable,
        tax_ids=[TAX_ID] if taxed and taxable else None,
        categories=[{"id": native_id("CATG", key), "ordinal": 0} for key in product.category_keys] or None,
        product_type="REGULAR",
        item_options=[{"item_option_id": each} for each in options] or None,
        image_ids=_images(account, product) or None,
        is_archived=product.status is not ProductStatus.ACTIVE,
    )
    _put(account, "ITEM", item, item_data=data)
    for ordinal, variant in enumerate(product.variants):
        _variation(account, item, variant, ordinal)


def _variation(account: Account, item: str, variant: Variant, ordinal: int) -> None:
    chosen = [
        {"item_option_id": _option_id(each.name), "item_option_value_id": _value_id(account, each.name, each.value)}
        for each in variant.options
    ]
    data = present(
        item_id=item,
        name=variant.title.value,
        sku=variant.sku,
        upc=_short_gtin(variant.gtins[0]) if variant.gtins else None,
        ordinal=ordinal,
        pricing_type="VARIABLE_PRICING",
        item_option_values=chosen or None,
        sellable=True,
        stockable=True,
    )
    _put(account, "ITEM_VARIATION", native_id("VARI", variant.ref.id), item_variation_data=data)


def _short_gtin(gtin: str) -> str:
    """As a till keeps it: 13 digits unless the 14th is needed."""
    return gtin[1:] if gtin.startswith("0") else gtin


def _option_id(name: str) -> str:
    return native_id("OPTN", name.encode().hex()[:20])


def _option(account: Account, name: str, values: tuple[str, ...]) -> str:
    option = _option_id(name)
    if option not in account.catalog:
        _put(account, "ITEM_OPTION", option, item_option_data={"name": name, "display_name": name, "values": []})
    for value in values:
        _value_id(account, name, value)
    return option


def _value_id(account: Account, name: str, value: str) -> str:
    option = _option_id(name)
    if option not in account.catalog:
        _option(account, name, ())
    values = account.catalog[option]["item_option_data"]["values"]
    for each in values:
        if each["item_option_value_data"]["name"] == value:
            return each["id"]
    data = {"item_option_id": option, "name": value, "ordinal": len(values)}
    entry: Json = {
        "type": "ITEM_OPTION_VAL",
        "id": f"OPTV{option[-12:]}{len(values):08d}",
        "updated_at": stamp(account.now),
        "version": 1,
        "is_deleted": False,
        "item_option_value_data": data,
    }
    values.append(entry)
    return entry["id"]


def _images(account: Account, product: Product) -> list[str]:
    ids: list[str] = []
    for index, media in enumerate(product.media):
        if isinstance(media, Image):
            image = native_id("IMAG", f"{product.ref.id}X{index}")
            _put(account, "IMAGE", image, image_data=present(url=media.url, caption=media.alt))
            ids.append(image)
    return ids


def _prices(account: Account, seed: Seed) -> None:
    """Square has one price per variation and one per location: groups and quantity breaks have no place here."""
    by_sku = _by_sku(account)
    for price in seed.prices:
        if price.price_group or price.minimum_quantity > 1 or price.country not in ("", seed.country):
            continue
        for each in _bearers(account, by_sku, price.variant):
            data = each["item_variation_data"]
            if price.location:
                override = override_at(data, price.location)
                override.update(price_money=minor(price.price), pricing_type="FIXED_PRICING")
            else:
                data.update(price_money=minor(price.price), pricing_type="FIXED_PRICING")


def _by_sku(account: Account) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for each in account.variations():
        found.setdefault(each["item_variation_data"].get("sku", ""), []).append(each)
    return found


def _bearers(account: Account, by_sku: dict[str, list[Json]], variant: VariantKey) -> list[Json]:
    """Variations with this SKU; the one with this id."""
    if isinstance(variant, str):
        return by_sku.get(variant, [])
    found = account.catalog.get(native_id("VARI", variant.id))
    return [] if found is None else [found]


def override_at(data: Json, location: str) -> Json:
    """The override of one location, made if need be."""
    overrides: list[Json] = data.setdefault("location_overrides", [])
    for each in overrides:
        if each["location_id"] == location:
            return each
    overrides.append({"location_id": location})
    return overrides[-1]


def _location(account: Account, store: StoreRecord) -> Json:
    address, point = store.address, store.point
    lines = address.lines if address else ()
    country = (address.country if address else None) or account.country
    periods = [
        {
            "day_of_week": _DAYS[each.weekday],
            "start_local_time": each.opens.isoformat("seconds"),
            "end_local_time": each.closes.isoformat("seconds"),
        }
        for each in store.hours
    ]
    return present(
        id=store.ref.id,
        name=store.name,
        address=present(
            address_line_1=lines[0] if lines else None,
            address_line_2=lines[1] if len(lines) > 1 else None,
            address_line_3=lines[2] if len(lines) > 2 else None,
            locality=address.city,
            administrative_district_level_1=address.region,
            postal_code=address.postal_code,
            country=address.country,
        )
        if address
        else None,
        timezone=store.timezone,
        status="ACTIVE" if store.active else "INACTIVE",
        merchant_id="MERCHANT0001",
        country=country,
        language_code=account.language,
        currency=store.currency or account.currency,
        phone_number=store.phone,
        business_name="Sandbox",
        type="PHYSICAL",
        business_hours={"periods": periods} if periods else None,
        coordinates={"latitude": point.latitude, "longitude": point.longitude} if point else None,
    )
