"""The upstreams: nginx with canned bytes (one worker), or a lean asyncio server that waits before it answers."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import httptools
import uvloop

from tests.bench.canned import files


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def nginx() -> Generator[str]:
    """The base URL of an nginx that serves the canned files from memory."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with tempfile.TemporaryDirectory(prefix="bench-nginx-") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        root = folder / "root"
        for path, body in files().items():
            target = root / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
        (folder / "nginx.conf").write_text(_CONFIGURATION.format(folder=folder, port=port, root=root))
        server = subprocess.Popen([program, "-p", name, "-c", f"{name}/nginx.conf", "-g", "daemon off;"])
        try:
            await_port(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)


_CONFIGURATION = """
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  default_type application/json;
  open_file_cache max=64;
  keepalive_requests 100000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port} backlog=1024; root {root}; }}
}}
"""


@contextmanager
def slow(delay: float) -> Generator[str]:
    """The base URL of a server that answers the same bytes after `delay` seconds, however many ask at once."""
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "tests.bench.upstream", str(port), str(delay)])
    try:
        await_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def await_port(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            probe.settimeout(0.1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")


class _Delayed(asyncio.Protocol):
    def __init__(self, answers: dict[str, bytes], delay: float) -> None:
        self._answers = answers
        self._delay = delay
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_message_complete(self) -> None:
        answer = self._answers[self._url.decode().partition("?")[0]]
        asyncio.get_running_loop().call_later(self._delay, self._send, answer)

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


async def _serve(port: int, delay: float) -> None:
    answers = {
        path: b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        for path, body in files().items()
    }
    server = await asyncio.get_running_loop().create_server(lambda: _Delayed(answers, delay), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
