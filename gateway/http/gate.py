"""The gate that closes before the gateway stops: readiness says no first, then open streams end, and what runs is
waited for by the server. A worker that is merely replaced ends its streams and stays ready: its successor is."""

from __future__ import annotations

import asyncio


class Gate:
    """Entered with all that is under way: `inside` counts it. `draining` turns readiness off; `stopping` ends streams
    and sockets."""

    def __init__(self) -> None:
        self.draining = False
        self.stopping = asyncio.Event()
        self.inside = 0

    def __enter__(self) -> None:
        self.inside += 1

    def __exit__(self, *_: object) -> None:
        self.inside -= 1

    def drain(self) -> None:
        self.draining = True

    def end_streams(self) -> None:
        self.stopping.set()

    def stop(self) -> None:
        """Both at once."""
        self.drain()
        self.end_streams()
