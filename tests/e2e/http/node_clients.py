"""The npm clients of `tests/servers/clients`: installed once under `build/`, run against a served gateway."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "tests" / "servers" / "clients"
BUILD = ROOT / "build"
MINIMUM_NODE = 20


def missing_prerequisite() -> str | None:
    """Why the clients cannot run here, or None."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "Node and npm are not installed"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < MINIMUM_NODE:
        return f"Node {version} is older than {MINIMUM_NODE}"
    return None


def require_clients() -> Path:
    """The folder with `node_modules`. Skips the test where Node is absent, or fails under GATEWAY_TESTS_STRICT."""
    missing = missing_prerequisite()
    if missing is None:
        return install()
    message = f"the client tests need Node {MINIMUM_NODE} or newer and npm: {missing}"
    if os.environ.get("GATEWAY_TESTS_STRICT") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def install() -> Path:
    """npm packages by the lock file; once for its content hash, whole or not at all."""
    digest = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()[:12]
    packages = BUILD / f"clients-{digest}"
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "clients.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not packages.exists():
            scratch = Path(tempfile.mkdtemp(dir=BUILD))
            for name in ("package.json", "package-lock.json"):
                shutil.copy(SOURCES / name, scratch)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=600, check=False)
            if done.returncode != 0:
                shutil.rmtree(scratch)
                raise RuntimeError(f"npm ci failed:\n{done.stderr[-4000:]}")
            scratch.rename(packages)
    return packages


def script(packages: Path, name: str) -> Path:
    """A script of ours, placed so that Node finds `node_modules` above it."""
    target = packages / "scripts" / name
    target.parent.mkdir(exist_ok=True)
    source = SOURCES / name
    if not target.exists() or target.read_bytes() != source.read_bytes():
        fresh = target.with_suffix(f".{os.getpid()}")
        shutil.copy(source, fresh)
        fresh.replace(target)
    return target


async def node(packages: Path, name: str, *arguments: str, seconds: float = 60.0) -> str:
    """What a script prints. Fails the test with its output when it does not end well."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(script(packages, name)),
        *arguments,
        cwd=packages,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        pytest.fail(f"{name} did not end within {seconds} s", pytrace=False)
    if process.returncode != 0:
        pytest.fail(f"{name} failed:\n{out.decode()[-3000:]}\n{err.decode()[-3000:]}", pytrace=False)
    return out.decode()
