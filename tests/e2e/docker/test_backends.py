"""The demo's backends in one process and the gateway in another, as the compose file runs them."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from gateway.demo.answers import ask
from gateway.demo.backends import ENVIRONMENT, running_backends

QUERY = """
query ($slug: String!) {
  product(by: {slug: $slug}) {
    media { ... on Image { url } }
    variants { sku price { current { gross { formatted } } freshness { source } } }
  }
}
"""
COMPOSE = Path(__file__).parents[3] / "docker" / "compose.yaml"


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _command(folder: Path, port: int) -> list[str]:
    """What the compose file runs, with this test's folder, Python and address."""
    service: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]["gateway-demo"]
    (script,) = service["command"]
    for theirs, ours in (
        ("/var/lib/gateway/demo", shlex.quote(str(folder))),
        ("gateway serve", f"{shlex.quote(sys.executable)} -m gateway.cli serve"),
        ("--host 0.0.0.0", f"--port {port}"),
    ):
        assert theirs in script
        script = script.replace(theirs, ours)
    return [*service["entrypoint"], script]


@asynccontextmanager
async def _serving(folder: Path, port: int) -> AsyncGenerator[str]:
    url = f"http://127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(
        *_command(folder, port), stdout=subprocess.DEVNULL, cwd=folder, env={"PATH": os.environ["PATH"]}
    )
    try:
        async with aiohttp.ClientSession() as session:
            while not await _healthy(session, url):
                assert process.returncode is None, "the gateway could not start"
                await asyncio.sleep(0.1)
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # no balancer is to be waited for
        await process.wait()


async def _healthy(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(f"{url}/healthz") as answer:
            return answer.status == 200
    except aiohttp.ClientConnectionError:
        return False


async def test_a_gateway_of_another_process_serves_what_the_backends_wrote_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    port = _free_port()
    async with running_backends(folder, f"http://127.0.0.1:{port}"):
        async with _serving(folder, port) as url:
            answer = await ask(url, QUERY, {"slug": "harbour-stoneware-mug"})
            assert answer.complete, answer.body
            picture = answer.body["data"]["product"]["media"][0]["url"]
            async with aiohttp.ClientSession() as session, session.get(picture) as drawn:
                assert (drawn.status, drawn.content_type) == (200, "image/svg+xml")
            first = answer.body["data"]["product"]["variants"][0]
            assert first == {
                "sku": "MUG-HAR-S",
                "price": {"current": {"gross": {"formatted": "£14.50"}}, "freshness": {"source": "erp"}},
            }
        kept = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir() if path.is_file()}
        assert kept[ENVIRONMENT] == kept["tokens.json"] == 0o600
    assert not (folder / ENVIRONMENT).exists()


async def test_a_folder_of_a_run_before_is_not_taken_for_ready(tmp_path: Path) -> None:
    (tmp_path / ENVIRONMENT).write_text("DEMO_CURSOR_KEY=of-a-run-before\n")
    async with running_backends(tmp_path, "http://127.0.0.1:8000"):
        assert "of-a-run-before" not in (tmp_path / ENVIRONMENT).read_text()
