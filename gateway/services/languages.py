"""Languages: what stands in where a text is not translated. Which one an operation is served in is decided at the door
(`security.profiles`)."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model.languages import canonical_tag, lookup
from gateway.model.text import Text
from gateway.settings import LanguagesSection


class Languages:
    """The configured languages and their stand-ins."""

    def __init__(self, section: LanguagesSection) -> None:
        self.default = section.default
        self._fallback = {canonical_tag(tag) or tag: others for tag, others in section.fallback.items()}

    def chain(self, language: str) -> tuple[str, ...]:
        """The language itself, then its configured stand-ins, then the default."""
        stand_ins = self._fallback.get(canonical_tag(language) or language, ())
        return tuple(dict.fromkeys((language, *stand_ins, self.default)))

    def text(self, written: Mapping[str, str], language: str, otherwise: str) -> Text:
        """One of the texts by language tag, of the first language of the chain that has one, and of which language it
        is; else the other one, in the default language."""
        for wanted in self.chain(language):
            found = lookup(wanted, tuple(written)) if written else None
            if found is not None:
                return Text(written[found], canonical_tag(found) or found)
        return Text(otherwise, canonical_tag(self.default) or self.default)
