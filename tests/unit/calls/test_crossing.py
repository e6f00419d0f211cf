"""Nobody is ever answered with what was meant for another person, market or key: many principals read interleaved, each
answer says for whom it was made, and a fault planted in the key is found by the same check."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Mapping, Sequence

import pytest

from gateway.calls.operation import caller as caller_module
from gateway.calls.operation.cache import CacheScope, scope_of
from gateway.calls.operation.caller import BackendCaller
from gateway.calls.operation.shared import SharedAnswers
from gateway.errors import AdapterError, Unavailable
from gateway.model.context import CallContext, CommerceContext, ContextView
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.money import Money, TaxedMoney
from gateway.model.operation import OperationSpec
from gateway.model.pricing import Price, PriceKey
from gateway.ports.price import GET_PRICES, PRICE_CONTEXT

from .conftest import Shop, bound, price

PEOPLE = [f"person-{number}" for number in range(40)]
CONTEXTS = [
    CommerceContext(country, currency, language, price_group=group)
    for (country, currency, language), group in itertools.product(
        [("GB", "GBP", "en"), ("JP", "JPY", "ja"), ("IL", "ILS", "he"), ("KW", "KWD", "ar")], ["retail", "trade"]
    )
]
SPECS = {
    "get_prices": OperationSpec(
        vary_on=frozenset({"currency", "price_group"}), max_keys=4, time_to_live=0.002, stale_for=0.01
    ),
    "price_context": OperationSpec(personal=True, max_keys=3, time_to_live=0.005, stale_for=0.01),
}


class Marked(Shop):
    """Every answer bears the marks of the question it answers; now and then there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.chance = random.Random(11)

    async def _linger(self) -> None:
        dice = self.chance.random()
        if dice < 0.3:
            await asyncio.sleep(0)
        elif dice < 0.35:
            await asyncio.sleep(0.001)
        elif dice < 0.37:
            raise Unavailable

    async def get_prices(
        self, keys: Sequence[PriceKey], context: ContextView, call: CallContext
    ) -> Mapping[PriceKey, Price | AdapterError]:
        await self._linger()
        return {key: self._marked(f"{key.sku}|{context.currency}|{context.price_group}") for key in keys}

    async def price_context(
        self, keys: Sequence[NativeRef], context: ContextView, call: CallContext
    ) -> Mapping[NativeRef, str]:
        person = call.person
        await self._linger()
        return {key: f"{key.id}|{person}" for key in keys}

    def _marked(self, mark: str) -> Price:
        template = price(Money.from_minor(100, "GBP").amount)
        freshness = Freshness("shop", template.freshness.as_of)
        return Price(TaxedMoney(gross=template.current.gross), freshness, rule=mark)


async def crossings(reads: int, *, shared: SharedAnswers | None = None) -> tuple[int, int]:
    """How many answers were somebody else's, and how many were given, of `reads` keys asked."""
    caller = BackendCaller({"shop": bound(Marked(), None, **SPECS)}, shared=shared)
    chance = random.Random(5)
    wrong = given = 0

    async def reader(mine: int) -> None:
        nonlocal wrong, given
        for number in itertools.count():
            if mine <= 0:
                return
            context, person = chance.choice(CONTEXTS), chance.choice(PEOPLE)
            call = CallContext.within(30.0, person=person, fresh=chance.random() < 0.02)
            if number % 2:
                asked = [PriceKey(f"S{chance.randrange(12)}") for _ in range(chance.randrange(1, 6))]
                mine -= len(asked)
                for key, answer in (await caller.keyed("shop", GET_PRICES, asked, context, call)).items():
                    if isinstance(answer, Price):
                        given += 1
                        wrong += answer.rule != f"{key.sku}|{context.currency}|{context.price_group}"
            else:
                refs = [NativeRef("shop", str(chance.randrange(8))) for _ in range(chance.randrange(1, 4))]
                mine -= len(refs)
                for ref, answer in (await caller.keyed("shop", PRICE_CONTEXT, refs, context, call)).items():
                    if isinstance(answer, str):
                        given += 1
                        wrong += answer != f"{ref.id}|{person}"
            if chance.random() < 0.001:
                await caller.invalidate("shop", [f"price:S{chance.randrange(12)}"])

    await asyncio.gather(*(reader(reads // 50) for _ in range(50)))
    await caller.close()
    return wrong, given


async def test_twenty_thousand_interleaved_reads_never_cross() -> None:
    wrong, given = await crossings(20_000)
    assert wrong == 0
    assert given > 12_000, "some are asked twice in one call, a few fail"


@pytest.mark.full
@pytest.mark.timeout(900)
async def test_a_million_interleaved_reads_never_cross() -> None:
    wrong, given = await crossings(1_000_000)
    assert wrong == 0
    assert given > 600_000


def without_person(
    backend: str, operation: str, spec: OperationSpec, context: CommerceContext, call: CallContext
) -> CacheScope:
    return scope_of(backend, operation, spec, context, call)[:-1]


def without_price_group(
    backend: str, operation: str, spec: OperationSpec, context: CommerceContext, call: CallContext
) -> CacheScope:
    parts = context.parts(spec.vary_on - {"price_group"})
    return (backend, operation, parts, call.person if spec.personal else None)


@pytest.mark.parametrize("faulty", [without_person, without_price_group])
async def test_a_fault_in_the_key_is_found(monkeypatch: pytest.MonkeyPatch, faulty: object) -> None:
    monkeypatch.setattr(caller_module, "scope_of", faulty)
    wrong, _ = await crossings(2_000)
    assert wrong > 0


async def test_personal_answers_never_reach_the_shared_store() -> None:
    class Store:
        """Remembers every byte it is given."""

        def __init__(self) -> None:
            self.bytes = b""
            self.puts = 0

        async def get(self, places: Sequence[bytes]) -> Sequence[bytes | None]:
            self.bytes += b"".join(places)
            return [None] * len(places)

        async def put(self, backend: str, entries: Sequence[tuple[bytes, bytes, float, tuple[str, ...]]]) -> None:
            self.puts += len(entries)
            for place, entry, _, tags in entries:
                self.bytes += place + entry + "".join(tags).encode()

        async def invalidate(self, backend: str, tags: Sequence[str]) -> None:
            return None

    store = Store()
    personal = OperationSpec(vary_on=SPECS["get_prices"].vary_on, personal=True, time_to_live=60.0)
    private = BackendCaller({"shop": bound(Marked(), None, get_prices=personal)}, shared=store)
    for number in range(20):
        call = CallContext.within(5.0, person="person-1")
        await private.keyed("shop", GET_PRICES, [PriceKey(f"S{number}")], CONTEXTS[0], call)
    await private.close()
    assert store.puts == 0
    wrong, _ = await crossings(2_000, shared=store)
    assert wrong == 0
    assert store.puts > 100
    assert b"person-" not in store.bytes
