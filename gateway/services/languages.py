"""Languages: what stands in where a text is not translated. Which one an operation is served in is decided at the door
(`security.profiles`)."""

from __future__ import annotations

from gateway.settings import LanguagesSection


class Languages:
    """The configured languages and their stand-ins."""

    def __init__(self, section: LanguagesSection) -> None:
        self.default = section.default
        self._fallback = section.fallback

    def chain(self, language: str) -> tuple[str, ...]:
        """The language itself, then its configured stand-ins, then the default."""
        return tuple(dict.fromkeys((language, *self._fallback.get(language, ()), self.default)))
