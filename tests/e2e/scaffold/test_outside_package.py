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
from gateway.scaffold.ports import PORTS

CONFIGURATION = """
[gateway]
public_url = "http://127.0.0.1:8000"
state = "sqlite+aiosqlite:///gateway.sqlite"
[secrets]
cursor = { env = ["CURSOR"] }
token = { env = ["TOKEN"] }
[backends.shop]
adapter = "acme"
alias = "shop"
url = "{url}"
access_token = "token"
allow_private_network = true
ignored_places = ["1002", "1003"]
[profiles.anonymous]
touchpoint = "web"
countries = ["GB"]
[locations.london]
refs = { shop = "1001" }
[channels.retail]
countries = ["GB"]
currencies = { GB = ["GBP"] }
locations = ["london"]
"""
DOMAINS = "".join(f'[domains.{name}]\norder = ["shop"]\n' for name in PORTS)
CHECK = """
import asyncio, os, pathlib, sys
from acme_adapter.sandbox import create
from gateway.check import check
from gateway.testing.conformance.example import example_seed

async def main():
    sandbox = create(example_seed())
    url = await sandbox.start()
    os.environ.update(CURSOR="c" * 48, TOKEN=sandbox.settings["access_token"])
    path = pathlib.Path("gateway.toml")
    path.write_text(sys.argv[1].replace("{url}", url))
    try:
        return await check(path, deep=True)
    finally:
        await sandbox.stop()

sys.exit(asyncio.run(main()))
"""


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
    command = ["new-adapter", "acme", "--ports", ",".join(PORTS), "--protocol", "rest"]
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


def test_a_gateway_opens_it_and_every_operation_answers(outside: Outside) -> None:
    done = outside.run("-c", CHECK, CONFIGURATION + DOMAINS)
    assert done.returncode == 0, done.stdout + done.stderr
    for port in PORTS.values():
        for operation in port.operations:
            assert operation in done.stdout, done.stdout
