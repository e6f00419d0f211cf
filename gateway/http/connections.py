"""The connections of one worker, and which of them are one too many.

A connection too many is not simply closed: its first request is answered, so that a client learns when to come again,
and health checks are served even then. Beyond `SURPLUS` of those it is answered unheard.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import structlog
from uvicorn.server import ServerState

from gateway.entry.parties import party_of
from gateway.http.forwarded import Proxies
from gateway.http.wire import CLOSE, AsgiApplication, AsgiScope, Receive, Send
from gateway.settings import ServerSection

SURPLUS = 256
"""Connections too many that are heard, for each reason: so that nobody's own take the place of health checks."""
RETRY_SECONDS = 1
OPERATIONAL = frozenset({"/healthz", "/readyz"})
"""Served whatever else is going on: who watches a gateway must not take a busy one for a dead one."""

_log = structlog.get_logger(__name__)


class TooMany(msgspec.Struct, frozen=True):
    """Why a connection is one too many."""

    status: int
    code: str
    message: str


EVERYBODY = TooMany(503, "GATEWAY_OVERLOADED", "The gateway has too many connections.")
ONE_PARTY = TooMany(429, "TOO_MANY_REQUESTS", "There are too many connections from this address.")


class Connections(ServerState):
    """All that is open, beside uvicorn's own record of it. `leaving`: each answer is now its connection's last."""

    def __init__(self, section: ServerSection) -> None:
        super().__init__()
        self.section = section
        self.leaving = False
        self.entered: Callable[[], None] = lambda: None
        """Called for each new connection, to look whether more are waiting."""
        self._proxies = Proxies.of(section)
        self._open = 0
        self._surplus = {EVERYBODY: 0, ONE_PARTY: 0}
        self._parties = Parties(section.connections_per_address)
        self._told = False

    def enter(self, address: str) -> Standing:
        """A new connection from a socket's address. Whoever enters must leave."""
        party = "" if self._proxies.trusts(address) else party_of(address)
        excess: TooMany | None = None
        if self._open >= self.section.connections:
            excess = EVERYBODY
        elif party and not self._parties.enter(party):
            excess = ONE_PARTY
            self._hint()
        if excess is None:
            self._open += 1
            return Standing(party=party, excess=None, unheard=False)
        self._surplus[excess] += 1
        return Standing(party=party, excess=excess, unheard=self._surplus[excess] > SURPLUS)

    def leave(self, standing: Standing) -> None:
        if standing.excess is not None:
            self._surplus[standing.excess] -= 1
            return
        self._open -= 1
        if standing.party:
            self._parties.leave(standing.party)

    def _hint(self) -> None:
        if not self._told:
            self._told = True
            _log.warning(
                "an address has reached server.connections_per_address; "
                "if it is a load balancer's, name its network in server.trusted_proxies"
            )


class Standing(msgspec.Struct, frozen=True):
    """What a connection was let in as. `party` is empty where nobody is counted; `unheard`: answered at once."""

    party: str
    excess: TooMany | None
    unheard: bool


class Parties:
    """What is under way for each party that asks through trusted proxies."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way: dict[str, int] = {}

    def enter(self, party: str) -> bool:
        """Whether one more may; then it must leave."""
        count = self._under_way.get(party, 0)
        if count >= self._most:
            return False
        self._under_way[party] = count + 1
        return True

    def leave(self, party: str) -> None:
        left = self._under_way[party] - 1
        if left:
            self._under_way[party] = left
        else:
            del self._under_way[party]


def answering(application: AsgiApplication, excess: TooMany, *, last: bool = True) -> AsgiApplication:
    """The application of a connection too many: health checks are served, all else is told to come again. `last`: and
    nothing more is heard on the connection."""
    told = {
        "message": excess.message,
        "extensions": {"code": excess.code, "retryable": True, "retryAfter": RETRY_SECONDS},
    }
    body = msgspec.json.encode({"errors": [told]})
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(RETRY_SECONDS).encode()),
        (b"cache-control", b"no-store"),
        *(CLOSE if last else ()),
    ]

    async def answer(scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in OPERATIONAL:
            await application(scope, receive, send)
            return
        kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
        await send({"type": f"{kind}.start", "status": excess.status, "headers": headers})
        await send({"type": f"{kind}.body", "body": body})

    return answer
