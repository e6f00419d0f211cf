"""Writing what was rendered: into this repository, or as a package of its own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.scaffold.choices import Choice, NotScaffolded
from gateway.scaffold.render import project_file, source_files, suite_files

ADAPTERS, SANDBOXES = "commerce_gateway.adapters", "commerce_gateway.sandboxes"


def new_adapter(choice: Choice, *, package: Path | None = None, root: Path | None = None) -> str:
    """Writes it, and says what is left to do. `package`: a folder that is not there yet; None: into the checkout at
    `root` (the working directory). Raises NotScaffolded before anything is written."""
    return _into(root or Path.cwd(), choice) if package is None else _as_package(package, choice)


def _into(root: Path, choice: Choice) -> str:
    project = root / "pyproject.toml"
    if not (root / "adapters" / "__init__.py").is_file() or not project.is_file():
        raise NotScaffolded(f"{root} is no checkout of the gateway: run it in one, or say `--package DIR`")
    folder = root / "adapters" / choice.name
    tests = root / "tests" / "contract" / "adapters" / choice.name
    for each in (folder, tests):
        _must_be_free(each)
    own = f"adapters.{choice.name}"
    _write(folder, source_files(choice, own))
    _write(tests, suite_files(choice, own))
    before = project.read_bytes().decode()
    after = with_entry_points(before, choice.name, own)
    if after is not None:
        project.write_bytes(after.encode())
    said = [f"wrote {folder.relative_to(root)}/ and {tests.relative_to(root)}/"]
    said.append(
        "named it in pyproject.toml"
        if after is not None
        else f"Name it in pyproject.toml:\n{_entry_points(choice.name, own)}"
    )
    return "\n".join(
        [
            *said,
            "Next:",
            "  make dev                # installs its entry points; `gateway adapters` lists it then",
            f"  make test T={tests.relative_to(root)}",
            f"  adapters/{choice.name}/README.md, and a line in CHANGELOG.md",
        ]
    )


def _as_package(folder: Path, choice: Choice) -> str:
    _must_be_free(folder)
    own = f"{choice.name}_adapter"
    sources = source_files(choice, own)
    _write(folder, {"README.md": sources.pop("README.md"), "pyproject.toml": project_file(choice, own)})
    _write(folder / "src" / own, {**sources, "py.typed": ""})
    _write(folder / "tests", suite_files(choice, own))
    return "\n".join(
        [
            f"wrote {folder}/",
            "Next, in an environment that has the gateway:",
            f"  pip install -e '{folder}[testing]'   # `gateway adapters` lists it then",
            f"  cd {folder} && pytest",
        ]
    )


def _must_be_free(folder: Path) -> None:
    if folder.exists():
        raise NotScaffolded(f"{folder} is there already; nothing was written")


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        there = folder / path
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(text, "utf-8")


def with_entry_points(project: str, name: str, own: str) -> str | None:
    """A project file with an adapter's two entry points at the ends of their tables, and nothing else changed; None
    where that cannot be done for certain, such as in a file whose tables are written in another way."""
    wanted = _parsed(project)
    lines = project.split("\n")
    for table, target in _targets(own).items():
        known = wanted.get("project", {}).get("entry-points", {}).get(table)
        head = f'[project.entry-points."{table}"]'
        if not isinstance(known, dict) or name in known or head not in lines:
            return None
        known[name] = target
        end = start = lines.index(head) + 1
        for index in range(start, len(lines)):
            if lines[index].startswith("["):
                break
            if lines[index].strip() and not lines[index].startswith("#"):
                end = index + 1
        lines.insert(end, f'{name} = "{target}"')
    changed = "\n".join(lines)
    return changed if _parsed(changed) == wanted else None


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _targets(own: str) -> dict[str, str]:
    return {ADAPTERS: f"{own}.manifest:MANIFEST", SANDBOXES: f"{own}.sandbox:create"}


def _entry_points(name: str, own: str) -> str:
    return "\n".join(
        f'[project.entry-points."{table}"]\n{name} = "{target}"' for table, target in _targets(own).items()
    )
