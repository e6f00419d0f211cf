"""Native ids that nobody gave: what a stranger may put into an id. Every adapter answers them with nothing."""

from __future__ import annotations

from gateway.testing.conformance.facts import ConformanceFacts

NO_IDS = (
    "",
    " ",
    "0",
    "-1",
    "+1",
    " 1",
    "1 ",
    "01",
    "1_0",
    "1.0",
    "1e3",
    "0x1",
    "²",
    "²0",
    "٣",
    "１",
    "2147483648",
    "9223372036854775808",
    "9" * 400,
    "NaN",
    "Infinity",
    "null",
    "true",
    "[]",
    '{"id": 1}',
    "' or 1=1 --",
    '") OR (',
    "|",
    ".",
    "..",
    "../../1",
    "/etc/passwd",
    "1?all=true",
    "1#x",
    "%2e%2e%2f1",
    "gid://elsewhere/Product/1",
    "sale.1",
    "sale.²000000001",
    "pos.9999999999",
    "\u202e1",
    "\x00",
    "1\x00",
    "1\n",
    "🧨",
    "x" * 2_000,
)
"""Written otherwise than any system writes an id, too large for what it counts in, of another type, or out for harm."""


def no_ids(facts: ConformanceFacts) -> tuple[str, ...]:
    """With those that only look like an id to this vendor."""
    return (*NO_IDS, *facts.no_ids)
