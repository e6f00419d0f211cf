"""What a request usually takes, for each kind of it: the long-run mean of the logarithm of its seconds while the
backend has room. Requests of one operation may take 3 or 67 ms, so one kind is compared with nothing but itself.

Logarithms, because times of answers are skewed: of a lognormal with a 95th percentile five times its median, the mean
of thirty logarithms is known to a fifth, while the shortest of a minute's answers is a twentieth of the usual.
"""

from __future__ import annotations

import math

from gateway.ports.transport import Request, Response

RequestKind = tuple[str, int, int]
"""Operation, and size of request and of answer, in powers of four: how many keys were asked shows in both."""

ENOUGH = 32
"""Answers after which a kind is known; until then it is learnt from any, later only from those that found room."""
_LONGEST_MEMORY = 256
_MOST_KINDS = 2_048


def kind_of(request: Request, response: Response) -> RequestKind:
    body, query = request.body, request.query
    size = len(request.path) + (len(body) if body else 0)
    if query:
        size += sum(map(len, query.values()))
    return request.operation or "", size.bit_length() >> 1, len(response.body).bit_length() >> 1


class Usual:
    """`log` of the usual seconds, learnt from `count` answers."""

    __slots__ = ("count", "log")

    def __init__(self, log: float) -> None:
        self.log = log
        self.count = 1

    def learn(self, log: float) -> None:
        if self.count < _LONGEST_MEMORY:
            self.count += 1
        self.log += (log - self.log) / self.count


class UsualTimes:
    """By kind; bounded, because sizes are what clients ask and what backends answer."""

    __slots__ = ("_kinds", "get")

    def __init__(self) -> None:
        self._kinds: dict[RequestKind, Usual] = {}
        self.get = self._kinds.get

    def meet(self, kind: RequestKind, log: float) -> None:
        """A kind that was not known."""
        if len(self._kinds) >= _MOST_KINDS:
            del self._kinds[next(iter(self._kinds))]
        self._kinds[kind] = Usual(log)

    def shift(self, by: float) -> None:
        """Everything takes longer (or, below 0, less) than it did, whatever the load."""
        for usual in self._kinds.values():
            usual.log += by

    def longest(self, operation: str) -> float:
        """Seconds that the slowest kind of this operation usually takes; 0.0 where none is known. For rare moments."""
        logs = [usual.log for kind, usual in self._kinds.items() if kind[0] == operation]
        return math.exp(max(logs)) if logs else 0.0
