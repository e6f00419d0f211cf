"""Keyed answers: a key that nothing bears is absent, one bearer is its answer, several are an error about that key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from gateway.errors import AdapterError, AmbiguousKey
from gateway.model.identity import KeyRule, NativeRef, VariantKey

K = TypeVar("K")
V = TypeVar("V")
R = TypeVar("R")
KIND = TypeVar("KIND")
KIND_ = TypeVar("KIND_", covariant=True)


def chunks(values: Sequence[V], size: int) -> Iterator[Sequence[V]]:
    """In order, `size` at a time; the last may be shorter, none is empty."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def preferred(bearers: Sequence[V], prefer: Callable[[V], bool] | None) -> Sequence[V]:
    """Those that `prefer` likes (what is on sale, what is not archived); where there are none, all of them."""
    return ([each for each in bearers if prefer(each)] if prefer is not None else []) or bearers


def one_of(bearers: Sequence[V], source: str, *, prefer: Callable[[V], bool] | None = None) -> V | AdapterError | None:
    """The one that bears a key, among those that are `preferred`; AmbiguousKey where several do: never the first of
    them; None where nothing does."""
    chosen = preferred(bearers, prefer)
    if len(chosen) > 1:
        return AmbiguousKey(source=source, detail=f"{len(chosen)} records")
    return chosen[0] if chosen else None


def answered(
    keys: Iterable[K],
    find: Callable[[K], V | AdapterError | None],
    record: Callable[[K, V], R | AdapterError | None],
) -> dict[K, R | AdapterError]:
    """What a keyed port answers: nothing found and nothing made of it is absent, an error is about that key, all else
    is `record` of what was found."""
    answers: dict[K, R | AdapterError] = {}
    for key in keys:
        found = find(key)
        if found is None:
            continue
        answer = found if isinstance(found, AdapterError) else record(key, found)
        if answer is not None:
            answers[key] = answer
    return answers


def grouped(rows: Iterable[tuple[K | None, V]]) -> dict[K, list[V]]:
    """Rows by key, in order; rows without a key are left out."""
    found: dict[K, list[V]] = {}
    for key, row in rows:
        if key is not None:
            found.setdefault(key, []).append(row)
    return found


class OfKind(Protocol[KIND_]):
    """A key of one of several kinds, such as `CustomerKey`."""

    @property
    def kind(self) -> KIND_: ...

    @property
    def value(self) -> str: ...


class Values(dict[KIND, list[str]]):
    """Values by kind; of a kind nobody asked there are none."""

    def __missing__(self, kind: KIND) -> list[str]:
        return []


def by_kind(keys: Iterable[OfKind[KIND]]) -> Values[KIND]:
    """The keys' values by kind, each once, in order."""
    found: dict[KIND, dict[str, None]] = {}
    for key in keys:
        found.setdefault(key.kind, {})[key.value] = None
    return Values({kind: list(values) for kind, values in found.items()})


class ByVariant(Generic[V]):
    """Rows by the SKU they bear, compared as the backend writes it (`KeyRule.written`), and by the backend's own id.
    What a search returned beyond what was asked is never found by another key."""

    def __init__(self, source: str, rule: KeyRule, rows: Iterable[tuple[str, str | None, V]] = ()) -> None:
        """`rows`: native id, SKU (None or empty: has none), row."""
        self._source = source
        self._rule = rule
        self._by_sku: dict[str, list[V]] = {}
        self._by_id: dict[str, V] = {}
        for native, sku, row in rows:
            self.add(native, sku, row)

    def add(self, native: str, sku: str | None, row: V) -> None:
        """A row that comes twice counts once, as it came last."""
        earlier = self._by_id.get(native)
        self._by_id[native] = row
        written = self._rule.written(sku) if sku else ""
        if not written:
            return
        bearers = self._by_sku.setdefault(written, [])
        if earlier is not None:
            bearers[:] = [each for each in bearers if each is not earlier]
        bearers.append(row)

    def one(self, variant: VariantKey, *, prefer: Callable[[V], bool] | None = None) -> V | AdapterError | None:
        """As `one_of`. A reference of another backend is nobody's here."""
        if isinstance(variant, NativeRef):
            return self._by_id.get(variant.id) if variant.backend == self._source else None
        return one_of(self._by_sku.get(self._rule.written(variant), ()), self._source, prefer=prefer)
