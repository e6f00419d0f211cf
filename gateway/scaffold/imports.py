"""Imports in the order that ruff wants, whatever an adapter is called."""

from __future__ import annotations

import re

_BLOCK = re.compile(r"(?:^from [\w.]+ import (?:\([^)]*\)|[^\n(]+)\n)+", re.MULTILINE)
_ONE = re.compile(r"^from ([\w.]+) import (\([^)]*\)|[^\n(]+)\n", re.MULTILINE)
_GAP_IN_IMPORTS = re.compile(r"\n{3,}(?=(?:from|import) )")
_GAP = re.compile(r"\n{4,}")
"""What is left where a template's line came to nothing."""


def in_order(text: str, package: str) -> str:
    """Of each block that imports from the adapter itself or the gateway: sorted by module, and names within a line."""

    def sort(block: re.Match[str]) -> str:
        found = _ONE.findall(block[0])
        if not any(module.split(".")[0] in (package.split(".")[0], "gateway") for module, _ in found):
            return block[0]
        return "".join(f"from {module} import {_sorted(names)}\n" for module, names in sorted(found))

    return _GAP.sub("\n\n\n", _GAP_IN_IMPORTS.sub("\n\n", _BLOCK.sub(sort, text)))


def _sorted(names: str) -> str:
    if names.startswith("("):
        return names
    return ", ".join(sorted(names.split(", "), key=_rank))


def _rank(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name.lower()
