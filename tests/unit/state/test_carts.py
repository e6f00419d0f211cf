"""Carts as they are kept: frozen and thawed by a transaction of somebody else's, sealed, swept, erased."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import delete, select, text, update

from gateway.errors import ConfigurationError
from gateway.model.cart_faults import (
    CartChanged,
    CartClosed,
    CartFault,
    CartNotFound,
    CheckoutInProgress,
    KeyConflict,
)
from gateway.model.carts import Buyer, Cart, CartAccess, CartLine, CartState
from gateway.model.identity import NativeRef
from gateway.state.cart_keys import KeyUse, canonical_digest
from gateway.state.cart_making import Bearing, CartMaking, MadeCart
from gateway.state.cart_rows import new_id
from gateway.state.carts import ChangedCart, Edit, StoredCarts
from gateway.state.database import Database
from gateway.state.sealing import Sealing, guest_subject, open_sealing
from gateway.state.tables import cart_keys, cart_lines, carts, subject_keys

NOW = datetime(2026, 7, 1, tzinfo=UTC)
ADA = CartAccess(person="https://id.example|ada")
ONE = Sealing(["one"])


@pytest.fixture
def store(database: Database) -> StoredCarts:
    return StoredCarts(database, ONE)


def empty(**parts: Any) -> Cart:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    facts: dict[str, Any] = {"id": new_id(), "version": 1, "state": CartState.OPEN, "country": "GB", "currency": "GBP"}
    facts |= {"created": now, "changed": now}
    return Cart(**{**facts, **parts})


def line(sku: str = "MUG", quantity: int = 1, **parts: Any) -> CartLine:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    facts: dict[str, Any] = {"id": new_id(), "variant": sku, "quantity": Decimal(quantity), "version": 1}
    facts |= {"added": now, "changed": now}
    return CartLine(**{**facts, **parts})


def adding(*more: CartLine) -> Callable[[Cart, datetime], Edit]:
    return lambda cart, _: Edit(replace(cart, lines=(*cart.lines, *more)))


async def made(store: StoredCarts, *lines: CartLine, **parts: Any) -> tuple[Cart, CartAccess]:
    bearing = None if parts.get("person") else Bearing("web")
    answer = await CartMaking(store).create(adding(*lines), empty(**parts), bearing, maker="m", most=1_000)
    assert isinstance(answer, MadeCart)
    return answer.cart, CartAccess(person=parts.get("person"), secret=answer.secret)


async def test_a_cart_is_read_as_it_was_written(store: StoredCarts) -> None:
    native = line(variant=NativeRef("shop", "V 1"), product=NativeRef("shop", "P 1"), note="Wrap it", saved=True)
    cart, access = await made(store, line(quantity=3, options={"engraving": "A"}), native, codes=("SPRING",))
    assert await store.read(cart.id, access) == cart
    assert [each.variant for each in cart.lines] == ["MUG", NativeRef("shop", "V 1")]


async def test_a_change_writes_what_it_changed_and_the_next_version(store: StoredCarts) -> None:
    cart, access = await made(store, line("A"), line("B"))
    changed = await store.change(cart.id, access, adding(line("C")))
    assert isinstance(changed, ChangedCart)
    found = await store.read(cart.id, access)
    assert found is not None
    assert found == changed.cart
    assert [(each.variant, each.version) for each in found.lines] == [("A", 1), ("B", 1), ("C", 2)]
    same = await store.change(cart.id, access, lambda it, _: Edit(it))
    assert isinstance(same, ChangedCart)
    assert same.cart.version == 2


async def test_lines_keep_the_order_they_came_in_whatever_goes(store: StoredCarts) -> None:
    cart, access = await made(store, *(line(f"S{n}") for n in range(150)))
    await store.change(cart.id, access, lambda it, _: Edit(replace(it, lines=it.lines[100:])))
    await store.change(cart.id, access, adding(line("LAST")))
    found = await store.read(cart.id, access)
    assert found is not None
    assert [each.sku for each in found.lines] == [*(f"S{n}" for n in range(100, 150)), "LAST"]


async def test_a_cart_is_frozen_by_a_transaction_and_with_it(store: StoredCarts) -> None:
    cart, access = await made(store, line())

    async def think_again() -> None:
        async with store.database.write() as connection:
            assert isinstance(await store.freeze(connection, cart.id, 1, "C1"), Cart)
            raise RuntimeError("the saga thinks again")

    with pytest.raises(RuntimeError, match="the saga thinks again"):
        await think_again()
    assert isinstance(await store.change(cart.id, access, adding(line("B"))), ChangedCart)
    async with store.database.write() as connection:
        assert await store.freeze(connection, cart.id, 1, "C1") == CartChanged(version=2)
        frozen = await store.freeze(connection, cart.id, 2, "C1")
        assert await store.freeze(connection, cart.id, 2, "C1") == frozen
        assert await store.freeze(connection, cart.id, 2, "C2") == CheckoutInProgress(checkout="C1")
        assert isinstance(await store.freeze(connection, new_id(), 1, "C1"), CartNotFound)
    assert isinstance(frozen, Cart)
    assert (frozen.state, frozen.version, len(frozen.lines)) == (CartState.FROZEN, 2, 2)
    assert await store.change(cart.id, access, adding(line())) == CheckoutInProgress(checkout="C1")


async def test_a_cart_thaws_with_the_same_lines_and_the_next_version(store: StoredCarts) -> None:
    cart, access = await made(store, line())
    async with store.database.write() as connection:
        await store.freeze(connection, cart.id, 1, "C1")
        assert not await store.thaw(connection, cart.id, "C2")
        assert await store.thaw(connection, cart.id, "C1")
        assert not await store.thaw(connection, cart.id, "C1")
    found = await store.read(cart.id, access)
    assert found is not None
    assert (found.state, found.version, found.lines, found.checkout) == (CartState.OPEN, 2, cart.lines, None)


async def test_an_ordered_cart_stays_readable_and_is_never_open_again(store: StoredCarts) -> None:
    cart, access = await made(store, line())
    async with store.database.write() as connection:
        assert not await store.ordered(connection, cart.id, "C1", "R1")
        await store.freeze(connection, cart.id, 1, "C1")
        assert await store.ordered(connection, cart.id, "C1", "R1")
        assert await store.ordered(connection, cart.id, "C1", "R1")
        assert not await store.ordered(connection, cart.id, "C1", "R2")
        assert not await store.thaw(connection, cart.id, "C1")
        assert isinstance(await store.freeze(connection, cart.id, 1, "C2"), CartClosed)
    found = await store.read(cart.id, access)
    assert found is not None
    assert (found.state, found.order) == (CartState.ORDERED, "R1")
    assert isinstance(await store.change(cart.id, access, adding(line())), CartClosed)


async def test_two_hundred_at_once_with_one_key_have_one_effect(store: StoredCarts) -> None:
    cart, access = await made(store)
    use = KeyUse(f"cart|{cart.id}", "k", canonical_digest("add", [1]))
    told = await asyncio.gather(*(store.change(cart.id, access, adding(line()), use=use) for _ in range(200)))
    assert [isinstance(one, ChangedCart) for one in told].count(True) == 200
    assert sum(not one.replayed for one in told if isinstance(one, ChangedCart)) == 1
    found = await store.read(cart.id, access)
    assert found is not None
    assert len(found.lines) == 1
    other = replace(use, digest=canonical_digest("add", [2]))
    assert isinstance(await store.change(cart.id, access, adding(line()), use=other), KeyConflict)


async def test_many_who_make_a_cart_with_one_key_at_once_make_one(store: StoredCarts) -> None:
    use = KeyUse("customer|ada", "k", "d")
    making = CartMaking(store)
    tries = (
        making.create(adding(line()), empty(person=ADA.person), None, use=use, maker="m", most=1_000) for _ in range(20)
    )
    told = await asyncio.gather(*tries)
    # One that meets another in the very act is told to ask again.
    ids = {one.cart.id for one in told if isinstance(one, MadeCart)}
    assert len(ids) == 1
    assert all(isinstance(one, MadeCart | KeyConflict) for one in told)
    assert [cart.id for cart in await store.of_person(ADA.person or "", 10)] == list(ids)


async def test_a_key_is_forgotten_after_a_day(store: StoredCarts) -> None:
    cart, access = await made(store)
    use = KeyUse("s", "k", "d")
    await store.change(cart.id, access, adding(line()), use=use)
    async with store.database.write() as connection:
        await connection.execute(update(cart_keys).values(at=cart_keys.c.at - 86_500))
    assert isinstance(await store.change(cart.id, access, adding(line("B")), use=replace(use, digest="e")), ChangedCart)


async def test_what_was_typed_is_nowhere_in_clear(store: StoredCarts) -> None:
    buyer = Buyer(email="ada@example.com", family_name="Lovelace-Canary")
    cart, access = await made(store, line(note="Canary note"), buyer=buyer, note="Canary", attributes={"a": "Canary"})
    async with store.database.read() as connection:
        for table in (carts, cart_lines, cart_keys, subject_keys):
            rows = (await connection.execute(select(table))).all()
            assert "Canary" not in str([tuple(row) for row in rows])
            assert "ada@" not in str([tuple(row) for row in rows])
            assert (access.secret or "") not in str([tuple(row) for row in rows])
    found = await store.read(cart.id, access)
    assert found is not None
    assert (found.buyer, found.note, found.lines[0].note) == (buyer, "Canary", "Canary note")


async def test_a_person_who_is_erased_leaves_carts_without_a_word_of_theirs(store: StoredCarts) -> None:
    buyer = Buyer(email="ada@example.com")
    cart, _ = await made(store, line(quantity=2, note="For Ada"), buyer=buyer, person=ADA.person)
    other, access = await made(store, line(), buyer=buyer)
    assert await store.erase_person(ADA.person or "")
    assert not await store.erase_person(ADA.person or "")
    found = await store.read(cart.id, ADA)
    assert found is not None
    assert (found.buyer, found.lines[0].note, found.lines[0].quantity) == (None, None, Decimal(2))
    kept = await store.read(other.id, access)
    assert kept is not None
    assert kept.buyer == buyer
    again = await store.change(cart.id, ADA, lambda it, _: Edit(replace(it, buyer=buyer)))
    assert isinstance(again, ChangedCart)
    found = await store.read(cart.id, ADA)
    assert found is not None
    assert found.buyer == buyer


async def test_what_a_person_typed_before_signing_in_is_erased_with_them(store: StoredCarts) -> None:
    adopted, adopting = await made(store, line(note="For Ada"))
    merged, merging = await made(store, line(note="For Ada"))
    kept, _ = await made(store, line(note="For Bob"))
    making = CartMaking(store)
    for cart, access in ((adopted, adopting), (merged, merging)):
        both = CartAccess(person=ADA.person, secret=access.secret)
        into = await making.merge(cart.id, None, both, lambda source, target, _: adding(*source.lines)(target, NOW))
        assert isinstance(into, MadeCart)
    assert await store.erase_person(ADA.person or "")
    async with store.database.read() as connection:
        left = [row.subject for row in await connection.execute(select(subject_keys))]
    assert left == [guest_subject(kept.id)]


async def test_a_newer_secret_wraps_and_the_older_still_opens(store: StoredCarts) -> None:
    cart, access = await made(store, line(note="Before"))
    rotated = StoredCarts(store.database, Sealing(["two", "one"]))
    found = await rotated.read(cart.id, access)
    assert found is not None
    assert found.lines[0].note == "Before"
    later, late = await made(rotated, line(note="After"))
    lost = await StoredCarts(store.database, Sealing(["one"])).read(later.id, late)
    assert lost is not None
    assert lost.lines[0].note is None


async def test_a_sealed_value_opens_only_where_it_was_kept(store: StoredCarts) -> None:
    cart, access = await made(store, line("A", note="Of A"), line("B", note="Of B"))
    async with store.database.write() as connection:
        of_a = select(cart_lines.c.sealed).where(cart_lines.c.sku == "A").scalar_subquery()
        await connection.execute(update(cart_lines).where(cart_lines.c.sku == "B").values(sealed=of_a))
    found = await store.read(cart.id, access)
    assert found is not None
    assert [each.note for each in found.lines] == ["Of A", None]


async def test_a_cart_nobody_touched_for_long_is_gone_with_its_key(store: StoredCarts) -> None:
    cart, access = await made(store, line(note="For Ada"))
    kept, still = await made(store, line())
    async with store.database.write() as connection:
        old = update(carts).where(carts.c.id == cart.id)
        await connection.execute(old.values(changed=carts.c.changed - 91 * 86_400))
    assert await store.read(cart.id, access) is None
    assert isinstance(await store.change(cart.id, access, adding(line())), CartNotFound)
    assert await store.sweep() == 1
    async with store.database.read() as connection:
        assert (await connection.execute(select(subject_keys))).all() == []
        assert [row.cart for row in await connection.execute(select(cart_lines))] == [kept.id]
    assert await store.read(kept.id, still) is not None


async def test_the_key_beside_an_sqlite_database_is_made_once_and_missed(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/state.sqlite")
    several = await asyncio.gather(*(open_sealing(database, ()) for _ in range(5)))
    assert len({one.digest("p", "t") for one in several if one is not None}) == 1
    file = tmp_path / "state.sqlite.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in tmp_path.glob("*.key*")) == ["state.sqlite.key"]
    assert several[0] is not None
    await made(StoredCarts(database, several[0]), line(note="For Ada"))
    file.unlink()
    with pytest.raises(ConfigurationError, match="is missing beside the database"):
        await open_sealing(database, ())
    await database.close()


@pytest.mark.postgres
async def test_on_postgres_nothing_is_sealed_without_a_secret(postgres_database: Database) -> None:
    assert await open_sealing(postgres_database, ()) is None
    assert await open_sealing(postgres_database, ("secret",)) is not None


async def test_all_that_is_added_at_once_is_there_and_versions_count_it(store: StoredCarts) -> None:
    cart, access = await made(store)
    told = await asyncio.gather(*(store.change(cart.id, access, adding(line(f"S{n}"))) for n in range(40)))
    assert not [one for one in told if isinstance(one, CartFault)]
    found = await store.read(cart.id, access)
    assert found is not None
    assert ({each.sku for each in found.lines}, found.version) == ({f"S{n}" for n in range(40)}, 41)


async def test_of_many_who_expect_one_version_one_is_right(store: StoredCarts) -> None:
    cart, access = await made(store)
    tries = (store.change(cart.id, access, adding(line(f"S{n}")), expected=1) for n in range(20))
    told = await asyncio.gather(*tries)
    assert sorted(type(one).__name__ for one in told) == ["CartChanged"] * 19 + ["ChangedCart"]


async def test_a_database_without_carts_is_swept_in_peace(store: StoredCarts) -> None:
    async with store.database.write() as connection:
        await connection.execute(delete(carts))
        await connection.execute(text("DELETE FROM cart_keys"))
    assert await store.sweep() == 0
