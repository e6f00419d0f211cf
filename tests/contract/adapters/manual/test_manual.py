"""Payments by hand: what is granted to whom, and that the same command has the same answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.manual.manifest import MANIFEST
from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.writes import Writes
from gateway.errors import ConfigurationError, IdempotencyConflict, RequestRefused
from gateway.model.context import CallContext, CommerceContext
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.payments import Authorise, Capture, PaymentOptionsQuery, PaymentState, Refund, Void
from gateway.ports.agreement import disagreements
from gateway.ports.payment import AUTHORISE, CAPTURE, REFUND, VOID
from gateway.state.database import Database
from gateway.state.outbox import Outbox
from gateway.state.tasks import StoredTasks
from gateway.state.writes import StoredWrites
from gateway.testing.connecting import Connected, Standing
from gateway.testing.plugin import Attach

NOW = datetime(2026, 11, 30, 15, 30, tzinfo=UTC)
CONTEXT = CommerceContext("GB", "GBP", "de")
HERE = CONTEXT.only(frozenset({"country", "language"}))
ADA = NativeRef("crm", "ada")
METHODS: Mapping[str, Mapping[str, object]] = {
    "pickup": {
        "kind": "pickup",
        "label": "Pay at pickup",
        "labels": {"de": "Zahlung bei Abholung"},
        "countries": ["GB"],
        "at_most": {"GBP": "250.00"},
    },
    "net14": {
        "kind": "invoice",
        "label": "Invoice",
        "terms": "net 14",
        "due_days": 14,
        "known_customers_only": True,
    },
    "transfer": {"kind": "transfer", "label": "Bank transfer", "instructions": "IBAN X, reference {reference}"},
}


def gbp(amount: str) -> Money:
    return Money(Decimal(amount), "GBP")


def call() -> CallContext:
    return CallContext.within(5.0)


def authorise(token: str, amount: str = "25.00", **more: Any) -> Authorise:
    return Authorise("A" * 26, "CHECKOUT7", gbp(amount), token=token, **more)


@pytest.fixture
def counter(attach: Attach) -> Connected:
    standing = Standing("http://127.0.0.1:9")
    return attach(MANIFEST, standing, {"methods": METHODS}, name="counter", clock=lambda: NOW)


async def offered(counter: Connected, amount: Money, country: str, customer: NativeRef | None = None) -> list[str]:
    query = PaymentOptionsQuery(amount, country, customer=customer)
    return [method.id for method in (await counter.adapter.list_methods(query, HERE, call())).methods]


async def test_what_is_offered_is_what_the_owner_grants(counter: Connected) -> None:
    assert await offered(counter, gbp("25.00"), "GB") == ["pickup", "transfer"]
    assert await offered(counter, gbp("25.00"), "GB", ADA) == ["pickup", "net14", "transfer"]
    assert await offered(counter, gbp("250.01"), "GB") == ["transfer"]
    assert await offered(counter, gbp("25.00"), "FR") == ["transfer"]
    assert await offered(counter, Money(Decimal(25), "EUR"), "GB") == ["transfer"]
    assert await offered(counter, gbp("0"), "GB") == []


async def test_a_method_says_its_terms_in_the_shoppers_language(counter: Connected) -> None:
    query = PaymentOptionsQuery(gbp("25.00"), "GB", customer=ADA)
    pickup, invoice, _ = (await counter.adapter.list_methods(query, HERE, call())).methods
    assert (pickup.kind, pickup.label, pickup.later, pickup.terms) == ("pickup", "Zahlung bei Abholung", True, None)
    assert (invoice.label, invoice.terms) == ("Invoice", "net 14")


async def test_it_is_due_by_the_terms_and_nothing_is_held(counter: Connected) -> None:
    paid = await counter.adapter.authorise(authorise("net14", customer=ADA), HERE, call())
    assert (paid.state, paid.authorised) == (PaymentState.DUE, None)
    assert paid.due == datetime(2026, 12, 15, tzinfo=UTC)
    transfer = await counter.adapter.authorise(authorise("transfer"), HERE, call())
    assert (transfer.due, transfer.action.kind) == (None, "present")
    assert transfer.action.token == "IBAN X, reference CHECKOUT7"


@pytest.mark.parametrize(
    "command",
    [
        authorise("cash"),
        authorise(""),
        authorise("net14"),
        authorise("pickup", "250.01"),
        authorise("pickup", "0"),
        authorise("pickup", session=NativeRef("counter", "x")),
        authorise("pickup", payment=NativeRef("counter", "x")),
    ],
)
async def test_what_is_not_granted_is_refused(counter: Connected, command: Authorise) -> None:
    with pytest.raises(RequestRefused):
        await counter.adapter.authorise(command, HERE, call())


async def test_what_is_granted_in_one_country_is_refused_in_another(counter: Connected) -> None:
    abroad = replace(CONTEXT, country="FR").only(frozenset({"country", "language"}))
    assert (await counter.adapter.authorise(authorise("pickup"), HERE, call())).state is PaymentState.DUE
    with pytest.raises(RequestRefused):
        await counter.adapter.authorise(authorise("pickup"), abroad, call())
    assert (await counter.adapter.authorise(authorise("transfer"), abroad, call())).state is PaymentState.DUE


@pytest.mark.parametrize("kind", [Capture, Void, Refund])
async def test_what_people_did_is_noted_for_payments_begun_here(counter: Connected, kind: Any) -> None:
    paid = await counter.adapter.authorise(authorise("pickup"), HERE, call())
    do = getattr(counter.adapter, kind.__name__.lower())
    effect = await do(kind("B" * 26, paid.ref, gbp("25.00")), HERE, call())
    assert (effect.payment, effect.amount, effect.settled, effect.failed) == (paid.ref, gbp("25.00"), True, False)
    for ref, amount in ((NativeRef("counter", "pi_1"), "1.00"), (paid.ref, "0"), (paid.ref, "0.001")):
        with pytest.raises(RequestRefused):
            await do(kind("B" * 26, ref, gbp(amount)), HERE, call())


@pytest.mark.parametrize("operation", [AUTHORISE, CAPTURE, VOID, REFUND], ids=lambda each: each.name)
async def test_a_write_is_journalled_and_answers_to_its_reference_again(
    counter: Connected, operation: Any, tmp_path: Path
) -> None:
    paid = await counter.adapter.authorise(authorise("pickup"), HERE, call())
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/journal.sqlite")
    bound = BoundBackend(name="counter", alias="counter", backend=counter.backend, manifest=MANIFEST)

    async def changed(backend: str, tags: Any) -> None: ...

    writes = Writes({"counter": bound}, StoredWrites(database), changed, StoredTasks(database, Outbox(database)))
    commands = {
        AUTHORISE: authorise("pickup"),
        CAPTURE: Capture("C" * 26, paid.ref, gbp("25.00")),
        VOID: Void("D" * 26, paid.ref, gbp("25.00")),
        REFUND: Refund("E" * 26, paid.ref, gbp("25.00")),
    }
    command: Any = commands[operation]
    first = await writes.perform("counter", operation, command, CONTEXT, call())
    assert await writes.perform("counter", operation, command, CONTEXT, call()) == first
    with pytest.raises(IdempotencyConflict):
        await writes.perform("counter", operation, replace(command, amount=gbp("9.00")), CONTEXT, call())
    await writes.close(0.0)
    await database.close()


async def test_it_is_what_its_manifest_says(counter: Connected) -> None:
    assert list(disagreements(MANIFEST, counter.backend, counter.environment.config, "x")) == []


@pytest.mark.parametrize(
    "methods",
    [
        {},
        {"pickup": {**METHODS["pickup"], "at_most": {"GBP": "much"}}},
        {"pickup": {**METHODS["pickup"], "at_most": {"GBP": "1.001"}}},
        {"pickup": {**METHODS["pickup"], "at_most": {"GBP": "-1"}}},
    ],
)
def test_amounts_that_are_none_are_no_configuration(attach: Attach, methods: Any) -> None:
    with pytest.raises(ConfigurationError):
        attach(MANIFEST, Standing("http://127.0.0.1:9"), {"methods": methods}, name="counter")
