"""Every cell of the fault matrix: each role with each fault, over real sockets, with four healthy bystanders."""

from __future__ import annotations

import asyncio

import pytest

from gateway.testing.faults import Fault
from gateway.testing.faults.expected import CIRCUIT_OPEN, MATRIX

from .conftest import ROLES, Retailer, Upstream, outcome


def test_the_matrix_has_a_row_for_every_fault() -> None:
    assert set(MATRIX) == set(Fault)
    assert len(MATRIX) >= 20


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
async def test_each_role_with_this_fault(upstream: tuple[Upstream, str], fault: Fault) -> None:
    await asyncio.gather(*(cell(Retailer(*upstream), role, fault) for role in ROLES))


async def cell(retailer: Retailer, role: str, fault: Fault) -> None:
    expected, name = MATRIX[fault], f"{role} x {fault.value}"
    try:
        await retailer.open()
        await retailer.fault(role, fault)
        bystanders = [other for other in ROLES if other != role]

        sick = asyncio.create_task(retailer.read(role, "a"))
        healthy = await asyncio.gather(*(retailer.read(other, "a", "b") for other in bystanders for _ in range(3)))
        answer = (await sick)["a"]

        assert outcome(answer) == expected.outcome, name
        if expected.attempts is not None:
            assert retailer.proxies[role].requests == expected.attempts, name
        if outcome(answer) != "ok":
            assert (answer.source, answer.domain) == (role, ROLES[role][0].domain.name), name

        assert [set(answers) for answers in healthy] == [{"a", "b"}] * len(healthy), name
        assert {outcome(item) for answers in healthy for item in answers.values()} == {"ok"}, name
        for other in bystanders:
            proxy = retailer.proxies[other]
            assert 1 <= proxy.requests <= 3, f"{name}: {other} is asked by its own readers only"
            assert proxy.requests == proxy.forwarded, name
            transport = retailer.backends[other].transport
            assert transport is not None
            assert transport.health.is_up, name
    finally:
        await retailer.close()


@pytest.mark.parametrize("fault", [fault for fault, row in MATRIX.items() if row.opens], ids=lambda fault: fault.value)
async def test_a_fault_that_goes_on_is_soon_not_asked_about_any_more(retailer: Retailer, fault: Fault) -> None:
    await retailer.open()
    await retailer.fault("erp", fault)
    codes: list[str] = []
    for number in range(20):
        answers = await retailer.read("erp", f"k{number}")
        codes.append(outcome(answers[f"k{number}"]))
    assert codes[-1] == CIRCUIT_OPEN
    asked = retailer.proxies["erp"].requests
    for number in range(50):
        answers = await retailer.read("erp", f"again{number}")
        assert outcome(answers[f"again{number}"]) == CIRCUIT_OPEN
    assert retailer.proxies["erp"].requests == asked, "an open breaker lets nothing through"
    transport = retailer.backends["erp"].transport
    assert transport is not None
    assert not transport.health.is_up


@pytest.mark.parametrize(
    "fault", [fault for fault, row in MATRIX.items() if not row.opens], ids=lambda fault: fault.value
)
async def test_a_fault_that_is_nobodys_failure_opens_nothing(retailer: Retailer, fault: Fault) -> None:
    await retailer.open()
    await retailer.fault("erp", fault)
    for number in range(15):
        answers = await retailer.read("erp", f"k{number}")
        assert outcome(answers[f"k{number}"]) == MATRIX[fault].outcome
