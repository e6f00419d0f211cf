"""Who takes orders, and where else each is to be known: whether it can be, and whether one piece that is sold would be
taken off two shelves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from gateway.errors import Mistake
from gateway.ports.domain import DataDomain
from gateway.ports.manifest import AdapterConfig, Manifest
from gateway.ports.order import GET_BY_ORIGIN, ORDER, PLACE_ORDER, OrderWriting, Placement
from gateway.ports.payment import PAYMENT
from gateway.ports.price import PRICE
from gateway.ports.stock import COMMIT_STOCK, STOCK
from gateway.settings import ChannelSection, LocationSection, Settings


class KnownBackend(Struct, frozen=True):
    """A configured backend whose adapter was found."""

    manifest: Manifest
    config: AdapterConfig | None

    @property
    def places(self) -> bool:
        return PLACE_ORDER.name in self.manifest.writes

    @property
    def ordering(self) -> OrderWriting:
        return self.manifest.ordering or OrderWriting(cancels=False)


def check_orders(settings: Settings, known: Mapping[str, KnownBackend]) -> Iterator[Mistake]:
    yield from _sold(settings, known)
    for name, channel in settings.channels.items():
        yield from _channel(name, channel, settings, known)
    yield from _goods(settings, known)


def owner_in(settings: Settings, domain: DataDomain, country: str | None) -> str | None:
    """The first of the domain's backends that knows this market."""
    section = settings.domains.get(domain.name)
    for name in () if section is None else section.order:
        backend = settings.backends.get(name)
        if backend is not None and (not backend.countries or country is None or country in backend.countries):
            return name
    return None


def _sold(settings: Settings, known: Mapping[str, KnownBackend]) -> Iterator[Mistake]:
    """Where money can be taken, whose prices an order may bear, in every market: nobody pays a total that the order's
    owner does not say."""
    if not (PAYMENT.name in settings.domains and settings.domains[PAYMENT.name].order):
        return
    told: set[tuple[str, str]] = set()
    for owner, country, place in _owners(settings):
        prices = owner_in(settings, PRICE, country)
        if owner not in known or (owner, place) in told:
            continue
        named = not place.startswith("domains.")
        if named and not known[owner].places:
            told.add((owner, place))
            yield Mistake(message=f"`{owner}` takes no orders{_instead(_placing(known))}", place=place)
            continue
        ordering = known[owner].manifest.ordering
        why = None if ordering is None else ordering.unsafe(foreign_prices=prices != owner)
        if why is not None:
            told.add((owner, place))
            able = [name for name in known if _safe(name, prices, known)]
            instead = f"{_instead(able)} own them" if able else f"; let `{owner}` own the prices"
            yield Mistake(message=f"no checkout can sell orders of `{owner}`: it {why}{instead}", place=place)


def _owners(settings: Settings) -> Iterator[tuple[str, str | None, str]]:
    """Each owner, of what market, and where that is said."""
    markets = [(channel, country) for channel in settings.channels.values() for country in channel.countries]
    for name, channel in settings.channels.items():
        for country in channel.countries if channel.orders.owner is not None else ():
            yield channel.orders.owner or "", country, f"channels.{name}.orders.owner"
    for name, store in settings.stores.items():
        if store.orders is not None:
            yield store.orders, store.country, f"stores.{name}.orders"
    others = [country for channel, country in markets if channel.orders.owner is None]
    for country in dict.fromkeys(others) if markets else (None,):
        owner = owner_in(settings, ORDER, country)
        if owner is not None:
            yield owner, country, f"domains.{ORDER.name}.order"


def _channel(
    name: str, channel: ChannelSection, settings: Settings, known: Mapping[str, KnownBackend]
) -> Iterator[Mistake]:
    orders, place = channel.orders, f"channels.{name}.orders"
    owners = {orders.owner or owner_in(settings, ORDER, country) for country in channel.countries}
    others = [other for other in _placing(known) if other not in owners]
    for key in ("mirror", "expect"):
        for index, backend in enumerate(getattr(orders, key)):
            at = f"{place}.{key}[{index}]"
            if backend not in known:
                continue
            if backend in owners:
                message = f"`{backend}` owns this channel's orders: it has each of them already"
                yield Mistake(message=message + _instead(others), place=at, value=backend)
                continue
            if key == "expect" and backend in orders.mirror:
                message = f"`{backend}` is written by the gateway (`mirror`): a connector's order would be a second one"
                yield Mistake(message=f"{message}; leave it in one of the two", place=at, value=backend)
                continue
            yield from _named(backend, at, known, written=key == "mirror")
            if key == "mirror":
                yield from _written(backend, at, channel, owners, settings, known)


def _named(backend: str, at: str, known: Mapping[str, KnownBackend], *, written: bool) -> Iterator[Mistake]:
    """Whether an order there can say which one it is of which system, and be asked for by that."""
    each = known[backend]
    if GET_BY_ORIGIN.name not in each.manifest.operations:
        able = [name for name, other in known.items() if GET_BY_ORIGIN.name in other.manifest.operations]
        message = f"`{backend}` ({each.manifest.name}) cannot be asked for an order by the number of another system"
        yield Mistake(message=message + _instead([name for name in able if name != backend]), place=at, value=backend)
        return
    fault = None if each.config is None else each.config.origin_fault(written=written)
    if fault is not None:
        key, why = fault
        message = f"an order in `{backend}` cannot say whose it was first: `{key}` of [backends.{backend}] {why}"
        yield Mistake(message=message, place=at, value=backend)


