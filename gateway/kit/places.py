"""Where places are, as vendors keep it."""

from __future__ import annotations

from gateway.model.stores import GeoPoint


def geo_point(latitude: float | None, longitude: float | None) -> GeoPoint | None:
    """Degrees (WGS 84). None for half a point and for what is nowhere on Earth, such as degrees without their decimal
    point or coordinates of a national grid: a place that nobody measured, and never a distance."""
    if latitude is None or longitude is None:
        return None
    return GeoPoint(latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
