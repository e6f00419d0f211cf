"""Webhooks that are really posted, in batches, every item signed; again and out of order where a test asks for it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import aiohttp
import msgspec

from adapters.adyen.sandbox.bodies import Json

SIGNED = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")


class Deliveries:
    """`items` are all that happened, oldest first; `post` sends what was not sent yet."""

    def __init__(self, now: Callable[[], float], key: str) -> None:
        self._now = now
        self.key = key
        self.items: list[Json] = []
        self._sent = 0

    def record(self, item: Json) -> None:
        moment = datetime.fromtimestamp(int(self._now()), UTC).isoformat()
        self.items.append({**item, "eventDate": moment})

    def signed(self, item: Json) -> Json:
        amount = item["amount"]
        parts = [str(item.get(name, "")) for name in SIGNED]
        parts += [str(amount["value"]), amount["currency"], item["eventCode"], item["success"]]
        made = hmac.new(bytes.fromhex(self.key), ":".join(parts).encode(), hashlib.sha256).digest()
        more = {**item.get("additionalData", {}), "hmacSignature": base64.b64encode(made).decode()}
        return {**item, "additionalData": more}

    def batch(self, items: Sequence[Json]) -> bytes:
        wrapped = [{"NotificationRequestItem": self.signed(item)} for item in items]
        return msgspec.json.encode({"live": "false", "notificationItems": wrapped})

    async def post(self, url: str, *, times: int = 1, backwards: bool = False, together: int = 1) -> list[str]:
        """What was answered. `together`: items of one batch."""
        items = self.items[self._sent :]
        self._sent = len(self.items)
        items = items[::-1] if backwards else items
        answers: list[str] = []
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
            for start in range(0, len(items), together):
                body = self.batch(items[start : start + together])
                for _ in range(times):
                    headers = {"content-type": "application/json; charset=utf-8"}
                    async with session.post(url, data=body, headers=headers) as answer:
                        answers.append(await answer.text())
        return answers
