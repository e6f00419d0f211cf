"""Idempotency keys: the same key with the same body gives the first answer again; with another body it is refused."""

from __future__ import annotations

import hashlib

import msgspec

from adapters.square.sandbox.account import Account, Json
from adapters.square.sandbox.paging import invalid

KEY_LENGTHS = {"orders": 192, "payments": 45, "customers": 128, "updates": 192, "stock": 128}


def answered_before(account: Account, kind: str, body: Json) -> Json | None:
    key = body.get("idempotency_key") or ""
    if not key or len(key) > KEY_LENGTHS[kind]:
        raise invalid("VALUE_TOO_LONG" if key else "VALUE_EMPTY", "Bad idempotency key", "idempotency_key")
    found = account.keys.get((kind, key))
    if found is None:
        return None
    if found[0] != _digest(body):
        raise invalid("IDEMPOTENCY_KEY_REUSED", "Different request parameters under this key", "idempotency_key")
    return found[1]


def kept_answer(account: Account, kind: str, body: Json, answer: Json) -> Json:
    account.keys[kind, body["idempotency_key"]] = (_digest(body), answer)
    return answer


def _digest(body: Json) -> str:
    return hashlib.sha256(msgspec.json.encode(body, order="deterministic")).hexdigest()
