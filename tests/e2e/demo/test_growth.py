"""What one anonymous client never sends twice does not make a worker grow, and pauses nobody: documents, variables,
names, texts, locales, tokens and addresses, before a gateway in a process of its own and the demo's backends."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from babel.localedata import locale_identifiers

from gateway.demo.configuration import configure, environment
from gateway.demo.identities import publish_keys
from gateway.demo.run import RunningDemo

pytestmark = pytest.mark.asyncio(loop_scope="package")
WATCHED = Path(__file__).with_name("watched.py")
PAUSE = 50.0
"""Milliseconds of processor time: where nothing else runs (`make soak`)."""
YOUNG = 30_000
"""Containers that the collector has yet to look at, on any machine: it was a hundred and eighty thousand once."""
Make = Callable[[int], tuple[dict[str, Any], dict[str, str]]]


def large(number: int) -> str:
    """4 kB that run: 60 aliases, all of names that nobody used yet."""
    price = "price { current { gross { amount currencyCode } } }"
    parts = " ".join(
        f'p{number}x{part}: product(by: {{slug: "harbour-stoneware-mug"}}) {{ t{number}x{part}: title '
        f"{{ v{number}: value language direction }} b{number}x{part}: brand slug "
        f"d{number}x{part}: description {{ value }} variants {{ sku title {{ value }} {price} }} }}"
        for part in range(11)
    )
    return f"{{ {parts} }} # {'x' * 600}"


LOCALES = [identifier.replace("_", "-") for identifier in sorted(locale_identifiers())]
MUG = '{ product(by: {slug: "harbour-stoneware-mug"}) { variants { price { current { gross { %s } } } } } }'


def asking(query: str, **variables: Any) -> tuple[dict[str, Any], dict[str, str]]:
    return {"query": query, "variables": variables}, {}


KINDS: dict[str, Make] = {
    "large documents": lambda n: asking(large(n)),
    "tiny documents": lambda n: asking(f"{{ a{n}: __typename }}"),
    "invalid documents": lambda n: asking(f"{{ nobody{n} knows{n} this{n} }}"),
    "documents that are none": lambda n: asking(f"{{ a{n} "),
    "operation names": lambda n: ({"query": f"query Q{n} {{ context {{ country }} }}", "operationName": f"Q{n}"}, {}),
    "variables": lambda n: asking("query ($n: Int) { products(first: $n) { totalCount } }", n=1, unused=n),
    "slugs": lambda n: asking("query ($s: String) { product(by: {slug: $s}) { slug } }", s=f"slug-{n}-" + "x" * 200),
    "keys": lambda n: asking("query ($s: String!) { category(key: $s) { key } }", s=f"key-{n}-" + "x" * 2_000),
    "ids": lambda n: asking("query ($s: ID!) { node(id: $s) { id } }", s=f"id{n}" + "x" * 2_000),
    "searches": lambda n: asking("query ($s: String!) { search(query: $s, first: 2) { totalCount } }", s=f"mug {n}"),
    "locales": lambda n: asking(MUG % f'formatted(locale: "{LOCALES[n % len(LOCALES)]}")'),
    "tokens": lambda n: (asking("{ __typename }")[0], {"authorization": f"Bearer e30.e30.{n}"}),
    "keys of frontends": lambda n: (asking("{ __typename }")[0], {"x-api-key": f"key-{n}"}),
    "headers": lambda n: (asking("{ __typename }")[0], {
        "accept": f"application/json;v={n}{'x' * 3_000}", "accept-language": f"en, de-x-{n % 10_000_000}{'y' * 3_000}",
        "content-type": f"application/json; v={n}", "traceparent": f"00-{n:032x}-{1:016x}-01"}),
}  # fmt: skip


class Worker:
    """The watched process."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._url = f"http://127.0.0.1:{port}"
        self.numbers = count()

    async def watch(self) -> dict[str, float]:
        async with aiohttp.ClientSession() as session, session.get(f"{self._url}/_watch") as answer:
            return await answer.json()

    async def flood(self, make: Make, times: int, connections: int = 1) -> None:
        """So many requests of a kind that nobody sent yet."""
        left = iter(range(times))
        headers = {"content-type": "application/json"}

        async def client(session: aiohttp.ClientSession) -> None:
            for _ in left:
                body, added = make(next(self.numbers))
                async with session.post(
                    f"{self._url}/graphql", data=json.dumps(body), headers={**headers, **added}
                ) as told:
                    await told.read()
                    assert told.status < 500

        async with aiohttp.ClientSession() as session:
            await asyncio.gather(*(client(session) for _ in range(connections)))

    async def visit(self, address: str) -> None:
        """One request of a client at another address, on a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        body = b'{"query":"{ __typename }"}'
        head = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n"
        writer.write(head + b"content-length: %d\r\n\r\n" % len(body) + body)
        assert b"200" in (await reader.read())[:20]
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def worker(demo: RunningDemo, folder: Path) -> AsyncGenerator[Worker]:
    publish_keys(folder)
    configure(demo.sandboxes, folder, "http://127.0.0.1:1")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(WATCHED), str(folder / "gateway.toml"), stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **environment(demo.sandboxes)},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            running = Worker(int(await process.stdout.readline()))
            while True:
                try:
                    await running.watch()
                    break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
        yield running
    finally:
        process.terminate()
        await process.wait()


def addresses() -> Iterator[str]:
    return (f"127.{a}.{b}.{c}" for a in range(1, 255) for b in range(255) for c in range(1, 255))


@pytest.mark.timeout(300)
async def test_large_documents_are_forgotten(demo: RunningDemo, tmp_path: Path) -> None:
    """A hundred of them took 40 MB that no worker ever gave back; now it is two."""
    async with worker(demo, tmp_path) as running:
        await running.flood(KINDS["large documents"], 20)
        before = (await running.watch())["resident"]
        await running.flood(KINDS["large documents"], 120, connections=3)
        assert (await running.watch())["resident"] - before < 20


@pytest.mark.timeout(300)
async def test_what_is_small_is_forgotten_too(demo: RunningDemo, tmp_path: Path) -> None:
    async with worker(demo, tmp_path) as running:
        for make in KINDS.values():
            await running.flood(make, 20)
        before = (await running.watch())["resident"]
        for name, make in KINDS.items():
            await running.flood(make, 10 if name == "large documents" else 250, connections=3)
        for address, _ in zip(addresses(), range(100), strict=False):
            await running.visit(address)
        told = await running.watch()
        assert told["resident"] - before < 40
        assert told["young"] < YOUNG


@pytest.mark.timeout(300)
async def test_the_collector_looks_by_the_clock(demo: RunningDemo, tmp_path: Path) -> None:
    """It would not look by the count here: next to nothing is made."""
    async with worker(demo, tmp_path) as running:
        await running.watch()
        await asyncio.sleep(3.0)
        assert (await running.watch())["looks"] > 5


ENOUGH = {"large documents": 4_000, "tiny documents": 15_000, "searches": 6_000}
"""To fill the caches, and then to push out as much as once was too much for the collector."""
MANY = {"large documents": 50_000, "tiny documents": 300_000}


@pytest.mark.full
@pytest.mark.timeout(900)
async def test_where_caches_are_full_nothing_grows_and_little_is_young(demo: RunningDemo, tmp_path: Path) -> None:
    async with worker(demo, tmp_path) as running:
        for kind, make in KINDS.items():
            times = ENOUGH.get(kind, 2_000)
            await running.flood(make, times * 8 // 10, connections=3)
            full = (await running.watch())["resident"]
            for _ in range(4):
                await running.flood(make, times // 20, connections=3)
                told = await running.watch()
                assert told["resident"] < 1.1 * full, kind
                assert told["young"] < YOUNG, kind


@pytest.mark.soak
@pytest.mark.timeout(14_400)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_worker_stays_as_large_as_it_was_and_pauses_nobody(
    demo: RunningDemo, tmp_path: Path, kind: str
) -> None:
    """Within a tenth of what it is once its caches are full; one connection, so that a pause is one request's."""
    times = MANY.get(kind, 20_000)
    async with worker(demo, tmp_path) as running:
        await running.flood(KINDS[kind], times * 3 // 10)
        full = (await running.watch())["resident"]
        for _ in range(7):
            await running.flood(KINDS[kind], times // 10)
            told = await running.watch()
            assert told["resident"] < 1.1 * full
            assert told["collector"] < PAUSE
            assert told["loop"] < PAUSE


@pytest.mark.parametrize(
    "clients", [pytest.param(4_000, marks=pytest.mark.full), pytest.param(20_000, marks=pytest.mark.soak)]
)
@pytest.mark.timeout(3_600)
async def test_clients_at_many_addresses_leave_nothing(demo: RunningDemo, tmp_path: Path, clients: int) -> None:
    every = addresses()
    async with worker(demo, tmp_path) as running:
        for _ in range(2_000):
            await running.visit(next(every))
        before = (await running.watch())["resident"]
        for _ in range(clients):
            await running.visit(next(every))
        assert (await running.watch())["resident"] < 1.1 * before
