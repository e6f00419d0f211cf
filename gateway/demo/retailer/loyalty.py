"""Loyalty: a programme at the tills of two countries and one for online orders, with their members."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

from msgspec import Struct

from gateway.demo.retailer.catalogue import NOW, SEED, SEEN
from gateway.demo.retailer.people import Person, known_to
from gateway.model.customers import LoyaltyAccount, LoyaltyEntry, LoyaltyProgram, LoyaltyRule
from gateway.model.identity import NativeRef
from gateway.testing.sandbox import SeedAccount

PROGRAM = "31"


class Programme(Struct, frozen=True):
    """One loyalty programme and where it runs: `points` stars for `spend_minor` minor units."""

    name: str
    units: tuple[str, str]
    spend_minor: int
    currency: str


PROGRAMMES = {
    "till_uk": Programme("Northlight Circle", ("star", "stars"), 100, "GBP"),
    "till_jp": Programme("ノースライト・サークル", ("スター", "スター"), 100, "JPY"),
    "erp": Programme("Northlight Online", ("petal", "petals"), 500, "GBP"),
}
"""The tills' programmes, and the one for online orders that the ERP runs in all markets, per unit of any currency."""


def program(backend: str) -> LoyaltyProgram:
    plan = PROGRAMMES[backend]
    one, many = plan.units
    rule = LoyaltyRule(kind="SPEND", points=Decimal(1), spend_minor=plan.spend_minor, currency=plan.currency)
    return LoyaltyProgram(NativeRef("seed", PROGRAM), plan.name, SEEN, unit_one=one, unit_many=many, rules=(rule,))


def accounts(backend: str) -> tuple[SeedAccount, ...]:
    """Half of those the backend knows are members, and all who are named; a phone number holds one account."""
    members: list[SeedAccount] = []
    taken: set[str] = set()
    for person in known_to(backend):
        if person.phone not in taken and (person.number < 6 or person.number % 2):
            taken.add(person.phone)
            members.append(_member(person, backend))
    return tuple(members)


def _member(person: Person, backend: str) -> SeedAccount:
    draw = random.Random(f"{SEED}:points:{backend}:{person.number}")
    moments = sorted(
        (NOW - timedelta(hours=draw.randrange(24, 8_000)) for _ in range(draw.randrange(1, 7))), reverse=True
    )
    entries = tuple(
        LoyaltyEntry(str(person.number * 100 + place), Decimal(draw.randrange(5, 120)), moment, "EARN")
        for place, moment in enumerate(moments)
    )
    earned = sum((entry.points for entry in entries), Decimal(0))
    account = LoyaltyAccount(
        NativeRef("seed", str(90_001 + person.number)),
        NativeRef("seed", PROGRAM),
        earned,
        SEEN,
        program_name=PROGRAMMES[backend].name,
        customer=person.ref(backend),
        unit_one=PROGRAMMES[backend].units[0],
        unit_many=PROGRAMMES[backend].units[1],
        lifetime=earned,
        enrolled_at=NOW - timedelta(days=400),
    )
    return SeedAccount(account, entries, person.phone, person.email)
