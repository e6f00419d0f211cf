"""The fault matrix again with real adapters before their vendors' sandboxes: each vendor's own protocol on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.errors import AdapterError
from gateway.testing.faults import Fault
from gateway.testing.faults.expected import MATRIX, OK, UNAVAILABLE

from .vendors import ROLES, Stack

ABSENT = "absent"
TIMELY = frozenset({Fault.HANG, Fault.SLOW_HEADERS, Fault.SLOW_DRIP})
USUAL = [
    Fault.REFUSE,
    Fault.HANG,
    Fault.RATE_LIMITED_FOR,
    Fault.MALFORMED,
    Fault.WRONG_TYPES,
    Fault.GZIP_BOMB,
]
OTHERWISE: dict[tuple[str, Fault], frozenset[str]] = {
    # A read that takes several requests may meet the second failure when the retry budget is spent.
    **{(role, Fault.HALF_500): frozenset({OK, UNAVAILABLE}) for role in ROLES},
    # A record that does not say the email that was asked for is not that customer: the vendor leaves out what is unset.
    ("crm", Fault.MISSING_KEYS): frozenset({ABSENT}),
    ("crm", Fault.NULLS): frozenset({ABSENT}),
}


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    made = Stack()
    await made.open(tmp_path)
    yield made
    await made.close()


def outcome(answer: object) -> str:
    if isinstance(answer, AdapterError):
        return answer.code
    return OK if answer is not None else ABSENT


@pytest.mark.parametrize("role", ROLES)
async def test_each_real_adapter_with_what_goes_wrong_most(stack: Stack, role: str) -> None:
    assert await surprises_of(stack, role, USUAL) == []


@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", ROLES)
async def test_each_real_adapter_with_every_fault(stack: Stack, role: str) -> None:
    assert await surprises_of(stack, role, list(Fault)) == []


async def surprises_of(stack: Stack, role: str, faults: list[Fault]) -> list[str]:
    """Where the outcome was not the matrix's, or a bystander felt anything."""
    bystanders = [other for other in ROLES if other != role]
    surprises: list[str] = []
    for fault in faults:
        await stack.proxies[role].set(Fault.NONE)
        if fault in (Fault.DNS, Fault.TLS):
            await stack.fault(role, fault)
        await stack.compose(**({role: {"timeout": 0.3}} if fault in TIMELY else {}))
        if fault not in (Fault.DNS, Fault.TLS):
            await stack.read(role)  # versions, names and the like are known by now, as they are in service
            await stack.fault(role, fault)
        sick, *healthy = await asyncio.gather(stack.read(role), *(stack.read(other) for other in bystanders))
        wanted = OTHERWISE.get((role, fault), frozenset({MATRIX[fault].outcome}))
        if outcome(sick) not in wanted:
            surprises.append(f"{fault.value}: {outcome(sick)} instead of {' or '.join(sorted(wanted))}")
        if isinstance(sick, AdapterError) and sick.source != role:
            surprises.append(f"{fault.value}: blames {sick.source}")
        for other, answer in zip(bystanders, healthy, strict=True):
            proxy = stack.proxies[other]
            if outcome(answer) != OK or proxy.requests != proxy.forwarded or not stack.is_up(other):
                surprises.append(f"{fault.value}: {other} felt it ({outcome(answer)})")
    return surprises
