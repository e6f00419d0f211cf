"""The order of `gateway why`: the gateway is opened over a state of its own, so that nothing of a question is kept; one
fact is asked for as a frontend would, and everything that had a say in it is told."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct
from msgspec.structs import replace

from gateway.app import Gateway
from gateway.calls.observation import OBSERVER, SPARED, BackendCall
from gateway.model.context import CallContext, Priority
from gateway.model.principal import ClientProfile, Principal, Touchpoint
from gateway.security.profiles import RequestFacts
from gateway.services.scope import Scope, utc_now
from gateway.settings import load
from gateway.validation import require
from gateway.why.answers import Told, price, product, stock

PATIENCE_SECONDS = 30.0


class Question(Struct, frozen=True):
    """`customer` is an email: the answer is theirs, as if they had signed in with it."""

    what: str
    sku: str
    country: str | None = None
    store: str | None = None
    customer: str | None = None
    quantity: Decimal = Decimal(1)


Answering = Callable[[Gateway, str, Decimal, Scope], Awaitable[Told]]
ANSWERS: dict[str, Answering] = {"price": price, "stock": stock, "product": product}


async def why(config: Path, question: Question) -> int:
    """Prints it; 1 where there is no such fact. Raises ConfigurationError, ContextNotAllowed."""
    settings = load(config)
    require(settings)
    with TemporaryDirectory() as folder:
        # A state that is gone afterwards: who is only asked about is not linked.
        passing = replace(settings.gateway, state=f"sqlite+aiosqlite:///{folder}/state.sqlite")
        gateway = await Gateway.open(replace(settings, gateway=passing), validated=True)
        calls: list[BackendCall] = []
        watching = OBSERVER.set(calls.append)
        try:
            scope = _scope(gateway, question)
            told = await ANSWERS[question.what](gateway, question.sku, question.quantity, scope)
            known = () if question.customer is None else await _known(gateway, scope)
        finally:
            OBSERVER.reset(watching)
            await gateway.close()
    print(_heading(question, scope))
    for line in (*told.lines, *known, *_asked(calls)):
        print(f"  {line}")
    return 0 if told.found else 1


def _scope(gateway: Gateway, question: Question) -> Scope:
    everything = ClientProfile(touchpoint=Touchpoint.WEB)
    principal = Principal(kind="staff", roles=frozenset({"staff"}))
    if question.customer is not None:
        email = question.customer.lower()
        principal = Principal(subject=email, issuer="gateway why", email=email, kind="customer")
    commerce = gateway.profiles.select(everything, RequestFacts(country=question.country, store=question.store))
    call = CallContext(deadline=time.monotonic() + PATIENCE_SECONDS, priority=Priority.BROWSE, trace_id="why")
    return Scope(commerce, call, principal, everything, utc_now())


def _heading(question: Question, scope: Scope) -> str:
    commerce = scope.commerce
    times = "" if question.what == "product" else f", {question.quantity} of it"
    who = "anybody" if question.customer is None else question.customer
    channel = "" if commerce.channel is None else f", channel {commerce.channel}"
    channel += "" if commerce.store is None else f", store {commerce.store}"
    return f"{question.what} of {question.sku}{times}, for {who} in {commerce.country} ({commerce.currency}{channel})"


async def _known(gateway: Gateway, scope: Scope) -> tuple[str, ...]:
    """Which systems know this customer: a mistyped email would else look like a customer without a price of
    their own."""
    customer = await gateway.services.customers.me(frozenset(), scope)
    systems = () if customer is None else dict.fromkeys(ref.backend for ref in customer.linked.refs())
    return (f"known to      {', '.join(systems) or 'no system that answered: this is what everybody is told'}",)


def _asked(calls: list[BackendCall]) -> list[str]:
    """Every call it took, or whose cache spared it."""
    lines = ["asked"]
    for call in calls:
        kept = f"kept ({call.outcome}), no call"
        requests = f"{call.attempts} HTTP request{'' if call.attempts == 1 else 's'}"
        made = f"{call.outcome}, {requests}, {call.seconds * 1e3:.0f} ms"
        lines.append(f"  {call.backend:12} {call.operation:24} {kept if call.outcome in SPARED else made}")
    return lines if calls else ["asked         nobody"]
