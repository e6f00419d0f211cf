"""Trusted documents: the operations a frontend was built with, known by the SHA-256 of their text.

A manifest is deployed per client profile (`profiles.x.operations`). A profile without `free_documents` runs these and
nothing else, so that nobody can explore the schema with its credential.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import msgspec
from cachetools import LRUCache

from gateway.errors import BadInput, ClientFault, ConfigurationError, Forbidden
from gateway.model.principal import ClientProfile
from gateway.settings import Settings

REGISTERED = 1_000
"""Automatically persisted documents kept, for each profile that may register them."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


class UnknownDocument(ClientFault):
    """No document of that hash. Clients with automatic persisted queries answer by sending hash and text."""

    code = "PERSISTED_QUERY_NOT_FOUND"
    retryable = True


class PersistedQueriesOff(ClientFault):
    """This client may not register documents."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"


class TrustedDocuments:
    """Every profile's manifest, read at start, and what clients registered since."""

    def __init__(self, settings: Settings) -> None:
        self._manifests: dict[str, dict[str, str]] = {}
        self._registered: dict[str, LRUCache[str, str]] = {}
        for name, profile in settings.profiles.items():
            texts: dict[str, str] = {}
            for path in profile.operations:
                texts |= read_manifest(settings.base / path, place=f"profiles.{name}.operations")
            if not profile.free_documents and not texts and not profile.operations:
                raise ConfigurationError("without free documents there must be trusted ones", place=f"profiles.{name}")
            self._manifests[name] = texts
            if profile.persisted_queries and profile.free_documents:
                self._registered[name] = LRUCache(REGISTERED)

    def find(self, name: str, profile: ClientProfile, query: str | None, digest: str | None) -> str:
        """The text to run. Raises Forbidden for free text where only trusted documents run, UnknownDocument or
        PersistedQueriesOff for a hash, BadInput when hash and text differ or both are missing."""
        trusted = self._manifests.get(name, {})
        registered = self._registered.get(name)
        if digest is None:
            if query is None:
                raise BadInput("There is neither a `query` nor the hash of one.")
            if not profile.free_documents and hash_of(query) not in trusted:
                raise Forbidden("This client runs the documents it was deployed with.")
            return query
        if query is not None and hash_of(query) != digest:
            raise BadInput("The hash is not that of the document.")
        known = trusted.get(digest)
        if known is not None:
            return known
        if query is not None and profile.free_documents:
            return query
        text = None if registered is None else registered.get(digest)
        if text is not None:
            return text
        if registered is None and not trusted:
            raise PersistedQueriesOff("PersistedQueryNotSupported")
        raise UnknownDocument("PersistedQueryNotFound")

    def manifest(self, name: str) -> Mapping[str, str]:
        """A profile's trusted documents, texts by hash."""
        return self._manifests.get(name, {})

    def register(self, name: str, digest: str | None, text: str) -> None:
        """Keep a valid document under its hash, where the profile allows that."""
        registered = self._registered.get(name)
        if registered is not None and digest is not None and digest not in self._manifests[name]:
            registered[digest] = text


def digest_of_request(document_id: str | None, extensions: Mapping[str, Any] | None) -> str | None:
    """The hash a request names, as `documentId` or as Apollo's `persistedQuery`. Raises BadInput."""
    digest: object = document_id
    persisted: object = (extensions or {}).get("persistedQuery")
    if digest is None and persisted is not None:
        entry = cast("dict[str, object]", persisted if isinstance(persisted, dict) else {})
        if entry.get("version") != 1:
            raise BadInput("Only version 1 of persisted queries is known.")
        digest = entry.get("sha256Hash")
    elif digest is None:
        return None
    if not isinstance(digest, str):
        raise BadInput("The hash of a document is a SHA-256 in hex.")
    digest = digest.removeprefix("sha256:").lower()
    if not _SHA256.fullmatch(digest):
        raise BadInput("The hash of a document is a SHA-256 in hex.")
    return digest


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_manifest(path: Path, *, place: str) -> dict[str, str]:
    """Texts by hash, from `{"<sha256>": "<text>"}` as code generators write it, or from Apollo's manifest format.
    Raises ConfigurationError, also for a hash that is not that of its text."""
    try:
        raw: Any = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"cannot read {path.name}: {error.strerror}", place=place) from error
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{path.name} is not valid JSON: {error}", place=place) from error
    entries: dict[str, object] = cast("dict[str, object]", raw) if isinstance(raw, dict) else {}
    if entries.get("format") == "apollo-persisted-query-manifest":
        listed = cast("list[dict[str, object]]", entries.get("operations", []))
        entries = {str(operation.get("id")): operation.get("body") for operation in listed}
    texts: dict[str, str] = {}
    for digest, text in entries.items():
        plain = digest.removeprefix("sha256:").lower()
        if not isinstance(text, str) or hash_of(text) != plain:
            raise ConfigurationError(f"{path.name}: `{digest}` is not the SHA-256 of its document", place=place)
        texts[plain] = text
    return texts
