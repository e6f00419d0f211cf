"""What every keyed read has to hold, whatever its domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import pytest

from gateway.errors import AdapterError
from gateway.model.operation import OperationSpec
from gateway.ports.domain import KeyedOperation
from gateway.ports.manifest import Manifest
from gateway.testing.conformance.base import a_call, declared, given, served, view
from gateway.testing.conformance.facts import Adapter, BackendControl, ConformanceFacts
from gateway.testing.conformance.failures import FailingConformance
from gateway.testing.conformance.wellformed import assert_well_formed, timeless

COUNTS = (1, 24, 100)
LARGEST = 300
"""No more keys than this in one call, however many a manifest allows."""
UNKNOWN = "CONFORMANCE-UNKNOWN-{}"


class KeyedConformance(FailingConformance):
    """`operation` is the read under test. A suite says which keys exist and how one that does not looks like."""

    operation: ClassVar[KeyedOperation[Any, Any]]

    def known_keys(self, facts: ConformanceFacts) -> Sequence[Any]:
        """Not none: `given` says which fact is wanting."""
        raise NotImplementedError

    def unknown_key(self, index: int, facts: ConformanceFacts) -> Any:
        raise NotImplementedError

    def unknown_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[Any]:
        """One of every kind the read takes, each well written and nobody's."""
        return (self.unknown_key(0, facts),)

    def no_keys(self, adapter: Adapter, facts: ConformanceFacts) -> Sequence[Any]:
        """Keys whose native part nobody gave (`hostile.no_ids`), where the read takes native keys at all."""
        return ()

    def method(self, adapter: Adapter) -> Any:
        port: Any = served(adapter, cast("type[Any]", self.port))
        return getattr(port, self.operation.method)

    async def ask(
        self, adapter: Adapter, keys: Sequence[Any], facts: ConformanceFacts, spec: OperationSpec
    ) -> Mapping[Any, Any]:
        """One call for each `max_keys` keys."""
        size = min(spec.max_keys, LARGEST)
        answer: dict[Any, Any] = {}
        for start in range(0, len(keys), size):
            method = self.method(adapter)
            answer |= await method(keys[start : start + size], view(facts, spec), a_call())
        return answer

    async def read(self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest) -> object:
        spec = declared(manifest, self.operation.name)
        return await self.ask(adapter, tuple(self.known_keys(facts))[:1], facts, spec)

    @pytest.fixture
    def spec(self, manifest: Manifest) -> OperationSpec:
        return declared(manifest, self.operation.name)

    async def test_known_keys_are_answered(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        keys = tuple(self.known_keys(facts))
        answer = await self.ask(adapter, keys, facts, spec)
        assert set(answer) == set(keys)
        assert [value for value in answer.values() if isinstance(value, AdapterError)] == []

    async def test_unknown_key_of_every_kind_is_absent(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        """Alone, all together, and beside one that is known."""
        unknown = tuple(self.unknown_keys(adapter, facts))
        known = tuple(self.known_keys(facts))[:1]
        for key in unknown:
            assert await self.ask(adapter, (key,), facts, spec) == {}, key
        assert await self.ask(adapter, unknown, facts, spec) == {}
        assert set(await self.ask(adapter, (*unknown, *known), facts, spec)) == set(known)

    async def test_what_is_no_id_is_absent_and_harms_nothing_beside_it(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        """An exception, or a refusal of the whole request, would cost everybody who asked at the same time."""
        hostile = given(tuple(self.no_keys(adapter, facts)), "native keys", facts)
        known = tuple(self.known_keys(facts))[:1]
        answer = await self.ask(adapter, (*known, *hostile), facts, spec)
        assert set(answer) == set(known)
        assert not any(isinstance(value, AdapterError) for value in answer.values())

    async def test_no_keys_is_an_empty_answer(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        method = self.method(adapter)
        assert await method((), view(facts, spec), a_call()) == {}

    async def test_answers_are_utc_decimal_and_name_their_source(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        answer = await self.ask(adapter, tuple(self.known_keys(facts)), facts, spec)
        assert answer
        assert_well_formed(answer, adapter.name)

    async def test_the_answer_does_not_depend_on_how_keys_are_chunked(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec
    ) -> None:
        """By value, one by one, in the other order, and together."""
        keys = tuple(self.known_keys(facts))
        together = await self.ask(adapter, keys, facts, spec)
        backwards = await self.ask(adapter, keys[::-1], facts, spec)
        assert timeless(backwards) == timeless(together)
        for key in keys[:10]:
            alone = await self.ask(adapter, (key,), facts, spec)
            assert timeless(alone) == timeless({key: together[key]})

    @pytest.mark.parametrize("count", COUNTS)
    async def test_makes_as_many_requests_as_declared(
        self, adapter: Adapter, facts: ConformanceFacts, spec: OperationSpec, backend: BackendControl, count: int
    ) -> None:
        known = tuple(self.known_keys(facts))[:count]
        keys = (*known, *(self.unknown_key(index, facts) for index in range(count - len(known))))
        await self.ask(adapter, keys, facts, spec)  # identifiers are cached from here on
        before = backend.requests
        await self.ask(adapter, keys, facts, spec)
        axes = facts.axes.get(self.operation.name, {})
        size = min(spec.max_keys, LARGEST)
        calls = [min(size, len(keys) - start) for start in range(0, len(keys), size)]
        assert backend.requests - before <= sum(spec.requests(keys_of_call, axes) for keys_of_call in calls)
        assert backend.requests > before
