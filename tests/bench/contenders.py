"""Who is compared: each a process of its own on a port of its own, over the same upstreams."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from tests.bench.upstream import await_port, free_port

HERE = Path(__file__).parent
PEERS = HERE / "peers"
BUILD = HERE.parent.parent / "build" / "bench-peers"


class Contender(Struct, frozen=True):
    """`command` is run with `UPSTREAM` and `PORT` in its environment, besides its own."""

    name: str
    command: tuple[str, ...]
    node: bool = False
    environment: Mapping[str, str] = {}


GATEWAY = Contender("gateway", (sys.executable, "-m", "tests.bench.serve_gateway"))
LEAN = Contender("gateway, lean client", GATEWAY.command, environment={"HTTP_CLIENT": "lean"})
STOCK = Contender("stock Strawberry", (sys.executable, "-m", "tests.bench.serve_stock"))
BARE = Contender("bare ASGI", (sys.executable, "-m", "tests.bench.serve_bare"))
APOLLO = Contender("Apollo Server 5", ("node", str(BUILD / "apollo.mjs")), node=True)
MERCURIUS = Contender("mercurius + graphql-jit", ("node", str(BUILD / "mercurius.mjs")), node=True)
ALL = (GATEWAY, LEAN, STOCK, APOLLO, MERCURIUS, BARE)


def install_peers() -> bool:
    """npm installs the Node contenders; False where there is no Node."""
    npm = shutil.which("npm")
    if npm is None:
        return False
    BUILD.mkdir(parents=True, exist_ok=True)
    for file in PEERS.iterdir():
        shutil.copy(file, BUILD / file.name)
    if not (BUILD / "node_modules").is_dir():
        command = [npm, "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(command, cwd=BUILD, check=True)
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
