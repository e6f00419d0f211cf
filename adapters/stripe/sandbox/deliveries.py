"""Webhooks that are really posted, signed as Stripe signs them; again and out of order where a test asks for it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec

Json = dict[str, Any]


class Deliveries:
    """`events` are all that happened, oldest first; `post` sends what was not sent yet."""

    def __init__(self, now: Callable[[], float], secret: str) -> None:
        self._now = now
        self.secrets = [secret]
        self.events: list[Json] = []
        self._sent = 0

    def record(self, kind: str, about: Json) -> None:
        self.events.append(
            {
                "id": f"evt_{secrets.token_hex(12)}",
                "object": "event",
                "api_version": "2024-06-20",
                "created": int(self._now()),
                "livemode": False,
                "pending_webhooks": 1,
                "request": {"id": None, "idempotency_key": None},
                "type": kind,
                "data": {"object": msgspec.json.decode(msgspec.json.encode(about))},
            }
        )

    def signed(self, event: Json) -> tuple[bytes, dict[str, str]]:
        body, stamp = msgspec.json.encode(event), str(int(self._now()))
        shown = [
            f"v1={hmac.new(secret.encode(), f'{stamp}.'.encode() + body, hashlib.sha256).hexdigest()}"
            for secret in self.secrets
        ]
        signature = ",".join((f"t={stamp}", *shown, f"v0={'0' * 64}"))
        return body, {"content-type": "application/json; charset=utf-8", "stripe-signature": signature}

    async def post(self, url: str, *, times: int = 1, backwards: bool = False) -> list[int]:
        """Statuses of the answers. `times` each is sent; `backwards`: the newest first."""
        events = self.events[self._sent :]
        self._sent = len(self.events)
        answers: list[int] = []
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
            for event in reversed(events) if backwards else events:
                for _ in range(times):
                    body, headers = self.signed(event)
                    async with session.post(url, data=body, headers=headers) as answer:
                        answers.append(answer.status)
        return answers
