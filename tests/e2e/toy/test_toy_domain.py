"""A data domain is one file of ports, one service, one schema file and one method of an adapter, and nothing else: what
lists domains, keeps answers, names them, shares them and checks configurations knows it by its declaration."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
import uvicorn

from gateway.app import Application, Gateway, build_app
from gateway.check.command import examine
from gateway.errors import ConfigurationError
from gateway.ports.domain import DataDomain, domains, withdraw
from gateway.registry import _entries as installed  # pyright: ignore[reportPrivateUsage]
from gateway.settings import decode
from gateway.testing.reference.manifest import manifest_of
from gateway.testing.sandbox import Seed
from tests.unit.state.servers import RedisServer

FILES = ("ports", "service", "schema", "adapter")
QUERY = "query ($name: String!) { toy(name: $name) { name squeaks } }"
TOML = """
[gateway]
state = "sqlite+aiosqlite:///{folder}/state.sqlite"
[secrets]
cursor = {{ env = ["TOY_CURSOR"] }}
[backends.box]
adapter = "toybox"
url = "http://127.0.0.1:9"
allow_private_network = true
[channels.web]
countries = ["GB"]
currencies = {{ GB = ["GBP"] }}
[profiles.anonymous]
touchpoint = "web"
default_country = "GB"
[domains.product]
order = ["box"]
{more}
"""


class Toys:
    """The domain's four files, imported."""

    def __init__(self) -> None:
        import tests.e2e.toy.adapter as adapter
        import tests.e2e.toy.ports as ports
        import tests.e2e.toy.schema as schema

        self.domain: DataDomain = ports.TOY
        self.queries: type[Any] = schema.ToyQueries
        self.box: type[Any] = adapter.ToyBox

    def manifest(self, made: dict[str, Any]) -> Any:
        return manifest_of({"box": Seed(currency="GBP", country="GB")}, made, self.box)


@pytest.fixture(scope="module")
def toys() -> Iterator[Toys]:
    """There for this module alone: everybody else has the eight domains of the product."""
    from schema.contributed import withdraw as withdraw_fields

    toys = Toys()
    yield toys
    withdraw(toys.domain)
    withdraw_fields(toys.queries)
    for name in FILES:
        sys.modules.pop(f"tests.e2e.toy.{name}", None)


class Served:
    """A gateway on a port of its own; `box` is the adapter behind it."""

    def __init__(self, application: Application, url: str, box: Any, session: aiohttp.ClientSession) -> None:
        assert application.gateway is not None
        self.gateway: Gateway = application.gateway
        self.box = box
        self.url = url
        self._session = session

    async def answer(self, name: str = "bear") -> dict[str, Any]:
        body = {"query": QUERY, "variables": {"name": name}}
        async with self._session.post(f"{self.url}/graphql", json=body) as response:
            return await response.json()

    async def squeaks(self, name: str) -> int | None:
        told = await self.answer(name)
        assert "errors" not in told, told
        return None if told["data"]["toy"] is None else told["data"]["toy"]["squeaks"]

    @property
    def asked(self) -> list[tuple[object, ...]]:
        return [each.keys for each in self.box.asked if each.operation == "toy.get_toys"]


@asynccontextmanager
async def serving(toys: Toys, folder: Path, *, served: bool = True, redis: str = "") -> AsyncGenerator[Served]:
    folder.mkdir(exist_ok=True)
    order = {"order": ["box"]}
    raw: dict[str, Any] = {
        "gateway": {"state": f"sqlite+aiosqlite:///{folder}/state.sqlite", **({"redis": redis} if redis else {})},
        "backends": {"box": {"adapter": "toybox", "url": "http://127.0.0.1:9", "allow_private_network": True}},
        "channels": {"web": {"countries": ["GB"], "currencies": {"GB": ["GBP"]}}},
        "profiles": {"anonymous": {"touchpoint": "web", "default_country": "GB"}},
        "domains": {"product": order, "toy": order} if served else {},
    }
    made: dict[str, Any] = {}
    application = build_app(decode(raw, {}, base=folder), manifests={"toybox": toys.manifest(made)})
    config = uvicorn.Config(application, host="127.0.0.1", port=0, log_config=None, lifespan="on")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            assert not running.done(), "the gateway did not start"
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session:
        try:
            yield Served(application, f"http://127.0.0.1:{port}", made["box"], session)
        finally:
            await session.close()
            server.should_exit = True
            await running


