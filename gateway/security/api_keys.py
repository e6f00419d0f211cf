"""API keys: which frontend is asking. A key selects its client profile and says nothing about a person."""

from __future__ import annotations

import hashlib
import hmac
import re

from gateway.errors import ConfigurationError, Unauthenticated
from gateway.settings import Settings

_SHA256 = re.compile(r"[0-9a-f]{64}")
MAXIMUM_KEY = 512


class ApiKeys:
    """The configured keys, known by their SHA-256 only (keys are random, so a slow hash would add nothing)."""

    def __init__(self, settings: Settings) -> None:
        self._profiles: list[tuple[bytes, str]] = []
        for name, section in settings.api_keys.items():
            digest = settings.environment.get(section.env, "").strip().lower()
            if not digest:
                continue  # a key that is not deployed here: nobody can use it
            if not _SHA256.fullmatch(digest):
                raise ConfigurationError(
                    f"`{section.env}` must hold the key's SHA-256 in hex, not the key", place=f"api_keys.{name}.env"
                )
            if section.profile not in settings.profiles:
                raise ConfigurationError(f"`{section.profile}` is not configured", place=f"api_keys.{name}.profile")
            self._profiles.append((bytes.fromhex(digest), section.profile))

    def profile_of(self, key: str) -> str:
        """The profile's name. Compares with every key, whichever fits. Raises Unauthenticated."""
        if len(key) > MAXIMUM_KEY:
            raise Unauthenticated("The API key is not valid.")
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
        found: str | None = None
        for known, profile in self._profiles:
            if hmac.compare_digest(known, digest):
                found = profile
        if found is None:
            raise Unauthenticated("The API key is not valid.")
        return found
