"""Public answers on their way past the cache: who may be given a kept one, and what may be kept."""

from __future__ import annotations

from collections.abc import Generator, Hashable
from contextlib import AbstractContextManager, contextmanager, nullcontext

from msgspec import Struct

from gateway.entry.admission import Admission, Admitted, Caller
from gateway.entry.response_cache import KeptAnswer, ResponseCache, key_of
from gateway.model.touched import TOUCHED, Touched
from gateway.security.profiles import accepted_age


class Visit(Struct, frozen=True):
    """One request that may be answered from the cache. `moment` is from before its answer is made."""

    key: Hashable
    seconds: int
    moment: int
    touched: Touched
    kept: KeptAnswer | None


_NOTHING = nullcontext()


@contextmanager
def _collecting(touched: Touched) -> Generator[None]:
    token = TOUCHED.set(touched)
    try:
        yield
    finally:
        TOUCHED.reset(token)


class KeptAnswers:
    def __init__(self, cache: ResponseCache, admission: Admission, *, enabled: bool = True) -> None:
        self._enabled = enabled
        self._cache = cache
        self._admission = admission

    def visit(self, caller: Caller, admitted: Admitted) -> Visit | None:
        """None where the answer could be anything but public: somebody in particular asks, a field is personal or for
        a role, the schema gives no time, the client bears a cart's secret or wants to know more than the data. Raises
        ContextNotAllowed."""
        keeping = admitted.operation.keeping
        if not self._enabled or keeping.private or keeping.seconds <= 0 or not admitted.operation.is_query:
            return None
        if caller.principal.subject is not None or caller.principal.roles or caller.wants_cost or caller.facts.explain:
            return None
        if caller.facts.cart_secret is not None:
            return None
        commerce = self._admission.commerce(caller, admitted.facts)
        request = admitted.request
        key = key_of(request.query, request.operation_name, request.variables, caller.principal.profile, commerce)
        if key is None:
            return None
        kept = self._cache.get(key, max_age=accepted_age(caller.profile, admitted.facts))
        return Visit(key, keeping.seconds, self._cache.moment(), Touched(), kept)

    def collecting(self, visit: Visit | None) -> AbstractContextManager[None]:
        """What the answer is made of, reported from below."""
        return _NOTHING if visit is None else _collecting(visit.touched)

    def keep(self, visit: Visit, body: bytes) -> bool:
        """A fresh answer, kept when all it was made of is known. Whether it is anybody's."""
        touched = visit.touched
        if touched.shareable and touched.tags:
            self._cache.put(
                visit.key,
                body,
                seconds=visit.seconds,
                tags=touched.tags,
                moment=visit.moment,
                horizon=touched.horizon,
            )
        return touched.shareable

    def age(self, kept: KeptAnswer) -> int:
        """Whole seconds since it was made."""
        return self._cache.age(kept)