async def test_a_toy_is_served_and_kept(toys: Toys, tmp_path: Path) -> None:
    async with serving(toys, tmp_path) as shop:
        assert [await shop.squeaks("bear"), await shop.squeaks("bear"), await shop.squeaks("none")] == [1, 1, None]
        assert shop.asked == [("bear",), ("none",)]


async def test_a_tag_empties_one_key_and_nothing_else(toys: Toys, tmp_path: Path) -> None:
    async with serving(toys, tmp_path) as shop:
        assert [await shop.squeaks(name) for name in ("bear", "duck")] == [1, 1]
        shop.box.squeaks = 2
        await shop.gateway.changed("box", ("toy:bear",))
        assert [await shop.squeaks(name) for name in ("bear", "duck")] == [2, 1]
        await shop.gateway.changed("box", ("toy",))
        assert [await shop.squeaks(name) for name in ("bear", "duck")] == [2, 2]


@pytest.mark.redis
async def test_gateways_share_toys_over_redis_and_what_becomes_of_them(toys: Toys, tmp_path: Path) -> None:
    redis = RedisServer(tmp_path)
    redis.start()
    try:
        async with (
            serving(toys, tmp_path / "one", redis=redis.url) as one,
            serving(toys, tmp_path / "two", redis=redis.url) as two,
        ):
            two.box.squeaks = 9
            assert [await one.squeaks(name) for name in ("bear", "duck")] == [1, 1]
            assert [await two.squeaks(name) for name in ("bear", "duck")] == [1, 1]
            assert two.asked == []
            await one.gateway.changed("box", ("toy:bear",))
            async with asyncio.timeout(10):
                while await two.squeaks("bear") != 9:  # noqa: ASYNC110  the other is told over Redis, in its own time
                    await asyncio.sleep(0.02)
            assert two.asked == [("bear",)]
            assert await two.squeaks("duck") == 1
    finally:
        redis.kill()


@pytest.mark.parametrize(
    "odd", [{"squeaks": "of Ada Okafor"}, "of Ada Okafor", ["of Ada Okafor"], 7, ValueError("Ada")]
)
async def test_what_is_no_toy_is_the_backends_fault_and_is_shown_to_nobody(
    toys: Toys, tmp_path: Path, odd: object
) -> None:
    async with serving(toys, tmp_path) as shop:
        shop.box.odd = odd
        told = await shop.answer()
        assert [error["extensions"]["code"] for error in told["errors"]] == ["BACKEND_INVALID"]
        assert "Ada" not in str(told)
        shop.box.odd = None
        assert await shop.squeaks("bear") == 1


async def test_a_part_of_a_toy_that_the_schema_cannot_show_is_quoted_to_nobody(toys: Toys, tmp_path: Path) -> None:
    async with serving(toys, tmp_path) as shop:
        shop.box.squeaks = cast("int", "of Ada Okafor")
        told = await shop.answer()
        assert [error["extensions"]["code"] for error in told["errors"]] == ["INTERNAL"]
        assert "Ada" not in str(told)


async def test_a_toy_domain_that_nobody_serves_is_null_and_no_error(toys: Toys, tmp_path: Path) -> None:
    async with serving(toys, tmp_path, served=False) as shop:
        assert await shop.answer() == {"data": {"toy": None}}


