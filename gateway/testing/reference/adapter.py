"""All ports in one adapter: the double of every domain test; the conformance suites run against it first."""

from __future__ import annotations

from gateway.ports.backend import Backend
from gateway.ports.webhooks import WebhookPort
from gateway.testing.reference.delivery import Delivery
from gateway.testing.reference.order_desk import OrderDesk
from gateway.testing.reference.orders import Orders
from gateway.testing.reference.payment_desk import PaymentDesk
from gateway.testing.reference.people import People
from gateway.testing.reference.promotions import Offers
from gateway.testing.reference.search import Search
from gateway.testing.reference.stock_desk import StockDesk


class ReferenceAdapter(Search, StockDesk, People, Orders, OrderDesk, PaymentDesk, Offers, Delivery):
    """Construct with a backend's name (or the environment a manifest is given) and a seed. Deterministic: the same seed
    and questions give the same answers. Knobs: see `Controls`. A subclass with one more port's methods serves that
    domain too."""

    @property
    def backend(self) -> Backend:
        webhooks = self if isinstance(self, WebhookPort) else None
        return Backend(ports=(self,), probe=self, webhooks=webhooks, close=self.close)
