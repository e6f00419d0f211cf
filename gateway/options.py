"""What a person may type behind an option of a command: each says what is wrong with it in a sentence."""

from __future__ import annotations

import argparse
import re
from decimal import Decimal


def port(written: str) -> int:
    return _number(written, 0, 65_535, "port")


def workers(written: str) -> int:
    return _number(written, 1, 256, "number of workers")


def days(written: str) -> float:
    return float(_number(written, 1, 3_650, "number of days"))


def names(written: str) -> list[str]:
    return [name for each in written.split(",") if (name := each.strip())]


def quantity(written: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", written, re.ASCII) or not Decimal(written):
        raise argparse.ArgumentTypeError(f"`{written}` is no quantity")
    return Decimal(written)


def _number(written: str, least: int, most: int, what: str) -> int:
    plain = written.isascii() and written.isdigit() and len(written) < 12
    number = int(written) if plain else -1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"`{written}` is no {what} ({least} to {most})")
    return number
