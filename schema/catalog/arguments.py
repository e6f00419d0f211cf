"""Arguments of a variant's price and availability, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.errors import BadInput
from gateway.model.paging import Near
from gateway.model.stock import Fulfilment
from gateway.model.stores import GeoPoint
from gateway.services.ids import NodeType, decode_as
from schema.values import NearInput

FulfilmentArgument = Annotated[
    Fulfilment, strawberry.argument(description="Default: DELIVERY to the operation's country.")
]
NearArgument = Annotated[
    NearInput | None,
    strawberry.argument(description="For PICKUP: the market's stores nearest to this point, at most five."),
]
StoreIdsArgument = Annotated[
    list[strawberry.ID] | None, strawberry.argument(description="For PICKUP: exactly these stores, at most 50.")
]
QuantityArgument = Annotated[
    int, strawberry.argument(description="Pieces; price lists may have quantity breaks. 1 to 1,000,000.")
]
UnitArgument = Annotated[
    str | None, strawberry.argument(description="A sales unit its source knows, such as Dozens. Default: the piece.")
]


def near_point(near: NearInput | None) -> Near | None:
    """Raises BadInput for a point that is not on Earth."""
    if near is None:
        return None
    if not (-90 <= near.latitude <= 90 and -180 <= near.longitude <= 180):
        raise BadInput("This point is not on Earth.")
    if near.radius_km is not None and not 0 < near.radius_km <= 20_040:
        raise BadInput("`radiusKm` must be more than 0 and at most half way round the Earth.")
    return Near(GeoPoint(near.latitude, near.longitude), near.radius_km)


def store_names(ids: Sequence[strawberry.ID]) -> tuple[str, ...]:
    """Raises MalformedId, BadInput."""
    if len(ids) > 50:
        raise BadInput("At most 50 stores at once.")
    return tuple(dict.fromkeys(decode_as(str(identifier), NodeType.STORE).value for identifier in ids))
