"""What an adapter says of itself, found by entry point (`commerce_gateway.adapters`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Generic

from msgspec import Struct

from gateway.model.identity import KeyRule
from gateway.model.operation import OperationSpec
from gateway.ports.backend import Backend
from gateway.ports.identifiers import IdentifierCache
from gateway.ports.order import OrderWriting
from gateway.ports.transport import Response, ThrottleSignal, Transport, plain_throttle
from gateway.ports.writes import WriteSpec

if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import TypeVar  # for a default: a checker has it, the running program needs none

    C_co = TypeVar("C_co", bound="AdapterConfig", covariant=True, default="AdapterConfig")
    C = TypeVar("C", bound="AdapterConfig", default=Any)
else:
    from typing import TypeVar

    C_co = TypeVar("C_co", covariant=True)
    C = TypeVar("C")


class AdapterConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every adapter's configuration model: the keys of `[backends.x]` beyond the common ones. Fields of type
    `Secret` are written in the file as the name of an entry of `[secrets]`. What a value must be beyond its type stands
    beside it (`Annotated[str, COUNTRY]`, see `gateway.constraints`)."""

    def origin_fault(self, *, written: bool) -> tuple[str, str] | None:
        """The key, and why with its value an order here cannot bear the number of the system that took it first.
        `written`: by the gateway, else by somebody's connector. None: it can."""
        return None

    def verify(self, place: str) -> None:
        """What neither types nor constraints can say. Raises ConfigurationError; `place` is `backends.x`."""


class Secret:
    """A credential and, during rotation, the ones before it. Never printed. Not a record, so that no encoder that knows
    records can write one out."""

    __slots__ = ("values",)

    def __init__(self, values: tuple[str, ...]) -> None:
        self.values = values

    def reveal(self) -> str:
        """The one to send."""
        return self.values[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.values == self.values

    def __hash__(self) -> int:
        return hash(self.values)

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__


class AdapterEnvironment(Struct, Generic[C_co], frozen=True, kw_only=True):
    """Everything an adapter is given. `config` is its own section, in its own type; `locations` are this backend's own
    references of the places configured for it; `clock` returns the aware UTC now."""

    name: str
    alias: str
    url: str
    config: C_co
    transport: Transport
    identifiers: IdentifierCache
    key_rule: KeyRule
    clock: Callable[[], datetime]
    locations: tuple[str, ...] = ()


class QualityTier(Enum):
    """GOLD: tested against the real system. SILVER: against a sandbox that a contract test holds to the vendor's own
    description. BRONZE: neither."""

    GOLD = "gold"
    SILVER = "silver"
    BRONZE = "bronze"


class Manifest(Struct, Generic[C], frozen=True, kw_only=True):
    """`create` makes one configured backend. `operations` by `KeyedOperation.name` (such as `price.get_prices`); an
    operation that is not listed is not served; `writes` by `WriteOperation.name`, `ordering` what its orders can be,
    where it takes any. `cost_unit` is what the vendor calls one unit of `Request.cost`; without a cost model it stays
    `request`. `unverified` are sentences an operator should read before relying on them. `needs`: the data domains that
    are served only with an optional key, by that key (`{"search": "storefront_token"}`). `key_fields`: what
    `KeyRule.field` may name here (None: anything). `errands`: what `Request.operation` may name besides operations, for
    requests that serve no one of them: a login, a table."""

    name: str
    title: str
    api_version: str
    config: type[C]
    create: Callable[[AdapterEnvironment[C]], Backend]
    operations: Mapping[str, OperationSpec]
    writes: Mapping[str, WriteSpec] = {}
    ordering: OrderWriting | None = None
    throttle: Callable[[Response], ThrottleSignal | None] = plain_throttle
    cost_unit: str = "request"
    tier: QualityTier = QualityTier.SILVER
    unverified: tuple[str, ...] = ()
    webhook_topics: tuple[str, ...] = ()
    needs: Mapping[str, str] = {}
    key_fields: tuple[str, ...] | None = None
    errands: tuple[str, ...] = ()
