"""A cart's money, property by property: net and tax are the gross in every row, and rows sum to totals."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.baskets import Discount, Promotions, ShippingOption
from gateway.model.carts import Cart, CartLine, CartState
from gateway.model.money import Money, TaxedMoney, TaxTreatment
from gateway.model.pricing import Price
from gateway.services.carts.baskets import basket_of
from gateway.services.carts.summing import CartSum
from gateway.services.carts.totals import RowAmounts, added, amounts, shares
from tests.unit.services.retailer import NOW, SEEN

amount = st.decimals("0.01", "99999", places=2)
unit = st.decimals("0.0001", "9999", places=4)
rates = st.sampled_from([Decimal(0), Decimal("0.05"), Decimal("0.19"), Decimal("0.2")])
stated = st.sampled_from(["gross", "net", "both"])


def gbp(value: Decimal) -> Money:
    return Money(value, "GBP")


def taxed(net: Decimal, rate: Decimal) -> TaxedMoney:
    return TaxedMoney(gbp(net), gbp(net * (1 + rate)), treatment=TaxTreatment.INCLUDED)


@st.composite
def carts(draw: st.DrawFn) -> tuple[Cart, dict[str, Price]]:
    lines: list[CartLine] = []
    prices: dict[str, Price] = {}
    for place in range(draw(st.integers(1, 12))):
        line = CartLine(
            id=f"L{place}", variant=f"S{place}", quantity=Decimal(draw(st.integers(1, 50))), added=NOW, changed=NOW,
            version=1, saved=draw(st.integers(0, 5)) == 0,
        )  # fmt: skip
        lines.append(line)
        prices[line.id] = Price(taxed(draw(unit), draw(rates)), SEEN)
    cart = Cart(
        id="C", version=1, state=CartState.OPEN, country="GB", currency="GBP", created=NOW, changed=NOW,
        lines=tuple(lines),
    )  # fmt: skip
    return cart, prices


@st.composite
def discounts(draw: st.DrawFn) -> Discount:
    value, rate = draw(amount), draw(rates)
    side = draw(stated)
    net, gross = gbp(value), gbp((value * (1 + rate)).quantize(Decimal("0.01")))
    money = TaxedMoney(
        net if side != "gross" else None, gross if side != "net" else None, treatment=TaxTreatment.INCLUDED
    )
    line = draw(st.sampled_from([None, "1", "2"]))
    return Discount("Off", money, line, shipping=line is None and draw(st.booleans()))


@given(carts(), st.lists(discounts(), max_size=5), amount)
def test_every_row_adds_up_and_all_rows_are_the_total(
    made: tuple[Cart, dict[str, Price]], off: list[Discount], post: Decimal
) -> None:
    cart, prices = made
    total = CartSum(cart, prices)
    named = basket_of(cart, cart.active, total.prices)
    total.ship("1", ShippingOption("post", "Post", taxed(post, Decimal("0.2"))))
    total.let_off(Promotions(tuple(off), SEEN), named)
    assert [line.sku for line in named.lines.values()] == sorted(line.sku or "" for line in cart.active)
    rows = [line for line in total.lines() if line.total is not None]
    assert {row.line for row in rows} == {line.id for line in cart.active}
    for row in rows:
        for money in (row.subtotal, row.total, *(one.amount for one in row.discounts)):
            assert money is not None
            adds_up(money)
        assert row.total is not None
        assert row.total.gross is not None
        assert row.total.gross.amount >= 0
        assert row.total.net is not None
        assert 0 <= row.total.net.amount <= row.total.gross.amount
    totals = total.totals()
    assert totals is not None
    for money in (totals.subtotal, totals.discount, totals.shipping, totals.total):
        assert money is not None
        adds_up(money)
    before, taken, shipped, whole = (
        money.gross.amount
        for money in (totals.subtotal, totals.discount, taxed(post, Decimal("0.2")), totals.total)
        if money.gross is not None
    )
    assert before - taken + shipped.quantize(Decimal("0.01")) in (
        whole,
        whole - Decimal("0.01"),
        whole + Decimal("0.01"),
    )
    assert (
        sum(row.total.gross.amount for row in rows if row.total and row.total.gross) + _gross(totals.shipping) == whole
    )


def _gross(money: TaxedMoney | None) -> Decimal:
    return Decimal(0) if money is None or money.gross is None else money.gross.amount


def adds_up(money: TaxedMoney) -> None:
    assert money.net is not None
    assert money.gross is not None
    assert money.tax is not None
    assert money.net.amount + money.tax.amount == money.gross.amount


@given(st.lists(amount, min_size=1, max_size=30), amount, st.booleans())
def test_a_discount_sums_to_the_minor_unit_whatever_side_it_is_stated_on(
    rows: list[Decimal], off: Decimal, gross: bool
) -> None:
    sides = [amounts(taxed(row, Decimal("0.2"))) for row in rows]
    discount = RowAmounts(None if gross else off, off if gross else None, TaxTreatment.INCLUDED)
    found = added(shares(discount, sides, "GBP"))
    whole = added(sides)
    if gross:
        assert whole.gross is not None
        assert found.gross == min(off, whole.gross)
    else:
        assert whole.net is not None
        assert found.net == min(off, whole.net)


def test_a_side_that_one_row_lacks_is_missing_in_the_sum_and_never_guessed() -> None:
    net_only = amounts(TaxedMoney(gbp(Decimal(10)), treatment=TaxTreatment.EXCLUDED))
    whole = added([amounts(taxed(Decimal(5), Decimal("0.2"))), net_only])
    assert (whole.net, whole.gross) == (Decimal("15.00"), None)
    gross_only = amounts(TaxedMoney(gross=gbp(Decimal(10)), treatment=TaxTreatment.INCLUDED))
    both = added([net_only, gross_only])
    assert (both.net, both.gross) == (None, None)


def test_a_side_that_follows_from_the_other_two_is_filled_in() -> None:
    money = TaxedMoney(gross=gbp(Decimal("12.00")), tax=gbp(Decimal("2.00")), treatment=TaxTreatment.INCLUDED)
    assert amounts(money).net == Decimal("10.00")
    exempt = amounts(TaxedMoney(gross=gbp(Decimal("12.00")), treatment=TaxTreatment.EXEMPT))
    assert (exempt.net, exempt.gross) == (Decimal("12.00"), Decimal("12.00"))
