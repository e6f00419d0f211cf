"""What an operator runs: `gateway check` and `gateway explain`, against the demo's backends."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from gateway.check import check
from gateway.cli import main
from gateway.demo.answers import ask
from gateway.demo.run import RunningDemo
from gateway.errors import ConfigurationError
from gateway.explain import explain

pytestmark = pytest.mark.asyncio(loop_scope="package")

LISTING = """{ products(first: 3) { nodes { slug variants { sku
  price { current { gross { amount } } pointsToEarn { points } } availability { status } } } } }"""


@pytest.fixture
def config(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo's configuration, with its secrets in the environment as an operator has them."""
    for name, value in demo.settings.environment.items():
        monkeypatch.setenv(name, value)
    return demo.folder / "gateway.toml"


async def test_check_names_every_backend_and_what_is_ambiguous(
    config: Path, demo: RunningDemo, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await check(config) == 0
    said = capsys.readouterr().out
    for backend in demo.sandboxes.running:
        assert f"\n{backend}  (" in f"\n{said}"
    assert "ambiguous     NTB-DUN-M" in said
    assert "price.get_prices" in said


async def test_check_says_what_to_do_about_a_place_that_nobody_mapped(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = config.read_text("utf-8")
    forgotten = text.replace('erp = "CVG", ', "")
    assert forgotten != text
    changed = tmp_path / "gateway.toml"
    changed.write_text(forgotten, "utf-8")
    assert await check(changed) == 1
    assert "erp: place `CVG` is mapped to no location: add it to [locations]" in capsys.readouterr().out


async def test_check_says_which_credential_is_refused(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEMO_ERP_API_KEY", "not-the-key")
    assert await check(config) == 1
    said = capsys.readouterr().out
    assert "PROBLEM  erp: BACKEND_CREDENTIALS" in said
    assert "not-the-key" not in said


async def test_check_refuses_an_unknown_key_with_its_place(config: Path, tmp_path: Path) -> None:
    changed = tmp_path / "gateway.toml"
    changed.write_text(config.read_text("utf-8").replace("on_missing =", "on_mising ="), "utf-8")
    with pytest.raises(
        ConfigurationError, match=r"domains\.price\.on_mising: unknown key .* did you mean `on_missing`"
    ):
        await check(changed)


async def test_explain_predicts_the_fetches_and_then_makes_no_more(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query, picture = tmp_path / "listing.graphql", tmp_path / "timeline.svg"
    query.write_text(LISTING, "utf-8")
    assert await explain(config, query, "{}", svg=None, dry=True, token=None) == 0
    predicted = capsys.readouterr().out
    assert "at most 4 fetches, 3 levels" in predicted
    assert "backend calls" not in predicted
    assert await explain(config, query, "{}", svg=picture, dry=False, token=None) == 0
    said = capsys.readouterr().out
    assert "at most 4 fetches predicted, 4 made" in said
    assert "erp price.get_prices" in said
    assert re.search(r"^  shop product\.list_products +1 key, 1 request declared, \d+ made, .* points?, ", said, re.M)
    sums = {line.split()[0]: line.split()[1:] for line in said.partition("per backend")[2].splitlines()[1:] if line}
    calls, keys, cached, joined, requests, cost, unit, *_ = sums["erp"]
    assert (int(calls), int(keys)) == (
        said.count("\n  erp "),
        sum(map(int, re.findall(r"\n  erp \S+ +(\d+) key", said))),
    )
    assert (cached, joined) == ("0", "0"), "another process than the demo's, which nobody warmed"
    assert int(requests) >= int(calls)
    assert (cost, unit) == (requests, "requests")
    assert sums["shop"][6] == "points"
    assert picture.read_text("utf-8").startswith("<svg")


async def test_explain_says_why_an_operation_is_not_valid(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query = tmp_path / "wrong.graphql"
    query.write_text("{ nonsense }", "utf-8")
    assert await explain(config, query, "{}", svg=None, dry=True, token=None) == 1
    assert "nonsense" in capsys.readouterr().err


async def test_a_stolen_kiosk_is_refused_within_seconds_and_can_be_restored(config: Path, demo: RunningDemo) -> None:
    kiosk = demo.tokens.kiosks["JP"]
    issuer = demo.settings.issuers["devices"].issuer
    subject = (await demo.gateway.verifier.verify(kiosk)).subject or ""
    command = ["revoke", "--config", str(config), issuer, subject]

    async def answers_with(status: int) -> None:
        async with asyncio.timeout(5):
            while (await ask(demo.url, "{ context { store } }", {}, kiosk)).status != status:  # noqa: ASYNC110
                await asyncio.sleep(0.2)

    await answers_with(200)
    assert await asyncio.to_thread(main, command) == 0
    try:
        await answers_with(401)
    finally:
        assert await asyncio.to_thread(main, [*command, "--restore"]) == 0
    await answers_with(200)
