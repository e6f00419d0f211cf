"""A retailer that sells mugs: a shop that owns products, prices, stock and orders, a processor that owns the money, and
the checkout over both. Only the cart's own service and the doors are missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import uuid4

from msgspec.structs import replace
from sqlalchemy import select

from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.caller import BackendCaller
from gateway.calls.operation.writes import Writes
from gateway.checkout.claims import Claims
from gateway.checkout.desk import Desk
from gateway.checkout.engine import Runs
from gateway.checkout.given import Given
from gateway.checkout.journal import Checkouts
from gateway.checkout.moving import RunsMoving
from gateway.checkout.saga import Saga
from gateway.checkout.turns import CustomerTurns
from gateway.checkout.watch import RunsWatch
from gateway.model.cart_answers import CartAnswer, CartPart, CartTotals, LineAnswer, PartAnswer
from gateway.model.carts import Buyer, Cart, CartGiftCard, CartLine, CartState, DeliveryGroup, PostalAddress
from gateway.model.checkouts import Checkout, PaymentChoice, Submission, VerifiedBuyer
from gateway.model.context import CommerceContext
from gateway.model.customers import IdentityLink, LinkStatus
from gateway.model.gift_cards import GiftCard
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.orders import OrderStatus
from gateway.model.pricing import Price, PriceKey
from gateway.model.requesters import Requester
from gateway.model.stock import StockKey, StockLevels
from gateway.ownership import Ownership
from gateway.ports.order import OrderWriting, Placement
from gateway.ports.price import GET_PRICES
from gateway.ports.stock import GET_STOCK
from gateway.ports.writes import FindKind, WriteSpec
from gateway.services.scope import utc_now
from gateway.settings import CheckoutSection, decode
from gateway.state.carts import StoredCarts
from gateway.state.database import Database
from gateway.state.ledger import Ledger, StockSpot
from gateway.state.links import StoredIdentityLinks
from gateway.state.outbox import Outbox
from gateway.state.sealing import Sealing
from gateway.state.tables import outbox
from gateway.state.tasks import StoredTasks
from gateway.state.writes import StoredWrites
from gateway.testing.reference import ReferenceAdapter
from gateway.testing.reference.manifest import MANIFEST
from gateway.testing.reference.payment_book import ValueCard
from gateway.testing.sandbox import SeedKit
from tests.unit.services.retailer import configuration, domains, shop, stock

from .fleet import until

EMAIL, STREET, TOKEN = "ada@canary.example", "1 Canary Wharf", "tok_canary"
ADA = VerifiedBuyer(person="https://issuer.example|canary-subject", email="lovelace@canary.example")
REST = "tok_rest"
NUMBER, OTHER, PIN = "6036280000007401", "6036280000007402", "canary99"
SPEC = WriteSpec(find=FindKind.EXACT, timeout=1.0, settles=0.5)


class Retail:
    """`await Retail.open(url)`, `close`. `erp` and `pay` are the knobs."""

    sequence: ClassVar[type[Saga]] = Saga

    def __init__(
        self,
        database: Database,
        ordering: OrderWriting,
        pieces: int,
        forward: float,
        action: float,
        kind: type[ReferenceAdapter] = ReferenceAdapter,
        mirror: tuple[str, ...] = (),
        expect: tuple[str, ...] = (),
        counts: str = "erp",
        section: CheckoutSection | None = None,
        kits: tuple[SeedKit, ...] = (),
        plates: str = "LON",
    ) -> None:
        self.database = database
        counted = (stock("MUG", "LON", pieces), stock("PLATE", plates, max(100, pieces)))
        seed = shop("MUG", "PLATE", *(str(kit.variant) for kit in kits), stock=counted, kits=kits)
        self.erp, self.pay = kind("erp", seed), kind("pay", shop())
        self.others = {name: kind(name, seed) for name in (*mirror, *expect, counts) if name != "erp"}
        adapters = {"erp": self.erp, "pay": self.pay, **self.others}
        settings = decode(
            {
                **configuration(
                    domains=domains("erp", payment=("pay",)),
                    locations={
                        "london": {"refs": {"erp": "LON", counts: "LON"}, "stock": counts},
                        **({} if plates == "LON" else {"leeds": {"refs": {"erp": plates}, "stock": "erp"}}),
                    },
                    channels={
                        "web": {
                            "countries": ["GB"],
                            "currencies": {"GB": ["GBP"]},
                            "locations": ["london"] if plates == "LON" else ["london", "leeds"],
                            "orders": {"mirror": [*mirror], "expect": [*expect]},
                        }
                    },
                ),
                "backends": {name: {"adapter": "memory", "url": "memory:"} for name in adapters},
            },
            {},
        )
        manifest = replace(MANIFEST, ordering=ordering, writes=dict.fromkeys(MANIFEST.writes, SPEC))
        self.backends = {
            name: BoundBackend(
                name=name,
                alias=settings.backends[name].alias,
                backend=adapter.backend,
                manifest=manifest,
                policy=settings.backends[name].policy,
            )
            for name, adapter in adapters.items()
        }
        self.ownership = Ownership(settings, self.backends)
        self.outbox = Outbox(database, {"checkout": self._followed})
        self.tasks = StoredTasks(database, self.outbox)
        self.caller = BackendCaller(self.backends)
        self.carts = StoredCarts(database, Sealing(["a key of tests"]))
        self.writes = Writes(
            self.backends, StoredWrites(database), self.caller.invalidate, self.tasks, pauses=(0.05, 0.1)
        )
        self.ledger = Ledger(database)
        self._forward, self._action = forward, action
        self._section = section or CheckoutSection()
        self.discount = Decimal(0)
        self.missing = False
        self.another_tender = False
        self.buyer: NativeRef | None = None
        self.links = StoredIdentityLinks(database)

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        pending: bool = True,
        dry_run: bool = False,
        pieces: int = 10,
        forward: float = 3.0,
        action: float = 600.0,
        kind: type[ReferenceAdapter] = ReferenceAdapter,
        section: CheckoutSection | None = None,
        hook: Callable[[Runs], None] = lambda _: None,
        mirror: tuple[str, ...] = (),
        expect: tuple[str, ...] = (),
        counts: str = "erp",
        kits: tuple[SeedKit, ...] = (),
        apart: bool = False,
    ) -> Retail:
        """`mirror` and `expect` are systems that are to know each order too; `counts`: who owns the stock. `kits` are
        sold beside mugs and plates, and are made of those. `apart`: the plates lie in Leeds, and an order is of one
        place."""
        placement = Placement.PER_ORDER if apart else Placement.PER_LINE
        ordering = OrderWriting(placement=placement, pending=pending, dry_run=dry_run, paid_after=apart and not pending)
        opened, plates = await Database.open(url), "LEE" if apart else "LON"
        retail = cls(opened, ordering, pieces, forward, action, kind, mirror, expect, counts, section, kits, plates)
        await retail.launch(hook)
        return retail

    @classmethod
    async def books(
        cls, url: str, pieces: int, mirror: tuple[str, ...] = (), counts: str = "erp", plates: str = "LON"
    ) -> Retail:
        """The owners and the database, without a checkout of this process's own."""
        opened = await Database.open(url)
        return cls(opened, OrderWriting(), pieces, 3.0, 600.0, mirror=mirror, counts=counts, plates=plates)

    async def close_books(self) -> None:
        await self.writes.close()
        await self.caller.close()
        await self.database.close()

    async def launch(self, hook: Callable[[Runs], None], runs: type[Runs] = Runs) -> None:
        self.runs = await runs.open(self.database, self.sequence.shape)
        hook(self.runs)
        self.watch = RunsWatch(self.runs)
        self.writes.fence = lambda: self.watch.alive
        self.given = Given(
            runs=self.runs,
            checkouts=Checkouts(self.database, self.carts.sealing),
            claims=Claims(self.database, self.runs),
            carts=self.carts,
            turns=CustomerTurns(self.database, self.carts.sealing),
            ledger=self.ledger,
            writes=self.writes,
            caller=self.caller,
            ownership=self.ownership,
            backends=self.backends,
            outbox=self.outbox,
            tasks=self.tasks,
            evaluate=self.evaluate,
            buyer_at=self.buyer_at,
            recognise=self.recognise,
            forward_seconds=self._forward,
            action_seconds=self._action,
            section=self._section,
        )
        self.saga = self.sequence(self.given)
        self.moving = RunsMoving(self.runs, self.watch, self.given.checkouts, self.sequence.moves)
        self.desk = Desk(self.given)
        await self.watch.beat()
        await self.runs.launch()
        self.watch.start()

    async def _followed(self, event: Any) -> None:
        await self.desk.followed(event)

    async def close(self) -> None:
        await self.watch.stop()

        async def still() -> bool:
            return not await self.runs.pending()

        try:
            await until(20.0, still)
            await asyncio.sleep(0.1)
        finally:
            await self.runs.close(drain=0)
            await self.watch.leave()
            await self.writes.close()
            await self.caller.close()
            await self.database.close()

    async def cart(self, *lines: tuple[str, int], gift_cards: Mapping[str, str] | None = None) -> Cart:
        """Saved, with a person's data in it. `gift_cards`: what each number is worth, at the processor too where it has
        no such card yet."""
        now = utc_now()
        number = uuid4().hex
        cart = Cart(
            id=number[-26:].rjust(26, "0"),
            version=1,
            state=CartState.OPEN,
            country="GB",
            currency="GBP",
            channel="web",
            created=now,
            changed=now,
            lines=tuple(
                CartLine(id=f"{place}", variant=sku, quantity=Decimal(n), added=now, changed=now, version=1)
                for place, (sku, n) in enumerate(lines or (("MUG", 1),))
            ),
            groups=(DeliveryGroup(id="1", address=PostalAddress(country="GB", lines=(STREET,))),),
            buyer=Buyer(email=EMAIL),
            gift_cards=tuple(self._gift_card(card, worth, now) for card, worth in (gift_cards or {}).items()),
        )
        async with self.database.write() as connection:
            return await self.carts.write(connection, None, cart, now)

    def _gift_card(self, card: str, worth: str, now: datetime) -> CartGiftCard:
        money = Money(Decimal(worth), "GBP")
        self.pay.book.cards.setdefault(card, ValueCard(PIN, money))
        secret = GiftCard(brand="mug_card", number=card, pin=PIN)
        name = f"CARD{card[-4:]}"
        return CartGiftCard(id=name, backend="pay", label="Mug Card", card=secret, balance=money, checked=now)

    def worth(self, card: str) -> Decimal:
        """What its processor has on it now."""
        return self.pay.book.cards[card].balance.amount

    async def buyer_at(self, cart: Cart, owner: str) -> NativeRef | None:
        return self.buyer

    async def recognise(self, person: str, record: NativeRef) -> None:
        await self.links.link(person, [IdentityLink(record, LinkStatus.ASSERTED)], [record.backend])

    async def evaluate(self, cart: Cart, language: str) -> CartAnswer:
        """Of the shop's own prices, less a discount."""
        keys = [PriceKey(line.variant, line.quantity) for line in cart.active]
        context = CommerceContext("GB", "GBP", language, "web")
        found = await self.caller.keyed("erp", GET_PRICES, keys, context, self.given.call("evaluate"))
        lines: list[LineAnswer] = []
        whole = Decimal(0)
        for line, key in zip(cart.active, keys, strict=True):
            price = found.get(key)
            if not isinstance(price, Price):
                continue
            amount = price.current.stated.amount * line.quantity
            whole += amount
            lines.append(LineAnswer(line=line.id, price=price, subtotal=_gross(amount), total=_gross(amount)))
        complete = len(lines) == len(keys) and not self.missing
        totals = CartTotals(
            subtotal=_gross(whole),
            discount=_gross(self.discount),
            total=_gross(whole - self.discount),
            rounding=Money(Decimal(0), "GBP"),
        )
        parts = (PartAnswer(part=CartPart.PRICE, complete=complete),)
        return CartAnswer(cart=cart.id, version=cart.version, lines=tuple(lines), parts=parts, totals=totals)

    async def buy(
        self,
        cart: Cart,
        *,
        quoted: str = "12.00",
        key: str = "key",
        token: str | None = TOKEN,
        buyer: VerifiedBuyer | None = None,
        wait: float = 15.0,
    ) -> Checkout:
        found = await self.desk.submit(replace(self.asked(cart, quoted, key, token), buyer=buyer), wait)
        assert isinstance(found, Checkout), found
        return found

    def asked(
        self,
        cart: Cart,
        quoted: str = "12.00",
        key: str = "key",
        token: str | None = TOKEN,
        by: tuple[Requester, ...] = (),
    ) -> Submission:
        choice = None if token is None else PaymentChoice(backend="pay", token=token)
        money = Money(Decimal(quoted), cart.currency)
        return Submission(
            cart=cart,
            quoted=money,
            version=cart.version,
            key=key,
            language="en",
            choice=choice,
            requesters=by,
            another_tender=self.another_tender,
        )

    async def cart_now(self, cart: Cart) -> Cart:
        async with self.database.read() as connection:
            found = await self.carts.load(connection, cart.id)
        assert found is not None
        return found

    async def events(self) -> list[str]:
        async with self.database.read() as connection:
            return list((await connection.execute(select(outbox.c.kind).order_by(outbox.c.id))).scalars())

    def orders(self) -> list[OrderStatus]:
        """How each order that was ever made stands."""
        return [self.erp.order_states[order.number] for _, order, _ in self.erp.placed]

    def payments(self) -> list[str]:
        return [held.state.value for held in self.pay.book.payments.values()]

    async def followed(self) -> None:
        """All that goes on after orders."""
        while await self.outbox.deliver_one("checkout"):
            pass

        async def still() -> bool:
            return not await self.runs.pending()

        await until(20.0, still)

    async def free(self, sku: str = "MUG") -> int:
        """What may still be sold, with a fresh reading of the owner's."""
        asked = await self.ledger.now()
        counts = self.ownership.locations["london"].backend
        key, spot = StockKey(sku, ("LON",)), StockSpot(counts, sku, "LON")
        context = CommerceContext("GB", "GBP", "en", "web")
        answer = (await self.caller.keyed(counts, GET_STOCK, [key], context, self.given.call("free")))[key]
        assert isinstance(answer, StockLevels)
        await self.ledger.read_at({spot: int(answer.levels["LON"].available or 0)}, asked)
        return (await self.ledger.free([spot]))[spot][0]


def _gross(amount: Decimal) -> TaxedMoney:
    return TaxedMoney(gross=Money(amount, "GBP"), treatment=TaxTreatment.INCLUDED)
