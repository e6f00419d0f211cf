"""OrderCurrenciesPort: orders are in the shop's own currency. What it shows shoppers in others it converts itself, by
rates that nobody else knows: an order made elsewhere cannot name them.

Source: shopify.dev/docs/api/admin-graphql/2026-10/input-objects/OrderCreateOrderInput, `currency`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.shopify.client import Client, Document
from adapters.shopify.shapes import Node
from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView

SHOP_CURRENCY = Document("admin", "ShopCurrency", "query ShopCurrency{shop{currencyCode}}")


class _Shop(Node, frozen=True, kw_only=True):
    currency_code: str


class _Answer(Node, frozen=True, kw_only=True):
    shop: _Shop


class Currencies:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def get_currencies(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, tuple[str, ...] | AdapterError]:
        answer = await self._client.ask(SHOP_CURRENCY, {}, _Answer, call)
        return dict.fromkeys(keys, (answer.shop.currency_code,))
