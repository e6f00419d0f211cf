"""The keys of `[backends.x]` for payments that no processor takes, beyond the common ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated

from msgspec import Struct

from gateway.constraints import COUNTRY, CURRENCY, LANGUAGE, TEXT, between, matching, one_of
from gateway.errors import ConfigurationError
from gateway.model.currencies import fraction_digits, is_currency
from gateway.ports.manifest import AdapterConfig

NAME = matching(r"[a-z][a-z0-9_-]{0,39}", "is no name of a method: lower-case letters, digits, `_` and `-`")
REFERENCE = "{reference}"


class ManualMethod(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`kind`: `pickup` (at the counter), `invoice`, `transfer`. `terms` is what the owner grants, shown to the shopper
    (`net 14`); `due_days` after the order it is to be paid, where the terms say when."""

    kind: Annotated[str, one_of("pickup", "invoice", "transfer")]
    label: Annotated[str, TEXT]
    labels: Annotated[Mapping[str, Annotated[str, TEXT]], LANGUAGE.for_keys()] = {}
    terms: Annotated[str, TEXT.or_empty()] = ""
    due_days: Annotated[int, between(0, 365, "days")] | None = None
    countries: tuple[Annotated[str, COUNTRY], ...] = ()
    """Empty: everywhere."""
    at_most: Annotated[Mapping[str, Annotated[str, TEXT]], CURRENCY.for_keys()] = {}
    """The largest amount by currency (`{ EUR = "250.00" }`); given, it is offered in these currencies alone."""
    known_customers_only: bool = False
    instructions: Annotated[str, TEXT.or_empty()] = ""
    """Shown once it is ordered, such as an account to transfer to; `{reference}` is the checkout's."""


class ManualConfig(AdapterConfig, frozen=True, kw_only=True):
    methods: Annotated[Mapping[str, ManualMethod], NAME.for_keys()] = {}

    def verify(self, place: str) -> None:
        if not self.methods:
            raise ConfigurationError("at least one method is offered", place=f"{place}.methods")
        for where, written, currency in self._amounts():
            if not _is_amount(written, currency):
                raise ConfigurationError(f"is no amount in {currency}", place=f"{place}.methods.{where}")

    def _amounts(self) -> Iterator[tuple[str, str, str]]:
        for name, method in self.methods.items():
            for currency, written in method.at_most.items():
                yield f"{name}.at_most.{currency}", written, currency


def _is_amount(written: str, currency: str) -> bool:
    try:
        amount = Decimal(written)
    except InvalidOperation:
        return False
    if not (amount.is_finite() and amount > 0 and is_currency(currency)):
        return False
    return amount == amount.quantize(Decimal(1).scaleb(-fraction_digits(currency)))
