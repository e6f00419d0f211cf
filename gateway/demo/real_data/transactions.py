"""The transaction lines as they were published, and what is wrong with some of them. Nothing is dropped in silence:
every line goes into a document, and every oddity is counted by its reason."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct

from gateway.errors import ConfigurationError

FILE = "online-retail.csv.gz"
COLUMNS = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
ZONE = ZoneInfo("Europe/London")
"""The data has local times and does not say of where; the retailer is British."""
SERVICES = frozenset(
    ("POST", "DOT", "C2", "M", "m", "D", "S", "B", "AMAZONFEE", "BANK CHARGES", "CRUK")
)  # fmt: skip
"""Codes of postage, fees, discounts, samples and corrections: lines of documents, but no products."""


class Line(Struct, frozen=True):
    """`price` in pounds for one piece; `quantity` negative where goods came back or were written off."""

    document: str
    code: str
    title: str
    quantity: int
    at: datetime
    price: Decimal
    customer: str
    country: str

    @property
    def is_sale(self) -> bool:
        """A product, sold to somebody for money: what prices and titles are learnt from."""
        return self.quantity > 0 and self.price > 0 and self.code not in SERVICES and not self.document.startswith("C")


class Transactions(Struct, frozen=True):
    """`dirty` counts lines by what is wrong with them; one line may have several faults. `unreadable` are those that
    could not be read at all, by line number and fault."""

    lines: tuple[Line, ...]
    dirty: Counter[str]
    unreadable: tuple[tuple[int, str], ...]


def read_transactions(folder: Path, advance: Callable[[int], None] = lambda _: None) -> Transactions:
    """`advance` is told how many more lines were read. Raises ConfigurationError where the file is missing or other."""
    path = folder / FILE
    dirty: Counter[str] = Counter()
    lines: list[Line] = []
    unreadable: list[tuple[int, str]] = []
    moments: dict[str, datetime] = {}
    prices: dict[str, Decimal] = {}
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            if next(rows, None) != COLUMNS:
                raise ConfigurationError(f"not the columns {', '.join(COLUMNS)}", place=str(path))
            for number, row in enumerate(rows, 2):
                if number % 20_000 == 0:
                    advance(20_000)
                try:
                    line = _line(row, moments, prices)
                except (ValueError, InvalidOperation) as error:
                    unreadable.append((number, str(error)))
                    continue
                lines.append(line)
                dirty.update(_faults(line, row[1]))
    except OSError as error:
        raise ConfigurationError(f"cannot read the transactions: {error}", place=str(path)) from error
    return Transactions(tuple(lines), dirty, tuple(unreadable))


def _line(row: list[str], moments: dict[str, datetime], prices: dict[str, Decimal]) -> Line:
    document, code, title, quantity, at, price, customer, country = row
    moment = moments.get(at)
    if moment is None:
        moment = moments[at] = datetime.fromisoformat(at).replace(tzinfo=ZONE).astimezone(UTC)
    amount = prices.get(price)
    if amount is None:
        amount = prices[price] = Decimal(price)
    return Line(
        document, code.strip(), title.strip(), int(quantity), moment, amount, customer.removesuffix(".0"), country
    )


def _faults(line: Line, written: str) -> Iterator[str]:
    if not line.customer:
        yield "no customer"
    if not line.title:
        yield "no description"
    if line.code in SERVICES:
        yield "a fee, postage or correction, no product"
    if line.price == 0:
        yield "price of zero"
    elif line.price < 0:
        yield "negative price (bad debt)"
    if line.quantity < 0 and not line.document.startswith("C"):
        yield "negative quantity outside a cancellation (stock written off)"
    if line.title and line.title.islower():
        yield "a note instead of a description"
    if written != line.code:
        yield "blanks around the code"
