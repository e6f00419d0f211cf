"""Text that knows its language, and the ways a fact is spoken."""

from __future__ import annotations

from msgspec import Struct

RIGHT_TO_LEFT = frozenset({"ar", "arc", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})


class Text(Struct, frozen=True, gc=False):
    """`language` is the BCP 47 tag of the language it is really in, which may differ from the one asked for."""

    value: str
    language: str

    @property
    def direction(self) -> str:
        return "RTL" if self.language.split("-")[0].lower() in RIGHT_TO_LEFT else "LTR"


class SpeakableText(Struct, frozen=True, gc=False):
    """What a voice assistant says. `ssml` is a whole `<speak>` document (W3C SSML 1.1) in which everything that came
    from a backend is escaped."""

    text: str
    ssml: str
    language: str

    @property
    def direction(self) -> str:
        return Text(self.text, self.language).direction
