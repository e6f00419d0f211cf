"""Every field x eight principals x own and other. `authorisation.txt` says of each field who may read it; a field that
nobody listed fails here. The object is always Ada's: she reads her own, everybody else somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_introspection_type,
    is_leaf_type,
    is_object_type,
)

from gateway.execution.declare.checks import graphql_schema
from gateway.model.principal import ANONYMOUS, Principal
from schema import build_schema
from tests.unit.services.conftest import Build, build, quiet_logs
from tests.unit.services.retailer import KIOSK, STAFF, shopper
from tests.unit.services.whole import whole_world

__all__ = ["build", "quiet_logs"]

CORE = graphql_schema(build_schema())
LISTED = dict(
    line.split()[:2]
    for line in (Path(__file__).parent / "authorisation.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
)

PRINCIPALS: dict[str, Principal] = {
    "anonymous": ANONYMOUS,
    "owner": shopper("ada@example.com"),
    "owner by voice": Principal("ada", "https://id.example", profile="voice", email="ada@example.com", kind="customer"),
    "another customer": shopper("bob@example.com", subject="bob"),
    "customer without a verified email": shopper(None, subject="eve"),
    "kiosk": KIOSK,
    "service": Principal("erp", "https://services.example", profile="web", kind="service"),
    "staff": STAFF,
}
MAY: dict[str, set[str]] = {
    "public": set(PRINCIPALS),
    "personal": set(PRINCIPALS) - {"kiosk"},
    "owner": {"owner", "owner by voice", "staff"},
    "staff": {"staff"},
}
"""`personal`: about oneself, so harmless to everybody but a shared device. `owner`: of Ada's own records."""

