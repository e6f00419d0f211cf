"""What a check says of prices: those a system charges otherwise than its rules say, and markets in which its owner has
no price at all."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.app import Gateway
from gateway.check.contexts import known_to
from gateway.check.findings import Problem
from gateway.errors import AdapterError
from gateway.model.context import CallContext
from gateway.model.pricing import PriceKey
from gateway.ports.price import GET_PRICES, PRICE, PriceAudit

SHOWN = 20


def compared(audit: PriceAudit) -> str:
    return f"{audit.compared} amounts of {len(audit.skus)} SKUs compared on {', '.join(audit.lists) or 'no list'}"


def drifted(name: str, audit: PriceAudit) -> list[Problem]:
    told = [
        f"{one.sku}: {one.what} costs {one.evaluated} by its rules, but the system charges {one.charged}: {one.cause}"
        for one in audit.drift[:SHOWN]
    ]
    more = len(audit.drift) - SHOWN
    told += [f"{more} more amounts differ"] if more > 0 else []
    return [Problem(message=message, backend=name) for message in told]


async def unsold(gateway: Gateway, name: str, skus: Sequence[str], call: CallContext) -> list[Problem]:
    """Every market is asked for `skus`. A product may be missing somewhere; a market whose every answer is the same
    error is misconfigured."""
    ownership = gateway.ownership
    if ownership.plan(PRICE).order[:1] != (name,) or not skus:
        return []
    keys = [PriceKey(sku) for sku in skus]
    problems: list[Problem] = []
    for commerce in known_to(gateway.settings, name):
        if name not in ownership.serving(PRICE, commerce.country):
            continue
        try:
            found = await gateway.caller.keyed(name, GET_PRICES, keys, commerce, call)
        except AdapterError as error:
            found = dict.fromkeys(keys, error)
        errors = [answer for answer in found.values() if isinstance(answer, AdapterError)]
        if len(errors) == len(keys) and len({error.code for error in errors}) == 1:
            where = f"channel `{commerce.channel}` in {commerce.country}, {commerce.currency}"
            said = f"no price in {where}: {errors[0].code}: {errors[0].message}"
            problems.append(Problem(message=said, backend=name, detail=errors[0].detail))
    return problems
