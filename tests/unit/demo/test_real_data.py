"""The real retailer's loader on a small file of the published form: rules as stated, and nothing dropped in silence."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from gateway.demo.real_data.documents import make_documents
from gateway.demo.real_data.items import learn_items
from gateway.demo.real_data.locator import locate, read_stores, weekly
from gateway.demo.real_data.transactions import COLUMNS, Transactions, read_transactions
from gateway.errors import ConfigurationError
from gateway.model.freshness import Freshness
from gateway.model.orders import OrderKind, OrderStatus

SEEN = Freshness("seed", datetime(2011, 12, 9, tzinfo=UTC))
ROWS = """\
536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,POST,POSTAGE,1,2010-12-01 08:26:00,4.00,17850.0,United Kingdom
536366,85123A,WHITE HEART,10,2011-07-01 08:26:00,2.95,17850.0,United Kingdom
536367,85123a,white heart?,1,2011-07-02 08:26:00,5.91,13047.0,France
536368,85123A,CREAM HEART,2,2011-07-03 08:26:00,2.55,,United Kingdom
C536369,85123A,WHITE HEART,-2,2011-07-04 08:26:00,2.55,17850.0,United Kingdom
536370,21733,,-12,2011-07-05 08:26:00,0.0,,United Kingdom
C536373,85123A,WHITE HEART,-1,2011-07-06 08:26:00,2.55,13047.0,France
536372,85123A,WHITE HEART,many,2011-07-06 08:26:00,2.55,13047.0,France
"""


@pytest.fixture
def transactions(tmp_path: Path) -> Transactions:
    written = ",".join(COLUMNS) + "\n" + ROWS
    (tmp_path / "online-retail.csv.gz").write_bytes(gzip.compress(written.encode()))
    return read_transactions(tmp_path)


def test_every_line_is_read_or_counted_as_unreadable(transactions: Transactions) -> None:
    assert len(transactions.lines) == 8
    assert [number for number, _ in transactions.unreadable] == [10]


def test_dirty_lines_are_counted_by_reason(transactions: Transactions) -> None:
    assert transactions.dirty == {
        "no customer": 2,
        "no description": 1,
        "a fee, postage or correction, no product": 1,
        "price of zero": 1,
        "negative quantity outside a cancellation (stock written off)": 1,
        "a note instead of a description": 1,
    }


def test_times_are_british_and_become_utc(transactions: Transactions) -> None:
    winter, summer = transactions.lines[0].at, transactions.lines[2].at
    assert winter == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert summer == datetime(2011, 7, 1, 7, 26, tzinfo=UTC)


def test_the_price_is_the_one_most_pieces_were_sold_at(transactions: Transactions) -> None:
    items = learn_items(transactions.lines, SEEN)
    prices = {(row.sku, row.country): row.price.amount for row in items.prices}
    assert prices["85123A", "GB"] == prices["85123A", "US"] == Decimal("2.95")
    assert (items.several_prices, items.several_titles) == (1, 1)


def test_codes_that_differ_by_case_stay_two_items_with_two_slugs(transactions: Transactions) -> None:
    items = learn_items(transactions.lines, SEEN)
    skus = [variant.sku for product in items.products for variant in product.variants]
    assert skus == ["85123A", "85123a", "21733"]
    assert items.case_twins == 1
    assert len({product.slug for product in items.products}) == 3


def test_fees_are_no_items_but_stay_lines_of_their_document(transactions: Transactions) -> None:
    items = learn_items(transactions.lines, SEEN)
    documents = make_documents(transactions.lines, ("s1", "s2"), items.titles, SEEN)
    first = next(order for order in (*documents.web, *documents.till) if order.number == "536365")
    assert [(line.sku, line.title) for line in first.lines] == [("85123A", "WHITE HEART"), (None, "POSTAGE")]
    assert first.total.gross is not None
    assert first.total.gross.amount == Decimal("19.30")


def test_an_item_nobody_paid_for_has_no_price_and_no_invented_title(transactions: Transactions) -> None:
    items = learn_items(transactions.lines, SEEN)
    assert (items.unpriced, items.untitled) == (1, 1)
    assert "21733" not in items.skus
    assert items.products[2].title.value == "Item 21733"


def test_every_document_is_made_and_cancellations_are_told_apart(transactions: Transactions) -> None:
    documents = make_documents(transactions.lines, ("s1", "s2"), {}, SEEN)
    by_number = {order.number: order for order in (*documents.web, *documents.till)}
    assert len(by_number) == 7
    assert (documents.cancellations, documents.adjustments, documents.lines) == (2, 1, 8)
    online, till = by_number["C536369"], by_number["C536373"]
    assert (online.kind, online.status) == (OrderKind.WEB, OrderStatus.CANCELLED)
    assert online.total.stated.amount > 0
    assert (till.kind, till.status) == (OrderKind.REFUND, OrderStatus.RETURNED)
    assert till.total.stated.amount < 0


def test_a_document_without_a_customer_was_made_at_a_till(transactions: Transactions) -> None:
    documents = make_documents(transactions.lines, ("s1", "s2"), {}, SEEN)
    assert {"536368", "536370"} <= {order.number for order in documents.till}
    assert all(order.location in ("s1", "s2") for order in documents.till)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Mon: 10-9:30; Sun: 11-7", {"mon": "10:00-21:30", "sun": "11:00-19:00"}),
        ("Thurs: 12-6", {"thu": "12:00-18:00"}),
        ("Mon: 0-11:59", None),
        ("Mon: ten to nine", None),
        ("Mon: 10-9; Mon: 9-5", None),
        ("", None),
    ],
)
def test_hours_are_read_or_left_as_written(written: str, read: dict[str, str] | None) -> None:
    assert weekly(written) == read


def test_a_store_gets_the_time_zone_its_point_lies_in(tmp_path: Path) -> None:
    store = {
        "id": 7, "type": "BigBox", "name": "Elsewhere", "address": "1 Road", "address2": None, "city": "Fairbanks",
        "state": "AK", "zip": "99701", "location": {"lat": 64.84, "lon": -147.72}, "hours": "whenever",
        "services": ["Repairs "],
    }  # fmt: skip
    (tmp_path / "stores.json.gz").write_bytes(gzip.compress(msgspec.json.encode([store])))
    stores = read_stores(tmp_path)
    located = locate(stores, stores, "shop")
    section = located.sections["s7"]
    assert (section["timezone"], section["unparsed_hours"]) == ("America/Anchorage", "whenever")
    assert section["services"] == ["repairs", "pickup"]
    assert locate(stores, (), "shop").sections["s7"]["services"] == ["repairs"]
    assert (located.parsed, located.unparsed) == (0, 1)


def test_a_folder_without_the_data_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"online-retail\.csv\.gz"):
        read_transactions(tmp_path)
    with pytest.raises(ConfigurationError, match=r"stores\.json\.gz"):
        read_stores(tmp_path)
