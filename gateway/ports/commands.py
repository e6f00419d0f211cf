"""The writes of all ports, as typed values: what services name when they have a backend change something."""

from __future__ import annotations

from gateway.model.orders import PlacedOrder, PlaceOrder
from gateway.ports.operations import Domain
from gateway.ports.writes import WriteOperation

PLACE_ORDER = WriteOperation[PlaceOrder, PlacedOrder](
    Domain.ORDER, "place_order", "find_order", PlacedOrder, changes=lambda placed: (f"order:{placed.ref.id}", "stock")
)
