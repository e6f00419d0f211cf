"""The suite of a processor that takes gift cards: what one is worth, what it pays, and that no value is lost."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.model.gift_cards import CheckGiftCard, GiftCard, GiftCardStanding
from gateway.model.identity import NativeRef
from gateway.model.money import Money
from gateway.model.payments import Authorise, Payment, PaymentState, Void
from gateway.ports.backend import implements
from gateway.ports.manifest import Manifest
from gateway.ports.payment import AUTHORISE, CHECK_GIFT_CARD, VOID, GiftCardPort
from gateway.testing.conformance.base import a_call
from gateway.testing.conformance.facts import Adapter, ConformanceFacts

HELD = (PaymentState.AUTHORISED, PaymentState.CAPTURED)


class GiftCardConformance:
    """Override `card`, `worth` and `token`; `settle` where effects are only accepted at first. `worth` is what the card
    is worth at the processor now, by its own books; at least 10 in the currency of `facts.context` at first."""

    @pytest.fixture
    def card(self) -> GiftCard:
        raise NotImplementedError("override the `card` fixture")

    @pytest.fixture
    def worth(self) -> Callable[[], Decimal]:
        raise NotImplementedError("override the `worth` fixture")

    @pytest.fixture
    def token(self) -> str:
        """Of a payment card that is good for anything."""
        raise NotImplementedError("override the `token` fixture")

    @pytest.fixture
    def settle(self) -> Callable[[], Awaitable[None]]:
        async def nothing() -> None:
            return None

        return nothing

    async def asked(self, adapter: Adapter, facts: ConformanceFacts, card: GiftCard) -> GiftCardStanding | None:
        port: Any = adapter
        command = CheckGiftCard(card, facts.context.currency)
        return await port.check_gift_card(command, facts.context.only(frozenset()), a_call())

    async def authorised(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, amount: Decimal, **more: Any
    ) -> Payment:
        port: Any = adapter
        seen = facts.context.only(manifest.writes[AUTHORISE.name].vary_on)
        money = Money(amount, facts.context.currency)
        purchase = more.pop("purchase", None) or _reference()
        return await port.authorise(Authorise(_reference(), purchase, money, **more), seen, a_call())

    async def voided(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, paid: Payment, told: str | None
    ) -> None:
        port: Any = adapter
        seen = facts.context.only(manifest.writes[VOID.name].vary_on)
        amount = paid.authorised or Money(Decimal(0), facts.context.currency)
        await port.void(Void(_reference(), paid.ref, amount, stored_value=True, together=told), seen, a_call())

    def test_it_takes_gift_cards_and_says_so(self, adapter: Adapter, manifest: Manifest) -> None:
        port: Any = adapter
        assert implements(adapter, GiftCardPort)
        assert CHECK_GIFT_CARD in manifest.errands
        kinds = list(port.gift_cards)
        assert len({kind.brand for kind in kinds}) == len(kinds) > 0
        assert all(kind.brand and kind.label for kind in kinds)

    async def test_what_a_card_is_worth_is_told(
        self, adapter: Adapter, facts: ConformanceFacts, card: GiftCard, worth: Callable[[], Decimal]
    ) -> None:
        told = await self.asked(adapter, facts, card)
        assert told is not None
        assert told.balance == Money(worth(), facts.context.currency)
        assert told.freshness.source == adapter.name
        assert told.freshness.as_of.tzinfo is not None

    async def test_an_unknown_card_and_a_wrong_pin_read_alike(
        self, adapter: Adapter, facts: ConformanceFacts, card: GiftCard
    ) -> None:
        for other in (replace(card, pin="0000000"), replace(card, number=card.number[::-1])):
            assert await self.asked(adapter, facts, other) is None

    async def test_its_value_is_held_and_comes_back(
        self,
        adapter: Adapter,
        facts: ConformanceFacts,
        manifest: Manifest,
        card: GiftCard,
        worth: Callable[[], Decimal],
        settle: Callable[[], Awaitable[None]],
    ) -> None:
        before = worth()
        paid = await self.authorised(adapter, facts, manifest, Decimal(4), gift_card=card)
        assert paid.state in HELD
        assert paid.authorised == Money(Decimal(4), facts.context.currency)
        assert worth() == before - 4
        await self.voided(adapter, facts, manifest, paid, None)
        await settle()
        assert worth() == before

    async def test_what_is_not_there_is_not_lent(
        self,
        adapter: Adapter,
        facts: ConformanceFacts,
        manifest: Manifest,
        card: GiftCard,
        worth: Callable[[], Decimal],
    ) -> None:
        before = worth()
        for amount, asked in ((before + 1, card), (Decimal(4), replace(card, pin="0000000"))):
            refused = await self.authorised(adapter, facts, manifest, amount, gift_card=asked)
            assert refused.state is PaymentState.FAILED
            assert refused.reason is not None
        assert worth() == before

    async def test_a_gift_card_and_a_card_pay_one_purchase_and_all_comes_back(
        self,
        adapter: Adapter,
        facts: ConformanceFacts,
        manifest: Manifest,
        card: GiftCard,
        token: str,
        worth: Callable[[], Decimal],
        settle: Callable[[], Awaitable[None]],
    ) -> None:
        """Paid in full, and with the second declined: then nothing but the first is there."""
        whole, before = Money(Decimal(10), facts.context.currency), worth()
        for second in (True, False):
            purchase = _reference()
            first = await self.authorised(
                adapter, facts, manifest, Decimal(4), gift_card=card, whole=whole, purchase=purchase
            )
            assert first.state in HELD
            told = first.together
            if second:
                rest = await self.authorised(
                    adapter, facts, manifest, Decimal(6), token=token, whole=whole, together=told, purchase=purchase
                )
                assert rest.state in HELD
                assert rest.ref != first.ref
                told = rest.together or told
            await self.voided(adapter, facts, manifest, first, told)
            await settle()
            assert worth() == before

    async def test_a_payment_of_it_tells_no_number(
        self, adapter: Adapter, facts: ConformanceFacts, manifest: Manifest, card: GiftCard
    ) -> None:
        paid = await self.authorised(adapter, facts, manifest, Decimal(4), gift_card=card)
        assert card.number not in repr((paid, await self.asked(adapter, facts, card)))
        assert isinstance(paid.ref, NativeRef)


def _reference() -> str:
    return "".join(secrets.choice("ABCDEFGHJKMNPQRSTVWXYZ0123456789") for _ in range(26))
