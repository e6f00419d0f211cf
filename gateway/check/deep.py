"""`gateway check --deep`: one real call of every declared operation, with facts that the check found itself.

The owner of the catalogue is walked first; its keys are what the others are asked. Each call is made twice, because a
manifest counts requests with identifiers known; the second is the one that is told. Nothing of an answer is printed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import replace

from gateway.app import Gateway
from gateway.calls.observation import OBSERVER, BackendCall
from gateway.calls.operation.bound import BoundBackend
from gateway.calls.operation.cache import AnswerCache
from gateway.calls.operation.caller import BackendCaller
from gateway.check.backends import hindered
from gateway.check.causes import problem_of
from gateway.check.contexts import known_to
from gateway.check.facts import FIRST, Asked, FoundFacts, questions
from gateway.check.findings import Call, Problem
from gateway.errors import AdapterError, ClientFault
from gateway.model.catalog import Product, ProductPage, ProductQuery
from gateway.model.context import CallContext, CommerceContext, Priority
from gateway.ports.customer import FIND_CUSTOMERS
from gateway.ports.domain import DataDomain, KeyedOperation, reads
from gateway.ports.loyalty import FIND_ACCOUNTS
from gateway.ports.order import LIST_ORDERS
from gateway.ports.price import GET_PRICES
from gateway.ports.product import LIST_PRODUCTS, PRODUCT
from gateway.ports.stock import GET_STOCK
from gateway.ports.store import LIST_STORES

SECONDS = 30.0
_KNOWN_BY_OWNER = frozenset({GET_PRICES.name, GET_STOCK.name})
"""Answers that must not all be missing where the backend owns the domain."""


class Calls(Struct, frozen=True):
    calls: tuple[Call, ...]
    problems: tuple[Problem, ...]


async def call_everything(
    gateway: Gateway, names: Mapping[str, Sequence[str]], customer: str | None
) -> Mapping[str, Calls]:
    """By backend; `names` are those that answered, with the data domains that cannot be tried."""
    walks = {name: await _walk(gateway, name) for name, shut in names.items() if not hindered(shut, PRODUCT.name)}
    order = gateway.ownership.plan(PRODUCT).order if gateway.ownership.serves(PRODUCT) else ()
    shared: tuple[Product, ...] = next((walks[name] for name in order if walks.get(name)), ())
    found: dict[str, Calls] = {}
    for name, shut in names.items():
        walked = walks.get(name, ())
        facts = FoundFacts(
            backend=name,
            products=walked,
            skus=_skus(shared or walked)[:FIRST],
            places=gateway.ownership.references(name),
            customer=customer,
        )
        found[name] = await _Caller(gateway, gateway.registry.backends[name], facts).all(shut)
    return found


async def _walk(gateway: Gateway, name: str) -> tuple[Product, ...]:
    """The first page of a backend's own assortment. What goes wrong is told when the operation's turn comes."""
    contexts = known_to(gateway.settings, name)
    if not contexts or LIST_PRODUCTS.name not in gateway.registry.backends[name].manifest.operations:
        return ()
    caller = BackendCaller(gateway.registry.backends, cache=AnswerCache())
    try:
        page: ProductPage = await caller.paged(name, LIST_PRODUCTS, ProductQuery(FIRST), contexts[0], _call())
    except Exception:
        return ()
    finally:
        await caller.close()
    return page.products


def _skus(products: Sequence[Product]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(v.sku for product in products for v in product.variants if v.sku))


class _Caller:
    """All operations of one backend, one after the other, so that requests can be told apart."""

    def __init__(self, gateway: Gateway, backend: BoundBackend, facts: FoundFacts) -> None:
        self._gateway = gateway
        self._backend = backend
        self._facts = facts
        self._calls: list[Call] = []
        self._problems: list[Problem] = []

    async def all(self, shut: Sequence[str]) -> Calls:
        contexts = known_to(self._gateway.settings, self._backend.name)
        if not contexts:
            return Calls((), ())
        declared = reads()
        for name in sorted(self._backend.manifest.operations, key=_in_order):
            operation = declared[name]
            if self._backend.backend.port(operation.port) is None:
                continue  # the key for it is not there
            if hindered(shut, operation.domain.name):
                self._calls.append(Call(operation=name, outcome="not called: a key that it needs is wrong"))
                continue
            asked = questions(name, self._facts)
            if isinstance(asked, str):
                self._calls.append(Call(operation=name, outcome=f"not called: {asked}"))
                continue
            for context in contexts if name == GET_PRICES.name else contexts[:1]:
                await self._one(operation, asked, context)
        return Calls(tuple(self._calls), tuple(self._problems))

    async def _one(self, operation: Any, asked: Asked, context: CommerceContext) -> None:
        try:
            await self._ask(operation, asked, context)
            answers, told = await self._ask(operation, asked, context)
        except ClientFault as error:
            # An id that was made up is not an id here: nothing was learnt, and nothing is wrong.
            self._calls.append(Call(operation=operation.name, outcome=f"not called: {error.code} for a made-up key"))
            return
        except Exception as error:
            self._failed(operation.name, error)
            return
        self._facts = self._facts.with_answers(operation.name, answers)
        keyed = isinstance(operation, KeyedOperation)
        failed = [each for each in answers.values() if isinstance(each, AdapterError)]
        count = len(asked.keys)
        found = f"{count} key{'' if count == 1 else 's'}: {len(answers) - len(failed)} found"
        outcome = found if keyed else "answered"
        where = f" in {context.country} {context.currency}" if operation.name == GET_PRICES.name else ""
        call = Call(operation=operation.name, outcome=outcome + where, keys=len(asked.keys))
        spec = self._backend.manifest.operations[operation.name]
        for step in told:
            call = replace(
                call,
                requests=call.requests + step.attempts,
                declared=call.declared + spec.requests(step.keys, {**spec.axes, **asked.axes}),
                milliseconds=call.milliseconds + step.seconds * 1000,
            )
        self._calls.append(replace(call, milliseconds=round(call.milliseconds, 1)))
        self._judge(operation.name, call, answers, failed, where)

    def _judge(self, name: str, call: Call, answers: Mapping[Any, Any], failed: list[AdapterError], where: str) -> None:
        if call.requests > call.declared:
            message = f"{name} made {call.requests} requests for {call.keys} keys; declared are {call.declared}"
            self._problems.append(Problem(message=message, backend=self._backend.name))
        codes = list(dict.fromkeys(error.code for error in failed))
        for code in codes:
            first = next(error for error in failed if error.code == code)
            if not first.per_key or len(failed) == call.keys:
                self._failed(f"{name}{where}", first)
        if name in _KNOWN_BY_OWNER and not answers and self._owns(reads()[name].domain):
            message = f"{name} knows none of {call.keys} keys of the catalogue{where}"
            self._problems.append(Problem(message=message, backend=self._backend.name))

    def _failed(self, doing: str, error: BaseException) -> None:
        name = self._backend.name
        section = self._gateway.settings.backends[name]
        config = self._gateway.registry.configs.get(name)
        problem = problem_of(error, self._backend, config, section.url, doing=doing)
        self._problems.append(problem)
        self._calls.append(Call(operation=doing, outcome=f"failed: {problem.cause}"))

    def _owns(self, domain: DataDomain) -> bool:
        ownership = self._gateway.ownership
        return ownership.serves(domain) and ownership.plan(domain).order[0] == self._backend.name

    async def _ask(
        self, operation: Any, asked: Asked, context: CommerceContext
    ) -> tuple[Mapping[Any, Any], list[BackendCall]]:
        """A call past every cache, with the requests it made."""
        told: list[BackendCall] = []
        caller = BackendCaller(self._gateway.registry.backends, cache=AnswerCache())
        token = OBSERVER.set(told.append)
        try:
            if isinstance(operation, KeyedOperation):
                keyed = cast("KeyedOperation[Any, Any]", operation)
                return await caller.keyed(self._backend.name, keyed, asked.keys, context, _call()), told
            answer = await caller.paged(self._backend.name, operation, asked.keys[0], context, _call())
            return {asked.keys[0]: answer}, told
        finally:
            OBSERVER.reset(token)
            await caller.close()


def _in_order(name: str) -> tuple[int, str]:
    """Those that find facts before those that need them."""
    first = (LIST_PRODUCTS.name, LIST_STORES.name, FIND_CUSTOMERS.name, FIND_ACCOUNTS.name)
    second = (LIST_ORDERS.name,)
    return (0 if name in first else 1 if name in second else 2, name)


def _call() -> CallContext:
    started = time.monotonic()
    return CallContext(deadline=started + SECONDS, priority=Priority.BROWSE)
