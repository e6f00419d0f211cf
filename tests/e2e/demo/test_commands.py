"""What an operator runs: `gateway check` and `gateway explain`, against the demo's backends."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.shopify.sandbox.cost import Bucket
from adapters.shopify.sandbox.server import ShopifySandbox
from gateway.check import check
from gateway.check.command import examine
from gateway.check.report import as_text
from gateway.cli import main
from gateway.demo.answers import ask
from gateway.demo.run import RunningDemo
from gateway.explain import explain
from gateway.security.trusted import hash_of

pytestmark = pytest.mark.asyncio(loop_scope="package")

PLENTY = 1e9
LISTING = """{ products(first: 3) { nodes { slug variants { sku
  price { current { gross { amount } } pointsToEarn { points } } availability { status } } } } }"""


@pytest.fixture
def config(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo's configuration, with its secrets in the environment as an operator has them."""
    for name, value in demo.settings.environment.items():
        monkeypatch.setenv(name, value)
    shop = demo.sandboxes.running["shop"].sandbox
    assert isinstance(shop, ShopifySandbox)
    shop.bucket = Bucket(PLENTY, PLENTY)  # every check walks all its SKUs; its pace has tests of its own
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


@pytest.fixture
def change(config: Path, tmp_path: Path) -> Callable[..., Path]:
    """The demo's configuration with a word of it changed."""

    def changed(before: str, after: str) -> Path:
        text = config.read_text("utf-8")
        assert before in text
        path = tmp_path / "gateway.toml"
        path.write_text(text.replace(before, after, 1), "utf-8")
        return path

    return changed


Change = Callable[..., Path]


async def test_check_says_what_to_do_about_a_place_that_nobody_mapped(change: Change) -> None:
    (problem,) = (await examine(change('erp = "CVG", ', ""))).problems
    assert problem.text == (
        "erp: place `CVG` is mapped to no location: add it to [locations], or to `backends.erp.ignored_places` if it "
        "is none on purpose"
    )


async def test_check_names_a_reference_that_the_backend_does_not_have(change: Change) -> None:
    problems = (await examine(change('erp = "MAN"', 'erp = "MNA"'))).problems
    found = {problem.place: problem for problem in problems if problem.place}
    assert found["locations.manchester.refs.erp"].nearest == "MAN"
    assert "`MNA` is no place of `erp`" in found["locations.manchester.refs.erp"].message


async def test_check_names_the_currencies_that_orders_are_taken_in(change: Change) -> None:
    report = await examine(change('GB = ["GBP"]', 'GB = ["GBP", "EUR"]'))
    (shop,) = [each for each in report.backends if each.name == "shop"]
    assert "orders of channel `gb` in GB are taken in GBP" in shop.notes
    (problem,) = [each for each in report.problems if each.place == "channels.gb.currencies.GB"]
    assert (problem.backend, problem.value, problem.allowed) == ("shop", "EUR", ("GBP",))
    assert "which `shop` does not take" in problem.message


