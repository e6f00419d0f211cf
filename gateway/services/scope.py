"""What every service is told about the operation it serves. Made in `context`, one per operation."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from gateway.model.context import CallContext, CommerceContext
from gateway.model.principal import ClientProfile, Principal


class Scope(Struct, frozen=True):
    """`commerce` is what facts depend on, `call` what calls carry, `now` the operation's one idea of the time (aware
    UTC)."""

    commerce: CommerceContext
    call: CallContext
    principal: Principal
    profile: ClientProfile
    now: datetime

    def personal(self) -> CallContext:
        """A call whose answer belongs to this person alone."""
        return replace(self.call, person=self.principal.key)


def utc_now() -> datetime:
    return datetime.now(UTC)
