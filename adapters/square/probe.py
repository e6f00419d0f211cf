"""What `gateway check` learns from an account's places."""

from __future__ import annotations

import re
from collections.abc import Sequence

from adapters.square.client import SquareClient
from adapters.square.config import SquareConfig
from adapters.square.store import Location, read_locations
from gateway.constraints import nearest
from gateway.errors import Mistake
from gateway.model.context import CallContext
from gateway.ports.backend import Probe
from gateway.ports.manifest import AdapterEnvironment

_COUNTRY = re.compile(r"[A-Z]{2}")


class AccountProbe:
    def __init__(self, env: AdapterEnvironment[SquareConfig], client: SquareClient) -> None:
        self._env = env
        self._client = client

    async def probe(self, call: CallContext) -> Probe:
        """Reads the places, and compares them with what is configured."""
        config = self._env.config
        found = compared(await read_locations(self._client, call), config, self._env.locations)
        return Probe(f"Square-Version {config.square_version}", *found)


def compared(
    locations: Sequence[Location], config: SquareConfig, mapped: Sequence[str]
) -> tuple[tuple[str, ...], tuple[Mistake, ...]]:
    """Notes and problems. `mapped` are the ids that the gateway's locations name."""
    known = {each.id: each for each in locations}
    problems = [
        Mistake(
            message=f"`{each}` is no location of this account",
            place=f"store_locations.{store}",
            value=each,
            nearest=nearest(each, known),
        )
        for store, each in config.store_locations.items()
        if each not in known
    ]
    countries = sorted({each.country for each in locations if each.country and _COUNTRY.fullmatch(each.country)})
    if config.country and countries and config.country not in countries:
        problems.append(
            Mistake(
                message=f"`{config.country}` is not where this account is",
                place="country",
                value=config.country,
                allowed=tuple(countries),
                nearest=countries[0] if len(countries) == 1 else None,
            )
        )
    notes = [f"location {each} is configured, but not in this account" for each in mapped if each not in known]
    currencies = sorted({each.currency for each in locations if each.currency})
    if len(currencies) > 1:
        notes.append(f"locations with several currencies: {', '.join(currencies)}")
    return tuple(notes), tuple(problems)
