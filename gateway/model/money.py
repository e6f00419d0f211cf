"""Money and tax treatment. Amounts are `Decimal`, currencies ISO 4217; never a float, never a guess about tax."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from functools import lru_cache

from msgspec import Struct

from gateway.model.currencies import display_digits, fraction_digits, is_currency


@lru_cache(maxsize=16)
def _quantum(digits: int) -> Decimal:
    return Decimal(1).scaleb(-digits)


class Money(Struct, frozen=True, gc=False):
    """An amount in a currency. Unit prices keep their digits (an ERP may say 13.327333); what is charged is
    `quantized()`."""

    amount: Decimal
    currency: str

    @classmethod
    def from_minor(cls, minor_units: int, currency: str) -> Money:
        """From integer minor units: 1999 GBP is 19.99, 1999 JPY is 1999, 1999 KWD is 1.999. Raises InvalidAnswer for
        what is no currency in use."""
        return cls(Decimal(minor_units).scaleb(-fraction_digits(currency)), currency)

    def quantized(self) -> Money:
        """Rounded half up to the currency's digits, as it is charged. Raises InvalidAnswer for what is no currency in
        use."""
        return Money(
            self.amount.quantize(_quantum(fraction_digits(self.currency)), rounding=ROUND_HALF_UP) + 0, self.currency
        )

    def settled(self) -> Money:
        """Rounded half up as it was charged once, in whatever currency that was: the digits of one that was withdrawn
        since are CLDR's, which keeps them."""
        digits = fraction_digits if is_currency(self.currency) else display_digits
        return Money(self.amount.quantize(_quantum(digits(self.currency)), rounding=ROUND_HALF_UP), self.currency)

    def displayed(self) -> Decimal:
        """Rounded half up, once, to the digits people write: 149.49 RSD is 149. For display only."""
        return self.amount.quantize(_quantum(display_digits(self.currency)), rounding=ROUND_HALF_UP) + 0

    def times(self, factor: Decimal | int) -> Money:
        return Money(self.amount * factor, self.currency)

    def plus(self, other: Money) -> Money:
        """Raises ValueError when the currencies differ: amounts are never converted."""
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.amount + other.amount, self.currency)


class TaxTreatment(Enum):
    """Whether the amount a backend stores contains the tax."""

    INCLUDED = "INCLUDED"
    EXCLUDED = "EXCLUDED"
    EXEMPT = "EXEMPT"
    UNKNOWN = "UNKNOWN"


class TaxedMoney(Struct, frozen=True, gc=False):
    """One amount as far as its source knows it. At least one of `net` and `gross` is set, except under UNKNOWN, where
    the amount stands in `gross` only if the source sells to consumers, else in `net`; nothing is ever computed from a
    tax rate the source did not give."""

    net: Money | None = None
    gross: Money | None = None
    tax: Money | None = None
    treatment: TaxTreatment = TaxTreatment.UNKNOWN

    @property
    def stated(self) -> Money:
        """The amount as the source states it: gross when tax is included, net when it is not."""
        first, second = (self.net, self.gross) if self.treatment is TaxTreatment.EXCLUDED else (self.gross, self.net)
        stated = first or second
        if stated is None:
            raise ValueError("TaxedMoney without an amount")
        return stated

    @property
    def currency(self) -> str:
        return self.stated.currency
