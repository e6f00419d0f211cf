"""A small issuer of one's own: makes a key, signs tokens, publishes the key set. For the demo, kiosks in development
and tests; a retailer's own identity provider takes its place."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeyParameters, RSAKey

RSA_BITS = 2_048


class LocalIssuer:
    """Signs with its newest key; the key set lists the older ones until they are withdrawn."""

    def __init__(self, issuer: str, audience: str, *, algorithm: str = "ES256", keys: list[Key] | None = None) -> None:
        if algorithm not in ("ES256", "RS256"):
            raise ValueError("the local issuer signs with ES256 or RS256")
        self.issuer = issuer
        self.audience = audience
        self.algorithm = algorithm
        self.keys: list[Key] = keys or [_new_key(algorithm)]

    def token(self, subject: str, *, seconds: float = 3_600, now: float | None = None, **claims: Any) -> str:
        """A signed token; `claims` add to or override `iss`, `aud`, `sub`, `iat` and `exp`, None leaves one out."""
        at = int(time.time() if now is None else now)
        payload: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": subject,
            "iat": at,
            "exp": int(at + seconds),
        }
        payload |= claims
        key = self.keys[-1]
        header = {"alg": self.algorithm, "typ": "JWT", "kid": key.kid}
        return jwt.encode(header, {name: value for name, value in payload.items() if value is not None}, key)

    def rotate(self, *, withdraw: bool = False) -> None:
        """Sign with a new key from now on; with `withdraw`, forget the older ones at once."""
        self.keys = [*([] if withdraw else self.keys), _new_key(self.algorithm)]

    def jwks(self) -> bytes:
        """The public keys, as JSON."""
        return msgspec.json.encode({"keys": [key.as_dict(private=False) for key in self.keys]})

    def save(self, folder: Path) -> Path:
        """Keep the keys (private, mode 600) and the public set in a folder; the path of the public set."""
        folder.mkdir(parents=True, exist_ok=True)
        private = folder / "issuer.json"
        descriptor = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode({"keys": [key.as_dict(private=True) for key in self.keys]}))
        public = folder / "jwks.json"
        public.write_bytes(self.jwks())
        return public

    @classmethod
    def load(cls, folder: Path, issuer: str, audience: str, *, algorithm: str = "ES256") -> LocalIssuer:
        """The issuer kept in a folder; made and saved when there is none."""
        private = folder / "issuer.json"
        if not private.exists():
            made = cls(issuer, audience, algorithm=algorithm)
            made.save(folder)
            return made
        kind = ECKey if algorithm == "ES256" else RSAKey
        entries: Any = msgspec.json.decode(private.read_bytes())
        return cls(issuer, audience, algorithm=algorithm, keys=[kind.import_key(entry) for entry in entries["keys"]])


def _new_key(algorithm: str) -> Key:
    parameters: KeyParameters = {"kid": secrets.token_hex(8), "use": "sig", "alg": algorithm}
    if algorithm == "ES256":
        return ECKey.generate_key("P-256", parameters)
    return RSAKey.generate_key(RSA_BITS, parameters)
