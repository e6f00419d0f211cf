"""PricePort: what a variant costs in a country, or for a company location (the vendor's only price group). A context is
a country, not a currency: where the market's currency is another one, there is no price, and nothing is converted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import field

from adapters.shopify.client import Client, Document
from adapters.shopify.config import ShopifyConfig
from adapters.shopify.gids import COMPANY_LOCATION, CUSTOMER, is_gid
from adapters.shopify.shapes import Amount, Identified, Node, Nodes, Status, UnitPriceMeasurement, measurement, taxed
from adapters.shopify.shopfront import Shopfront
from adapters.shopify.variants import Plan, Variants
from gateway.errors import AdapterError, AmbiguousKey, CurrencyNotSold, RequestRefused, UnsupportedPriceRule
from gateway.kit.decoding import decoded
from gateway.kit.graphql import RelayNodes
from gateway.kit.keyed import answered
from gateway.kit.readings import Reading
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney
from gateway.model.pricing import Price, PriceKey, QuantityBreak, UnitPrice
from gateway.ports.manifest import AdapterEnvironment

BREAKS = 10
POINTS = 7
"""One variant's objects: itself, product, pricing, three amounts, measurement."""
SEARCHED = 1
"""The inventory item, whose id the search brings along."""
BREAK_POINTS = 2 * BREAKS
CUSTOMERS = 100

_MONEY = "{amount currencyCode}"


def _documents(*, breaks: bool) -> tuple[Document, Document]:
    suffix = "ForCompany" if breaks else ""
    more = (
        f" quantityPriceBreaks(first:{BREAKS}){{pageInfo{{hasNextPage}} nodes{{minimumQuantity price{_MONEY}}}}}"
        if breaks
        else ""
    )
    fragment = (
        "fragment R on ProductVariant{id sku taxable product{id status} contextualPricing(context:$context)"
        f"{{price{_MONEY} compareAtPrice{_MONEY} unitPrice{_MONEY}{more}}}"
        " unitPriceMeasurement{quantityValue quantityUnit referenceValue referenceUnit}}"
    )
    market = "marketsResolvedValues(buyerSignal:{countryCode:$country}){currencyCode priceInclusivity{taxesIncluded}}"
    context = "$context:ContextualPricingContext! $country:CountryCode!"
    by_id = f"Prices{suffix}ById"
    by_sku = f"Prices{suffix}BySku"
    return (
        Document("admin", by_id, f"query {by_id}($ids:[ID!]! {context}){{{market} nodes(ids:$ids){{...R}}}}{fragment}"),
        Document(
            "admin",
            by_sku,
            f"query {by_sku}($q:String! $first:Int! $after:String {context}){{{market}"
            " productVariants(first:$first after:$after query:$q sortKey:ID)"
            f"{{pageInfo{{hasNextPage endCursor}} nodes{{...R inventoryItem{{id}}}}}}}}{fragment}",
        ),
    )


PRICES_BY_ID, PRICES_BY_SKU = _documents(breaks=False)
COMPANY_PRICES_BY_ID, COMPANY_PRICES_BY_SKU = _documents(breaks=True)
COMPANY_LOCATIONS = Document(
    "admin",
    "CompanyLocations",
    "query CompanyLocations($ids:[ID!]!){nodes(ids:$ids){...on Customer{id companyContactProfiles{"
    "roleAssignments(first:2){nodes{companyLocation{id}}}}}}}",
)


class _Break(Node, frozen=True, kw_only=True):
    minimum_quantity: int
    price: Amount


class _Pricing(Node, frozen=True, kw_only=True):
    price: Amount
    compare_at_price: Amount | None = None
    unit_price: Amount | None = None
    quantity_price_breaks: RelayNodes[_Break] | None = None


class _Variant(Node, frozen=True, kw_only=True):
    taxable: bool
    product: Status
    contextual_pricing: _Pricing
    sku: str | None = None
    unit_price_measurement: UnitPriceMeasurement | None = None


class _Inclusivity(Node, frozen=True, kw_only=True):
    taxes_included: bool


class _Market(Node, frozen=True, kw_only=True):
    currency_code: str
    price_inclusivity: _Inclusivity


class _Beside(Node, frozen=True, kw_only=True):
    markets_resolved_values: _Market


class _Assignment(Node, frozen=True, kw_only=True):
    company_location: Identified


class _Profile(Node, frozen=True, kw_only=True):
    role_assignments: Nodes[_Assignment]


class _Buyer(Node, frozen=True, kw_only=True):
    id: str | None = None
    company_contact_profiles: list[_Profile] = field(default_factory=list[_Profile])


