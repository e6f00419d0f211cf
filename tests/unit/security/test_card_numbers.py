"""What looks like a card number, what does not, and where it is looked for."""

from __future__ import annotations

import random
import re
import sys
from typing import Any

import pytest
from graphql import build_schema, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadInput, LimitExceeded
from gateway.security.card_numbers import MOST_TEXT, FreeText, holds_card_number, passes_luhn, redacted

SCHEMES = (
    ("4", 16),
    ("51", 16),
    ("2221", 16),
    ("34", 15),
    ("37", 15),
    ("6011", 16),
    ("3528", 16),
    ("36", 14),
    ("62", 19),
)
SCHEMA = build_schema("""
  scalar Gtin
  input Line { sku: String note: String gtin: Gtin variantId: ID gifts: [Line!] }
  type Query {
    note(text: String, by: ID, skus: [String!], line: Line, lines: [Line!]): String
    search(text: String): String
  }
""")


def numbers(count: int) -> list[str]:
    """Valid numbers of all schemes, from a seed."""
    drawn = random.Random(7)
    made: list[str] = []
    while len(made) < count:
        prefix, length = SCHEMES[len(made) % len(SCHEMES)]
        digits = prefix + "".join(str(drawn.randrange(10)) for _ in range(length - len(prefix) - 1))
        made.append(next(digits + check for check in "0123456789" if passes_luhn(digits + check)))
    return made


def test_a_thousand_card_numbers_are_found_however_they_are_written() -> None:
    for number in numbers(1_000):
        spaced = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
        for written in (number, spaced, spaced.replace(" ", "-"), f"Card: {spaced} 12/27, thanks", f"x{number}y"):
            assert holds_card_number(written), written
        arabic = number.translate({48 + digit: 0x660 + digit for digit in range(10)})
        assert holds_card_number(arabic)
        assert number[4:] not in redacted(f"pay with {number} please")


BETWEEN = (
    *("  ", "\t", "\n", "\r\n", " - ", "_", "/", "."),
    *("\u00a0", "\u2007", "\u2009", "\u202f", "\u3000", "\u2010", "\u2011", "\u2013", "\u2014", "\u2212"),
    *("\u00ad", "\u200b", "\u200e", "\u2060", "\ufeff", "\uff0d"),
)


LISTED = (
    *(",", ", ", "|", " | ", "+", ";", ":", "*", "#", "=", "~", "'", '"', "\\", "(", ")("),
    *("\u2022", "\u00b7", "\u0301"),
)


@pytest.mark.parametrize("between", LISTED, ids=ascii)
def test_signs_of_a_list_between_its_groups_hide_no_card(between: str) -> None:
    for written in (["4111", "1111", "1111", "1111"], ["3782", "822463", "10005"], ["3056", "930902", "5904"]):
        text = f"Card {between.join(written)}, thanks"
        assert holds_card_number(text)
        assert written[1] not in redacted(text)
    assert holds_card_number(between.join("4111111111111111"))
    assert holds_card_number(f"4111 1111{between}1111-1111")


def test_lists_of_other_numbers_may_be_typed() -> None:
    drawn = random.Random(11)
    for _ in range(3_000):
        sizes = ",".join(str(drawn.randrange(36, 48)) for _ in range(8))
        phones = f"+44 20 79{drawn.randrange(10)}6 0{drawn.randrange(100, 999)}; +49 30 {drawn.randrange(10**6, 10**7)}"
        moment = f"2026-11-{drawn.randrange(10, 30)} {drawn.randrange(10, 24)}:{drawn.randrange(10, 60)}:59.123456"
        years = ",".join(str(drawn.randrange(1900, 2100)) for _ in range(4))
        order = f"{drawn.randrange(10**7, 10**8)},{drawn.randrange(10**7, 10**8)}"
        for text in (sizes, phones, moment, years, order):
            assert not holds_card_number(text), text


@pytest.mark.parametrize("text", ["1," * 8_000, "4111," * 3_200, "4,1+1|1;" * 2_000, "4111 ,, 1111 ,, " * 1_000])
def test_a_text_made_to_be_looked_at_long_is_not(text: str) -> None:
    steps = 0

    def counted(frame: object, event: str, argument: object) -> None:
        nonlocal steps
        steps += 1

    sys.setprofile(counted)
    try:
        holds_card_number(text[:MOST_TEXT] + "x")
    finally:
        sys.setprofile(None)
    assert steps < 60 * MOST_TEXT


