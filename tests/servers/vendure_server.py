"""A real Vendure for the tests: installed from npm and populated once (cached under `build/`), started per session.

The database is sqljs: the server loads the file into memory and never writes it back, so every session starts from the
same data."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Generator
from pathlib import Path

import msgspec
import pytest

SOURCES = Path(__file__).parent / "vendure"
BUILD = Path(__file__).parents[2] / "build"
MINIMUM_NODE = 20
START_SECONDS = 180.0


class SeededOrder(msgspec.Struct, frozen=True):
    id: str
    code: str


class SeededCustomer(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    group_id: str
    orders: tuple[SeededOrder, ...]


class Reader(msgspec.Struct, frozen=True):
    username: str
    password: str


class Seed(msgspec.Struct, frozen=True, rename="camel"):
    """What seed.js made: `channels` and `api_keys` by channel code, `variants` and `products` ids by the sample
    catalogue's SKU."""

    api_keys: dict[str, str]
    reader: Reader
    channels: dict[str, str]
    locations: dict[str, str]
    customer: SeededCustomer
    variants: dict[str, str]
    products: dict[str, str]


class VendureServer(msgspec.Struct, frozen=True):
    url: str
    seed: Seed
    log: Path
    pid: int

    @property
    def requests(self) -> int:
        """API requests that arrived at its socket so far: the server logs each before it answers."""
        return self.log.read_text().count("request POST ")


class Installation(msgspec.Struct, frozen=True):
    """`database` is populated and seeded; `plain` is the sample catalogue alone, with Vendure's one default channel."""

    folder: Path
    database: Path
    plain: Path
    seed: Seed


def missing_prerequisite() -> str | None:
    """Why Vendure cannot run here, or None."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "Node and npm are not installed"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < MINIMUM_NODE:
        return f"Node {version} is older than {MINIMUM_NODE}"
    return None


def require_vendure() -> Installation:
    """The installation, made on first use. Skips the test where Node is absent, or fails under GATEWAY_TESTS_STRICT."""
    missing = missing_prerequisite()
    if missing is None:
        return install()
    message = f"Vendure's tests need Node {MINIMUM_NODE} or newer and npm: {missing}"
    if os.environ.get("GATEWAY_TESTS_STRICT") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def install() -> Installation:
    """npm packages by the lock file, then the data; each once for its content hash, whole or not at all."""
    packages = BUILD / f"vendure-{_digest(SOURCES / 'package-lock.json')}"
    data = packages / f"data-{_digest(*sorted(SOURCES.glob('*.js')))}"
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "vendure.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not packages.exists():
            _install_packages(packages)
        if not data.exists():
            _populate(packages, data)
    seed = msgspec.json.decode((data / "seed.json").read_bytes(), type=Seed)
    return Installation(data, data / "vendure.sqlite", data / "plain.sqlite", seed)


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _install_packages(packages: Path) -> None:
    with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCES / name, scratch)
        _run(["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"], Path(scratch))
        Path(scratch).rename(packages)
        Path(scratch).mkdir()


def _populate(packages: Path, data: Path) -> None:
    """The scripts run from inside `packages`, so that Node finds node_modules above them."""
    scratch = packages / "populating"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    for script in SOURCES.glob("*.js"):
        shutil.copy(script, scratch)
    _run(["node", "populate.js", "vendure.sqlite", "plain.sqlite", "seed.json"], scratch)
    scratch.rename(data)


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")


@contextlib.contextmanager
def running(installation: Installation, database: Path) -> Generator[VendureServer]:
    """A server on a port and over a copy of the data of its own, until the context ends: other processes of the same
    run have servers too."""
    folder = Path(tempfile.mkdtemp(prefix="vendure-"))
    own, log = folder / database.name, folder / "log"
    shutil.copy(database, own)
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["node", "server.js", str(own), "0"],
            cwd=installation.folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield VendureServer(_wait_until_healthy(process, log), installation.seed, log, process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(folder)


def _wait_until_healthy(process: subprocess.Popen[bytes], log: Path) -> str:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        if found := re.search(r"listening (\d+)", log.read_text()):
            url = f"http://127.0.0.1:{found[1]}"
            with urllib.request.urlopen(f"{url}/health", timeout=60) as answer:
                if answer.status == 200:
                    return url
        time.sleep(0.1)
    raise RuntimeError(f"Vendure did not start:\n{log.read_text()[-4000:]}")
