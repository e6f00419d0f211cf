"""Where an order goes, as a contact beneath the one it is made out to. An address is the same one when all of it is the
same, so that an order that is sent twice makes one, and a hundred orders to one door as well."""

from __future__ import annotations

from typing import Any

from adapters.odoo.client import OdooClient
from adapters.odoo.values import Empty, Row, text
from gateway.model.carts import Buyer, PostalAddress
from gateway.model.context import CallContext

DELIVERY, OTHER = "delivery", "other"


class _State(Row, frozen=True):
    code: str | Empty


class _Country(Row, frozen=True):
    state_ids: tuple[_State, ...]


class Addresses:
    def __init__(self, client: OdooClient) -> None:
        self._client = client

    async def beneath(self, contact: int, place: PostalAddress | None, buyer: Buyer | None, call: CallContext) -> int:
        """The contact's address, made where it has none like it: three requests at most. Without a `place` it is only
        how the buyer is reached. `buyer`: whose mail and phone it bears."""
        values = await self._written(place, buyer, call)
        same = [[name, "=", value] for name, value in values.items()]
        found = await self._client.search(
            Row, "res.partner", [["parent_id", "=", contact], *same], call, order="id", limit=1
        )
        if found:
            return found[0].id
        return await self._client.create("res.partner", {"parent_id": contact, **values}, call)

    async def _written(self, place: PostalAddress | None, buyer: Buyer | None, call: CallContext) -> dict[str, Any]:
        """Every part, the empty ones as `false`: what is left out would match anything."""
        known = buyer or Buyer()
        name = " ".join(part for part in (known.given_name, known.family_name) if part)
        parts: dict[str, Any] = {
            "type": OTHER if place is None else DELIVERY,
            "name": (place.name if place else "") or name,
            "company_name": (place.company if place else "") or known.company,
            "street": place.lines[0] if place and place.lines else "",
            "street2": ", ".join(place.lines[1:]) if place else "",
            "city": place.city if place else "",
            "zip": place.postal_code if place else "",
            "phone": (place.phone if place else "") or known.phone,
            "email": known.email,
            "country_id": False,
            "state_id": False,
        }
        if place is not None and place.country:
            parts |= await self._region(place, call)
        return {key: value or False for key, value in parts.items()}

    async def _region(self, place: PostalAddress, call: CallContext) -> dict[str, int | bool]:
        """Odoo's own country and state; one that it does not know is left out."""
        domain = [["code", "=", place.country]]
        country = next(iter(await self._client.search(_Country, "res.country", domain, call)), None)
        if country is None:
            return {}
        state = next((each.id for each in country.state_ids if place.region and text(each.code) == place.region), False)
        return {"country_id": country.id, "state_id": state}