class Prices:
    def __init__(
        self, env: AdapterEnvironment[ShopifyConfig], client: Client, shopfront: Shopfront, variants: Variants
    ) -> None:
        self._env = env
        self._client = client
        self._shopfront = shopfront
        self._variants = variants

    def forget(self, tags: Sequence[str]) -> None:
        self._shopfront.forget(tags)

    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        pieces = [key for key in keys if key.unit is None]
        if not pieces:
            return {}
        country, group, currency = context.country, context.price_group, context.currency
        if group is not None and not is_gid(COMPANY_LOCATION, group):
            raise RequestRefused(detail="the price group is no company location")
        if await self._shopfront.sells_to(country, call) is False:
            return {}
        beside: list[_Market] = []
        by_id, by_sku = (COMPANY_PRICES_BY_ID, COMPANY_PRICES_BY_SKU) if group else (PRICES_BY_ID, PRICES_BY_SKU)
        points = POINTS + (BREAK_POINTS if group else 0)
        asked = {"country": country, "companyLocationId": group} if group else {"country": country}

        plan: Plan[_Variant] = Plan(
            by_id=by_id,
            by_sku=by_sku,
            by_any_id=by_id,
            id_points=points,
            sku_points=points + SEARCHED,
            variables={"context": asked, "country": country},
            id_of=lambda found: found.variant,
            fact_of=lambda raw: decoded(raw, _Variant, by_id.name),
            seen=lambda raw: beside.append(decoded(raw, _Beside, by_id.name).markets_resolved_values),
        )
        variants = await self._variants.read(list(dict.fromkeys(key.variant for key in pieces)), plan, call)
        freshness = Reading.now(self._env).freshness
        included = self._env.config.prices_include_tax.get(country)
        if included is None:
            included = bool(beside) and beside[-1].price_inclusivity.taxes_included
        rule = f"company location {group}" if group else f"market {country}"

        def price(key: PriceKey, variant: _Variant) -> Price | AdapterError | None:
            if variant.product.status != "ACTIVE":
                return None
            pricing = variant.contextual_pricing
            current = pricing.price.money
            if current.currency != currency:
                return CurrencyNotSold(detail=f"sold in {current.currency}")
            breaks = pricing.quantity_price_breaks
            steps = [step for step in (breaks.nodes if breaks else ()) if step.price.currency_code == currency]
            reached = [step for step in steps if step.minimum_quantity <= key.quantity]
            if reached:
                if breaks and breaks.page_info.has_next_page:
                    return UnsupportedPriceRule(detail="more quantity breaks than are read")
                current = max(reached, key=lambda step: step.minimum_quantity).price.money

            def tax(amount: Money) -> TaxedMoney:
                return taxed(amount, included=included, taxable=variant.taxable)

            before = pricing.compare_at_price.money if pricing.compare_at_price else None
            reduced = before and before.currency == currency and before.amount > current.amount
            return Price(
                current=tax(current),
                freshness=freshness,
                list=tax(before) if before and reduced else None,
                unit_price=None if reached else _unit_price(variant, included),
                quantity=key.quantity,
                breaks=tuple(QuantityBreak(Decimal(step.minimum_quantity), tax(step.price.money)) for step in steps),
                rule=rule,
            )

        return answered(pieces, lambda key: variants.get(key.variant), price)

    async def price_context(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, str | AdapterError]:
        """The company location a customer buys for. Several are an error: which one is the buyer's to say."""
        found: dict[NativeRef, str | AdapterError] = {}
        if not self._env.config.b2b:
            return found
        customers = [key for key in keys if is_gid(CUSTOMER, key.id)]

        async def send(refs: Sequence[NativeRef]) -> None:
            variables = {"ids": [ref.id for ref in refs]}
            answer = await self._client.ask(COMPANY_LOCATIONS, variables, Nodes[_Buyer | None], call, 6.0 * len(refs))
            for ref, buyer in zip(refs, answer.nodes, strict=False):
                profiles = buyer.company_contact_profiles if buyer and buyer.id == ref.id else []
                places = {a.company_location.id for p in profiles for a in p.role_assignments.nodes}
                if len(places) == 1:
                    found[ref] = places.pop()
                elif places:
                    found[ref] = AmbiguousKey("This customer buys for several company locations.")

        await self._client.costs.in_pieces(COMPANY_LOCATIONS.name, customers, 6, CUSTOMERS, send)
        return found


def _unit_price(variant: _Variant, included: bool) -> UnitPrice | None:
    """As the vendor states it for one piece; at a quantity break it states none, and the gateway makes its own."""
    measured = measurement(variant.unit_price_measurement)
    stated = variant.contextual_pricing.unit_price
    if measured is None or stated is None or stated.currency_code != variant.contextual_pricing.price.currency_code:
        return None
    price = taxed(stated.money, included=included, taxable=variant.taxable)
    return UnitPrice(price, measured.reference_quantity, measured.reference_unit)
