"""A retailer whose shop is a real Vendure: products, prices, stock and orders are its own; the money is a processor's.
`python -m tests.contract.adapters.vendure.retailer '<Station as JSON>' '<Shop as JSON>'` is one process of its gateway.
"""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal
from typing import Any, ClassVar, Self
from uuid import uuid4

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.vendure.manifest import MANIFEST
from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.caller import BackendCaller
from gateway.calls.operation.writes import Writes
from gateway.model.baskets import ShippingOption
from gateway.model.cart_answers import CartAnswer, CartPart, CartTotals, GroupAnswer, LineAnswer, PartAnswer
from gateway.model.carts import Buyer, Cart, CartLine, CartState, DeliveryGroup, PostalAddress
from gateway.model.context import CommerceContext
from gateway.model.money import Money, TaxedMoney
from gateway.model.pricing import Price, PriceKey
from gateway.ownership import Ownership
from gateway.ports.price import GET_PRICES
from gateway.ports.writes import FindKind, WriteSpec
from gateway.services.scope import utc_now
from gateway.settings import decode
from gateway.state.writes import StoredWrites
from gateway.testing import Standing
from gateway.testing.connecting import attached
from tests.contract.adapters.vendure.selling import SELLER, SELLING
from tests.unit.checkout.retail import Retail
from tests.unit.checkout.worker import Station, live
from tests.unit.services.retailer import configuration

DELIVERY = Money(Decimal("5.00"), "USD")
QUICK = WriteSpec(find=FindKind.EXACT, vary_on=frozenset({"channel"}), timeout=8.0, settles=3.0)
"""An order of a busy shop takes seconds; one whose answer was lost is looked up so much later."""


class Shop(Struct, frozen=True):
    """Where it is, the piece that everybody wants, and where that lies."""

    url: str
    channel_token: str
    location: str
    sku: str


class VendureRetail(Retail):
    """`shop` before it is opened."""

    shop: ClassVar[Shop]

    def __init__(self, *what: Any, **named: Any) -> None:
        super().__init__(*what, **named)
        shop = self.shop
        config = {
            "channel_token": shop.channel_token,
            "username": SELLER,
            "password": SELLING,
            "order_origin_field": "originReference",
            "order_reference_field": "gatewayReference",
        }
        self.connected = attached(MANIFEST, Standing(shop.url), config, name="erp")
        settings = decode(
            {
                **configuration(
                    domains={
                        **{name: {"order": ["erp"]} for name in ("product", "price", "stock", "order")},
                        "payment": {"order": ["pay"]},
                    },
                    locations={"warehouse": {"refs": {"erp": shop.location}, "stock": "erp"}},
                    channels={
                        "web": {"countries": ["GB"], "currencies": {"GB": ["USD"]}, "locations": ["warehouse"]},
                    },
                ),
                "backends": {name: {"adapter": "memory", "url": "memory:"} for name in ("erp", "pay")},
            },
            {},
        )
        manifest = replace(
            MANIFEST, writes={**MANIFEST.writes, **dict.fromkeys(("order.place_order", "order.cancel_order"), QUICK)}
        )
        self.backends["erp"] = BoundBackend(
            name="erp",
            alias="erp",
            backend=self.connected.backend,
            manifest=manifest,
            policy=settings.backends["erp"].policy,
        )
        self.ownership = Ownership(settings, self.backends)
        self.caller = BackendCaller(self.backends)
        self.writes = Writes(
            self.backends, StoredWrites(self.database), self.caller.invalidate, self.tasks, pauses=(0.5, 1.0)
        )

    async def close_books(self) -> None:
        await super().close_books()
        await self.connected.close()

    async def wanting(self, number: int) -> Cart:
        """The cart of one buyer, saved."""
        now = utc_now()
        home = PostalAddress(
            country="GB", lines=("1 Quay Street",), name="Grace Hopper", city="Bristol", postal_code="BS1 1AA"
        )
        cart = Cart(
            id=uuid4().hex[-26:],
            version=1,
            state=CartState.OPEN,
            country="GB",
            currency="USD",
            channel="web",
            created=now,
            changed=now,
            lines=(CartLine(id="0", variant=self.shop.sku, quantity=Decimal(1), added=now, changed=now, version=1),),
            groups=(DeliveryGroup(id="1", address=home),),
            buyer=Buyer(email=f"grace{number}@example.com", given_name="Grace", family_name="Hopper"),
        )
        async with self.database.write() as connection:
            return await self.carts.write(connection, None, cart, now)

    async def evaluate(self, cart: Cart, language: str) -> CartAnswer:
        """Vendure's own price with its tax, and its one flat rate."""
        keys = [PriceKey(line.variant, line.quantity) for line in cart.active]
        context = CommerceContext("GB", "USD", language, "web")
        found = await self.caller.keyed("erp", GET_PRICES, keys, context, self.given.call("evaluate"))
        lines: list[LineAnswer] = []
        whole = Decimal(0)
        for line, key in zip(cart.active, keys, strict=True):
            price = found.get(key)
            if not isinstance(price, Price) or price.current.gross is None:
                continue
            amount = price.current.gross.amount * line.quantity
            whole += amount
            lines.append(LineAnswer(line=line.id, price=price, subtotal=_gross(amount), total=_gross(amount)))
        way = ShippingOption("1", "Standard", TaxedMoney(gross=DELIVERY))
        return CartAnswer(
            cart=cart.id,
            version=cart.version,
            lines=tuple(lines),
            groups=(GroupAnswer(group="1", options=(way,), chosen=way, price=way.price),),
            parts=(PartAnswer(part=CartPart.PRICE, complete=len(lines) == len(keys)),),
            totals=CartTotals(
                subtotal=_gross(whole),
                discount=_gross(Decimal(0)),
                shipping=way.price,
                total=_gross(whole + DELIVERY.amount),
                rounding=Money(Decimal(0), "USD"),
            ),
        )

    @classmethod
    def of(cls, shop: Shop) -> type[Self]:
        cls.shop = shop
        return cls


def _gross(amount: Decimal) -> TaxedMoney:
    return TaxedMoney(gross=Money(amount, "USD"))


if __name__ == "__main__":
    wanted = VendureRetail.of(msgspec.json.decode(sys.argv[2], type=Shop))
    asyncio.run(live(msgspec.json.decode(sys.argv[1], type=Station), wanted))
