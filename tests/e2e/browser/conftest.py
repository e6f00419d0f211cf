"""The demo in a real browser: one demo and one chromium for this folder, a fresh profile for every test. No test may
end with a complaint on the console, nor with a request that went anywhere but to this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from msgspec.structs import replace

from gateway.app import GRAPHIQL_VARIABLE
from gateway.demo.configuration import configure
from gateway.demo.hosting import hosted
from gateway.demo.identities import publish_keys
from gateway.demo.run import RunningDemo, running_demo

if TYPE_CHECKING:
    from playwright.async_api import Browser, ConsoleMessage, Page, Request, WebSocket

ROOT = Path(__file__).parents[3]
BUNDLE = ROOT / "build" / "graphiql"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE = 30_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None:
        for item in items:
            if item.path.parent == Path(__file__).parent:
                item.add_marker(pytest.mark.skip(reason="needs chromium"))


class Watched:
    """A page, what its console said, and where it and its workers sent requests."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.set_default_timeout(PATIENCE)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("websocket", self._opened)
        page.context.on("request", self._sent)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _opened(self, opened: WebSocket) -> None:
        self.hosts.add(urlsplit(opened.url).hostname or "")

    def _sent(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self.hosts.add(urlsplit(request.url).hostname or "")

    async def fits(self) -> bool:
        """Nothing is wider than the window, so that nobody scrolls sideways."""
        return await self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.fixture(scope="package")
def no_bundle() -> Generator[None]:
    """The demo shows the explorer of our own, whatever the environment of the tests says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(GRAPHIQL_VARIABLE, raising=False)
        yield


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def demo(no_bundle: None) -> AsyncGenerator[RunningDemo]:
    async with running_demo(sells=False) as running:
        yield running


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def chromium() -> AsyncGenerator[Browser]:
    from playwright.async_api import async_playwright

    async with async_playwright() as started:
        browser = await started.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@pytest_asyncio.fixture(loop_scope="package")
async def watched(chromium: Browser) -> AsyncGenerator[Watched]:
    context = await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    try:
        watched = Watched(await context.new_page())
        yield watched
    finally:
        await context.close()
    assert watched.complaints == []
    assert watched.hosts == {"127.0.0.1"}


@pytest.fixture(scope="package")
def bundle() -> Path:
    """GraphiQL as `make graphiql` builds it, once."""
    if not (BUNDLE / "index.html").is_file() and shutil.which("npm") and shutil.which("make"):
        subprocess.run(["make", "graphiql"], cwd=ROOT, env=dict(os.environ), check=False, capture_output=True)
    if not (BUNDLE / "index.html").is_file():
        pytest.skip("needs GraphiQL: Node and npm, and `make graphiql` (build/graphiql.log)")
    return BUNDLE


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def with_graphiql(demo: RunningDemo, bundle: Path) -> AsyncGenerator[str]:
    """The address of a second gateway over the same backends, which has the bundle."""
    async with hosted(0) as host:
        publish_keys(host.folder)
        settings = configure(demo.sandboxes, host.folder, host.url)
        around: dict[str, Any] = {**settings.environment, GRAPHIQL_VARIABLE: str(bundle)}
        async with host.serving(replace(settings, environment=around), sells=False):
            yield host.url