ARGUMENTS = {
    "Query.product": '(by: {sku: "MUG"})',
    "Query.variant": '(by: {sku: "MUG"})',
    "Product.variant": '(selectedOptions: [{name: "Size", value: "M"}])',
    "Query.search": '(query: "mug")',
    "Query.category": '(key: "10")',
    "Query.collection": '(key: "20")',
    "Query.store": '(id: "%(store)s")',
    "Query.customer": '(by: {email: "ada@example.com"})',
    "Query.node": '(id: "%(customer)s")',
    "Query.cart": '(id: "%(cart)s")',
    "Subscription.cartChanged": '(id: "%(cart)s")',
    "Subscription.checkoutChanged": '(id: "-")',
    "Mutation.cartCreate": "(input: {})",
    "Mutation.cartLinesAdd": '(input: {cartId: "-", lines: []})',
    "Mutation.cartLinesUpdate": '(input: {cartId: "-", lines: []})',
    "Mutation.cartLinesRemove": '(input: {cartId: "-", lineIds: []})',
    "Mutation.cartLinesSaveForLater": '(input: {cartId: "-", lineIds: []})',
    "Mutation.cartBuyerUpdate": '(input: {cartId: "-", buyer: null})',
    "Mutation.cartAddressUpdate": '(input: {cartId: "-", address: null})',
    "Mutation.cartDeliveryUpdate": '(input: {cartId: "-", deliveries: []})',
    "Mutation.cartCodesUpdate": '(input: {cartId: "-"})',
    "Mutation.cartGiftCardAdd": '(input: {cartId: "-", kindId: "-", number: "-"})',
    "Mutation.cartGiftCardRemove": '(input: {cartId: "-", giftCardId: "-"})',
    "Mutation.cartAttributesUpdate": '(input: {cartId: "-"})',
    "Mutation.cartAbandon": '(input: {cartId: "-"})',
    "Mutation.cartFulfilmentChoose": '(input: {cartId: "-", planId: "-"})',
    "Mutation.cartMerge": '(input: {cartId: "-"})',
    "Mutation.cartMove": '(input: {cartId: "-", country: "GB"})',
    "Mutation.cartHandOffCreate": '(input: {cartId: "-", mode: SHARE})',
    "Mutation.cartHandOffClaim": '(input: {code: "-"})',
    "Mutation.cartHolderRevoke": '(input: {cartId: "-"})',
    "Query.checkout": '(id: "-")',
    "Query.checkoutJournal": '(id: "-")',
    "Mutation.checkoutSubmit": '(input: {cartId: "-", quoteId: "-", expectedVersion: 1, idempotencyKey: "-"})',
    "Mutation.checkoutContinue": '(input: {checkoutId: "-"})',
    "Mutation.checkoutCancel": '(input: {checkoutId: "-"})',
    "Mutation.paymentMethodDelete": '(input: {id: "-", idempotencyKey: "-"})',
    "Mutation.paymentSessionCreate": '(input: {cartId: "-", quoteId: "-", methodId: "-"})',
}
CART = 'cart(id: "%(cart)s") { %%s }'
LINES = CART.replace("%%s", "lines { %%s }")
GROUPS = CART.replace("%%s", "deliveryGroups { %%s }")
PLANS = CART.replace("%%s", "fulfilmentPlans { %%s }")
ABANDON = 'cartAbandon(input: {cartId: "-"}) { %s }'
FAULTS = (
    "CartNotFound", "CartChanged", "CheckoutInProgress", "CartClosed", "IdempotencyConflict", "LineNotFound",
    "InvalidQuantity", "CartTooLarge", "CurrencyMismatch", "InvalidInput", "MarketNotSold", "MarketDiffers",
    "HandOffCodeInvalid", "TooManyAttempts", "QuoteIncomplete", "QuoteExpired", "CartNotReady", "CheckoutNotFound",
    "GiftCardRefused", "GiftCardNotFound", "PaymentMethodNotStored", "PaymentMethodNotFound",
)  # fmt: skip
CHECKOUT = 'checkout(id: "-") { %s }'
STATES = ("CheckoutProcessing", "CheckoutActionRequired", "CheckoutCompleted", "CheckoutFailed")
PAYMENT_OPTIONS = CART.replace("%%s", "paymentOptions { %%s }")
ACTION = CHECKOUT % "state { ... on CheckoutActionRequired { nextAction { %s } } }"
SESSION = 'paymentSessionCreate(input: {cartId: "-", quoteId: "-", methodId: "-"}) { %s }'
CANCEL = 'checkoutCancel(input: {checkoutId: "-"}) { %s }'
PRODUCT = 'product(by: {sku: "MUG"}) { %s }'
VARIANT = PRODUCT % "variants { %s }"
PRICE = VARIANT % "price { %s }"
PICKUP = VARIANT % "availability(fulfilment: PICKUP) { %s }"
CUSTOMER = 'node(id: "%(customer)s") { ... on Customer { %%s } }'
ORDER = 'node(id: "%(order)s") { ... on Order { %%s } }'
LOYALTY = CUSTOMER.replace("%%s", "loyalty { %%s }")
WHERE = {
    "Query": "%s",
    "Product": PRODUCT,
    "ProductOption": PRODUCT % "options { %s }",
    "Variant": VARIANT,
    "SelectedOption": VARIANT % "options { %s }",
    "Measurement": VARIANT % "measurement { %s }",
    "Image": PRODUCT % "media { ... on Image { %s } }",
    "Video": PRODUCT % "media { ... on Video { %s } }",
    "Model3d": PRODUCT % "media { ... on Model3d { %s } }",
    "Model3dSource": PRODUCT % "media { ... on Model3d { sources { %s } } }",
    "LocalizedText": PRODUCT % "title { %s }",
    "SpeakableText": PRODUCT % "speakable { %s }",
    "Freshness": PRODUCT % "freshness { %s }",
    "ExternalId": PRODUCT % "externalIds { %s }",
    "Category": PRODUCT % "categories { %s }",
    "Collection": PRODUCT % "collections { %s }",
    "Price": PRICE,
    "TaxedMoney": PRICE % "current { %s }",
    "Money": PRICE % "current { gross { %s } }",
    "UnitPrice": PRICE % "unitPrice { %s }",
    "QuantityBreak": PRICE % "breaks { %s }",
    "PriceExplanation": PRICE % "explanation { %s }",
    "PriceComparison": PRICE % "explanation { comparisons { %s } }",
    "PriceDisagreement": PRICE % "explanation { disagreements { %s } }",
    "PointsToEarn": PRICE % "pointsToEarn { %s }",
    "LoyaltyProgram": PRICE % "pointsToEarn { program { %s } }",
    "Availability": PICKUP,
    "StoreAvailability": PICKUP % "stores { %s }",
    "Promise": PICKUP % "promise { %s }",
    "Store": "stores { nodes { %s } }",
    "StoreConnection": "stores { %s }",
    "StoreEdge": "stores { edges { %s } }",
    "PageInfo": "stores { pageInfo { %s } }",
    "Address": "stores { nodes { address { %s } } }",
    "GeoPoint": "stores { nodes { point { %s } } }",
    "OpeningPeriod": "stores { nodes { hours { %s } } }",
    "SpecialHours": "stores { nodes { specialHours { %s } } }",
    "ProductConnection": "products { %s }",
    "ProductEdge": "products { edges { %s } }",
    "SearchConnection": 'search(query: "mug") { %s }',
    "Facet": 'search(query: "mug") { facets { %s } }',
    "FacetValue": 'search(query: "mug") { facets { values { %s } } }',
    "CommerceContext": "context { %s }",
    "StaffTaskConnection": "staffTasks { %s }",
    "StaffTaskEdge": "staffTasks { edges { %s } }",
    "StaffTask": "staffTasks { nodes { %s } }",
    "TaskFact": "staffTasks { nodes { facts { %s } } }",
    "Customer": CUSTOMER,
    "CustomerIdentity": CUSTOMER.replace("%%s", "identities { %%s }"),
    "Consent": CUSTOMER.replace("%%s", "consents { %%s }"),
    "Gap": CUSTOMER.replace("%%s", "gaps { %%s }"),
    "LoyaltyAccounts": LOYALTY,
    "LoyaltyAccount": LOYALTY.replace("%%s", "nodes { %%s }"),
    "LoyaltyEntryConnection": LOYALTY.replace("%%s", "nodes { entries { %%s } }"),
    "LoyaltyEntryEdge": LOYALTY.replace("%%s", "nodes { entries { edges { %%s } } }"),
    "LoyaltyEntry": LOYALTY.replace("%%s", "nodes { entries { nodes { %%s } } }"),
    "Order": ORDER,
    "OrderLine": ORDER.replace("%%s", "lines { %%s }"),
    "OrderFulfilment": ORDER.replace("%%s", "fulfilment { %%s }"),
    "OrderPart": ORDER.replace("%%s", "parts { %%s }"),
    "OrderSync": ORDER.replace("%%s", "syncInfo { %%s }"),
    "OrderConnection": CUSTOMER.replace("%%s", "orders { %%s }"),
    "OrderEdge": CUSTOMER.replace("%%s", "orders { edges { %%s } }"),
    "Cart": CART,
    "CartBuyer": CART.replace("%%s", "buyer { %%s }"),
    "CartHolder": CART.replace("%%s", "holders { %%s }"),
    "CartTotals": CART.replace("%%s", "totals { %%s }"),
    "CartQuote": CART.replace("%%s", "quote { %%s }"),
    "QuotedTender": CART.replace("%%s", "quote { tenders { %%s } }"),
    "CartGiftCard": CART.replace("%%s", "giftCards { %%s }"),
    "GiftCardKind": CART.replace("%%s", "paymentOptions { giftCards { %%s } }"),
    "CartPartAnswer": CART.replace("%%s", "parts { %%s }"),
    "CartDiscount": CART.replace("%%s", "discounts { %%s }"),
    "RefusedCode": CART.replace("%%s", "refusedCodes { %%s }"),
    "CartProblem": CART.replace("%%s", "problems { %%s } warnings { %%s }"),
    "CartLine": LINES,
    "CartEntry": LINES.replace("%%s", "options { %%s }"),
    "ExpectedPrice": LINES.replace("%%s", "expectedPrice { %%s }"),
    "DeliveryGroup": GROUPS,
    "PostalAddress": GROUPS.replace("%%s", "address { %%s }"),
    "ShippingOption": GROUPS.replace("%%s", "options { %%s }"),
    "FulfilmentPlans": PLANS,
    "FulfilmentPlan": PLANS.replace("%%s", "plans { %%s }"),
    "FulfilmentPart": PLANS.replace("%%s", "plans { parts { %%s } }"),
    "FulfilmentPieces": PLANS.replace("%%s", "plans { parts { pieces { %%s } } }"),
    "FulfilmentGap": PLANS.replace("%%s", "gaps { %%s } plans { missing { %%s } }"),
    "CartConnection": "carts { %s }",
    "CartEdge": "carts { edges { %s } }",
    "Subscription": "%s",
    "CartNews": 'cartChanged(id: "%(cart)s") { %%s }',
    "CheckoutNews": 'checkoutChanged(id: "-") { %s }',
    "Mutation": "%s",
    "CartPayload": ABANDON,
    "CartSecretPayload": "cartCreate(input: {}) { %s }",
    "CartHandOffPayload": 'cartHandOffCreate(input: {cartId: "-", mode: SHARE}) { %s }',
    "CartChange": ABANDON.replace("%s", "changes { %s }"),
    "CartPaymentOptions": PAYMENT_OPTIONS,
    "PaymentMethod": PAYMENT_OPTIONS.replace("%%s", "methods { %%s }"),
    "Checkout": CHECKOUT,
    "CheckoutTender": CHECKOUT % "tenders { %s }",
    **{state: CHECKOUT % ("state { ... on " + state + " { %s } }") for state in STATES},
    "PaymentAction": ACTION,
    "PaymentActionField": ACTION % "fields { %s }",
    "CheckoutJournalEntry": 'checkoutJournal(id: "-") { %s }',
    "CheckoutJournalFact": 'checkoutJournal(id: "-") { facts { %s } }',
    "CheckoutPayload": CANCEL,
    "CheckoutWarning": CANCEL % "warnings { %s }",
    "PaymentMethodDeletePayload": 'paymentMethodDelete(input: {id: "-", idempotencyKey: "-"}) { %s }',
    "PaymentSessionPayload": SESSION,
    "PaymentSession": SESSION % "session { %s }",
    **{fault: ABANDON.replace("%s", "userErrors { ... on " + fault + " { %s } }") for fault in FAULTS},
}
FOLLOWED = {"Subscription", "CartNews", "CheckoutNews"}
CHANGING = {"Mutation", "CartPayload", "CartSecretPayload", "CartHandOffPayload", "CartChange", *FAULTS,
            "CheckoutPayload", "CheckoutWarning", "PaymentSessionPayload", "PaymentSession",
            "PaymentMethodDeletePayload"}  # fmt: skip
