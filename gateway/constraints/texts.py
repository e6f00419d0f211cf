"""Words: names people read, names programs use, phone numbers, variables, files."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from gateway.constraints.constraint import Constraint, Facts, Fault, nearest, unlisted

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORD = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_SECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_TYPED_PHONE = re.compile(r"\+ ?[1-9][0-9 ().\-\u2010-\u2015]{5,30}")
LONGEST = 500
KNOWN_SERVICES = ("pickup", "returns")
"""What the gateway itself looks for in a store's services; a near miss is a slip."""


def text_fault(value: str) -> Fault | None:
    """Something for people to read."""
    if not value.strip():
        return Fault("is empty")
    if value != value.strip():
        return Fault("begins or ends with a blank", nearest=value.strip())
    if _CONTROL.search(value) or len(value) > LONGEST:
        return Fault(f"has control characters or is longer than {LONGEST}")
    return None


def one_of(*allowed: str) -> Constraint:
    def check(value: str, facts: Facts) -> Fault | None:
        return None if value in allowed else unlisted("is none of the values known here", value, allowed)

    return Constraint(f"one of {', '.join(allowed)}", check)


def matching(pattern: str, message: str) -> Constraint:
    """A text of one form; `message` says which, as in "is no handle"."""
    compiled = re.compile(pattern)

    def check(value: str, facts: Facts) -> Fault | None:
        return None if compiled.fullmatch(value) else Fault(message)

    return Constraint(message, check)


def named(section: str) -> Constraint:
    """The name of an entry of a section."""

    def check(value: str, facts: Facts) -> Fault | None:
        known = facts.names.get(section, ())
        return None if value in known else unlisted(f"is not configured in [{section}]", value, known)

    return Constraint(f"name in [{section}]", check, secret=section == "secrets")


def phone_fault(value: str) -> Fault | None:
    """E.164, and a number that could exist."""
    import phonenumbers  # most workers have no other use for it, and it is large

    try:
        number = phonenumbers.parse(value, None)
        exact = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if exact == value and phonenumbers.is_possible_number(number):
            return None
    except phonenumbers.NumberParseException:
        said = "is no phone number with its country's code (E.164, such as `+442079460000`)"
    else:
        said = "is no phone number as E.164 writes it (`+442079460000`)"
    likely = _as_phone(value)
    if likely is None:
        return Fault(said)
    try:
        number = phonenumbers.parse(likely, None)
    except phonenumbers.NumberParseException:
        return Fault(said)
    exact = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Fault(said, nearest=likely if exact == likely and phonenumbers.is_valid_number(number) else None)


def _as_phone(value: str) -> str | None:
    """The digits as they were typed, without what people put between them and the `(0)` that is dialled at home only.
    None where anything else stands there: what a letter means, nobody knows."""
    typed = unicodedata.normalize("NFKC", value).strip().removeprefix("tel:").strip()
    typed = re.sub(r"^00(?=[1-9])", "+", typed).replace("(0)", "")
    found = _TYPED_PHONE.fullmatch(typed)
    return None if found is None else "+" + re.sub(r"[^0-9]", "", typed)


def _variable(value: str, facts: Facts) -> Fault | None:
    if _VARIABLE.fullmatch(value):
        return None
    return Fault("is no name of an environment variable: secrets stand in the environment, never in this file")


def variable_shown(name: str) -> str:
    """A variable's name, unless it is more like a credential that somebody pasted in its place."""
    usual = name.isascii() and (name.isupper() or (len(name) <= 24 and name.replace("_", "").isalpha()))
    return name if usual and _VARIABLE.fullmatch(name) else "***"


def _service(value: str, facts: Facts) -> Fault | None:
    if value in KNOWN_SERVICES:
        return None
    likely = nearest(value, KNOWN_SERVICES, cutoff=0.75)
    if likely is not None:
        return Fault("is not how this service is called", nearest=likely)
    if _WORD.fullmatch(value):
        return None
    return Fault("is no word of lower-case letters, digits and `_`", nearest=_as_word(value))


def _word(value: str, facts: Facts) -> Fault | None:
    if _WORD.fullmatch(value):
        return None
    return Fault("is no word of lower-case letters, digits, `_` and `-`", nearest=_as_word(value))


def _as_word(value: str) -> str | None:
    likely = re.sub(r"[^a-z0-9]+", "_", _in_ascii(value).lower()).strip("_")
    return likely if _WORD.fullmatch(likely) else None


def _in_ascii(value: str) -> str:
    """Without accents; empty where a letter would be lost, because what is left would be another word."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", value.strip()) if not unicodedata.combining(sign))
    return "" if any(sign.isalnum() and not sign.isascii() for sign in plain) else plain


def section_fault(name: str) -> Fault | None:
    """The name an entry of a section has in the file: it becomes part of addresses and ids."""
    if _SECTION.fullmatch(name):
        return None
    likely = re.sub(r"[^A-Za-z0-9]+", "_", _in_ascii(name)).strip("_")
    return Fault("is no name: letters, digits, `_` and `-`", nearest=likely or None)


def _file(value: str, facts: Facts) -> Fault | None:
    path = facts.base / value
    try:
        if path.is_dir():
            return Fault("is a folder, not a file")
        with path.open("rb"):
            return None
    except OSError as error:
        return Fault(f"cannot be read: {error.strerror}", nearest=_beside(path, value))
    except ValueError:
        return Fault("is no path")


def _beside(path: Path, value: str) -> str | None:
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except OSError:
        return None
    found = nearest(path.name, names)
    return None if found is None else value[: len(value) - len(path.name)] + found


TEXT = Constraint("text", lambda value, facts: text_fault(value))
PHONE = Constraint("phone number", lambda value, facts: phone_fault(value))
VARIABLE = Constraint("environment variable", _variable, secret=True)
SERVICE = Constraint("service", _service)
WORD = Constraint("word", _word)
FILE = Constraint("file", _file)
