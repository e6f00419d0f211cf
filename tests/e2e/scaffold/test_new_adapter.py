"""What `gateway new-adapter` writes into a checkout passes what `make check` and `make test` ask of it."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from gateway.scaffold import chosen, new_adapter
from gateway.scaffold.choices import PROTOCOLS
from gateway.scaffold.ports import PORTS

ROOT = Path(__file__).parents[3]
NAMES = {"rest": "ab", "graphql": "the_twentieth_letter", "jsonrpc": "zoo"}
"""The shortest and the longest, before and after `gateway` in the alphabet."""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This one with nothing but three new adapters in it, of all ports."""
    root = tmp_path_factory.mktemp("checkout")
    (root / "adapters").mkdir()
    (root / "adapters" / "__init__.py").touch()
    (root / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for room in ("gateway", "schema"):
        (root / room).symlink_to(ROOT / room)
    for protocol, name in NAMES.items():
        new_adapter(chosen(name, list(PORTS), protocol), root=root)
    return root


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", *command)
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=110, check=False)


def assert_done(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_has_nothing_to_say(checkout: Path) -> None:
    assert_done(run(checkout, "ruff", "check", "adapters", "tests"))
    assert_done(run(checkout, "ruff", "format", "--check", "adapters", "tests"))


def test_every_port_alone_in_every_protocol_is_well_written(tmp_path: Path) -> None:
    for protocol in PROTOCOLS:
        for name, port in PORTS.items():
            asked = chosen(f"own_{name}", [name, *port.needs], protocol)
            new_adapter(asked, package=tmp_path / f"{protocol}_{name}")
    assert_done(run(tmp_path, "ruff", "check", "."))
    assert_done(run(tmp_path, "ruff", "format", "--check", "."))


def test_types_are_whole(checkout: Path) -> None:
    strict = {
        "include": ["adapters", "tests"],
        "typeCheckingMode": "strict",
        "reportMissingTypeStubs": False,
        "extraPaths": [str(ROOT)],
    }
    (checkout / "pyrightconfig.json").write_text(json.dumps(strict))
    assert_done(run(checkout, "pyright", "--pythonpath", sys.executable))


def test_types_of_a_package_are_whole_beside_the_gateway_as_it_is_installed(tmp_path: Path) -> None:
    """An editable install included: a type checker follows a path, and no hook of the import system."""
    package = tmp_path / "zenith"
    new_adapter(chosen("zenith", ["price"], "jsonrpc"), package=package)
    assert_done(run(package, "pyright", "--pythonpath", sys.executable))


def test_imports_run_the_way_adapters_may(checkout: Path) -> None:
    path = str(Path(sys.executable).parent / "lint-imports")
    done = subprocess.run((path, "--no-cache"), cwd=checkout, capture_output=True, text=True, timeout=110, check=False)
    assert_done(done)


def test_their_suites_pass_as_they_are(checkout: Path) -> None:
    done = run(checkout, "pytest", "-q", "-p", "no:cacheprovider", "-r", "s", "tests")
    assert_done(done)
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
    for name in NAMES.values():
        module = checkout / "tests" / "contract" / "adapters" / name / "test_conformance.py"
        assert len(module.read_text().splitlines()) < 60


def test_entry_points_are_named_and_nothing_else_is_changed(checkout: Path) -> None:
    expected = tomllib.loads((ROOT / "pyproject.toml").read_text())
    tables = expected["project"]["entry-points"]
    for name in NAMES.values():
        tables["commerce_gateway.adapters"][name] = f"adapters.{name}.manifest:MANIFEST"
        tables["commerce_gateway.sandboxes"][name] = f"adapters.{name}.sandbox:create"
    assert tomllib.loads((checkout / "pyproject.toml").read_text()) == expected


def test_what_is_there_is_never_written_over(checkout: Path) -> None:
    from gateway.scaffold.choices import NotScaffolded

    with pytest.raises(NotScaffolded, match="is there already"):
        new_adapter(chosen("zoo", ["stock"], "rest"), root=checkout)
    assert (checkout / "adapters" / "zoo" / "price.py").is_file()
