"""Units of measure (UCUM codes) that goods are sold in, and how they convert within one kind. Exact by definition: the
international pound, yard and US gallon are defined in metric units."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum


class Dimension(Enum):
    """What a unit measures. The value is the unit consumer law prices it in, where nothing else is said.
    Source: Directive 98/6/EC, article 2(b)."""

    MASS = "kg"
    VOLUME = "L"
    LENGTH = "m"
    AREA = "m2"
    PIECES = "{item}"


_POUND = Decimal("453.59237")
_FOOT = Decimal("0.3048")
_GALLON = Decimal("3.785411784")

_UNITS: Mapping[str, tuple[Dimension, Decimal]] = {
    "mg": (Dimension.MASS, Decimal("0.000001")),
    "g": (Dimension.MASS, Decimal("0.001")),
    "kg": (Dimension.MASS, Decimal(1)),
    "[oz_av]": (Dimension.MASS, _POUND / 16000),
    "[lb_av]": (Dimension.MASS, _POUND / 1000),
    "mL": (Dimension.VOLUME, Decimal("0.001")),
    "cL": (Dimension.VOLUME, Decimal("0.01")),
    "dL": (Dimension.VOLUME, Decimal("0.1")),
    "L": (Dimension.VOLUME, Decimal(1)),
    "m3": (Dimension.VOLUME, Decimal(1000)),
    "[foz_us]": (Dimension.VOLUME, _GALLON / 128),
    "[pt_us]": (Dimension.VOLUME, _GALLON / 8),
    "[qt_us]": (Dimension.VOLUME, _GALLON / 4),
    "[gal_us]": (Dimension.VOLUME, _GALLON),
    "mm": (Dimension.LENGTH, Decimal("0.001")),
    "cm": (Dimension.LENGTH, Decimal("0.01")),
    "m": (Dimension.LENGTH, Decimal(1)),
    "[in_i]": (Dimension.LENGTH, _FOOT / 12),
    "[ft_i]": (Dimension.LENGTH, _FOOT),
    "[yd_i]": (Dimension.LENGTH, _FOOT * 3),
    "cm2": (Dimension.AREA, Decimal("0.0001")),
    "m2": (Dimension.AREA, Decimal(1)),
    "[sft_i]": (Dimension.AREA, _FOOT * _FOOT),
    "{item}": (Dimension.PIECES, Decimal(1)),
}
"""Each unit's kind, and how many of its kind's base unit (kg, L, m, m2, one) it is."""

_WRITTEN = {"ml": "mL", "cl": "cL", "dl": "dL", "l": "L", "1": "{item}"}
"""UCUM allows the litre in both cases; the dimensionless one counts pieces."""


def dimension_of(unit: str) -> Dimension | None:
    """None for a unit that is not known here."""
    found = _UNITS.get(_WRITTEN.get(unit, unit))
    return None if found is None else found[0]


def converted(quantity: Decimal, unit: str, target: str) -> Decimal | None:
    """The quantity in another unit of the same kind; None where the two do not measure the same thing, or one is not
    known here. Equal units need not be known."""
    if unit == target:
        return quantity
    source, wanted = _UNITS.get(_WRITTEN.get(unit, unit)), _UNITS.get(_WRITTEN.get(target, target))
    if source is None or wanted is None or source[0] is not wanted[0]:
        return None
    return quantity * source[1] / wanted[1]
