"""Where the retailer is: twelve stores in four countries, a warehouse in each, and what every backend calls them."""

from __future__ import annotations

from msgspec import Struct

from gateway.demo.retailer.vocabulary import Words
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.stores import Address, GeoPoint, StoreRecord
from gateway.model.written_hours import weekly_hours

COUNTRIES = ("GB", "JP", "IL", "KW")
CURRENCIES = {"GB": "GBP", "JP": "JPY", "IL": "ILS", "KW": "KWD"}
LANGUAGE = {"GB": "en", "JP": "ja", "IL": "he", "KW": "ar"}
TILLS = {"GB": "till_uk", "JP": "till_jp", "IL": "erp", "KW": "erp"}
"""Which backend runs a country's tills and counts its stores' stock."""


class RetailPlace(Struct, frozen=True, kw_only=True):
    """`key` is its configured name. `code` is the ERP's warehouse code, `till` Square's location id, `shop` the web
    shop's location (only where online orders leave from)."""

    key: str
    name: Words
    country: str
    city: str
    street: str
    postal_code: str
    point: tuple[float, float]
    timezone: str
    code: str
    phone: str = ""
    till: str = ""
    shop: str = ""
    store: bool = True
    services: tuple[str, ...] = ("pickup", "returns")


def _store(
    key: str,
    country: str,
    code: str,
    name: Words,
    street: str,
    city: str,
    post: str,
    at: tuple[float, float],
    phone: str,
    *services: str,
) -> RetailPlace:
    zone = {"GB": "Europe/London", "JP": "Asia/Tokyo", "IL": "Asia/Jerusalem", "KW": "Asia/Kuwait"}[country]
    till = f"L{country}{code}00000000"[:13] if country in ("GB", "JP") else ""
    return RetailPlace(
        key=key,
        name=name,
        country=country,
        city=city,
        street=street,
        postal_code=post,
        point=at,
        timezone=zone,
        code=code,
        phone=phone,
        till=till,
        services=("pickup", "returns", *services),
    )


def _warehouse(country: str, number: int, city: str, at: tuple[float, float]) -> RetailPlace:
    name = Words(f"Warehouse {city}", f"倉庫 {city}", f"מחסן {city}", f"مستودع {city}")
    zone = {"GB": "Europe/London", "JP": "Asia/Tokyo", "IL": "Asia/Jerusalem", "KW": "Asia/Kuwait"}[country]
    return RetailPlace(
        key=f"warehouse_{country.lower()}",
        name=name,
        country=country,
        city=city,
        street="1 Logistics Park",
        postal_code="",
        point=at,
        timezone=zone,
        code=f"DC{country}",
        shop=f"gid://shopify/Location/{9000 + number}",
        store=False,
        services=(),
    )


