"""The floor: uvicorn answering the bytes another contender answered, without looking at the request."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import uvicorn

BODIES = {int(path.stem): path.read_bytes() for path in Path(os.environ["BODIES"]).glob("*.json")}
"""Answers by the length of the request's body: the lengths of the four operations differ."""


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    body = BODIES.get(size, b"{}")
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    uvicorn.run(
        application, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error", loop="uvloop", lifespan="off"
    )
    sys.exit(0)
