"""The demo's retailer with canaries in every backend: nobody has a true name, address or number any more, and card
numbers stand where a careless cashier, customer or buyer would type one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from gateway.demo.retailer import seeds
from gateway.demo.retailer.people import Person, people
from gateway.model.customers import CustomerRecord
from gateway.model.orders import Order
from gateway.testing.faults.http import Outgoing
from gateway.testing.sandbox import Seed
from tests.e2e.canaries.scanner import card, email, family, given, phone

ADA, NOOR = 0, 3
"""The people who ask."""
BOTH_MARSHES = 1
"""Two people share this one's phone."""
CODES = {"GB": "44", "JP": "81", "IL": "972", "KW": "965"}


def person_phone(person: Person) -> str:
    return phone(BOTH_MARSHES if person.number == BOTH_MARSHES + 1 else person.number, CODES[person.country])


def planted_seeds() -> Mapping[str, Seed]:
    return {name: _planted(name, seed) for name, seed in seeds().items()}


def _planted(backend: str, seed: Seed) -> Seed:
    emails = {known: email(person.number) for person in people() for known in (person.email, person.second_email)}
    phones = {person.phone: person_phone(person) for person in people()}
    numbers = {person.ref(backend): person.number for person in people() if backend in person.known}

    def customer(record: CustomerRecord) -> CustomerRecord:
        number = numbers.get(record.ref)
        if number is None:  # the contact of guests' orders
            return record
        return replace(
            record,
            emails=tuple(dict.fromkeys(emails[each] for each in record.emails)),
            phones=tuple(phones[each] for each in record.phones),
            given_name=given(number),
            family_name=f"{family(number)} {card(number)}",
        )

    def order(placed: Order) -> Order:
        number = numbers.get(placed.customer) if placed.customer is not None else None
        if number is None:
            return placed
        text = f"{given(number)} {card(number)}"
        return replace(placed, lines=tuple(replace(line, title=f"{line.title} {text}") for line in placed.lines))

    return replace(
        seed,
        customers=tuple(customer(record) for record in seed.customers),
        orders=tuple(order(placed) for placed in seed.orders),
        accounts=tuple(
            replace(
                each,
                phone=phones[each.phone] if each.phone else None,
                email=emails[each.email] if each.email else None,
            )
            for each in seed.accounts
        ),
        products=tuple(
            replace(product, description=product.description and replace(product.description, value=card(place)))
            for place, product in enumerate(seed.products)
        ),
    )


SAID = f"{given(ADA)} {family(ADA)} {email(ADA)} {phone(ADA, '44')} {card(ADA)}"
"""Everything of one person, as a backend might say it in a complaint."""

_DIGITS = re.compile(rb"\d")


def refusing(status: int) -> Callable[[Outgoing], Outgoing]:
    """A refusal that quotes personal data, in the shape of every vendor at once."""
    fault: dict[str, Any] = {
        "name": "builtins.ValueError",
        "message": SAID,
        "arguments": [SAID],
        "debug": SAID,
        "context": {},
    }
    body = msgspec.json.encode(
        {
            **fault,
            "jsonrpc": "2.0",
            "error": {"code": 200, "message": SAID, "data": fault},
            "errors": [{"message": SAID, "detail": SAID, "code": SAID, "category": SAID, "field": SAID,
                        "extensions": {"code": SAID}, "path": [SAID]}],
            "status": "error", "category": SAID, "policyName": SAID, "correlationId": SAID,
        }
    )  # fmt: skip

    def refused(found: Outgoing) -> Outgoing:
        return Outgoing(status, {"content-type": "application/json", "retry-after": SAID}, body)

    return refused


def quoting(found: Outgoing) -> Outgoing:
    """The right answer, but every value that is no object or list is somebody's data: what a mapping chokes on."""
    try:
        value: Any = msgspec.json.decode(found.body)
    except msgspec.DecodeError:
        return Outgoing(found.status, {"content-type": "application/json"}, SAID.encode())
    return Outgoing(found.status, {"content-type": "application/json"}, msgspec.json.encode(_quoting(value)))


def numbers_as_words(found: Outgoing) -> Outgoing:
    """The right answer, but its numbers are somebody's data, written as texts; and so are its times."""
    try:
        value: Any = msgspec.json.decode(found.body)
    except msgspec.DecodeError:
        return found
    return Outgoing(found.status, {"content-type": "application/json"}, msgspec.json.encode(_worded(value)))


def _quoting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _quoting(item) for key, item in _entries(value)}
    if isinstance(value, list):
        return [_quoting(item) for item in _items(value)]
    return SAID


def _worded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _worded(item) for key, item in _entries(value)}
    if isinstance(value, list):
        return [_worded(item) for item in _items(value)]
    if isinstance(value, str):
        numeric = value and _DIGITS.match(value.encode()) is not None
        return SAID if numeric else value
    return value if isinstance(value, bool) or value is None else SAID


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    yield from value.items()


def _items(value: Any) -> Iterator[Any]:
    yield from value
