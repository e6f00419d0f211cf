"""Where the retailer's systems disagree, on purpose and each in one line: what a naive federation would get wrong. The
generator reads this table, the tests assert it, the page shows it."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class Disagreement(Struct, frozen=True):
    """`key` is a SKU, an email, a phone or an order number; `systems` who is involved; `truth` what the gateway must
    answer."""

    name: str
    key: str
    systems: tuple[str, ...]
    what: str
    truth: str


TILL_PRICE_SKU = "MUG-HAR-M"
TILL_PRICE_STORE = "covent_garden"
TILL_PRICE = Decimal("16.50")
NET_GROSS_SKU = "MUG-HAR-S"
SHOP_ONLY_STOCK_SKU = "CLK-EMB-INK"
ERP_ONLY_STOCK_SKU = "CLK-EMB-SAN"
NEVER_COUNTED_SKU = "CLK-EMB-MOS"
MISSING_SKU_PRODUCT = "frost-greeting-cards"
DUPLICATE_SKU = "NTB-DUN-M"
CASE_UPPER_SKU, CASE_LOWER_SKU = "PUZ-FRO-L", "puz-fro-l"
UNPRICED_SKU = "LMP-EMB-SAN"
ADA_EMAIL, ADA_SECOND_EMAIL = "ada.okafor@example.com", "ada@okafor-studio.example"
ADA_PHONE = "+447700900001"
SHARED_PHONE = "+447700900002"
VIP_EMAIL = "noor.alsabah@example.com"
TWIN_ORDER = "#1001"

DISAGREEMENTS = (
    Disagreement("a price that differs at the till", TILL_PRICE_SKU, ("erp", "till_uk"),
                 "the till in Covent Garden was never told of the ERP's price and asks 16.50 GBP",
                 "the ERP's price; the explanation names the till as disagreeing"),
    Disagreement("net and gross are no disagreement", NET_GROSS_SKU, ("erp", "shop"),
                 "the ERP keeps 12.08 GBP without tax, the shop 14.50 GBP with it: the same price",
                 "one price; the explanation compares like with like and reports no disagreement"),
    Disagreement("stock the shop lacks", ERP_ONLY_STOCK_SKU, ("erp", "shop"),
                 "the ERP counts pieces in the British warehouse, the shop has never heard of stock there",
                 "the ERP's count, because it is the warehouse's system of record"),
    Disagreement("stock the ERP lacks", SHOP_ONLY_STOCK_SKU, ("erp", "shop"),
                 "the shop believes in 25 pieces in the British warehouse, the ERP has never counted any",
                 "unknown or none by the ERP; the shop's belief is not served"),
    Disagreement("one shelf, two systems", "MUG-HAR-S", ("erp", "till_uk"),
                 "the ERP mirrors the stores' shelves of the tills",
                 "each shelf is counted once, by the till"),
    Disagreement("never counted", NEVER_COUNTED_SKU, ("till_uk",),
                 "no till in the United Kingdom ever counted this variant",
                 "unknown at those stores, not zero"),
    Disagreement("a missing SKU", MISSING_SKU_PRODUCT, ("shop",),
                 "one variant of the shop has no SKU",
                 "shown with its title and options; price and stock are null, nothing is joined"),
    Disagreement("a duplicate SKU", DUPLICATE_SKU, ("erp",),
                 "two products of the ERP carry the same code",
                 "AMBIGUOUS_KEY for its price and its stock in the ERP's places; never the first, never the sum"),
    Disagreement("SKUs that differ by case", CASE_UPPER_SKU, ("shop", "erp", "till_uk"),
                 f"{CASE_UPPER_SKU} and {CASE_LOWER_SKU} are two variants with two prices",
                 "two variants, two prices"),
    Disagreement("a price the ERP lacks", UNPRICED_SKU, ("erp", "shop"),
                 "the ERP does not know this variant, the shop and the tills sell it",
                 "not sold, unless the configuration says on_missing = \"fallback\""),
    Disagreement("a customer under two emails", ADA_EMAIL, ("crm", "shop"),
                 f"the shop knows her as {ADA_EMAIL}, the CRM first of all as {ADA_SECOND_EMAIL}",
                 "one person, because her token proves the email that both records carry"),
    Disagreement("two people sharing a phone", SHARED_PHONE, ("crm", "till_uk"),
                 "mother and son have one phone number",
                 "neither is linked by it; nobody reads the other's receipts"),
    Disagreement("one order, two dates", TWIN_ORDER, ("shop", "erp"),
                 "the ERP dates its copy by the confirmation, days after the customer ordered",
                 "shown once, as the shop placed it"),
)  # fmt: skip
