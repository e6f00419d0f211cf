"""Text that knows its language, and the ways a fact is spoken."""

from __future__ import annotations

from msgspec import Struct

from gateway.model.languages import direction_of


class Text(Struct, frozen=True, gc=False):
    """`language` is the BCP 47 tag of the language it is really in, which may differ from the one asked for."""

    value: str
    language: str

    @property
    def direction(self) -> str:
        return direction_of(self.language)


class SpeakableText(Struct, frozen=True, gc=False):
    """What a voice assistant says. `ssml` is a whole `<speak>` document (W3C SSML 1.1) in which everything that came
    from a backend is escaped."""

    text: str
    ssml: str
    language: str

    @property
    def direction(self) -> str:
        return direction_of(self.language)