@pytest.fixture
def installed_toys(toys: Toys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The adapter as a package of its own brings it: by entry point."""
    folder = tmp_path / "site"
    information = folder / "toybox-1.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: toybox\nVersion: 1\n", "utf-8")
    (information / "entry_points.txt").write_text("[commerce_gateway.adapters]\ntoybox = toybox:MANIFEST\n", "utf-8")
    (folder / "toybox.py").write_text(
        "from gateway.testing.reference.manifest import manifest_of\n"
        "from gateway.testing.sandbox import Seed\n"
        "from tests.e2e.toy.adapter import ToyBox\n"
        'MANIFEST = manifest_of({"box": Seed(currency="GBP", country="GB")}, None, ToyBox)\n',
        "utf-8",
    )
    monkeypatch.setenv("TOY_CURSOR", "k" * 32)
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    installed.cache_clear()
    yield tmp_path
    installed.cache_clear()
    sys.modules.pop("toybox", None)


def written(folder: Path, more: str = "") -> Path:
    path = folder / "gateway.toml"
    path.write_text(TOML.format(folder=folder, more=more), "utf-8")
    return path


async def test_the_check_lists_it_as_served_and_calls_its_operation(installed_toys: Path) -> None:
    report = await examine(written(installed_toys, '[domains.toy]\norder = ["box"]\n'), deep=True)
    assert report.ok, report.problems
    (backend,) = report.backends
    assert "toy" in backend.serves
    assert "toy.get_toys" in backend.operations
    assert [call.operation for call in backend.calls if call.operation.startswith("toy.")] == ["toy.get_toys"]


async def test_the_check_says_that_nobody_serves_it_and_succeeds(installed_toys: Path) -> None:
    report = await examine(written(installed_toys))
    assert report.ok, report.problems
    assert "domains.toy: not served: nobody is configured for this data domain" in report.notes


async def test_a_slip_of_the_pen_is_refused_with_its_proper_name(installed_toys: Path) -> None:
    report = await examine(written(installed_toys, '[domains.toi]\norder = ["box"]\n'))
    (problem,) = report.problems
    assert (problem.place, problem.message, problem.nearest) == ("domains.toi", "no such data domain", "toy")


async def test_a_backend_without_toys_is_refused_when_the_gateway_opens(toys: Toys, tmp_path: Path) -> None:
    order = {"order": ["shop"]}
    raw: dict[str, Any] = {
        "gateway": {"state": f"sqlite+aiosqlite:///{tmp_path}/state.sqlite"},
        "backends": {"shop": {"adapter": "memory", "url": "http://127.0.0.1:9", "allow_private_network": True}},
        "domains": {"product": order, "toy": order},
    }
    with pytest.raises(ConfigurationError, match=r"domains\.toy\.order.*`shop` \(memory\) cannot serve this"):
        await Gateway.open(decode(raw, {}))


def test_the_product_knows_no_toys_but_by_their_declaration(toys: Toys) -> None:
    assert domains()["toy"] is toys.domain
    root = Path(__file__).resolve().parents[3]
    files = [path for folder in ("gateway", "schema") for path in (root / folder).rglob("*.py")]
    assert [path for path in files if "get_toys" in path.read_text("utf-8")] == []


DOORS = ("application/json", "application/graphql-response+json", "text/event-stream")


async def said(shop: Served, session: aiohttp.ClientSession, accept: str, query: str) -> str:
    headers = {"accept": accept}
    async with session.post(f"{shop.url}/graphql", json={"query": query}, headers=headers) as answer:
        return (await answer.text()).replace(" ", "")


async def said_on_a_socket(shop: Served, session: aiohttp.ClientSession, query: str) -> str:
    async with session.ws_connect(f"{shop.url}/graphql", protocols=["graphql-transport-ws"]) as socket:
        await socket.send_json({"type": "connection_init"})
        assert (await socket.receive_json())["type"] == "connection_ack"
        await socket.send_json({"type": "subscribe", "id": "1", "payload": {"query": query}})
        return (await socket.receive_str()).replace(" ", "")


async def test_search_that_nobody_serves_is_null_at_every_door(toys: Toys, tmp_path: Path) -> None:
    query = '{ search(query: "mug") { totalCount } }'
    async with serving(toys, tmp_path, served=False) as shop, aiohttp.ClientSession() as session:
        for told in [
            *[await said(shop, session, door, query) for door in DOORS],
            await said_on_a_socket(shop, session, query),
        ]:
            assert '"data":{"search":null}' in told
            assert "errors" not in told


async def test_a_domain_that_nobody_can_do_without_is_masked_at_every_door_and_said_once(
    toys: Toys, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query = "{ categories { id } }"
    async with serving(toys, tmp_path, served=False) as shop, aiohttp.ClientSession() as session:
        for told in [
            *[await said(shop, session, door, query) for door in DOORS],
            await said_on_a_socket(shop, session, query),
        ]:
            assert '"code":"INTERNAL"' in told
            assert "CONFIGURATION" not in told
            assert "domain" not in told
    printed = capsys.readouterr()
    log = printed.out + printed.err  # where a command ran before, it logs to standard error
    assert log.count("domains.product: nobody serves this data domain") == 1
