"""Who is compared: each a process of its own on a port of its own, over the same upstreams."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from tests.bench.interpreters import Interpreter
from tests.bench.upstream import await_port, free_port

HERE = Path(__file__).parent
PEERS = HERE / "peers"
BUILD = HERE.parent.parent / "build" / "bench-peers"


class Contender(Struct, frozen=True):
    """`command` is run with `UPSTREAM` and `PORT` in its environment, besides its own.

    `role`: what it is whatever runs it; `interpreter`: the label of the Python that does, none for Node. `name` is
    unlike every other contender's of the run.
    """

    name: str
    command: tuple[str, ...]
    node: bool = False
    environment: Mapping[str, str] = {}
    role: str = ""
    interpreter: str = ""


GATEWAY, LEAN, COALESCING = "gateway", "gateway, lean client", "gateway, coalescing"
STOCK, BARE = "stock Strawberry", "bare ASGI"
_PYTHON: Mapping[str, tuple[str, Mapping[str, str]]] = {
    GATEWAY: ("serve_gateway", {}),
    LEAN: ("serve_gateway", {"HTTP_CLIENT": "lean"}),
    COALESCING: ("serve_gateway", {"COALESCE": "1"}),
    STOCK: ("serve_stock", {}),
    BARE: ("serve_bare", {}),
}
"""Module and environment by role."""


def _node(name: str, script: str) -> Contender:
    return Contender(name, ("node", str(BUILD / script)), node=True, role=name)


APOLLO = _node("Apollo Server 5", "apollo.mjs")
MERCURIUS = _node("mercurius + graphql-jit", "mercurius.mjs")
PROMISES = _node("mercurius with promises", "mercurius-promises.mjs")
NODE = (APOLLO, MERCURIUS, PROMISES)


def of_python(role: str, python: Interpreter) -> Contender:
    """The contender of a role as this Python runs it."""
    module, environment = _PYTHON[role]
    command = (python.path, "-m", f"tests.bench.{module}")
    name = f"{role}, {python.label}"
    return Contender(name, command, environment=environment, role=role, interpreter=python.label)


def all_of(pythons: Sequence[Interpreter], *, node: bool) -> list[Contender]:
    """Every contender: those in Python once for each interpreter, those of Node where there is Node."""
    ours = [of_python(role, python) for python in pythons for role in _PYTHON]
    return [*ours, *(NODE if node else ())]


def install_peers() -> bool:
    """npm installs the Node contenders; False where there is no Node."""
    npm = shutil.which("npm")
    if npm is None:
        return False
    BUILD.mkdir(parents=True, exist_ok=True)
    for file in PEERS.iterdir():
        shutil.copy(file, BUILD / file.name)
    lock, mark = (PEERS / "package-lock.json").read_bytes(), BUILD / "node_modules" / ".made-for"
    if not mark.is_file() or mark.read_bytes() != lock:
        command = [npm, "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(command, cwd=BUILD, check=True)
        mark.write_bytes(lock)
    return True


@contextmanager
def running(contender: Contender, upstream: str, cpu: int | None = 0, **environment: str) -> Generator[tuple[str, int]]:
    """The contender's URL and process id while it runs, pinned to one processor where that is possible."""
    port = free_port()
    variables: Mapping[str, str] = {
        **os.environ, "UPSTREAM": upstream, "PORT": str(port), "NODE_ENV": "production",
        **contender.environment, **environment,
    }  # fmt: skip
    process = subprocess.Popen(
        contender.command, env=dict(variables), cwd=HERE.parent.parent, stdout=subprocess.DEVNULL
    )
    try:
        await_port(port)
        if cpu is not None and hasattr(os, "sched_setaffinity"):
            for task in Path(f"/proc/{process.pid}/task").iterdir():
                os.sched_setaffinity(int(task.name), {cpu})
        yield f"http://127.0.0.1:{port}/graphql", process.pid
    finally:
        process.terminate()
        process.wait(20)
