"""Real servers for the tests that need one: started on a free port with a folder of their own, ended by their id."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest


def need(program: str, *places: str) -> str:
    """The program's path; without it the test is skipped loudly, or fails where nothing may be skipped."""
    found = shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), *places]))
    if found is None:
        reason = f"{program} is not installed"
        if os.environ.get("GATEWAY_TESTS_STRICT") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RedisServer:
    def __init__(self, folder: Path) -> None:
        self._program = need("redis-server")
        self._folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        arguments = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen([self._program, *arguments], stdout=subprocess.DEVNULL)
        _wait_for(self.port)

    def hold(self, *, still: bool) -> None:
        """Stop it without closing anything, as a machine that swaps does; or let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP if still else signal.SIGCONT)

    def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()


class PostgresServer:
    """As the user `postgres` where the tests run as root, because the server refuses to. Its folder is not among the
    tests' own: other users have no way into those."""

    def __init__(self) -> None:
        places = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
        self._initdb, self._program = need("initdb", *places), need("postgres", *places)
        self._folder = Path(tempfile.mkdtemp(prefix="gateway-pg-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        user = "postgres" if os.geteuid() == 0 else None
        self._quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", "user": user}

    @property
    def url(self) -> str:
        return f"postgresql+asyncpg://gateway@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")
        make = [self._initdb, "-D", str(self._folder / "data"), "-U", "gateway", "-A", "trust", "--no-sync"]
        subprocess.run(make, check=True, **self._quiet)  # type: ignore[call-overload]
        self.come_back()

    def go_away(self) -> None:
        """As a server that crashes: every connection is cut, and its files are as they were."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGQUIT)
            process.wait()

    def come_back(self) -> None:
        """With its files and on its port."""
        options = ["-p", str(self.port), "-k", str(self._folder), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        command = [self._program, "-D", str(self._folder / "data"), *options]
        self._process = subprocess.Popen(command, **self._quiet)  # type: ignore[call-overload]
        _wait_for(self.port)

    def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGINT)  # without waiting for clients
            process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _wait_for(port: int, seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")
