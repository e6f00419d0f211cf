"""A basket as the draft order that is calculated for it and never made."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.shopify.basket.documents import MOST_LINES, MUTATION_POINTS, Answer, Calculated
from adapters.shopify.client import Client, Document
from adapters.shopify.gids import CUSTOMER, VARIANT, is_gid
from adapters.shopify.identifiers import Found, Identifiers
from adapters.shopify.languages import NOT_COUNTRIES
from gateway.errors import CurrencyNotSold, InvalidAnswer, RequestRefused
from gateway.model.baskets import Basket, BasketLine, Destination
from gateway.model.context import CallContext, ContextView
from gateway.model.identity import VariantKey, skus_among
from gateway.model.money import Money
from gateway.ports.manifest import AdapterEnvironment

_LINES = uuid.UUID("6f0d2a4e-3f0b-5c0e-9c53-5d0d7a1b9e11")
"""The name space of the ids a draft's lines get: the same line, the same id."""


class Drafts:
    def __init__(self, env: AdapterEnvironment, client: Client, identifiers: Identifiers) -> None:
        self._name = env.name
        self._client = client
        self._identifiers = identifiers

    async def variants(self, lines: Sequence[BasketLine], call: CallContext) -> Mapping[VariantKey, str]:
        """The vendor's ids; a SKU that it does not know, or that two variants bear, has none."""
        keys = list(dict.fromkeys(line.variant for line in lines))
        skus = skus_among(keys)
        found = await self._identifiers.by_sku(skus, call) if skus else {}
        ids: dict[VariantKey, str] = {sku: ids.variant for sku, ids in found.items() if isinstance(ids, Found)}
        for key in keys:
            if not isinstance(key, str) and key.backend == self._name and is_gid(VARIANT, key.id):
                ids[key] = key.id
        return ids

    async def calculate(
        self, document: Document, draft: Mapping[str, Any], context: ContextView, call: CallContext
    ) -> Calculated:
        """Raises RequestRefused for what the vendor cannot reckon with, CurrencyNotSold where it reckons in another
        currency."""
        answer = await self._client.ask(document, {"input": dict(draft)}, Answer, call, float(MUTATION_POINTS))
        made = answer.draft_order_calculate
        if made.user_errors:
            fields = {".".join(error.field or ()) for error in made.user_errors}
            raise RequestRefused(detail=f"{document.name}: refused: {', '.join(sorted(fields))}"[:200])
        if made.calculated_draft_order is None:
            raise InvalidAnswer(detail=f"{document.name}: nothing was calculated")
        found = made.calculated_draft_order
        if found.presentment_currency_code != context.currency:
            raise CurrencyNotSold(detail=f"calculated in {found.presentment_currency_code}")
        return found


def line_id(line: BasketLine) -> str:
    return str(uuid.uuid5(_LINES, line.id))


def draft_of(basket: Basket, lines: Sequence[Mapping[str, Any]], context: ContextView) -> dict[str, Any]:
    """What every calculation says of a basket. Raises RequestRefused for more lines than a draft has."""
    if len(lines) > MOST_LINES:
        raise RequestRefused(detail=f"a draft order has at most {MOST_LINES} lines")
    draft: dict[str, Any] = {
        "lineItems": list(lines),
        "presentmentCurrencyCode": context.currency,
        "marketRegionCountryCode": context.country,
    }
    if basket.destination is not None and basket.destination.country not in NOT_COUNTRIES:
        draft["shippingAddress"] = address_of(basket.destination)
    if basket.customer is not None and is_gid(CUSTOMER, basket.customer.id):
        draft["purchasingEntity"] = {"customerId": basket.customer.id}
    return draft


def address_of(place: Destination) -> dict[str, str]:
    address = {"countryCode": place.country, "provinceCode": place.region, "zip": place.postal_code, "city": place.city}
    return {key: value for key, value in address.items() if value}


def pieces(line: BasketLine) -> int:
    """Raises RequestRefused for a part of one."""
    if line.quantity != line.quantity.to_integral_value():
        raise RequestRefused(detail="a draft order has whole pieces only")
    return int(line.quantity)


def money_input(money: Money) -> dict[str, str]:
    return {"amount": str(money.amount), "currencyCode": money.currency}
