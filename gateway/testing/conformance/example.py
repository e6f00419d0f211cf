"""A small retailer in which every fact of the suites exists: seed a sandbox with it, and state its facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from gateway.model.baskets import BasketLine, CodeRefusal, Destination
from gateway.model.catalog import (
    Category,
    Collection,
    Measurement,
    Product,
    ProductOption,
    ProductStatus,
    SelectedOption,
    Variant,
)
from gateway.model.context import CommerceContext
from gateway.model.customers import (
    Consent,
    ConsentState,
    CustomerKey,
    CustomerKeyKind,
    CustomerRecord,
    LoyaltyAccount,
    LoyaltyEntry,
    LoyaltyProgram,
    LoyaltyRule,
)
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef, gtin14
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import Order, OrderKind, OrderLine, OrderOrigin, OrderStatus
from gateway.model.stores import Address, GeoPoint, StoreRecord
from gateway.model.text import Text
from gateway.testing.conformance.facts import ConformanceFacts, Hidden
from gateway.testing.sandbox import (
    Seed,
    SeedAccount,
    SeedKit,
    SeedPrice,
    SeedPromotion,
    SeedShipping,
    SeedStock,
    SeedTranslation,
)

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
SEEN = Freshness("seed", NOW)
PLACES = ("1001", "1002", "1003")
SHOPPER, SISTER, BUYER = "501", "502", "503"
UNPUBLISHED_CODE = "02000009999990"
HIDDEN = Hidden(sku="DRAFT-1", native="305", slug="zyxomatic", barcode=UNPUBLISHED_CODE, text="zyxomatic")
"""The product that is not published."""
KIT = ("KIT-1", "MUG-03-S", Decimal(2))
"""As `ConformanceFacts.kit`."""
NAMELESS = NativeRef("seed", "9304")
"""The variant without a SKU."""
POINT_A_POUND = LoyaltyRule(kind="SPEND", points=Decimal(1), spend_minor=100, currency="GBP")
FAMILY_PHONE = "+442079460111"


def example_seed() -> Seed:
    """36 sold variants of 12 products, one duplicate SKU, one pair of SKUs that differ by case, one without a SKU, one
    product that is not published."""
    plain = [_product(number) for number in range(12)]
    odd = (
        _single("300", "twin-one", "Twin one", "TWIN"),
        _single("301", "twin-two", "Twin two", "TWIN"),
        _single("302", "case-upper", "Case upper", "CASE-A"),
        _single("303", "case-lower", "Case lower", "case-a"),
        _single("304", "nameless", "Nameless", None),
    )
    unpublished = replace(
        _single(HIDDEN.native, HIDDEN.slug, "Zyxomatic draft", HIDDEN.sku, (UNPUBLISHED_CODE,)),
        status=ProductStatus.DRAFT,
        category_keys=("11",),
        collection_keys=("20",),
    )
    skus = [variant.sku for product in plain for variant in product.variants if variant.sku]
    return Seed(
        currency="GBP",
        country="GB",
        products=(*plain, *odd, unpublished),
        translations=tuple(
            SeedTranslation(product.ref.id, "ja", f"マグカップ {index + 1}") for index, product in enumerate(plain)
        ),
        categories=(
            Category("10", Text("Kitchen", "en"), SEEN, slug="kitchen"),
            Category("11", Text("Mugs", "en"), SEEN, slug="mugs", parent="10"),
        ),
        collections=(Collection("20", Text("Summer", "en"), SEEN, slug="summer"),),
        prices=(
            *(SeedPrice(sku, _gbp(f"{10 + index}.50")) for index, sku in enumerate(skus)),
            SeedPrice(skus[1], _gbp("8.00"), price_group="VIP"),
            SeedPrice(skus[2], _gbp("9.00"), minimum_quantity=Decimal(10)),
            *(SeedPrice(sku, _gbp("5.00")) for sku in (HIDDEN.sku, "TWIN", "CASE-A", "case-a")),
            SeedPrice(NAMELESS, _gbp("6.50")),
        ),
        tax_rates={"GB": Decimal("0.2")},
        stock=(
            *(
                SeedStock(sku, place, Decimal(5 + index), Decimal(2))
                for index, sku in enumerate((*skus, "TWIN", "CASE-A", "case-a"))
                for place in PLACES[:2]
            ),
            SeedStock(NAMELESS, PLACES[0], Decimal(9), Decimal(1)),
        ),
        stores=tuple(
            StoreRecord(
                NativeRef("seed", place),
                f"Store {place}",
                SEEN,
                Address(("1 High Street",), "London", None, "W1A 1AA", "GB"),
                GeoPoint(51.5, -0.1),
                timezone="Europe/London",
                currency="GBP",
            )
            for place in PLACES
        ),
        customers=(
            _person(SHOPPER, "ada@example.com", "+442079460100"),
            _person(SISTER, "sister@example.com", FAMILY_PHONE),
            _person(BUYER, "buyer@example.com", FAMILY_PHONE, groups=("VIP",)),
        ),
        program=LoyaltyProgram(
            NativeRef("seed", "70"),
            "Points",
            SEEN,
            rules=(POINT_A_POUND,),
        ),
        accounts=(
            SeedAccount(
                LoyaltyAccount(
                    NativeRef("seed", "71"),
                    NativeRef("seed", "70"),
                    Decimal(55),
                    SEEN,
                    program_name="Points",
                    customer=NativeRef("seed", SHOPPER),
                    lifetime=Decimal(55),
                    enrolled_at=NOW - timedelta(days=90),
                ),
                entries=tuple(
                    LoyaltyEntry(str(710 + day), Decimal(day + 1), NOW - timedelta(days=day), "EARN")
                    for day in range(10)
                ),
                phone="+442079460100",
                email="ada@example.com",
            ),
        ),
        orders=tuple(_order(index, skus[0]) for index in range(9)),
        promotions=(
            SeedPromotion(label="Ten off", code="TEN", percent=Decimal("0.1")),
            SeedPromotion(label="Three pounds off", code="THREE", amount=_gbp("3.00")),
            SeedPromotion(label="Half price", code="HALF", percent=Decimal("0.5"), skus=(skus[0],)),
            SeedPromotion(label="Free delivery", code="FREESHIP", percent=Decimal(1), shipping=True),
            SeedPromotion(label="Alone", code="ALONE", percent=Decimal("0.2"), exclusive=True),
            SeedPromotion(label="Last year", code="OLD", percent=Decimal("0.1"), ends=NOW - timedelta(days=1)),
            SeedPromotion(label="Next year", code="SOON", percent=Decimal("0.1"), starts=NOW + timedelta(days=1)),
            SeedPromotion(label="Gone", code="GONE", percent=Decimal("0.1"), used_up=True),
            SeedPromotion(label="Large baskets", code="LARGE", percent=Decimal("0.1"), minimum=_gbp("5000.00")),
            SeedPromotion(label="Other goods", code="OTHER", percent=Decimal("0.1"), skus=("CASE-A",)),
            SeedPromotion(label="For friends", code="VIPS", percent=Decimal("0.1"), groups=("VIP",)),
        ),
        shipping=(
            SeedShipping(
                id="standard",
                label="Standard",
                price=_gbp("4.80"),
                countries=("GB", "IE"),
                carrier="Royal Mail",
                days=(2, 4),
                cut_off=15,
            ),
            SeedShipping(id="express", label="Express", price=_gbp("9.60"), countries=("GB",), days=(1, 1), cut_off=11),
        ),
        now=NOW,
    )


def example_facts(backend: str) -> ConformanceFacts:
    """The facts of `example_seed` for a backend of that name whose native ids are the seed's own. Where a vendor's ids
    differ, replace `shopper`, `same_customer`, `grouped_customer`, `store_ids`, `nameless`, `hidden`; say in
    `impossible` what the vendor cannot have."""
    seed = example_seed()
    variants = [variant for product in seed.products[:12] for variant in product.variants]
    skus = tuple(variant.sku for variant in variants if variant.sku)
    return ConformanceFacts(
        context=CommerceContext("GB", "GBP", "en"),
        skus=skus,
        duplicate_sku="TWIN",
        case_pair=("CASE-A", "case-a"),
        slug="mug-1",
        barcode=variants[0].gtins[0],
        category="11",
        collection="20",
        hidden=HIDDEN,
        translated=(skus[0], "ja", "マグカップ 1"),
        product_count=len(seed.products) - 1,
        price=(skus[0], _gbp("10.50")),
        treatment=TaxTreatment.INCLUDED,
        net=_gbp("8.75"),
        quantity_price=(skus[2], Decimal(10), _gbp("9.00")),
        unsold_currency="KWD",
        group_price=("VIP", skus[1], _gbp("8.00")),
        grouped_customer=(NativeRef(backend, BUYER), "VIP"),
        locations=PLACES,
        stock=(skus[0], PLACES[0], Decimal(3)),
        uncounted=(skus[0], PLACES[2]),
        store_ids=PLACES,
        customer=CustomerKey(CustomerKeyKind.EMAIL, "ada@example.com"),
        same_customer=(
            CustomerKey(CustomerKeyKind.PHONE, "+442079460100"),
            CustomerKey(CustomerKeyKind.NATIVE, SHOPPER),
        ),
        consent=("ada@example.com", "email", ConsentState.GRANTED),
        shared=CustomerKey(CustomerKeyKind.PHONE, FAMILY_PHONE),
        shared_matches=2,
        loyalty=CustomerKey(CustomerKeyKind.PHONE, "+442079460100"),
        loyalty_balance=Decimal(55),
        shopper=NativeRef(backend, SHOPPER),
        order_count=7,
        foreign_origins=(OrderOrigin("WEB-7", "elsewhere"), OrderOrigin("WEB-8", "elsewhere")),
        search_text="mug",
        search_slug="mug-1",
        nameless=(NativeRef(backend, NAMELESS.id), _gbp("6.50"), (PLACES[0], Decimal(8))),
        basket=example_basket(),
        destination=Destination("GB", postal_code="W1A 1AA", city="London"),
        unserved=Destination("AQ"),
        promotion=("TEN", _gbp("2.10")),
        refused_codes={
            "NEVER-GIVEN": CodeRefusal.UNKNOWN,
            "OLD": CodeRefusal.EXPIRED,
            "SOON": CodeRefusal.NOT_YET,
            "GONE": CodeRefusal.USED_UP,
            "LARGE": CodeRefusal.MINIMUM_NOT_REACHED,
            "OTHER": CodeRefusal.NOT_FOR_THESE_GOODS,
            "VIPS": CodeRefusal.NOT_FOR_THIS_CUSTOMER,
        },
        shipping_option=("standard", _gbp("4.80")),
        line_tax=_gbp("3.50"),
        axes={"stock.get_stock": {"locations": len(PLACES)}, "order.list_orders": {"locations": len(PLACES)}},
        impossible={"kit": "nothing is made of other goods: see `with_a_kit`"},
    )


def with_a_kit(seed: Seed) -> Seed:
    """The same with a product that is made of two others, for vendors that know such (`KIT`)."""
    kit, part, _ = KIT
    product = _single("306", "kit", "Kit", kit)
    made = SeedKit(kit, ((part, Decimal(2)), (seed.stock[2].variant, Decimal(1))))
    prices = (*seed.prices, SeedPrice(kit, _gbp("19.00")))
    return replace(seed, products=(*seed.products, product), prices=prices, kits=(made,))


def example_basket() -> tuple[BasketLine, ...]:
    """Two of every SKU that `example_facts` names, at the seed's prices, which include 20 % tax."""
    skus = [f"MUG-{number:02}-{size}" for number in range(1, 13) for size in "SML"]
    lines: list[BasketLine] = []
    for index, sku in enumerate(skus):
        gross = _gbp(f"{10 + index}.50")
        tax = Money(gross.amount - gross.amount / Decimal("1.2"), "GBP").quantized()
        unit = TaxedMoney(_gbp(str(gross.amount - tax.amount)), gross, tax, TaxTreatment.INCLUDED)
        lines.append(BasketLine(f"line-{index}", sku, Decimal(2), unit))
    return tuple(lines)


