"""A scaffolded package of somebody's own, installed into a fresh environment beside the gateway."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from gateway.cli import main


class Outside:
    """`package` is installed in the environment of `python`."""

    def __init__(self, folder: Path) -> None:
        self.package = folder / "acme"
        self.python = folder / "environment" / "bin" / "python"

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
        return subprocess.run(
            (str(self.python), *command),
            cwd=self.package,
            env=clean,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Outside:
    """What the gateway needs is there as it is here, by a path; the package itself is built and installed."""
    folder = tmp_path_factory.mktemp("outside")
    found = Outside(folder)
    command = ["new-adapter", "acme", "--ports", "product,price,stock", "--protocol", "rest"]
    assert main([*command, "--package", str(found.package)]) == 0
    venv.create(folder / "environment", with_pip=False)
    (site,) = (folder / "environment" / "lib").glob("python*/site-packages")
    (site / "gateway.pth").write_text(f"import site; site.addsitedir({sysconfig.get_paths()['purelib']!r})\n")
    pip = (sys.executable, "-m", "pip", "--python", str(found.python), "--disable-pip-version-check")
    install = (*pip, "install", "-q", "--no-deps", str(found.package))
    done = subprocess.run(install, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return found


def test_the_gateway_lists_it(outside: Outside) -> None:
    done = outside.run("-m", "gateway.cli", "adapters")
    assert done.returncode == 0, done.stderr
    assert "acme         Acme (v1), bronze" in done.stdout.splitlines()


def test_it_is_the_installed_package_that_is_loaded(outside: Outside) -> None:
    done = outside.run("-c", "import acme_adapter; print(acme_adapter.__file__)")
    assert str(outside.python.parents[1]) in done.stdout, done.stderr


def test_its_suite_passes_there(outside: Outside) -> None:
    done = outside.run("-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
