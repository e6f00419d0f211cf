"""What `gateway check` says of prices: those a system charges otherwise than its rules say, and markets that sell in
a currency the owner has no price in."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from gateway.app import Gateway
from gateway.calls.bound import BoundBackend
from gateway.errors import AdapterError, PerKeyError
from gateway.model.context import CallContext, CommerceContext
from gateway.model.pricing import PriceKey
from gateway.ports.domains import PriceAudit
from gateway.ports.operations import GET_PRICES

SHOWN = 20


def drifted(name: str, audit: PriceAudit | None) -> list[str]:
    if audit is None:
        return []
    problems = [
        f"{name}: {one.sku}: {one.what} costs {one.evaluated} by its rules, but the system charges {one.charged}: "
        f"{one.cause}"
        for one in audit.drift[:SHOWN]
    ]
    more = len(audit.drift) - SHOWN
    return [*problems, f"{name}: {more} more amounts differ"] if more > 0 else problems


async def unsold(gateway: Gateway, backend: BoundBackend, skus: Sequence[str], call: CallContext) -> list[str]:
    """Every channel in each of its countries and currencies is asked for one of `skus`. A product may be missing
    somewhere; a market whose every answer is the same error is misconfigured."""
    if gateway.ownership.plan("price").order[0] != backend.name:
        return []
    call = replace(call, fresh=False)
    keys = [PriceKey(sku) for sku in skus]
    problems: list[str] = []
    for name, channel in gateway.settings.channels.items():
        for country in channel.countries:
            if backend.name not in gateway.ownership.serving("price", country):
                continue
            for currency in channel.currencies.get(country, ()):
                commerce = CommerceContext(country, currency, gateway.settings.languages.default, channel=name)
                try:
                    found = await gateway.caller.keyed(backend.name, GET_PRICES, keys, commerce, call)
                except AdapterError as error:
                    found = dict.fromkeys(keys, error)
                errors = [answer for answer in found.values() if isinstance(answer, AdapterError)]
                if errors and len(errors) == len(keys) and len({error.code for error in errors}) == 1:
                    problems.append(f"{backend.name}: channel `{name}` in {country}, {currency}: {_told(errors[0])}")
    return problems


def _told(error: AdapterError) -> str:
    if isinstance(error, PerKeyError):
        return f"no price: {error.code}: {error.message}"
    return f"no price: {error.code}: {error.detail or error.message}"
