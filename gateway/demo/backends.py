"""`gateway demo --backends FOLDER`: the sandboxes alone, for a gateway of another process on the same loopback address.

The folder gets what that gateway needs: `gateway.toml`, the issuers' keys, the tokens of who may ask, and at last
`environment`, whose presence says that all of it is there and everybody listens.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from rich.console import Console

from gateway.demo.configuration import configure
from gateway.demo.hosting import HOST, serving_pages, until_interrupted
from gateway.demo.identities import publish_keys, sign_tokens
from gateway.demo.retailer import VENDORS, seeds
from gateway.demo.sandboxes import Sandboxes, start_sandboxes
from gateway.demo.site import media_routes
from gateway.settings import Settings

ENVIRONMENT = "environment"
TOKENS = "tokens.json"


@asynccontextmanager
async def running_backends(folder: Path, gateway_url: str) -> AsyncGenerator[Sandboxes]:
    """The sandboxes, up while entered, and `folder` filled for a gateway that will be reached at `gateway_url`."""
    folder = _emptied(folder)
    ready = folder / ENVIRONMENT
    async with (
        serving_pages(media_routes()) as media_host,
        await start_sandboxes(seeds(media_host), VENDORS) as sandboxes,
    ):
        publish_keys(folder)
        settings = configure(sandboxes, folder, gateway_url)
        _write(folder / TOKENS, msgspec.json.format(msgspec.json.encode(sign_tokens(settings, folder)), indent=2))
        _write(ready, _exports(settings))
        try:
            yield sandboxes
        finally:
            ready.unlink(missing_ok=True)


async def run_backends(folder: Path, port: int) -> int:
    """Until interrupted. `port` is where the gateway will be. The exit code."""
    console = Console()
    async with running_backends(folder, f"http://{HOST}:{port}") as sandboxes:
        for name, backend in sandboxes.running.items():
            console.print(f"{name:10} {backend.vendor:10} {backend.url}", highlight=False)
        serve = f"gateway serve --config {folder / 'gateway.toml'} --port {port}"
        console.print(f"\nset -a; . {folder / ENVIRONMENT}; {serve}", highlight=False, soft_wrap=True)
        await until_interrupted()
    return 0


def _emptied(folder: Path) -> Path:
    """Made if need be, and nothing of a run before says that this one is ready."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ENVIRONMENT).unlink(missing_ok=True)
    return folder.resolve()


def _exports(settings: Settings) -> bytes:
    """The sandboxes' credentials as lines that a shell reads."""
    values = {name: value for name, value in settings.environment.items() if name.startswith("DEMO_")}
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(values.items())).encode()


def _write(path: Path, content: bytes) -> None:
    """All or nothing, and for its owner alone."""
    beside = path.with_name(f".{path.name}")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    beside.replace(path)
