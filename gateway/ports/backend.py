"""What an adapter makes of one configured backend: its ports, and what the gateway needs besides them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from inspect import getattr_static
from typing import Protocol, TypeVar, cast

from msgspec import Struct

from gateway.errors import Mistake
from gateway.model.context import CallContext
from gateway.ports.domain import reads, writes
from gateway.ports.identity import IdentityPort
from gateway.ports.payment import GiftCardPort, PaymentSessionPort
from gateway.ports.price import PriceAuditPort
from gateway.ports.webhooks import ForgetsChanges, WebhookPort

P = TypeVar("P")

PROBE, RESOLVE, AUDIT, PRICE_DRIFT = "probe", "identity.resolve", "identity.audit", "price.drift"
"""What the gateway asks besides operations of data domains, as `CallContext.operation` names it."""


class Probe(Struct, frozen=True):
    """What `gateway check` prints. `version` is what the running system says of itself; `notes` are facts an operator
    should see (a truncated history). `problems` keep the backend from doing what its section of the configuration says
    and make the check fail: sentences, or mistakes whose `place` is a key of that section. `lacking`: rights that the
    credential does not have, by the data domain that needs them; a problem where the backend serves that domain.
    `hinders`: data domains that cannot be tried while `problems` stand (`*`: none can), because all they would say is
    what was said already."""

    version: str
    notes: tuple[str, ...] = ()
    problems: tuple[str | Mistake, ...] = ()
    lacking: Mapping[str, tuple[str, ...]] = {}
    hinders: tuple[str, ...] = ()


class Probed(Protocol):
    async def probe(self, call: CallContext) -> Probe:
        """One cheap authenticated request. Raises AdapterError with a cause a person can act on."""
        ...


async def _nothing_open() -> None:
    return None


class Backend(Struct, frozen=True, kw_only=True):
    """`ports` are objects that implement one or more of the Protocols of this folder; no two the same one. What keeps
    something of its own between calls is `ForgetsChanges`. `webhooks`: None for a vendor that sends none. `close` ends
    what the adapter opened itself; the transport is the gateway's."""

    ports: tuple[object, ...]
    probe: Probed
    webhooks: WebhookPort | None = None
    close: Callable[[], Awaitable[None]] = _nothing_open

    def port(self, protocol: type[P]) -> P | None:
        """The object that implements a Protocol; None where none does."""
        return next((cast("P", port) for port in self.ports if implements(port, protocol)), None)

    def forget(self, tags: Sequence[str]) -> None:
        """These changed: whatever the adapter keeps of them is old."""
        for one in {id(one): one for one in (*self.ports, self.webhooks)}.values():
            if isinstance(one, ForgetsChanges):
                one.forget(tags)


def protocols() -> tuple[type, ...]:
    """Every Protocol that a port may implement."""
    declared = (operation.port for operation in (*reads().values(), *writes().values()))
    return tuple(dict.fromkeys((*declared, GiftCardPort, IdentityPort, PaymentSessionPort, PriceAuditPort)))


def members(protocol: type) -> tuple[str, ...]:
    return tuple(name for name in vars(protocol) if not name.startswith("_"))


def required(protocol: type) -> tuple[str, ...]:
    """Without the look-ups of its writes: a vendor that only repeats its first answer to a key has none
    (`FindKind.REPLAY`), and `agreement` asks for them elsewhere."""
    finds = {operation.find for operation in writes().values() if operation.port is protocol}
    return tuple(name for name in members(protocol) if name not in finds)


def implements(port: object, protocol: type) -> bool:
    """Whether all that is required is there. Properties are not evaluated."""
    return all(_has(port, name) for name in required(protocol))


def _has(port: object, name: str) -> bool:
    return getattr_static(port, name, None) is not None


def faults(backend: Backend, known: Iterable[type]) -> Iterator[str]:
    """Why ports are none, in sentences: half a Protocol, no Protocol, two of the same."""
    bearers: dict[type, str] = {}
    for port in backend.ports:
        name = type(port).__name__
        whole = 0
        for protocol in known:
            needed = required(protocol)
            lacking = [member for member in needed if not _has(port, member)]
            if not lacking:
                whole += 1
                if protocol in bearers:
                    yield f"`{bearers[protocol]}` and `{name}` both implement {protocol.__name__}"
                bearers.setdefault(protocol, name)
            elif len(lacking) < len(needed):
                yield f"`{name}` has no `{lacking[0]}`, which {protocol.__name__} has"
                whole += 1
        if not whole:
            yield f"`{name}` implements none of the ports"