def _gbp(amount: str) -> Money:
    return Money(Decimal(amount), "GBP")


def _code(number: int) -> str:
    """A valid GTIN in the range GS1 keeps for use inside a company (prefix 2)."""
    body = f"0200000{number:06}"
    return next(code for digit in "0123456789" if (code := gtin14(body + digit)) is not None)


def _product(number: int) -> Product:
    ref = NativeRef("seed", str(100 + number))
    sizes = ("S", "M", "L")
    return Product(
        ref,
        Text(f"Mug {number + 1}", "en"),
        SEEN,
        slug=f"mug-{number + 1}",
        description=Text("Stoneware, dishwasher safe.", "en"),
        brand="Northwind" if number % 2 else "Southwind",
        product_type="Mug",
        options=(ProductOption("Size", sizes),),
        variants=tuple(
            Variant(
                NativeRef("seed", str(2000 + number * 3 + index)),
                ref,
                f"MUG-{number + 1:02}-{size}",
                Text(size, "en"),
                SEEN,
                options=(SelectedOption("Size", size),),
                gtins=(_code(number * 3 + index),),
                measurement=Measurement(Decimal(250), "mL", Decimal(100), "mL"),
            )
            for index, size in enumerate(sizes)
        ),
        category_keys=("11",),
        collection_keys=("20",),
        updated_at=NOW - timedelta(days=number),
    )


