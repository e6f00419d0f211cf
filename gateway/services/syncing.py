"""Where orders are known besides their owners, for staff; and which order a mirror is one of."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model.identity import NativeRef
from gateway.model.orders import Order
from gateway.model.syncing import OrderSync
from gateway.services import Services
from gateway.state.mirrors import StoredMirrors


class OrderSyncing:
    def __init__(self, services: Services) -> None:
        carts = services.stored_carts
        self._mirrors = None if carts is None else StoredMirrors(carts.database)

    async def of(self, orders: Sequence[Order]) -> list[list[OrderSync] | None]:
        """In the order of `orders`; None for one that no checkout of ours made. Raises StateUnavailable."""
        if self._mirrors is None:
            return [None] * len(orders)
        refs = [NativeRef(order.ref.backend, order.ref.id) for order in orders]
        found = await self._mirrors.standing(refs)
        return [list(found[ref]) if ref in found else None for ref in refs]
