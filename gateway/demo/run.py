"""`gateway demo`: sandboxes, configuration and gateway in one process, on the loopback address."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct
from rich.console import Console
from rich.table import Table

from gateway.app import Gateway
from gateway.demo.answers import ask, document, show_answer
from gateway.demo.configuration import configure
from gateway.demo.hosting import hosted, until_interrupted
from gateway.demo.identities import Tokens, publish_keys, sign_tokens
from gateway.demo.retailer import DISAGREEMENTS, VENDORS, seeds
from gateway.demo.sandboxes import Sandboxes, start_sandboxes
from gateway.demo.site import demo_routes
from gateway.errors import ConfigurationError
from gateway.services.ids import NodeId, NodeType
from gateway.settings import Settings

MAIN_QUERY = "product_page"
FIVE_STORES = ("covent_garden", "manchester", "edinburgh", "ginza", "umeda")
MAIN_VARIABLES = {
    "slug": "harbour-stoneware-mug",
    "stores": [NodeId(NodeType.STORE, "name", "", store).encode() for store in FIVE_STORES],
}


class RunningDemo(Struct, frozen=True):
    """`folder` holds this run's configuration, keys and state, and goes with it."""

    url: str
    folder: Path
    settings: Settings
    sandboxes: Sandboxes
    tokens: Tokens
    gateway: Gateway


@asynccontextmanager
async def running_demo(port: int = 0, *, sells: bool = True) -> AsyncGenerator[RunningDemo]:
    """The whole demo, up while entered. `port` 0 takes a free one. `sells` False: nothing can be bought in it."""
    async with hosted(port) as host, await start_sandboxes(seeds(host.url), VENDORS) as sandboxes:
        publish_keys(host.folder)
        settings = configure(sandboxes, host.folder, host.url)
        tokens = sign_tokens(settings, host.folder)
        async with host.serving(settings, demo_routes(tokens, sandboxes), sells=sells) as gateway:
            yield RunningDemo(host.url, host.folder, settings, sandboxes, tokens, gateway)


async def run_demo(once: bool = False, data: Path | None = None, port: int = 8000) -> int:
    """Serve until interrupted, or with `once` answer the main query and end. The exit code."""
    console = Console()
    if data is not None:
        try:
            from gateway.demo.real_data.run import run_real_data
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f"`--data` needs {error.name}, which is not here (the image leaves it out): run it from a checkout"
            ) from error
        return await run_real_data(data, once=once, port=port, console=console)
    console.print("Starting the sandboxes and the gateway …", style="dim")
    async with running_demo(0 if once else port) as demo:
        answer = await ask(demo.url, document(MAIN_QUERY), MAIN_VARIABLES, demo.tokens.shopper)
        if once:
            show_answer(console, answer, MAIN_QUERY)
            return 0 if answer.complete else 1
        introduce(console, demo)
        show_answer(console, answer, MAIN_QUERY)
        console.print(f"\nServing on [bold]{demo.url}[/bold] until interrupted (Ctrl+C).")
        await until_interrupted()
    return 0


def introduce(console: Console, demo: RunningDemo) -> None:
    """What is there, what to open, and who may ask."""
    backends = Table("backend", "system", "address", title="Six backends of one retailer", title_justify="left")
    for name, backend in demo.sandboxes.running.items():
        backends.add_row(name, backend.vendor, backend.url)
    console.print(backends)
    planted = Table("planted disagreement", "key", "what the gateway must answer", title_justify="left")
    for entry in DISAGREEMENTS:
        planted.add_row(entry.name, entry.key, entry.truth)
    console.print(planted)
    console.print(f"\nOpen [bold]{demo.url}/[/bold] for the shop, the kiosk and the voice assistant,")
    console.print(f"     [bold]{demo.url}/shop[/bold] to fill a cart on the web and buy it at the kiosk,")
    console.print(f"     [bold]{demo.url}/graphql[/bold] for the explorer.\n")
    console.print("Tokens for the header `Authorization: Bearer …` (good for a day):")
    for who, token in (
        ("shopper Ada", demo.tokens.shopper),
        ("kiosk in Covent Garden", demo.tokens.kiosks["GB"]),
        ("staff", demo.tokens.staff),
    ):
        console.print(f"[bold]{who}[/bold]")
        console.print(token, soft_wrap=True, highlight=False)
