"""The reference adapter with one method more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from gateway.errors import AdapterError
from gateway.model.context import CallContext, ContextView
from gateway.testing.reference import ReferenceAdapter
from tests.e2e.toy.ports import GET_TOYS, Toy


class ToyBox(ReferenceAdapter):
    squeaks = 1
    odd: object = None
    """What it answers instead of a toy, like an adapter that forgot to make a record of what its vendor said."""

    async def get_toys(
        self, keys: Sequence[str], context: ContextView, call: CallContext
    ) -> Mapping[str, Toy | AdapterError]:
        await self._request(GET_TOYS.name, keys)
        if self.odd is not None:
            return dict.fromkeys(keys, cast("Toy", self.odd))
        return {key: Toy(key, self.squeaks, self._freshness()) for key in keys if key != "none"}