STORES = (
    _store(
        "covent_garden",
        "GB",
        "CVG",
        Words("Covent Garden", "コヴェント・ガーデン", "קובנט גארדן", "كوفنت غاردن"),
        "12 James Street",
        "London",
        "WC2E 8BU",
        (51.5127, -0.1243),
        "+442079460101",
        "engraving",
    ),
    _store(
        "manchester",
        "GB",
        "MAN",
        Words("Manchester", "マンチェスター", "מנצ'סטר", "مانشستر"),
        "40 King Street",
        "Manchester",
        "M2 6BA",
        (53.4812, -2.2459),
        "+441614960102",
    ),
    _store(
        "edinburgh",
        "GB",
        "EDI",
        Words("Edinburgh", "エディンバラ", "אדינבורו", "إدنبرة"),
        "71 George Street",
        "Edinburgh",
        "EH2 3EE",
        (55.9532, -3.1991),
        "+441314960103",
    ),
    _store(
        "ginza",
        "JP",
        "GNZ",
        Words("Ginza", "銀座", "גינזה", "غينزا"),
        "銀座4-6-1",
        "東京",
        "104-0061",
        (35.6717, 139.7650),
        "+81335350104",
        "gift_wrapping",
    ),
    _store(
        "umeda",
        "JP",
        "UMD",
        Words("Umeda", "梅田", "אומדה", "أوميدا"),
        "梅田1-13-13",
        "大阪",
        "530-0001",
        (34.7025, 135.4959),
        "+81663450105",
    ),
    _store(
        "kyoto",
        "JP",
        "KYO",
        Words("Kyoto", "京都", "קיוטו", "كيوتو"),
        "四条通寺町東入",
        "京都",
        "600-8001",
        (35.0037, 135.7681),
        "+81752210106",
    ),
    _store(
        "dizengoff",
        "IL",
        "DIZ",
        Words("Dizengoff", "ディゼンゴフ", "דיזנגוף", "ديزنغوف"),
        "דיזנגוף 99",
        "תל אביב",
        "6439602",
        (32.0789, 34.7740),
        "+97235550107",
    ),
    _store(
        "mamilla",
        "IL",
        "MML",
        Words("Mamilla", "マミラ", "ממילא", "ماميلا"),
        "שדרות ממילא 12",
        "ירושלים",
        "9410112",
        (31.7776, 35.2242),
        "+97225550108",
    ),
    _store(
        "haifa",
        "IL",
        "HFA",
        Words("Haifa", "ハイファ", "חיפה", "حيفا"),
        "שדרות בן גוריון 21",
        "חיפה",
        "3502305",
        (32.8191, 34.9903),
        "+97245550109",
    ),
    _store(
        "avenues",
        "KW",
        "AVE",
        Words("The Avenues", "アベニューズ", "האבניוז", "الأفنيوز"),
        "الطريق الدائري الخامس",
        "الري",
        "13061",
        (29.3031, 47.9332),
        "+96522250110",
        "gift_wrapping",
    ),
    _store(
        "salmiya",
        "KW",
        "SLM",
        Words("Salmiya", "サルミヤ", "סלמיה", "السالمية"),
        "شارع سالم المبارك",
        "السالمية",
        "22001",
        (29.3339, 48.0761),
        "+96522250111",
    ),
    _store(
        "sharq",
        "KW",
        "SHQ",
        Words("Souq Sharq", "スーク・シャルク", "סוק שארק", "سوق شرق"),
        "شارع الخليج العربي",
        "مدينة الكويت",
        "15461",
        (29.3846, 47.9933),
        "+96522250112",
    ),
)

WAREHOUSES = (
    _warehouse("GB", 1, "Daventry", (52.2569, -1.1640)),
    _warehouse("JP", 2, "千葉", (35.6073, 140.1063)),
    _warehouse("IL", 3, "מודיעין", (31.8969, 35.0104)),
    _warehouse("KW", 4, "الشويخ", (29.3456, 47.9270)),
)

PLACES = (*STORES, *WAREHOUSES)


def hours(place: RetailPlace) -> tuple[tuple[str, str], ...]:
    """Weekly hours as the configuration writes them; Friday and Saturday are short or closed where they rest."""
    if place.country == "GB":
        return ("mon-sat", "10:00-20:00"), ("sun", "11:30-18:00")
    if place.country == "JP":
        return (("mon-sun", "10:30-20:30"),)
    if place.country == "IL":
        return ("sun-thu", "09:30-21:00"), ("fri", "09:00-14:00"), ("sat", "20:00-23:00")
    return ("sat-thu", "10:00-23:00"), ("fri", "13:30-23:59")


def record(place: RetailPlace, ref: str, seen: Freshness) -> StoreRecord:
    """The place as a backend knows it that has opening hours (the tills do)."""
    periods = weekly_hours(dict(hours(place)), place=place.key)
    return StoreRecord(
        NativeRef("seed", ref),
        place.name.in_(LANGUAGE[place.country]),
        seen,
        address=Address((place.street,), place.city, None, place.postal_code or None, place.country),
        point=GeoPoint(*place.point),
        phone=place.phone or None,
        timezone=place.timezone,
        hours=periods if place.store else (),
        services=place.services,
        currency=CURRENCIES[place.country],
        pickup=place.store,
    )
