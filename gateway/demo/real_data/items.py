"""Items of the real retailer: one price and one title for each code, by rules that are stated here."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from gateway.demo.real_data.transactions import SERVICES, Line
from gateway.model.catalog import Product, ProductOption, SelectedOption, Variant
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.text import Text
from gateway.testing.sandbox import SeedPrice

PRICE_RULE = (
    "An item's price is the unit price at which most of its pieces were sold, over all lines that are sales "
    "(positive quantity, positive price, not in a cancellation); of equal ones, the one charged last."
)
COUNTRIES = ("GB", "US")
"""The goods were sold from Britain; the stores they are shown in are American. Amounts stay pounds."""
TITLE_RULE = "An item's title is the description most of its sale lines carry; of equal ones, the first by alphabet."


class Items(Struct, frozen=True):
    """`skus` are those with a price. `several_prices`, `several_titles`: how many codes were sold under more than one.
    `unpriced`: codes that were never sold for money. `case_twins`: pairs of codes that differ by case only, kept as two
    items."""

    products: tuple[Product, ...]
    prices: tuple[SeedPrice, ...]
    titles: dict[str, str]
    skus: tuple[str, ...]
    several_prices: int
    several_titles: int
    untitled: int
    unpriced: int
    case_twins: int


def learn_items(lines: Iterable[Line], seen: Freshness) -> Items:
    pieces: defaultdict[str, Counter[Decimal]] = defaultdict(Counter)
    last: dict[tuple[str, Decimal], datetime] = {}
    titles: defaultdict[str, Counter[str]] = defaultdict(Counter)
    codes: dict[str, None] = {}
    for line in lines:
        if line.code in SERVICES:
            continue
        codes[line.code] = None
        if line.is_sale:
            pieces[line.code][line.price] += line.quantity
            last[line.code, line.price] = max(line.at, last.get((line.code, line.price), line.at))
            if line.title:
                titles[line.code][line.title] += 1
    names = {
        code: min(found.items(), key=lambda entry: (-entry[1], entry[0]))[0] for code, found in titles.items() if found
    }
    prices = {
        code: max(found.items(), key=lambda entry: (entry[1], last[code, entry[0]]))[0]
        for code, found in pieces.items()
    }
    products: list[Product] = []
    slugs: set[str] = set()
    for number, code in enumerate(codes):
        products.append(_product(number, code, names.get(code) or f"Item {code}", slugs, seen))
    folded = Counter(code.casefold() for code in codes)
    return Items(
        products=tuple(products),
        prices=tuple(
            SeedPrice(code, Money(price, "GBP"), country=country)
            for code, price in prices.items()
            for country in COUNTRIES
        ),
        titles=names,
        skus=tuple(prices),
        several_prices=sum(1 for found in pieces.values() if len(found) > 1),
        several_titles=sum(1 for found in titles.values() if len(found) > 1),
        untitled=sum(1 for code in codes if code not in names),
        unpriced=sum(1 for code in codes if code not in prices),
        case_twins=sum(1 for count in folded.values() if count > 1),
    )


def _product(number: int, code: str, title: str, slugs: set[str], seen: Freshness) -> Product:
    """One variant each: the data knows no sizes. Codes that differ by case get two slugs."""
    ref = NativeRef("seed", str(100_001 + number))
    slug = re.sub(r"[^a-z0-9]+", "-", f"{title} {code}".lower()).strip("-")
    if slug in slugs:
        slug = f"{slug}-{number}"
    slugs.add(slug)
    name = Text(title.title() if title.isupper() else title, "en")
    variant = Variant(
        NativeRef("seed", str(200_001 + number)),
        ref,
        code,
        Text("Default Title", "en"),
        seen,
        options=(SelectedOption("Title", "Default Title"),),
    )
    options = (ProductOption("Title", ("Default Title",)),)
    return Product(ref, name, seen, slug=slug, product_type="Giftware", options=options, variants=(variant,))
