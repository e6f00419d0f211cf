from __future__ import annotations

from math import inf, nan

import pytest

from gateway.kit.places import geo_point
from gateway.model.stores import GeoPoint


@pytest.mark.parametrize("point", [(51.5, -0.12), (90.0, 180.0), (-90.0, -180.0), (0.0, 0.0)])
def test_degrees_are_a_point(point: tuple[float, float]) -> None:
    assert geo_point(*point) == GeoPoint(*point)


@pytest.mark.parametrize(
    "point",
    [(None, 1.0), (1.0, None), (None, None), (515127.0, -0.12), (90.1, 0.0), (0.0, -180.1), (nan, 0.0), (0.0, inf)],
)
def test_what_is_nowhere_on_earth_is_no_point(point: tuple[float | None, float | None]) -> None:
    assert geo_point(*point) is None
