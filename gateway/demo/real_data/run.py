"""`gateway demo --data FOLDER`: read the real retailer, start its backends and the gateway, and answer one query."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from gateway.demo.answers import ask, document, show_answer
from gateway.demo.configuration import environment
from gateway.demo.hosting import hosted, until_interrupted
from gateway.demo.identities import DAY, publish_keys
from gateway.demo.real_data import backends
from gateway.demo.real_data.documents import SPLIT_RULE, SalesDocuments, make_documents
from gateway.demo.real_data.items import PRICE_RULE, TITLE_RULE, Items, learn_items
from gateway.demo.real_data.locator import HOURS_RULE, Locator, RealStore, chosen_for_trade, locate, read_stores
from gateway.demo.real_data.transactions import Transactions, read_transactions
from gateway.demo.sandboxes import start_sandboxes
from gateway.model.customers import CustomerRecord
from gateway.model.freshness import Freshness
from gateway.security.issuer import LocalIssuer
from gateway.settings import Settings, decode
from gateway.testing.reference.manifest import dump_seed

TRADING_STORES = 12
LINES = 541_909
ITEM, CUSTOMER, NEAR = "85123A", "17850", {"latitude": 44.86, "longitude": -93.25, "radiusKm": 12_000}


class RealRetailer(Struct, frozen=True):
    transactions: Transactions
    items: Items
    documents: SalesDocuments
    people: tuple[CustomerRecord, ...]
    trading: tuple[RealStore, ...]
    locator: Locator


class RunningRealData(Struct, frozen=True):
    url: str
    retailer: RealRetailer
    settings: Settings
    shopper: str
    seconds: float


def read_retailer(folder: Path, progress: Progress | None = None) -> RealRetailer:
    """Everything but the backends, in memory. Raises ConfigurationError for files that are not there."""

    def step(title: str, total: int | None = None) -> int | None:
        return None if progress is None else progress.add_task(title, total=total or 1)

    def done(task: int | None, amount: float = 1) -> None:
        if progress is not None and task is not None:
            progress.advance(task, amount)  # pyright: ignore[reportArgumentType] # TaskID is an int

    reading = step("transactions", LINES)
    transactions = read_transactions(folder, lambda lines: done(reading, lines))
    done(reading, LINES % 20_000)
    learning = step("items, prices, customers")
    seen = Freshness("seed", max(line.at for line in transactions.lines))
    items = learn_items(transactions.lines, seen)
    people = backends.customers(transactions.lines, seen)
    done(learning)
    making = step("documents")
    stores = read_stores(folder)
    trading = chosen_for_trade(stores, TRADING_STORES)
    documents = make_documents(transactions.lines, tuple(store.key for store in trading), items.titles, seen)
    done(making)
    locating = step("stores and their time zones")
    locator = locate(stores, trading, backends.CHANNEL)
    done(locating)
    return RealRetailer(transactions, items, documents, people, trading, locator)


@asynccontextmanager
async def running_real_data(
    folder: Path, port: int = 0, console: Console | None = None
) -> AsyncGenerator[RunningRealData]:
    """The gateway over the real retailer, up while entered."""
    started = time.perf_counter()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    gc.disable()  # millions of records are made and none thrown away: collecting would double the time
    try:
        with Progress(*columns, console=console or Console(quiet=True)) as progress:
            retailer = read_retailer(folder, progress)
            filling = progress.add_task("backends", total=1)
            now = max(line.at for line in retailer.transactions.lines)
            seeds = backends.seeds(retailer.items, retailer.documents, retailer.people, retailer.trading, now)
            sandboxes = await start_sandboxes(seeds, backends.VENDORS)
            progress.advance(filling)
    finally:
        gc.enable()
    gc.freeze()
    async with sandboxes, hosted(port) as host:
        publish_keys(host.folder)
        dump_seed(seeds[backends.GENERATED], host.folder / "generated.json")
        raw = backends.configuration(
            {name: each.sandbox.settings for name, each in sandboxes.running.items()},
            {name: each.url for name, each in sandboxes.running.items()},
            retailer.locator,
            retailer.trading,
            host.folder,
            host.url,
        )
        settings = decode(raw, {**os.environ, **environment(sandboxes)}, base=host.folder)
        issuer = settings.issuers["customers"]
        shopper = LocalIssuer.load(host.folder / "customers", issuer.issuer, issuer.audience).token(
            CUSTOMER, seconds=DAY, client_profile="web", email=backends.email_of(CUSTOMER), email_verified=True
        )
        async with host.serving(settings):
            yield RunningRealData(host.url, retailer, settings, shopper, time.perf_counter() - started)


async def run_real_data(data: Path, *, once: bool, port: int, console: Console) -> int:
    """The exit code."""
    async with running_real_data(data, 0 if once else port, console) as running:
        report(console, running)
        variables = {"sku": ITEM, "near": NEAR}
        answer = await ask(running.url, document("real_data"), variables, running.shopper)
        show_answer(console, answer, "real_data")
        if once:
            return 0 if answer.complete else 1
        console.print(f"\nServing on [bold]{running.url}/graphql[/bold] until interrupted (Ctrl+C).")
        await until_interrupted()
    return 0


def report(console: Console, running: RunningRealData) -> None:
    """What was read, by which rules, and everything that was odd about it."""
    retailer = running.retailer
    items, documents, locator = retailer.items, retailer.documents, retailer.locator
    read = Table("what", "how many", title=f"Loaded in {running.seconds:.1f} s", title_justify="left")
    for what, count in (
        ("transaction lines read", len(retailer.transactions.lines)),
        ("lines that could not be read", len(retailer.transactions.unreadable)),
        ("documents", len(documents.web) + len(documents.till)),
        ("  of them cancellations", documents.cancellations),
        ("  of them without anything paid (write-offs, corrections)", documents.adjustments),
        ("  in the web shop", len(documents.web)),
        ("  at the tills of 12 stores", len(documents.till)),
        ("lines in documents", documents.lines),
        ("items", len(items.products)),
        ("  sold at several prices", items.several_prices),
        ("  under several descriptions", items.several_titles),
        ("  without any description on a sale", items.untitled),
        ("  never sold for money, so without a price", items.unpriced),
        ("  pairs of codes that differ by case only, kept apart", items.case_twins),
        ("customers", len(retailer.people)),
        ("stores in the locator", len(locator.sections)),
        ("  with opening hours read", locator.parsed),
        ("  with opening hours left as written", locator.unparsed),
        ("  without a time zone", locator.without_zone),
        ("time zones", len(locator.zones)),
    ):
        read.add_row(what, f"{count:,}")
    console.print(read)
    dirty = Table("what is wrong", "lines", title="Dirty lines, kept and counted", title_justify="left")
    for reason, count in retailer.transactions.dirty.most_common():
        dirty.add_row(reason, f"{count:,}")
    console.print(dirty)
    for rule in (PRICE_RULE, TITLE_RULE, SPLIT_RULE, HOURS_RULE):
        console.print(rule)
    console.print(
        f"Names, contacts and stock are drawn from a seed; their `source` is {backends.ALIASES['generated']}."
    )
