"""The services: systems of record, merge, fallback, freshness. Called by the schema's batched fields, call the backends
through `calls`. `Services` is all of them, wired once at start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from gateway.calls.operation.caller import BackendCaller
from gateway.calls.operation.writes import Writes
from gateway.errors import StateUnavailable
from gateway.ownership import Ownership
from gateway.ports.checkout import CheckoutDesk
from gateway.ports.manifest import Secret
from gateway.ports.state import Aliases, IdentityLinks, Tasks
from gateway.services.availability import AvailabilityService
from gateway.services.catalog import Catalog
from gateway.services.classification import Classification
from gateway.services.cursors import Cursors
from gateway.services.customers import CustomerLinks, Customers
from gateway.services.ids import Ids
from gateway.services.languages import Languages
from gateway.services.loyalty import Loyalty
from gateway.services.nodes import Nodes
from gateway.services.orders import Orders
from gateway.services.pricing import Pricing
from gateway.services.searching import Searching
from gateway.services.speech import Speech
from gateway.services.staff_tasks import StaffTasks
from gateway.services.stores import Stores
from gateway.services.systems import SystemsOfRecord
from gateway.settings import Settings
from gateway.state.carts import StoredCarts
from gateway.state.further_orders import FurtherOrders
from gateway.state.held_stock import HeldStock
from gateway.state.mirrors import StoredMirrors

S = TypeVar("S")


class Services:
    """Those of the domains that every gateway has by name, any other `of` its class. They keep nothing of an operation,
    only what they are given and when stores open; one instance serves all."""

    def __init__(
        self,
        settings: Settings,
        caller: BackendCaller,
        writes: Writes,
        ownership: Ownership,
        links: IdentityLinks,
        aliases: Aliases,
        tasks: Tasks,
        key: Secret,
        carts: StoredCarts | None = None,
        held: HeldStock | None = None,
    ) -> None:
        systems = SystemsOfRecord(caller, ownership, writes)
        cursors = Cursors(key)
        self.systems = systems
        self.ownership = ownership
        self.caller = caller
        self.languages = Languages(settings.languages)
        self.ids = Ids(ownership)
        self.catalog = Catalog(systems, cursors)
        self.classification = Classification(systems)
        self.searching = Searching(systems, self.catalog)
        customer_links = CustomerLinks(systems, links)
        self.customer_links = customer_links
        self.customers = Customers(systems, customer_links, links)
        self.pricing = Pricing(systems, customer_links)
        self.stores = Stores(systems, cursors, self.languages)
        self.availability = AvailabilityService(systems, self.stores, held)
        self.held = held
        """What checkouts keep back; None where nothing is sold."""
        self.loyalty = Loyalty(systems, cursors, settings.identity)
        mirrors = None if carts is None else StoredMirrors(carts.database)
        further = None if carts is None else FurtherOrders(carts.database)
        self.orders = Orders(systems, customer_links, cursors, mirrors, further)
        self.speech = Speech(self.languages)
        self.nodes = Nodes(
            ids=self.ids,
            aliases=aliases,
            catalog=self.catalog,
            classification=self.classification,
            stores=self.stores,
            customers=self.customers,
            orders=self.orders,
        )
        self.staff_tasks = StaffTasks(tasks, cursors)
        self.cursors = cursors
        self.settings = settings
        self.stored_carts = carts
        """None where nothing can be sealed: then there are no carts."""
        self.desk: CheckoutDesk | None = None
        """Where checkouts are asked for; None where nothing can be sold, and in a process that does not serve."""
        self._made: dict[object, Any] = {}

    @property
    def kept_carts(self) -> StoredCarts:
        """Raises StateUnavailable where nothing can be sealed."""
        if self.stored_carts is None:
            raise StateUnavailable("Carts cannot be kept here: no sealing secret is configured.")
        return self.stored_carts

    def of(self, kind: Callable[[Services], S]) -> S:
        """The one instance of a service that a domain brings: `kind` is its class, given all the others."""
        made = self._made.get(kind)
        if made is None:
            made = self._made[kind] = kind(self)
        return cast("S", made)

    async def close(self) -> None:
        """End what services that were made with `of` still ask for."""
        for made in self._made.values():
            if (close := getattr(made, "close", None)) is not None:
                await close()
