"""An adapter, its manifest and the configuration meet: what does not fit is told, and nothing is thrown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.app import Gateway
from gateway.calls.operation.bound import BoundBackend
from gateway.check.backends import Examination
from gateway.model.context import CallContext
from gateway.ports.backend import Probe
from gateway.settings import decode
from gateway.testing.reference.adapter import ReferenceAdapter
from gateway.testing.reference.manifest import MANIFEST
from gateway.testing.sandbox import Seed
from tests.unit.validation.reference import ENVIRONMENT

SEED = Seed(currency="GBP", country="GB")


def bound(adapter: ReferenceAdapter) -> BoundBackend:
    return BoundBackend(name="shop", alias="shop", backend=adapter.backend, manifest=MANIFEST)


@pytest.fixture
async def gateway(tmp_path: Path) -> Any:
    backend = {"adapter": "memory", "url": "http://127.0.0.1:9", "allow_private_network": True}
    raw = {
        "gateway": {"state": f"sqlite+aiosqlite:///{tmp_path}/state.sqlite"},
        "backends": {"shop": backend},
        "domains": {"product": {"order": ["shop"]}, "price": {"order": ["shop"]}},
    }
    gateway = await Gateway.open(decode(raw, ENVIRONMENT))
    yield gateway
    await gateway.close()


class Broken(ReferenceAdapter):
    async def probe(self, call: CallContext) -> Probe:
        raise AttributeError("ada@example.com")


class Unprobed(ReferenceAdapter):
    probe = None  # type: ignore[assignment]


@pytest.mark.parametrize("kind", [Broken, Unprobed])
async def test_an_adapter_that_stumbles_is_a_problem_and_no_traceback(
    gateway: Gateway, kind: type[ReferenceAdapter]
) -> None:
    report = await Examination(gateway, bound(kind("shop", SEED))).report()
    assert report.version is None
    (problem,) = report.problems
    assert (problem.backend, problem.cause) == ("shop", "adapter")
    assert "ada@" not in problem.text


async def test_a_right_that_nobody_needs_is_none_that_is_missing(gateway: Gateway) -> None:
    class Limited(ReferenceAdapter):
        async def probe(self, call: CallContext) -> Probe:
            return Probe("1", lacking={"order": ("read_orders",), "price": ("read_prices",)})

    (problem,) = (await Examination(gateway, bound(Limited("shop", SEED))).report()).problems
    assert problem.message == "the credential lacks the right read_prices, which price needs"