def _written(
    backend: str,
    at: str,
    channel: ChannelSection,
    owners: set[str | None],
    settings: Settings,
    known: Mapping[str, KnownBackend],
) -> Iterator[Mistake]:
    each = known[backend]
    if not each.places:
        able = [name for name in _placing(known) if name not in owners]
        message = f"`{backend}` ({each.manifest.name}) cannot take orders{_instead(able)}"
        yield Mistake(message=message, place=at, value=backend)
        return
    for country in channel.countries:
        prices = owner_in(settings, PRICE, country)
        why = each.ordering.unsafe(foreign_prices=prices != backend)
        if why is not None:
            able = [name for name in known if name not in owners and _safe(name, prices, known)]
            message = f"an order in `{backend}` would not bear its owner's amounts: it {why}{_instead(able)}"
            yield Mistake(message=message, place=at, value=backend)
            return
    yield from _twice(backend, at, channel, settings, known)


def _twice(
    backend: str, at: str, channel: ChannelSection, settings: Settings, known: Mapping[str, KnownBackend]
) -> Iterator[Mistake]:
    """A piece that lies where another system counts, while this one counts too and cannot be told where it lies: its
    order would take one off a shelf of its own as well. One that can leave its stock as it is does so, as long as it
    counts nothing here."""
    reached = _reached(channel, settings)
    counters = {name: _counter(location, settings) for name, location in reached.items()}
    ours = [name for name, counter in counters.items() if counter == backend]
    foreign = [name for name, counter in counters.items() if counter not in (None, backend)]
    if not ours or not foreign:
        return
    told = known[backend].ordering.placement in (Placement.PER_LINE, Placement.PER_ORDER)
    untold = [name for name in foreign if not told or backend not in reached[name].refs]
    if not untold:
        return
    shelf = untold[0]
    what = f"say in `locations.{shelf}.refs` what `{backend}` calls it"
    if not told:
        able = [name for name in _tellable(known) if name != backend]
        what = f"a system that is told places, or that counts nothing here, would do{_instead(able, ': ')}"
    yield Mistake(
        message=f"`{backend}` would move stock twice: what is sold from `{shelf}` is counted by `{counters[shelf]}`, "
        f"and an order in `{backend}`, which counts `{ours[0]}`, would take it from a place of its own; {what}",
        place=at,
        value=backend,
    )


def _goods(settings: Settings, known: Mapping[str, KnownBackend]) -> Iterator[Mistake]:
    """Places from which nothing is sold: their stock's owner would not hear of it, and sell it again."""
    if not (PAYMENT.name in settings.domains and settings.domains[PAYMENT.name].order):
        return
    able = [name for name, each in known.items() if COMMIT_STOCK.name in each.manifest.writes]
    told: set[tuple[str, str]] = set()
    for channel in settings.channels.values():
        owners = {channel.orders.owner or owner_in(settings, ORDER, country) for country in channel.countries}
        hear = {*owners, *channel.orders.mirror, *channel.orders.expect, *able}
        for name, location in _reached(channel, settings).items():
            counter = _counter(location, settings)
            for owner in sorted(each for each in owners if each is not None and each in known and known[each].places):
                if counter not in known or counter in hear or (name, owner) in told:
                    continue
                told.add((name, owner))
                message = (
                    f"nothing is sold from here in orders of `{owner}`: `{counter}` counts its stock and hears of none "
                    f"of them (`{COMMIT_STOCK.name}`, or a mirror){_instead(able)}"
                )
                yield Mistake(message=message, place=f"locations.{name}.stock", grave=False)


def _reached(channel: ChannelSection, settings: Settings) -> Mapping[str, LocationSection]:
    """Where the goods of a channel may lie: what it delivers from, and the stores of its countries."""
    names = list(channel.locations)
    for store in settings.stores.values():
        mine = store.channel is None or settings.channels.get(store.channel) is channel
        if mine and store.country in channel.countries:
            names += store.locations
    return {name: settings.locations[name] for name in dict.fromkeys(names) if name in settings.locations}


def _counter(location: LocationSection, settings: Settings) -> str | None:
    owners = settings.domains[STOCK.name].order if STOCK.name in settings.domains else ()
    return location.stock or next((owner for owner in owners if owner in location.refs), None)


def _placing(known: Mapping[str, KnownBackend]) -> list[str]:
    return [name for name, each in known.items() if each.places]


def _tellable(known: Mapping[str, KnownBackend]) -> list[str]:
    told = (Placement.PER_LINE, Placement.PER_ORDER)
    return [name for name in _placing(known) if known[name].ordering.placement in told]


def _safe(name: str, prices: str | None, known: Mapping[str, KnownBackend]) -> bool:
    ordering = known[name].manifest.ordering
    return ordering is not None and ordering.unsafe(foreign_prices=prices != name) is None


def _instead(able: Sequence[str] | Iterable[str], begins: str = "; ") -> str:
    names = "`, `".join(able)
    return f"{begins}`{names}` could" if names else ""
