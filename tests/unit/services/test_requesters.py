"""To whom something is counted: by every way round that a client has."""

from __future__ import annotations

import time

from gateway.model.context import CallContext, CommerceContext
from gateway.model.principal import ANONYMOUS, ClientProfile, Principal, Touchpoint
from gateway.model.requesters import RequesterKind
from gateway.services.requesters import requesters_of
from gateway.services.scope import Scope, utc_now
from gateway.state.sealing import Sealing
from tests.unit.services.retailer import KIOSK, STAFF, shopper

SEALING = Sealing(["a key of tests"])
HOME = "192.0.2.7"
ADA = shopper("ada@example.com")


def keys(principal: Principal = ANONYMOUS, party: str = HOME, person: str | None = None, **profile: object) -> set[str]:
    scope = Scope(
        CommerceContext("GB", "GBP", "en"), CallContext(time.monotonic() + 1), principal,
        ClientProfile(touchpoint=Touchpoint.WEB, **profile), utc_now(), None, party,  # type: ignore[arg-type]
    )  # fmt: skip
    return {each.key for each in requesters_of(scope, SEALING, person)}


def test_signing_in_and_out_changes_no_address_and_another_address_no_customer() -> None:
    assert keys() < keys(ADA)
    assert len(keys(ADA) & keys(ADA, "198.51.100.1")) == 1
    assert not keys() & keys(party="198.51.100.1")


def test_a_customers_cart_is_theirs_whoever_bears_it() -> None:
    """Handed on by a code, bought by a guest or at a kiosk."""
    mine = keys(ADA) - keys()
    for bearer in (keys(person=ADA.key), keys(KIOSK, person=ADA.key), keys(ADA, person=ADA.key)):
        assert mine < bearer


def test_a_kiosk_is_a_device_and_staff_are_nobody_but_their_address() -> None:
    assert len(keys(KIOSK)) == 2
    assert keys(STAFF) == keys()
    assert len(keys(KIOSK, counted_by=(RequesterKind.DEVICE,))) == 1
    assert keys(KIOSK, counted_by=()) == set()


def test_no_address_and_no_name_can_be_read_from_a_key() -> None:
    other = Sealing(["another key"])
    assert all(len(key) == 64 for key in keys(ADA))
    assert SEALING.digest("requester", f"address|{HOME}") in keys()
    assert other.digest("requester", f"address|{HOME}") not in keys()
