"""How one gateway sells: the checkout with what it needs of the rest. Only a process that serves begins one, because
the engine is one of its process and takes over what others left.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from gateway.checkout.owners import sells
from gateway.model.cart_answers import CartAnswer
from gateway.model.carts import Cart
from gateway.model.context import CallContext, CommerceContext, Priority
from gateway.model.identity import NativeRef
from gateway.model.principal import ClientProfile, Principal, Touchpoint
from gateway.ports.payment import FACTS
from gateway.services import Services
from gateway.services.carts import Carts
from gateway.services.scope import Scope, utc_now
from gateway.state.held_stock import HeldStock
from gateway.state.inbox import Handler
from gateway.state.outbox import Event, Receiver

if TYPE_CHECKING:
    from gateway.calls.operation.writes import Writes
    from gateway.checkout.service import CheckoutService
    from gateway.ownership import Ownership
    from gateway.ports.webhooks import Received
    from gateway.state.carts import StoredCarts
    from gateway.state.database import Database
    from gateway.state.held_stock import HoldsChanged
    from gateway.state.kept import Kept

RECEIVER = "checkout"
"""Its name among the outbox's receivers: kept in rows, so never changed."""
EVALUATED_WITHIN = 20.0
"""Seconds for everything the owners say of a cart that is bought."""
_log = structlog.get_logger("gateway")
_NOBODY = ClientProfile(touchpoint=Touchpoint.WEB)
_CHECKOUT = Principal(kind="service")


def held_stock(ownership: Ownership, database: Database, changed: HoldsChanged) -> HeldStock:
    """What checkouts keep back, for everybody who shows stock: also in a process that sells nothing itself."""
    near = max((channel.low_stock for channel in ownership.channels.values()), default=0)
    ordering = (backend.manifest.ordering for backend in ownership.backends.values())
    uncounted = any(not each.counted for each in ordering if each is not None)
    return HeldStock(database, changed, near=near, uncounted=uncounted)


class Selling:
    """`receivers` and `handlers` are there from the first event on; they answer once it was started."""

    def __init__(self, ownership: Ownership, carts: StoredCarts | None) -> None:
        self._ownership = ownership
        self._carts = carts
        self._service: CheckoutService | None = None
        able = carts is not None and sells(ownership)
        self.receivers: dict[str, Receiver] = {RECEIVER: self._followed} if able else {}
        self.handlers: dict[str, Handler] = dict.fromkeys(FACTS, self._heard) if able else {}

    @property
    def able(self) -> bool:
        """Whether anything can be bought in any market."""
        return bool(self.receivers)

    @property
    def service(self) -> CheckoutService | None:
        return self._service

    async def start(self, services: Services, kept: Kept, writes: Writes) -> None:
        """Before the outbox and the inbox deliver. A second gateway of one process (a test beside a demo) reads and
        keeps carts, and sells nothing: the engine is the first one's. Raises ConfigurationError, StateUnavailable."""
        if self._carts is None or not self.able:
            return
        from gateway.checkout.engine import Runs

        if Runs.taken():
            _log.warning("nothing_is_sold", reason="another gateway of this process sells")
            return
        from gateway.checkout.service import CheckoutService

        self._service = await CheckoutService.open(
            kept.database,
            carts=self._carts,
            writes=writes,
            caller=services.caller,
            ownership=self._ownership,
            outbox=kept.outbox,
            tasks=kept.tasks,
            evaluate=lambda cart, language: evaluated(services, cart, language),
            buyer_at=lambda cart, owner: linked(services, cart, owner),
            section=services.settings.checkout,
            recognise=services.customer_links.recognise,
        )
        await self._service.start()
        services.desk = self._service.desk

    async def close(self, services: Services) -> None:
        services.desk = None
        if self._service is not None:
            await self._service.close()

    async def _followed(self, event: Event) -> None:
        await self._begun.desk.followed(event)

    async def _heard(self, event: Received) -> None:
        await self._begun.desk.heard(event)

    @property
    def _begun(self) -> CheckoutService:
        if self._service is None:
            raise RuntimeError("delivered before the checkout was started")
        return self._service


async def linked(services: Services, cart: Cart, owner: str) -> NativeRef | None:
    """The record of whoever the cart belongs to, where exactly one is known: nobody is searched for, and what was
    typed into the cart says nothing of who it is."""
    known = None if cart.person is None else await services.customer_links.known(cart.person)
    refs = () if known is None else known.refs(owner)
    return refs[0] if len(refs) == 1 else None


async def evaluated(services: Services, cart: Cart, language: str) -> CartAnswer:
    """What all owners say of a cart that is being bought: fresh, in its own market, in the price group of its buyer."""
    commerce = CommerceContext(cart.country, cart.currency, language, cart.channel, cart.store)
    call = CallContext(time.monotonic() + EVALUATED_WITHIN, Priority.CHECKOUT, cart.id, fresh=True)
    scope = Scope(commerce, call, _CHECKOUT, _NOBODY, utc_now())
    return await services.of(Carts).evaluation.answer(cart, scope, fresh=True)
