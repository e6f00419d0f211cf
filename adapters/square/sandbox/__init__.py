"""A Square account over a real socket: Square's API as far as the adapter uses it, with its limits, errors and
oddities. Seeded with model records; `create` is the entry point the demo and the tests use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from adapters.square.sandbox.account import Account, Json, minor
from adapters.square.sandbox.seeding import empty_account, fill_catalog, fill_places, fill_stock, override_at, put_count
from adapters.square.sandbox.seeding_orders import fill_orders, put_order
from adapters.square.sandbox.seeding_people import fill_customers, fill_loyalty, put_customer
from adapters.square.sandbox.server import Server
from gateway.model.customers import CustomerRecord
from gateway.model.money import Money
from gateway.model.orders import Order
from gateway.testing.sandbox import Seed

TOKEN = "EAAA-sandbox-square-token"
SIGNATURE_KEY = "sandbox-square-signature-key"


class SquareSandbox(Server):
    """The server, and what tests and the demo change while it runs."""

    def __init__(self, seed: Seed) -> None:
        account = empty_account(seed)
        fill_places(account, seed)
        fill_catalog(account, seed)
        fill_stock(account, seed)
        fill_customers(account, seed)
        fill_loyalty(account, seed)
        fill_orders(account, seed)
        super().__init__(account, TOKEN)
        self._program_name = seed.program.name if seed.program else ""
        self._ticks = 0

    @property
    def settings(self) -> Mapping[str, str]:
        account: Account = self.account
        settings = {
            "access_token": TOKEN,
            "webhook_signature_key": SIGNATURE_KEY,
            "language": account.language,
            "country": account.country,
        }
        return {**settings, "program_name": self._program_name} if self._program_name else settings

    def set_price(self, sku: str, price: Money | None, location: str | None = None) -> None:
        """None makes the price one that is typed in at the sale."""
        data: Json = self.account.variation_of(sku)["item_variation_data"]
        target = override_at(data, location) if location else data
        target["pricing_type"] = "VARIABLE_PRICING" if price is None else "FIXED_PRICING"
        target.pop("price_money", None)
        if price is not None:
            target["price_money"] = minor(price)

    def set_stock(self, sku: str, location: str, quantity: Decimal) -> None:
        variation = self.account.variation_of(sku)
        variation["item_variation_data"]["track_inventory"] = True
        self._ticks += 1
        moment = self.account.now + timedelta(milliseconds=self._ticks)
        put_count(self.account, variation["id"], location, quantity, moment)
        self.account.counted_at[variation["id"], location] = self.account.clock()

    def mark(self, sku: str, location: str, **fields: object) -> None:
        """Set fields of a location's override, such as `sold_out` or `track_inventory`."""
        override_at(self.account.variation_of(sku)["item_variation_data"], location).update(fields)

    def delete(self, sku: str) -> None:
        self.account.variation_of(sku)["is_deleted"] = True

    def add_order(self, order: Order) -> Json:
        return put_order(self.account, order, self.account.by_sku())

    def add_instant_profile(self, record: CustomerRecord) -> Json:
        """What Square makes on its own when a card is used that it has seen with that email or phone."""
        profile = put_customer(self.account, record, source="INSTANT_PROFILE")
        self.account.wrote(profile["id"])
        return profile


def create(seed: Seed) -> SquareSandbox:
    return SquareSandbox(seed)
