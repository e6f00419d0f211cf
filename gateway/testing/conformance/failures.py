"""What every read has to make of a backend that fails: its error class, and nobody's credential in a text."""

from __future__ import annotations

import traceback

import pytest

from gateway.errors import AdapterError, CredentialsRefused
from gateway.ports.manifest import Manifest
from gateway.testing.conformance.base import Conformance, a_call, assert_cancellable
from gateway.testing.conformance.facts import Adapter, BackendControl, ConformanceFacts
from gateway.testing.control import BadAnswer


class FailingConformance(Conformance):
    """`read` is one call of the operation under test, with a key or query that reaches the backend."""

    async def read(self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest) -> object:
        raise NotImplementedError

    async def test_a_backend_that_is_down_raises_an_adapter_error(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, backend: BackendControl
    ) -> None:
        async with backend.down():
            with pytest.raises(AdapterError):
                await self.read(adapter, facts, manifest)

    async def test_cancellation_reaches_the_call(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, backend: BackendControl
    ) -> None:
        await assert_cancellable(lambda: self.read(adapter, facts, manifest), backend)

    @pytest.mark.parametrize("bad", BadAnswer, ids=lambda bad: bad.value)
    async def test_what_is_no_answer_is_told_by_its_class(
        self,
        adapter: Adapter,
        facts: ConformanceFacts,
        manifest: Manifest,
        backend: BackendControl,
        secrets: tuple[str, ...],
        bad: BadAnswer,
    ) -> None:
        async with backend.answering(bad):
            with pytest.raises(AdapterError) as told:
                await self.read(adapter, facts, manifest)
        assert isinstance(told.value, bad.error), f"{bad.value}: {told.value!r}, detail {told.value.detail!r}"
        assert_says_no_secret(told.value, secrets, echoed=bad is BadAnswer.UNAUTHORISED)

    async def test_wrong_credentials_are_told_as_such(
        self, impostor: Adapter | None, facts: ConformanceFacts, manifest: Manifest, secrets: tuple[str, ...]
    ) -> None:
        """As the vendor itself words it, which is not always a 401."""
        if impostor is None:
            pytest.xfail("it is configured with no credential")
        with pytest.raises(CredentialsRefused) as told:
            await self.read(impostor, facts, manifest)
        assert_says_no_secret(told.value, secrets)
        with pytest.raises(CredentialsRefused):
            await impostor.probe(a_call())


def assert_says_no_secret(error: AdapterError, secrets: tuple[str, ...], *, echoed: bool = False) -> None:
    """`echoed`: the backend itself repeated the credential, and the vendor's own words are in `detail`, which the logs
    redact; whatever else can be read of the error has none."""
    texts = [error.message, str(error), repr(error), str(error.extensions())]
    if not echoed:
        texts += [error.detail or "", "".join(traceback.format_exception(error))]
    for secret in secrets:
        assert not any(secret in text for text in texts), "an error says a credential"
