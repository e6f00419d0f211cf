"""What rarely changes about a record, kept in the injected identifier cache by the key it bears: business key to native
id, native id to business key, marks of an item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

from gateway.errors import AdapterError, AmbiguousKey
from gateway.model.context import CallContext
from gateway.model.identity import KeyRule
from gateway.ports.identifiers import IdentifierCache
from gateway.ports.identity import IdentityAudit

T = TypeVar("T")

ABSENT = ""
AMBIGUOUS = "!"


class KeptIdentifiers(Generic[T]):
    """One space of the cache. `kind` is what a key leads to, a record of short texts without a personal datum.

    One bearer is kept for `seconds`; that there is none, or several, for `briefly`, or each unknown key would cost a
    request every time. A kept answer may be old: whoever reads by it compares what comes back with what was asked and
    calls `forget`. A fresh call asks again for what was absent or ambiguous, never for what was found: its reader sees
    the record itself. What was kept in another shape is looked up anew.
    """

    def __init__(
        self, cache: IdentifierCache, space: str, kind: type[T], *, seconds: float, briefly: float, source: str
    ) -> None:
        self._cache = cache
        self._space = space
        self._decoder = msgspec.json.Decoder(kind)
        self._seconds = seconds
        self._briefly = briefly
        self._source = source

    async def known(self, keys: Iterable[str], *, fresh: bool = False) -> tuple[dict[str, T | AdapterError], list[str]]:
        """What the keys lead to as far as that is kept, and the keys to ask for, each once. A key of neither is known
        to be absent."""
        wanted = list(dict.fromkeys(keys))
        kept: Mapping[str, str] = await self._cache.get_many(self._space, wanted) if wanted else {}
        found: dict[str, T | AdapterError] = {}
        unknown: list[str] = []
        for key in wanted:
            text = kept.get(key)
            if text is None or (fresh and text in (ABSENT, AMBIGUOUS)):
                unknown.append(key)
            elif text == AMBIGUOUS:
                found[key] = AmbiguousKey(source=self._source)
            elif text != ABSENT:
                try:
                    found[key] = self._decoder.decode(text)
                except (msgspec.MsgspecError, RecursionError):
                    unknown.append(key)
        return found, unknown

    async def resolve(
        self,
        keys: Iterable[str],
        look_up: Callable[[Sequence[str]], Awaitable[Mapping[str, Sequence[T]]]],
        call: CallContext,
    ) -> dict[str, T | AdapterError]:
        """By key; what is absent does not exist. `look_up` is asked once for all keys that are not kept, and says who
        bears each of them; whatever else it found is not kept."""
        found, unknown = await self.known(keys, fresh=call.fresh)
        if unknown:
            found.update(await self.settle(unknown, await look_up(unknown)))
        return found

    async def settle(self, keys: Iterable[str], bearers: Mapping[str, Sequence[T]]) -> dict[str, T | AdapterError]:
        """Keeps what a look-up for these keys found: one bearer is the answer, several are ambiguous, none is
        absent."""
        settled: dict[str, T | AdapterError] = {}
        only: dict[str, T] = {}
        brief: dict[str, str] = {}
        for key in keys:
            claims = bearers.get(key, ())
            if len(claims) == 1:
                only[key] = claims[0]
            else:
                brief[key] = AMBIGUOUS if claims else ABSENT
                if claims:
                    settled[key] = AmbiguousKey(source=self._source, detail=f"{len(claims)} records")
        await self.keep(only)
        if brief:
            await self._cache.set_many(self._space, brief, self._briefly)
        return {**settled, **only}

    async def keep(self, entries: Mapping[str, T]) -> None:
        """What was learnt on the way."""
        if entries:
            texts = {key: msgspec.json.encode(value).decode() for key, value in entries.items()}
            await self._cache.set_many(self._space, texts, self._seconds)

    async def forget(self, keys: Sequence[str] | None = None) -> None:
        """Some keys, which turned out to be wrong, or all."""
        if keys is None or keys:
            await self._cache.drop(self._space, keys)


def audited(keys: Iterable[str | None], rule: KeyRule) -> IdentityAudit:
    """Every record's business key (None or blank: it has none), counted as the backend compares them."""
    written = [rule.written(key) if key else "" for key in keys]
    counts = Counter(key for key in written if key)
    return IdentityAudit(
        records=len(written),
        missing=len(written) - counts.total(),
        duplicates=tuple(sorted(key for key, times in counts.items() if times > 1)),
    )