def _single(id_: str, slug: str | None, title: str, sku: str | None, gtins: tuple[str, ...] = ()) -> Product:
    ref = NativeRef("seed", id_)
    variant = Variant(NativeRef("seed", f"9{id_}"), ref, sku, Text("Default", "en"), SEEN, gtins=gtins)
    return Product(ref, Text(title, "en"), SEEN, slug=slug, product_type="Oddity", variants=(variant,))


def _person(id_: str, email: str, phone: str, groups: tuple[str, ...] = ()) -> CustomerRecord:
    return CustomerRecord(
        NativeRef("seed", id_),
        SEEN,
        emails=(email,),
        phones=(phone,),
        given_name="Ada",
        family_name="Example",
        language="en",
        groups=groups,
        consents=(Consent("email", ConsentState.GRANTED, SEEN),),
        updated_at=NOW,
    )


def _order(index: int, sku: str) -> Order:
    """Nine orders of one person; three share an instant, the last two were taken elsewhere."""
    total = TaxedMoney(_gbp("8.75"), _gbp("10.50"), _gbp("1.75"), TaxTreatment.INCLUDED)
    return Order(
        NativeRef("seed", str(8000 + index)),
        f"N-{index}",
        OrderKind.WEB,
        NOW - timedelta(days=index if index < 3 or index > 5 else 3),
        OrderStatus.FULFILLED,
        "done",
        total,
        SEEN,
        lines=(OrderLine(f"{8000 + index}-1", "Mug 1", Decimal(1), sku, total, total),),
        location=PLACES[0],
        origin=OrderOrigin(f"WEB-{index}", "elsewhere") if index > 6 else None,
        customer=NativeRef("seed", SHOPPER),
    )
