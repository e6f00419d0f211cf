"""The repository's own words: commands that exist, links that lead somewhere, and nothing of where it was written."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOP = {".ci", "gateway", "schema", "adapters", "tests", "docker"}
_FENCE = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_MAKE = re.compile(r"(?:^|[\s`(;&])make ((?:[a-z][\w-]*)(?: [a-z][\w-]*)*)")
_GATEWAY = re.compile(r"(?:^|[\s`(;&/])gateway ([a-z]+(?:-[a-z]+)*)")
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`\n]+)`")
_FORBIDDEN = re.compile(
    r"/w[o]rk/|/(?:h[o]me|Us[e]rs)/[a-z]|\.\./shar[e]d/(?!specs|data)|DESIG[N]\.md|callplan[s]\.md|(?i:\bissue) #?\d"
)
"""Paths of a machine, papers that are not here, numbers of tickets that nobody else can read."""
_TEXTS = {".py", ".md", ".toml", ".graphql", ".js", ".ts", ".css", ".html", ".yaml", ".yml", ".sh", ""}


@cache
def tracked() -> tuple[Path, ...]:
    """What belongs to the repository; an export without its history is taken whole."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"],
            cwd=ROOT, check=True, capture_output=True,
        ).stdout.decode()  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return tuple(_exported())
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def _exported() -> Iterator[Path]:
    made = {".venv", "build", "var", "node_modules", "__pycache__"}
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") and part != ".ci" for part in inside[:-1])
        if path.is_file() and not hidden and not made & set(inside) and ".egg-info" not in str(path):
            yield path


def documents() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def commands(text: str) -> list[str]:
    """What a reader would run: lines of fenced blocks without their comments, and words in code quotes."""
    lines = [line.split(" #")[0] for block in _FENCE.findall(text) for line in block.splitlines()]
    return [*lines, *_SPAN.findall(_FENCE.sub("", text))]


def named(text: str) -> set[str]:
    """`make demo` and `gateway serve` as they stand in a document's commands."""
    found: set[str] = set()
    for command in commands(text):
        found |= {f"make {target}" for targets in _MAKE.findall(command) for target in targets.split()}
        found |= {f"gateway {name}" for name in _GATEWAY.findall(command)}
    return found


@cache
def known() -> frozenset[str]:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^([a-z][\w-]*):", makefile, re.MULTILINE)
    cli = re.findall(r"add_parser\(\s*\"([\w-]+)\"", (ROOT / "gateway" / "cli.py").read_text("utf-8"))
    return frozenset({f"make {target}" for target in targets} | {f"gateway {command}" for command in cli})


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_is_named_exists(document: Path) -> None:
    assert named(document.read_text("utf-8")) - known() == set()


def test_commands_are_found_where_they_stand() -> None:
    text = "make rain\n```\nmake demo  # make nothing\n.venv/bin/gateway demo\n```\n`make test`, `gateway check`"
    assert named(text) == {"make demo", "make test", "gateway demo", "gateway check"}
    assert {"make demo", "make test", "gateway serve", "gateway check"} <= known()
    assert {"make demo", "make test", "gateway check"} <= named((ROOT / "README.md").read_text("utf-8"))


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    assert broken(document, _FENCE.sub("", document.read_text("utf-8"))) == []


def test_a_link_that_leads_nowhere_is_found() -> None:
    document = ROOT / "README.md"
    assert broken(document, "[a](adapters/README.md) [b](nowhere.md) [c](https://example.com/x)") == ["nowhere.md"]


def broken(document: Path, text: str) -> list[str]:
    targets = [target.partition("#")[0] for target in _LINK.findall(text) if "://" not in target]
    return [target for target in targets if target and not (document.parent / target).exists()]


def test_the_changelog_has_room_for_what_comes_next() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(r"^## \[?Unreleased\]?$", changelog, re.MULTILINE)


def test_no_file_tells_where_or_after_which_papers_it_was_written() -> None:
    told = {
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked()
        if path.suffix in _TEXTS and path != Path(__file__)
        for match in _FORBIDDEN.finditer(path.read_text("utf-8", "replace"))
    }
    assert told == set()


@pytest.mark.parametrize("text", ["see /home/somebody/checkout", "Issue 4", "issue #12", "DESIGN.md"])
def test_such_a_word_is_found(text: str) -> None:
    assert _FORBIDDEN.search(text) is not None


def test_the_top_holds_only_the_rooms_of_the_house() -> None:
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if len(path.relative_to(ROOT).parts) > 1}
    assert folders == TOP
