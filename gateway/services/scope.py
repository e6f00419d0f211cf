"""What every service is told about the operation it serves. Made in `context`, one per operation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from gateway.model.context import CallContext, CommerceContext
from gateway.model.principal import ClientProfile, Principal


class Scope(Struct, frozen=True):
    """`commerce` is what facts depend on, `call` what calls carry, `now` the operation's one idea of the time (aware
    UTC). `cart_secret` is what the client bears to open a cart, `party` who is counted as one in the network. `kept` is
    what several fields of the operation ask once (`services.carts.once`)."""

    commerce: CommerceContext
    call: CallContext
    principal: Principal
    profile: ClientProfile
    now: datetime
    cart_secret: str | None = None
    party: str = ""
    kept: dict[Any, Any] = field(default_factory=dict[Any, Any])

    def personal(self) -> CallContext:
        """A call whose answer belongs to this person alone."""
        return replace(self.call, person=self.principal.key)


def utc_now() -> datetime:
    return datetime.now(UTC)
