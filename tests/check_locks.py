"""`make check`: lock files say which versions and with which hashes, never where they were fetched from. An address of
a registry in one sends everybody there who installs from it: past a mirror, or to a host that only its writer knows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
LOCKS = frozenset({
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "deno.lock",
    "requirements.lock", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "Cargo.lock",
    "composer.lock", "Gemfile.lock",
})  # fmt: skip
SETTINGS = frozenset({".npmrc", ".yarnrc", ".yarnrc.yml", "pip.conf", "uv.toml"})
"""Files that could name a registry for all locks beside them."""
_WHERE = frozenset({"resolved", "tarball", "registry", "url", "source", "dist"})
_ABOUT = frozenset({"funding", "homepage", "bugs", "repository", "author", "deprecated"})
"""What a package tells of itself: addresses for people."""


def main() -> int:
    problems = [problem for path in lock_files() for problem in addresses(path)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def lock_files(root: Path = ROOT) -> Iterator[Path]:
    """All that belong to the repository; an export without its history is taken whole."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True).stdout.decode()
        paths = [root / name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        made = {".venv", "node_modules", "build", "var"}
        paths = [path for path in root.rglob("*") if not made & set(path.relative_to(root).parts)]
    return (path for path in sorted(paths) if path.is_file() and path.name in LOCKS | SETTINGS)


def addresses(path: Path) -> Iterator[str]:
    """Every address from which something would be fetched, as `file:place: ...`."""
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    text = path.read_text("utf-8")
    if path.suffix == ".json" or path.name in ("composer.lock", "Pipfile.lock"):
        for place, address in _in_json(json.loads(text), ""):
            yield f"{shown}: {place} bears an address: {address}"
        return
    for number, line in enumerate(text.splitlines(), 1):
        written = line.split("#")[0] if path.suffix != ".json" else line
        if "://" in written:
            yield f"{shown}:{number} bears an address: {written.strip()}"


def _in_json(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, entry in cast("dict[str, Any]", value).items():
            if key not in _ABOUT:
                yield from _in_json(entry, f"{place}/{key}" if place else key)
    elif isinstance(value, list):
        for entry in cast("list[Any]", value):
            yield from _in_json(entry, place)
    elif isinstance(value, str) and "://" in value and place.rpartition("/")[2] in _WHERE:
        yield place, value


if __name__ == "__main__":
    sys.exit(main())
