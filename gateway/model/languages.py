"""Language tags (BCP 47): their canonical form, which of some languages serves a wish, and the direction of writing.

Aliases, likely subtags and parents come from CLDR through Babel; what CLDR leaves to RFC 5646 stands here. Extensions
and private subtags (`-u-`, `-x-`) say nothing of the language a text is in, and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from babel.core import Locale, UnknownLocaleError, get_global
from msgspec import Struct

from gateway.model.remembered import remembered

_ALIASES: Mapping[str, str] = {**get_global("language_aliases"), "no": "nb"}
_REGIONS: Mapping[str, list[str]] = get_global("territory_aliases")
_SCRIPTS: Mapping[str, str] = get_global("script_aliases")
_LIKELY: Mapping[str, str] = get_global("likely_subtags")
_PARENTS: Mapping[str, str] = get_global("parent_exceptions")
_MOST_CHARACTERS = 128

_GRANDFATHERED: Mapping[str, str] = {
    "art-lojban": "jbo", "cel-gaulish": "xtg", "en-gb-oed": "en-GB-oxendict", "i-ami": "ami", "i-bnn": "bnn",
    "i-default": "en", "i-hak": "hak", "i-klingon": "tlh", "i-lux": "lb", "i-mingo": "see", "i-navajo": "nv",
    "i-pwn": "pwn", "i-tao": "tao", "i-tay": "tay", "i-tsu": "tsu", "no-bok": "nb", "no-nyn": "nn",
    "sgn-be-fr": "sfb", "sgn-be-nl": "vgt", "sgn-ch-de": "sgg", "zh-guoyu": "zh", "zh-hakka": "hak",
    "zh-min-nan": "nan", "zh-xiang": "hsn",
}  # fmt: skip
"""Source: RFC 5646, section 2.2.8, with the preferred values of the IANA registry."""

_MODIFIERS: Mapping[str, str] = {"latin": "Latn", "latn": "Latn", "cyrillic": "Cyrl", "cyrl": "Cyrl"}
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})"
    r"(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
    r"(?P<extensions>(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*)(?:-x(?:-[a-z0-9]{1,8})+)?"
)

_RIGHT_TO_LEFT = frozenset({
    "Adlm", "Arab", "Aran", "Armi", "Avst", "Chrs", "Cprt", "Elym", "Gara", "Hatr", "Hebr", "Hung",
    "Khar", "Lydi", "Mand", "Mani", "Mend", "Merc", "Mero", "Narb", "Nbat", "Nkoo", "Orkh", "Phli",
    "Phlp", "Phnx", "Prti", "Rohg", "Samr", "Sarb", "Sogd", "Sogo", "Syrc", "Syre", "Syrj", "Syrn",
    "Thaa", "Yezi",
})  # fmt: skip
"""Scripts (ISO 15924) whose letters are of the bidirectional classes R or AL. Source: Unicode."""


class _Subtags(Struct, frozen=True):
    language: str
    script: str = ""
    region: str = ""
    variants: tuple[str, ...] = ()

    def tag(self, *, variants: bool = True) -> str:
        parts = (self.language, self.script, self.region, *(self.variants if variants else ()))
        return "-".join(part for part in parts if part)


@remembered(1024)
def _parsed(written: str) -> _Subtags | None:
    text = written.strip().replace("_", "-").lower()
    if len(text) > _MOST_CHARACTERS:
        return None
    text = _GRANDFATHERED.get(text, text).lower()
    found = _TAG.fullmatch(text)
    if found is None:
        return None
    language, _, extended = found["language"].partition("-")
    language = extended.partition("-")[0] or language  # `zh-yue` is yue
    script, region = (found["script"] or "").title(), (found["region"] or "").upper()
    preferred = _parsed(_ALIASES[language]) if _ALIASES.get(language, language) != language else None
    if preferred is not None:
        language, script, region = preferred.language, script or preferred.script, region or preferred.region
    successors = _REGIONS.get(region, ())
    region = successors[0] if successors else region
    variants = tuple(variant for variant in found["variants"].split("-") if variant)
    return _Subtags(language, _SCRIPTS.get(script, script), region, variants)


def canonical_tag(written: str) -> str | None:
    """`iw` is he, `zh-tw` zh-TW, `pt_BR` pt-BR, `en-US-u-mu-celsius` en-US; None for what is no language tag."""
    subtags = _parsed(written)
    return None if subtags is None else subtags.tag()


def tag_or(written: str | None, otherwise: str) -> str:
    """The canonical tag of what a backend wrote (BCP 47, or a POSIX locale such as `sr@latin`), else another one."""
    name, _, modifier = (written or "").partition("@")
    script = _MODIFIERS.get(modifier.lower(), "")
    subtags = _parsed(name.partition(".")[0])
    if subtags is None:
        return otherwise
    return _Subtags(subtags.language, script or subtags.script, subtags.region, subtags.variants).tag()


@lru_cache(maxsize=1024)
def _likely(subtags: _Subtags) -> _Subtags:
    """With the script and the region that most who write so mean. Source: CLDR, likely subtags."""
    language, script, region = subtags.language, subtags.script, subtags.region
    for key in (f"{language}_{script}_{region}", f"{language}_{region}", f"{language}_{script}", language):
        found = _LIKELY.get(key)
        if found is not None:
            _, likely_script, likely_region = found.split("_")
            return _Subtags(language, script or likely_script, region or likely_region, subtags.variants)
    return subtags


def script_of(tag: str) -> str | None:
    """ISO 15924, the likely one where none is written; None for what is no tag."""
    subtags = _parsed(tag)
    return None if subtags is None else _likely(subtags).script


def direction_of(tag: str) -> str:
    """`RTL` or `LTR`: how a text in this language is written."""
    subtags = _parsed(tag)
    return "RTL" if subtags is not None and _likely(subtags).script in _RIGHT_TO_LEFT else "LTR"


def lookup(wanted: str, available: Sequence[str]) -> str | None:
    """The one of the available tags, as it is written there, that serves a wanted one (RFC 4647, lookup): the same, or
    less and less of it, script before region. Then one of the same language and script, wherever it is spoken."""
    subtags = _parsed(wanted)
    return None if subtags is None else _lookup(subtags, tuple(available))


@lru_cache(maxsize=4096)
def _lookup(wanted: _Subtags, available: tuple[str, ...]) -> str | None:
    exact: dict[str, str] = {}
    related: dict[str, str] = {}
    for tag in available:
        subtags = _parsed(tag)
        if subtags is None:
            exact.setdefault(tag.lower(), tag)
            continue
        exact.setdefault(subtags.tag(), tag)
        for form in _forms(_likely(subtags)):
            related.setdefault(form, tag)
    for tag in available:
        subtags = _parsed(tag)
        if subtags is not None:
            exact.setdefault(_likely(subtags).tag(), tag)
    forms = _forms(wanted)
    return next((exact[form] for form in forms if form in exact), None) or next(
        (related[form] for form in forms if form in related and "-" in form), None
    )


def _forms(subtags: _Subtags) -> list[str]:
    """The tag and what is left of it step by step, with its likely script, ending with the language alone."""
    whole = _likely(subtags)
    language, script, region = subtags.language, whole.script, subtags.region
    written = [(*subtags.variants[:count],) for count in range(len(subtags.variants), 0, -1)]
    forms = [_Subtags(language, subtags.script, region, variants).tag() for variants in written]
    forms += [subtags.tag(variants=False), whole.tag(variants=False)]
    parent = _PARENTS.get(f"{language}_{region}")
    if parent is not None:
        forms.append(parent.replace("_", "-"))
    forms += [f"{language}-{script}", language]
    return list(dict.fromkeys(forms))


def acceptable(available: Sequence[str], wished: Sequence[str], refused: Sequence[str]) -> list[str]:
    """The tags without those in a refused range (RFC 4647, basic filtering: `en` is `en-GB` too), but for one that is
    wished for by its own name. `*` refuses only what nobody wished for."""
    if not refused:
        return list(available)
    names = {canonical_tag(wish) for wish in wished}
    return [tag for tag in available if canonical_tag(tag) in names or not any(_in_range(tag, one) for one in refused)]


def _in_range(tag: str, language_range: str) -> bool:
    subtags, asked = _parsed(tag), canonical_tag(language_range)
    if subtags is None or asked is None:
        return False
    told = (subtags.tag(), _likely(subtags).tag())
    return any(f"{one}-".startswith(f"{asked}-") for one in told)


@lru_cache(maxsize=32)
def locale_of(tag: str) -> Locale | None:
    """`find_locale`, for the languages that are configured: a locale keeps its data, up to a megabyte."""
    return find_locale(tag)


def find_locale(tag: str) -> Locale | None:
    """How numbers and dates are written in a language: its locale, or the nearest one that CLDR knows; None where it
    knows none."""
    subtags = _parsed(tag)
    for form in () if subtags is None else _forms(subtags):
        try:
            return Locale.parse(form, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None