@pytest.mark.parametrize("between", BETWEEN, ids=ascii)
def test_what_is_copied_from_a_page_is_found_whatever_stands_between_its_groups(between: str) -> None:
    assert holds_card_number(f"Card {between.join(['4111', '1111', '1111', '1111'])}, thanks")
    assert holds_card_number(between.join("4111111111111111"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "call +44 20 7946 0000 or +81 3-1234-5678",
        "order 1234567890123456",
        "4111 1111 1111 1112",
        "5012345678900",
        "2026-11-21 23:59:59.123456",
        "a" * 10_000,
        "1" * 10_000,
        "1 " * 5_000,
    ],
)
def test_other_numbers_are_not(text: str) -> None:
    assert not holds_card_number(text)
    assert redacted(text) == text


@given(st.text("0123456789 -.x4", max_size=80))
def test_what_is_found_is_what_trying_every_part_finds(text: str) -> None:
    def is_number(part: str) -> bool:
        digits = "".join(sign for sign in part if sign.isdigit())
        return passes_luhn(digits) and holds_card_number(digits)

    runs = re.split(r"[^0-9 .-]|[ .-]{4,}", text)
    groups = [[(found.start(), found.end()) for found in re.finditer("[0-9]+", run)] for run in runs]
    expected = any(
        is_number(run[start:end]) and len(re.sub("[^0-9]", "", run[start:end])) <= 19
        for run, places in zip(runs, groups, strict=True)
        for start, _ in places
        for _, end in places
        if end > start
    )
    assert holds_card_number(text) == expected


def test_barcodes_may_be_typed_and_old_card_numbers_may_not() -> None:
    for number in range(400_000_000_000, 400_000_002_000):
        weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(str(number)))
        assert not holds_card_number(f"{number}{-weighed % 10}")
    assert holds_card_number("4222222222222")


VISA = "4111 1111 1111 1111"


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (f'{{ note(text: "{VISA}") }}', {}),
        (f'{{ note(line: {{note: "{VISA}"}}) }}', {}),
        (f'query ($t: String = "{VISA}") {{ note(text: $t) }}', {}),
        ("query ($sku: String) { note(text: $sku) }", {"sku": VISA}),
        ("query ($sku: String) { note(text: $sku, skus: [$sku]) }", {"sku": VISA}),
        ("query ($line: Line) { note(line: $line) }", {"line": {"note": VISA}}),
        ("query ($line: Line) { note(line: $line) }", {"line": {"gifts": [{"gifts": [{"note": VISA}]}]}}),
        ("query ($lines: [Line!]) { note(lines: $lines) }", {"lines": [{"sku": "1"}, {"note": f"x {VISA}"}]}),
        ("query A($t: String) { note(text: $t) } query B($t: ID) { note(by: $t) }", {"t": VISA}),
        ("query A($t: ID) { note(by: $t) } query B($t: String) { note(text: $t) }", {"t": VISA}),
        ("query A($t: String) { note(text: $t) } query B($t: Line) { note(line: $t) }", {"t": VISA}),
        ("query ($text: String) { search(text: $text) }", {"text": VISA.replace(" ", "")}),
    ],
)
def test_free_text_with_a_card_number_is_refused(query: str, variables: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="card number") as refused:
        FreeText(SCHEMA, parse(query)).check(variables)
    assert "4111" not in refused.value.message


EXEMPT: list[tuple[str, dict[str, Any]]] = [
    (f'{{ note(by: "{VISA}", skus: ["{VISA}"]) }}', {}),
    (f'{{ note(line: {{sku: "{VISA}", gtin: "{VISA}", variantId: "{VISA}"}}) }}', {}),
    ("query ($a: String!) { note(skus: [$a]) }", {"a": VISA}),
    ("query ($by: ID) { note(by: $by) }", {"by": VISA}),
    ("query ($line: Line) { note(line: $line) }", {"line": {"sku": VISA, "gtin": VISA, "variantId": VISA}}),
    ("query ($line: Line) { note(line: $line) }", {"line": 7}),
    ("query ($lines: [Line!]) { note(lines: $lines) }", {"lines": [[], "x", None, {"what": VISA}]}),
]


@pytest.mark.parametrize(("query", "variables"), EXEMPT)
def test_typed_identifiers_are_exempt(query: str, variables: dict[str, Any]) -> None:
    FreeText(SCHEMA, parse(query)).check(variables)


def test_no_more_free_text_is_looked_through_than_takes_little() -> None:
    free = FreeText(SCHEMA, parse("query ($t: String, $s: [String!], $i: ID) { note(text: $t, skus: $s, by: $i) }"))
    free.check({"t": "1 " * (MOST_TEXT // 2)})
    free.check({"s": ["1" * MOST_TEXT] * 3, "i": "1" * MOST_TEXT * 2})  # identifiers are no free text
    with pytest.raises(LimitExceeded):
        free.check({"t": "x" * (MOST_TEXT + 1)})
