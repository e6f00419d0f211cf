"""The reference adapter's manifests: one that reads a seed from a file (what `adapters/memory` offers to any
configuration), one for tests that hold their seeds in hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from gateway.constraints import TEXT, named
from gateway.errors import ConfigurationError
from gateway.ports.backend import Backend
from gateway.ports.manifest import AdapterConfig, AdapterEnvironment, Manifest, QualityTier
from gateway.testing.reference.adapter import ReferenceAdapter
from gateway.testing.reference.operations import ORDERING, WRITES, operations_of
from gateway.testing.sandbox import Seed


class MemoryConfig(AdapterConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`seed`: the path of a JSON document of a `Seed`; empty: a backend that knows nothing. `places`: the seed's
    location of each configured store, where they differ in name."""

    seed: Annotated[str, TEXT.or_empty()] = ""
    places: Annotated[Mapping[str, Annotated[str, TEXT]], named("stores").for_keys()] = {}

    def verify(self, place: str) -> None:
        """Whether there is such a seed."""
        if not self.seed:
            return
        try:
            load_seed(Path(self.seed))
        except ConfigurationError as error:
            raise ConfigurationError(error.mistakes[0].message, place=f"{place}.seed") from error


def load_seed(path: Path) -> Seed:
    """A seed written by `dump_seed`. Raises ConfigurationError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Seed)
    except OSError as error:
        raise ConfigurationError(f"cannot read the seed: {error.strerror}", place=str(path)) from error
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"not a seed: {error}", place=str(path)) from error


def dump_seed(seed: Seed, path: Path) -> None:
    path.write_bytes(msgspec.json.encode(seed))


def _create(environment: AdapterEnvironment[MemoryConfig]) -> Backend:
    config = environment.config
    seed = load_seed(Path(config.seed)) if config.seed else Seed(currency="GBP", country="GB")
    adapter = ReferenceAdapter(environment, seed)
    adapter.places.update(config.places)
    return adapter.backend


MANIFEST = Manifest(
    name="memory",
    title="In-memory reference adapter",
    api_version="1",
    config=MemoryConfig,
    create=_create,
    operations=operations_of(ReferenceAdapter),
    writes=WRITES,
    ordering=ORDERING,
    errands=("payment.check_gift_card",),
    tier=QualityTier.GOLD,
    key_fields=("sku",),
)


def manifest_of(
    seeds: Mapping[str, Seed],
    made: dict[str, ReferenceAdapter] | None = None,
    kind: type[ReferenceAdapter] = ReferenceAdapter,
) -> Manifest:
    """A manifest whose backends are given their seed by name; the adapters it makes are put into `made`, so that a test
    can turn their knobs. `kind`: a subclass, which serves what its methods are for."""

    def create(environment: AdapterEnvironment[MemoryConfig]) -> Backend:
        adapter = kind(environment, seeds[environment.name])
        if made is not None:
            made[environment.name] = adapter
        return adapter.backend

    return msgspec.structs.replace(MANIFEST, create=create, operations=operations_of(kind))
