"""Languages: which one an operation is served in, and what stands in where a text is not translated."""

from __future__ import annotations

from gateway.errors import UnsupportedLanguage
from gateway.settings import LanguagesSection


class Languages:
    """The configured languages. Matching follows BCP 47 look-up (RFC 4647, section 3.4): `he-IL` is served by `he`."""

    def __init__(self, section: LanguagesSection) -> None:
        self.default = section.default
        self.available = section.available
        self._fallback = section.fallback
        self._by_lower = {tag.lower(): tag for tag in section.available}

    def demanded(self, tag: str) -> str:
        """A language somebody asked for by name. Raises UnsupportedLanguage when nobody serves it."""
        found = self._look_up(tag)
        if found is None:
            raise UnsupportedLanguage(f"No text is served in this language; there are {', '.join(self.available)}.")
        return found

    def preferred(self, accept_language: str) -> str | None:
        """The best of an Accept-Language header (RFC 9110, section 12.5.4); None when none is served."""
        weighted: list[tuple[float, str]] = []
        for part in accept_language.split(",")[:20]:
            tag, _, parameters = part.strip().partition(";")
            quality = parameters.strip().removeprefix("q=") or "1"
            try:
                weighted.append((float(quality), tag.strip()))
            except ValueError:
                continue
        for quality, tag in sorted(weighted, key=lambda item: -item[0]):
            if quality > 0 and (found := self._look_up(tag)):
                return found
        return None

    def chain(self, language: str) -> tuple[str, ...]:
        """The language itself, then its configured stand-ins, then the default."""
        return tuple(dict.fromkeys((language, *self._fallback.get(language, ()), self.default)))

    def _look_up(self, tag: str) -> str | None:
        parts = tag.strip().lower().split("-")
        while parts:
            if found := self._by_lower.get("-".join(parts)):
                return found
            parts.pop()
        return None