EMPTY_HERE = {
    "Gap", "PriceDisagreement", "Video", "Model3d", "Model3dSource", "QuantityBreak",
    "CartHolder", "CartDiscount", "RefusedCode", "ShippingOption", "CartChange", *FAULTS,
    "PaymentMethod", "Checkout", "CheckoutTender", "CartGiftCard", "GiftCardKind", *STATES, "PaymentAction",
    "PaymentActionField", "CheckoutJournalEntry", "CheckoutJournalFact", "CheckoutWarning", "PaymentSession",
    "OrderPart",
    "OrderSync",
}  # fmt: skip
"""Types of which the seed has no instance that everybody reaches; their fields are still compiled for everybody."""


def fields() -> Iterator[str]:
    for kind in CORE.type_map.values():
        if is_object_type(kind) and not is_introspection_type(kind):
            yield from (f"{kind.name}.{name}" for name in kind.fields)


def document(field: str, ids: dict[str, str]) -> str:
    owner, name = field.split(".")
    kind = CORE.type_map[owner]
    assert isinstance(kind, GraphQLObjectType)
    inner: Any = get_named_type(kind.fields[name].type)  # pyright: ignore[reportUnknownVariableType] # an open generic
    selection = (
        "probed: "
        + name
        + (ARGUMENTS.get(field, "") % ids if "%" in ARGUMENTS.get(field, "") else ARGUMENTS.get(field, ""))
    )
    if not is_leaf_type(inner):
        assert is_object_type(inner) or is_abstract_type(inner)
        selection += " { __typename }"
    where = WHERE[owner]
    kind_of_operation = "mutation " if owner in CHANGING else "subscription " if owner in FOLLOWED else ""
    where = where % ids if "%(" in where else where
    return kind_of_operation + "{ " + where.replace("%s", selection) + " }"