async def test_check_says_which_credential_is_refused_and_where_it_stands(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEMO_ERP_API_KEY", "not-the-key")
    assert await check(config) == 1
    said = capsys.readouterr().out
    assert "version       not told: credentials" in said
    assert "PROBLEM  erp: BACKEND_CREDENTIALS" in said
    assert "`backends.erp.api_key`" in said
    assert "not-the-key" not in said
    assert "down" not in said.replace("run down", "")


async def test_check_says_that_nobody_listens_and_at_which_key(change: Change, demo: RunningDemo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = demo.sandboxes.running["crm"].url
    report = await examine(change(f'url = "{url}"', f'url = "http://127.0.0.1:{port}"'))
    (problem,) = report.problems
    assert (problem.backend, problem.cause) == ("crm", "refused")
    assert "`backends.crm.url`" in (problem.remedy or "")


async def test_check_names_a_right_that_is_missing_and_needed(config: Path, demo: RunningDemo) -> None:
    sandbox = demo.sandboxes.running["shop"].sandbox
    assert isinstance(sandbox, ShopifySandbox)
    sandbox.withheld = {"read_orders", "write_orders"}  # who may write may read
    try:
        problems = (await examine(config)).problems
    finally:
        sandbox.withheld = set()
    assert [(problem.backend, problem.cause) for problem in problems] == [("shop", "rights")]
    assert "read_orders, which order needs" in problems[0].message


async def test_check_refuses_an_unknown_key_with_its_place(change: Change, capsys: pytest.CaptureFixture[str]) -> None:
    assert await check(change("on_missing =", "on_mising =")) == 1
    said = capsys.readouterr().out
    assert "PROBLEM  domains.price.on_mising: unknown key `on_mising`; did you mean `on_missing`?" in said
    assert "no backend was asked" in said


async def test_a_shop_without_its_storefront_token_is_told_so(change: Change) -> None:
    problems = (await examine(change('storefront_token = "shop_storefront"\n', ""))).problems
    (found,) = [problem for problem in problems if problem.place == "domains.search.order[0]"]
    assert "without `storefront_token` in [backends.shop]" in found.message


async def test_a_shop_in_the_sea_is_found_and_turned_round(change: Change) -> None:
    before = "latitude = 51.5127, longitude = -0.1243"
    (problem,) = (await examine(change(before, "latitude = -0.1243, longitude = 51.5127"))).problems
    assert (problem.place, problem.nearest) == ("stores.covent_garden.point", f"{{ {before} }}")


async def test_a_deep_check_calls_every_declared_operation_within_its_budget(config: Path, demo: RunningDemo) -> None:
    report = await examine(config, deep=True)
    assert [problem.text for problem in report.problems] == []
    for backend in report.backends:
        assert {call.operation for call in backend.calls} == set(backend.operations)
        assert all(call.requests <= call.declared for call in backend.calls)
        # What the processor offers stands in its section, and a payment that was never made is nothing to ask for.
        assert sum(call.requests for call in backend.calls) > 0 or backend.name == "cards"
    prices = [call.outcome for call in report.backends[1].calls if call.operation == "price.get_prices"]
    assert len(prices) == 4, "one for each market"


async def test_a_deep_check_asks_about_a_customer_that_is_given(config: Path, demo: RunningDemo) -> None:
    email = (await demo.gateway.verifier.verify(demo.tokens.shopper)).email
    report = await examine(config, deep=True, customer=email)
    assert report.ok
    found = {call.operation: call for backend in report.backends if backend.name == "shop" for call in backend.calls}
    assert "1 found" in found["customer.find_customers"].outcome
    assert "1 found" in found["order.get_orders"].outcome
    assert email
    assert email not in as_text(report)


async def test_a_deep_check_prints_the_vendors_own_words(config: Path, demo: RunningDemo) -> None:
    sandbox = demo.sandboxes.running["shop"].sandbox
    assert isinstance(sandbox, ShopifySandbox)
    sandbox.denied = {"orders"}
    try:
        report = await examine(config, deep=True)
    finally:
        sandbox.denied = set()
    words = {problem.detail for problem in report.problems if problem.backend == "shop"}
    assert "ACCESS_DENIED: Access denied for orders field." in words
    assert {problem.cause for problem in report.problems} == {"rights"}


async def test_a_deep_check_finds_a_market_without_prices(change: Change) -> None:
    report = await examine(change('currencies = { IL = ["ILS"] }', 'currencies = { IL = ["ILS", "EUR"] }'), deep=True)
    said = "\n".join(problem.text for problem in report.problems)
    assert "CURRENCY_NOT_SOLD at price.get_prices in IL EUR" in said


@pytest.mark.parametrize(
    ("before", "after", "places"),
    [
        (
            'origin_field = "client_order_ref"',
            'company = 42\norigin_field = "x_gone"\ndefault_pricelist = 99',
            ["backends.erp.company", "backends.erp.origin_field", "backends.erp.default_pricelist"],
        ),
        (
            '{ country = "GB", pricelist = 1 },',
            '{ country = "GB", pricelist = 99 }, { country = "IE", pricelist = 98 },',
            ["backends.erp.pricelists[0].pricelist", "backends.erp.pricelists[1].pricelist"],
        ),
        (
            '{ country = "IL", position = 1 },',
            '{ country = "IL", position = 99 },',
            ["backends.erp.fiscal_positions[0].position"],
        ),
        (
            'storefront_token = "shop_storefront"',
            'storefront_token = "erp_key"',
            ["backends.shop.storefront_token"],
        ),
    ],
)
async def test_one_cause_is_one_finding_and_hides_no_other(
    change: Change, before: str, after: str, places: list[str]
) -> None:
    """Neither by the prices and places that need what is wrong, nor by operations called."""
    for deep in (False, True):
        report = await examine(change(before, after), deep=deep)
        assert [problem.place for problem in report.problems] == places, [problem.text for problem in report.problems]


async def test_trusted_documents_are_held_to_their_profile(change: Change, tmp_path: Path) -> None:
    dear = "{ products(first: 100) { nodes { variants { price { current { gross { amount } } } } } } }"
    wrong = "{ nonsense }"
    manifest = {hash_of(text): text for text in (dear, wrong)}
    (tmp_path / "documents.json").write_text(json.dumps(manifest), "utf-8")
    before = '[profiles.web]\ntouchpoint = "web"\n'
    changed = change(before, f'{before}operations = ["documents.json"]\ncost_limit = 400\n')
    problems = (await examine(changed)).problems
    assert {problem.place for problem in problems} == {"profiles.web.operations[0]"}, [each.text for each in problems]
    assert {problem.value for problem in problems} == set(manifest)
    assert any("this client may spend 400" in problem.message for problem in problems)


async def test_explain_prints_what_is_about_a_person_only_where_it_is_wanted(
    config: Path, demo: RunningDemo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query = tmp_path / "me.graphql"
    query.write_text("{ me { givenName } }", "utf-8")
    for personal in (False, True):
        assert (
            await explain(config, query, "{}", svg=None, dry=False, token=demo.tokens.shopper, personal=personal) == 0
        )
        assert ('"givenName": "Ada"' in capsys.readouterr().out) is personal


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
    assert '"slug": "' in said, "the answer is printed too"
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
