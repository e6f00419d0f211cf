"""What several documents have in common: amounts, measures, edges. Answers are decoded strictly: a missing or
wrong-typed field is an invalid answer; fields with a default are those a document may leave out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct

from gateway.kit.graphql import CursorInfo
from gateway.model.catalog import Measurement
from gateway.model.currencies import is_currency
from gateway.model.money import Money, TaxedMoney, TaxTreatment

T = TypeVar("T")
Moment = Annotated[datetime, Meta(tz=True)]
"""An instant; one without a time zone is refused."""
HIGHEST = Decimal(10) ** 15
"""More than any price, in any currency."""

UCUM = {
    "CL": "cL",
    "CM": "cm",
    "FLOZ": "[foz_us]",
    "FT": "[ft_i]",
    "FT2": "[sft_i]",
    "G": "g",
    "GAL": "[gal_us]",
    "IN": "[in_i]",
    "ITEM": "{item}",
    "KG": "kg",
    "L": "L",
    "LB": "[lb_av]",
    "M": "m",
    "M2": "m2",
    "M3": "m3",
    "MG": "mg",
    "ML": "mL",
    "MM": "mm",
    "OZ": "[oz_av]",
    "PT": "[pt_us]",
    "QT": "[qt_us]",
    "YD": "[yd_i]",
}


class Node(Struct, frozen=True, rename="camel", kw_only=True):
    """Base of all shapes: the vendor writes camelCase."""


class Identified(Node, frozen=True, kw_only=True):
    id: str


class Status(Node, frozen=True, kw_only=True):
    """Of a product."""

    status: str


class Nodes(Node, Generic[T], frozen=True, kw_only=True):
    nodes: list[T]


class Edge(Node, Generic[T], frozen=True, kw_only=True):
    cursor: str
    node: T


class Edges(Node, Generic[T], frozen=True, kw_only=True):
    page_info: CursorInfo
    edges: list[Edge[T]]

    @property
    def following(self) -> str | None:
        """The cursor of the next page."""
        return self.page_info.end_cursor if self.page_info.has_next_page else None


class Amount(Node, frozen=True, kw_only=True):
    """`MoneyV2`: `amount` is a decimal string on the wire."""

    amount: Decimal
    currency_code: Annotated[str, Meta(pattern="^[A-Z]{3}$")]

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or abs(self.amount) >= HIGHEST:
            raise ValueError("an amount that is none")

    @property
    def money(self) -> Money:
        """At the currency's digits where nothing is lost by it (the vendor writes 1200.0 JPY); else as it stands, and
        so for the withdrawn currencies of old orders."""
        stated = Money(self.amount, self.currency_code)
        if not is_currency(stated.currency):
            return stated
        quantized = stated.quantized()
        return quantized if quantized.amount == stated.amount else stated


def taxed(amount: Money, *, included: bool, taxable: bool) -> TaxedMoney:
    if not taxable:
        return TaxedMoney(amount, amount, Money(Decimal(0), amount.currency), TaxTreatment.EXEMPT)
    if included:
        return TaxedMoney(gross=amount, treatment=TaxTreatment.INCLUDED)
    return TaxedMoney(net=amount, treatment=TaxTreatment.EXCLUDED)


class UnitPriceMeasurement(Node, frozen=True, kw_only=True):
    quantity_value: Decimal
    reference_value: Decimal
    quantity_unit: str | None = None
    reference_unit: str | None = None

    def __post_init__(self) -> None:
        for value in (self.quantity_value, self.reference_value):
            if not value.is_finite() or abs(value.adjusted()) >= 15:
                raise ValueError("a measure that is none")


def measurement(found: UnitPriceMeasurement | None) -> Measurement | None:
    """None where the vendor knows no unit."""
    if found is None:
        return None
    unit, reference = UCUM.get(found.quantity_unit or ""), UCUM.get(found.reference_unit or "")
    if unit is None or reference is None:
        return None
    return Measurement(found.quantity_value, unit, found.reference_value, reference)