def reached(data: Any) -> bool:
    """Whether a value came out under the probed field."""
    if isinstance(data, dict):
        return any(value is not None if key == "probed" else reached(value) for key, value in data.items())  # pyright: ignore
    return isinstance(data, list) and any(reached(item) for item in data)  # pyright: ignore


async def test_every_field_is_listed_and_none_that_is_gone() -> None:
    assert sorted(fields()) == sorted(LISTED)
    assert set(LISTED.values()) <= set(MAY)


async def test_every_field_answers_exactly_those_who_may_read_it(build: Build) -> None:
    world, ids = await whole_world(build)
    seen: set[str] = set()
    wrong: list[str] = []
    for field in LISTED:
        query = document(field, ids)
        for name, principal in PRINCIPALS.items():
            asked = world.follow if field.split(".")[0] in FOLLOWED else world.ask
            result = await asked(query, principal=principal)
            codes = {getattr(error.original_error, "code", str(error)) for error in result.errors or []}
            came_out = reached(result.data)
            if came_out:
                seen.add(field)
            if name not in MAY[LISTED[field]]:
                if came_out and LISTED[field] != "owner":
                    wrong.append(f"{name} reads {field}")
                if came_out and LISTED[field] == "owner" and not field.startswith("Query."):
                    wrong.append(f"{name} reads {field} of somebody else")
            elif codes:
                wrong.append(f"{name} is refused {field}: {codes}")
    assert wrong == []
    unseen = {field for field in set(LISTED) - seen if field.split(".")[0] not in EMPTY_HERE}
    assert unseen <= nullable(unseen), f"never reached, so not proven: {sorted(unseen - nullable(unseen))}"


def nullable(names: set[str]) -> set[str]:
    """Fields that may be null for everybody in this seed."""
    found: set[str] = set()
    for name in names:
        owner, field = name.split(".")
        kind = CORE.type_map[owner]
        assert isinstance(kind, GraphQLObjectType)
        if not str(kind.fields[field].type).endswith("!"):
            found.add(name)
    return found


@pytest.mark.parametrize("root", ["me", "customer", "node"])
async def test_somebody_elses_record_reads_exactly_like_one_that_does_not_exist(build: Build, root: str) -> None:
    world, ids = await whole_world(build)
    bob = PRINCIPALS["another customer"]
    if root == "node":
        theirs = await world.ask('{ node(id: "%s") { id } }' % ids["order"], principal=bob)  # noqa: UP031
        nobody = await world.ask('{ node(id: "%s") { id } }' % ids["no order"], principal=bob)  # noqa: UP031
        assert (theirs.data, theirs.errors) == (nobody.data, nobody.errors)
    else:
        result = await world.ask("{ me { emails } }", principal=bob)
        assert result.data is not None
        assert "ada@example.com" not in str(result.data)
