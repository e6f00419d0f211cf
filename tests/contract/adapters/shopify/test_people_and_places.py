"""Customers, consents, stores and the audit of SKUs."""

from __future__ import annotations

from adapters.shopify.manifest import MANIFEST
from adapters.shopify.sandbox import ShopifySandbox
from gateway.model.catalog import ProductStatus
from gateway.model.customers import Consent, ConsentState, CustomerKey, CustomerKeyKind, CustomerRecord
from gateway.model.identity import CaseRule, KeyRule, NativeRef
from gateway.model.stores import Address, GeoPoint, StoreRecord
from gateway.testing.conformance.example import NOW, SEEN

from .conftest import OpenAdapter, OpenShop
from .shops import Shopify, call, product, seed, view

FIND = "customer.find_customers"


def email(value: str) -> CustomerKey:
    return CustomerKey(CustomerKeyKind.EMAIL, value)


async def test_a_hundred_keys_of_all_kinds_are_one_request(shop: Shopify, sandbox: ShopifySandbox) -> None:
    known = [
        email("ada@example.com"),
        CustomerKey(CustomerKeyKind.PHONE, "+442079460100"),
        CustomerKey(CustomerKeyKind.NATIVE, "gid://shopify/Customer/501"),
    ]
    keys = [*known, *(email(f"nobody-{number}@example.com") for number in range(96))]
    keys.append(CustomerKey(CustomerKeyKind.NATIVE, "no id at all"))
    found = await shop.find_customers(keys, view(MANIFEST, FIND), call())
    assert set(found) == set(known)
    refs = {record.ref for records in found.values() if isinstance(records, tuple) for record in records}
    assert refs == {NativeRef("shop", "gid://shopify/Customer/501")}
    assert len(sandbox.requests) == 1


async def test_verified_means_nothing_unless_the_operator_says_so(open_shop: OpenShop) -> None:
    people = (
        CustomerRecord(NativeRef("seed", "1"), SEEN, emails=("made@example.com",)),
        CustomerRecord(NativeRef("seed", "2"), SEEN, emails=("unproven@example.com",), email_verified=False),
    )
    keys = [email("made@example.com"), email("unproven@example.com")]
    for trusted, expected in ((False, [None, False]), (True, [True, False])):
        _, shop = await open_shop(seed(customers=people), trust_verified_email=trusted)
        found = await shop.find_customers(keys, view(MANIFEST, FIND), call())
        assert [records[0].email_verified for records in found.values() if isinstance(records, tuple)] == expected


async def test_consents_come_with_the_record(open_shop: OpenShop) -> None:
    consents = (
        Consent("email", ConsentState.DENIED, SEEN, updated_at=NOW),
        Consent("sms", ConsentState.GRANTED, SEEN),
    )
    person = CustomerRecord(
        NativeRef("seed", "1"), SEEN, emails=("a@example.com",), phones=("+442079460100",), consents=consents
    )
    bare = CustomerRecord(NativeRef("seed", "2"), SEEN, emails=("b@example.com",))
    sandbox, shop = await open_shop(seed(customers=(person, bare)))
    context = view(MANIFEST, "customer.get_consents")
    found = await shop.get_consents(["a@example.com", "b@example.com", "none@example.com"], context, call())
    states = {
        key: {consent.channel: consent.state for consent in value}
        for key, value in found.items()
        if isinstance(value, tuple)
    }
    assert states == {
        "a@example.com": {"email": ConsentState.DENIED, "sms": ConsentState.GRANTED},
        "b@example.com": {"email": ConsentState.UNKNOWN},
    }
    assert len(sandbox.requests) == 1


async def test_every_place_is_listed_with_what_the_shop_knows(open_shop: OpenShop) -> None:
    stores = (
        StoreRecord(
            NativeRef("seed", "gid://shopify/Location/7"),
            "Soho",
            SEEN,
            address=Address(("1 High Street", "Floor 2"), "London", None, "W1A 1AA", "GB"),
            point=GeoPoint(51.5, -0.1),
            phone="+442079460000",
            pickup=True,
            unparsed_hours="Mo-Sa 9-18",
        ),
        StoreRecord(NativeRef("seed", "8"), "Closed down", SEEN, active=False),
    )
    many = tuple(StoreRecord(NativeRef("seed", str(number)), f"Store {number}", SEEN) for number in range(100, 350))
    sandbox, shop = await open_shop(seed(stores=(*stores, *many)))
    found = {store.ref.id: store for store in await shop.list_stores(None, view(MANIFEST, "store.list_stores"), call())}
    assert len(found) == 252
    soho, closed = found["gid://shopify/Location/7"], found["8"]
    assert soho.address == stores[0].address
    assert soho.point == stores[0].point
    assert (soho.pickup, soho.unparsed_hours, soho.timezone) == (True, "Mo-Sa 9-18", None)
    assert (closed.active, closed.point) == (False, None)
    assert len(sandbox.requests) == 2


async def test_the_audit_counts_missing_and_repeated_skus_of_active_products(open_shop: OpenShop) -> None:
    products = (
        product(1, "A", "B", None),
        product(2, "A", ""),
        product(3, "B", status=ProductStatus.ARCHIVED),
        *(product(number, f"S-{number}") for number in range(10, 300)),
    )
    sandbox, shop = await open_shop(seed(*products))
    audit = await shop.audit(call())
    assert (audit.records, audit.missing, audit.duplicates) == (295, 2, ("A",))
    assert len(sandbox.requests) == 2


async def test_the_key_rule_writes_the_key_as_this_shop_does(
    sandbox: ShopifySandbox, open_adapter: OpenAdapter
) -> None:
    for place, variant in enumerate(sandbox.world.variants.values()):
        variant.sku = f"{place:06}"
    rule = KeyRule(case=CaseRule.UPPER, pad=6)
    shop = open_adapter(sandbox, rule=rule)
    found = await shop.resolve(["7", "000008"], view(MANIFEST, "store.list_stores"), call())
    assert set(found) == {"7", "000008"}


async def test_emails_are_matched_and_shown_in_lower_case(open_shop: OpenShop) -> None:
    people = (CustomerRecord(NativeRef("seed", "1"), SEEN, emails=("Ada@Example.com",)),)
    _, shop = await open_shop(seed(customers=people))
    found = await shop.find_customers([email("ada@example.com")], view(MANIFEST, FIND), call())
    (records,) = found.values()
    assert isinstance(records, tuple)
    assert records[0].emails == ("ada@example.com",)
