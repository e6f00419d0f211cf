"""Every table of the gateway's own state as it is today, on SQLite and PostgreSQL alike; `migrations/` made them, and a
test holds both equal. Times are seconds since 1970 (UTC).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData()

gateway_schema = Table(
    "gateway_schema", metadata, Column("version", Integer, primary_key=True)
)  # for gateways from before Alembic
gateway_floor = Table("gateway_floor", metadata, Column("oldest", Integer, primary_key=True, autoincrement=False))


def _number() -> TypeEngine[int]:
    return BigInteger().with_variant(Integer(), "sqlite")


def _serial() -> Column[int]:
    """A number that is never given twice. On PostgreSQL it is drawn before the commit: readers of all rows go by
    `(xact, id)`, see `state/log.py`."""
    return Column("id", _number(), primary_key=True, autoincrement=True)


def _queued() -> tuple[Column[Any], ...]:
    """What `state/queue.py` needs of a table."""
    return (
        Column("state", String(10), nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("due", Double, nullable=False),
        Column("leased_until", Double, nullable=False),
        Column("reason", String(200), nullable=True),
    )


identifiers = Table(
    "identifiers",
    metadata,
    Column("backend", String(120), primary_key=True),
    Column("space", String(120), primary_key=True),
    Column("key", String(400), primary_key=True),
    Column("value", Text, nullable=False),
    Column[float]("expires", Double, nullable=False),
)

customers = Table(
    "customers",
    metadata,
    Column("id", String(40), primary_key=True),
    Column[float]("created", Double, nullable=False),
)

persons = Table(
    "persons",
    metadata,
    Column("person", String(600), primary_key=True),
    Column("customer", String(40), ForeignKey("customers.id", ondelete="CASCADE"), nullable=False),
    Index("persons_customer", "customer"),
)

identity_links = Table(
    "identity_links",
    metadata,
    Column("backend", String(120), primary_key=True),
    Column("native_id", String(400), primary_key=True),
    Column("customer", String(40), ForeignKey("customers.id", ondelete="CASCADE"), nullable=False),
    Column("status", String(12), nullable=False),
    Column[float]("updated", Double, nullable=False),
    Index("identity_links_customer", "customer"),
)

searched = Table(
    "customers_searched",
    metadata,
    Column("customer", String(40), ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True),
    Column("backend", String(120), primary_key=True),
)

merged_customers = Table(
    "merged_customers",
    metadata,
    Column("old", String(40), primary_key=True),
    Column("customer", String(40), ForeignKey("customers.id", ondelete="CASCADE"), nullable=False),
)

aliases = Table(
    "aliases",
    metadata,
    Column("old", String(400), primary_key=True),
    Column("new", String(400), nullable=False),
    Column[float]("created", Double, nullable=False),
    Index("aliases_new", "new"),
)

revocations = Table(
    "revocations",
    metadata,
    Column("issuer", String(400), primary_key=True),
    Column("subject", String(600), primary_key=True),
    Column("token", String(400), primary_key=True),
    Column[float]("revoked", Double, nullable=False),
)

key_values = Table(
    "key_values",
    metadata,
    Column("space", String(120), primary_key=True),
    Column("key", String(400), primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column[float]("expires", Double, nullable=True),
    Index("key_values_expires", "expires"),
)

changes = Table(
    "changes",
    metadata,
    _serial(),
    Column("xact", BigInteger, nullable=False),
    Column("origin", String(40), nullable=False),
    Column("topic", String(40), nullable=False),
    Column("source", String(120), nullable=False),
    Column("tags", Text, nullable=False),
    Column[float]("told", Double, nullable=False),
    Index("changes_order", "xact", "id"),
    sqlite_autoincrement=True,
)

inbox = Table(
    "inbox",
    metadata,
    _serial(),
    Column("identity", String(64), nullable=False, unique=True),
    Column("backend", String(120), nullable=False),
    Column("kind", String(80), nullable=False),
    Column("subject", String(400), nullable=False),
    Column("facts", Text, nullable=False),
    Column[float]("received", Double, nullable=False),
    *_queued(),
    Index("inbox_due", "state", "due"),
    Index("inbox_subject", "subject", "state", "id"),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    _serial(),
    Column("xact", BigInteger, nullable=False),
    Column("event", String(64), nullable=False, unique=True),
    Column("kind", String(80), nullable=False),
    Column("subject", String(400), nullable=False),
    Column("facts", Text, nullable=False),
    Column[float]("written", Double, nullable=False),
    Index("outbox_order", "xact", "id"),
    sqlite_autoincrement=True,
)

outbox_deliveries = Table(
    "outbox_deliveries",
    metadata,
    _serial(),
    Column("entry", _number(), ForeignKey("outbox.id", ondelete="CASCADE"), nullable=False),
    Column("receiver", String(120), nullable=False),
    Column("subject", String(400), nullable=False),
    *_queued(),
    UniqueConstraint("receiver", "entry", name="outbox_deliveries_once"),
    Index("outbox_deliveries_due", "receiver", "state", "due"),
    Index("outbox_deliveries_subject", "receiver", "subject", "state", "id"),
    Index("outbox_deliveries_entry", "entry"),
    sqlite_autoincrement=True,
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("kind", String(80), nullable=False),
    Column("subject", String(400), nullable=False),
    Column("facts", Text, nullable=False),
    Column[float]("opened", Double, nullable=False),
    Column[float]("seen", Double, nullable=False),
    Column("times", Integer, nullable=False),
    Column[float]("done", Double, nullable=True),
    Column("done_by", String(200), nullable=True),
    Column("open_as", String(482), nullable=True, unique=True),  # kind and subject; nothing once it is done
    Index("tasks_done", "done"),
)

counters = Table(
    "counters",
    metadata,
    Column("space", String(120), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column[float]("expires", Double, nullable=False),
    Index("counters_expires", "expires"),
)

writes = Table(
    "writes",
    metadata,
    Column("backend", String(120), primary_key=True),
    Column("operation", String(120), primary_key=True),
    Column("reference", String(40), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("state", String(10), nullable=False),
    Column("result", LargeBinary, nullable=True),
    Column("holder", String(40), nullable=False),
    Column[float]("leased_until", Double, nullable=False),
    Column[float]("sent", Double, nullable=False),
    Column("looked", Integer, nullable=False),
    Column[float]("due", Double, nullable=False),
    Index("writes_due", "state", "due"),
)

subject_keys = Table(
    "subject_keys",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("sealing", String(16), nullable=False),  # which key of ours wrapped it
    Column("wrapped", LargeBinary, nullable=False),
    Column[float]("created", Double, nullable=False),
)

carts = Table(
    "carts",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("channel", String(120), nullable=True),
    Column("country", String(2), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("store", String(120), nullable=True),
    Column("person", String(600), nullable=True),
    Column("subject", String(64), nullable=False),
    Column("checkout", String(40), nullable=True),
    Column("order_reference", String(40), nullable=True),
    Column("merged_into", String(26), nullable=True),
    Column("groups", Text, nullable=False),
    Column("codes", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=True),
    Column[float]("created", Double, nullable=False),
    Column[float]("changed", Double, nullable=False),
    Index("carts_person", "person", "changed"),
    Index("carts_changed", "changed"),
    Index("carts_subject", "subject"),
)

cart_lines = Table(
    "cart_lines",
    metadata,
    Column("cart", String(26), ForeignKey("carts.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String(26), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("sku", String(400), nullable=True),
    Column("native", Text, nullable=True),
    Column("quantity", BigInteger, nullable=False),
    Column("delivery_group", String(26), nullable=True),
    Column("saved", Integer, nullable=False),
    Column("expected", Text, nullable=True),
    Column("sealed", LargeBinary, nullable=True),
    Column("version", Integer, nullable=False),
    Column[float]("added", Double, nullable=False),
    Column[float]("changed", Double, nullable=False),
)

cart_holders = Table(
    "cart_holders",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("cart", String(26), ForeignKey("carts.id", ondelete="CASCADE"), nullable=False),
    Column("secret", String(64), nullable=False),  # its hash
    Column("touchpoint", String(12), nullable=False),
    Column("store", String(120), nullable=True),
    Column("giver", String(26), nullable=True),  # the holder it was moved from, to whom it is given back
    Column[float]("since", Double, nullable=False),
    Column[float]("revoked", Double, nullable=True),
    Index("cart_holders_cart", "cart"),
)

cart_codes = Table(
    "cart_codes",
    metadata,
    Column("scope", String(64), primary_key=True),
    Column("code", String(64), primary_key=True),  # its keyed hash
    Column("cart", String(26), ForeignKey("carts.id", ondelete="CASCADE"), nullable=False),
    Column("giver", String(26), nullable=True),
    Column("mode", String(5), nullable=False),
    Column("length", Integer, nullable=False),
    Column[float]("expires", Double, nullable=False),
    Column[float]("claimed", Double, nullable=True),
    Index("cart_codes_expires", "expires"),
    Index("cart_codes_cart", "cart"),
)

cart_keys = Table(
    "cart_keys",
    metadata,
    Column("scope", String(64), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("cart", String(26), nullable=False),
    Column("result", LargeBinary, nullable=False),
    Column[float]("at", Double, nullable=False),
    Index("cart_keys_at", "at"),
)

processes = Table(
    "processes",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("shape", String(40), nullable=False),
    Column[float]("beat", Double, nullable=False),
)

run_moves = Table(
    "run_moves",
    metadata,
    Column("run", String(40), primary_key=True),
    Column("shape", String(40), nullable=False),
    Column("target", String(40), nullable=False),
    Column("holder", String(120), nullable=False),
    Column("start", Integer, nullable=True),
    Column("back", Boolean, nullable=True),
    Column("answers", Text, nullable=True),
    Column[float]("marked", Double, nullable=False),
    Column[float]("woken", Double, nullable=True),
    Index("run_moves_marked", "marked"),
)

claims = Table(
    "claims",
    metadata,
    Column("run", String(40), primary_key=True),
    Column("workflow", String(40), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("ids", Text, nullable=False),
    Column[float]("claimed", Double, nullable=False),
    Column[float]("ended", Double, nullable=True),
    Index("claims_ended", "ended", "claimed"),
)

stock_ledger = Table(
    "stock_ledger",
    metadata,
    Column("backend", String(120), primary_key=True),
    Column("item", String(400), primary_key=True),
    Column("place", String(400), primary_key=True),
    Column("reading", BigInteger, nullable=False),
    Column[float]("asked", Double, nullable=False),
    Column("held", BigInteger, nullable=False),
)

holds = Table(
    "holds",
    metadata,
    Column("run", String(40), primary_key=True),
    Column("backend", String(120), primary_key=True),
    Column("item", String(400), primary_key=True),
    Column("place", String(400), primary_key=True),
    Column("quantity", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column[float]("since", Double, nullable=False),
    Column[float]("handed_over", Double, nullable=True),
    Column("counted", Boolean, nullable=False),  # whether the owner's readings leave out what was handed over
    Column("reference", String(200), nullable=True),
    Index("holds_spot", "backend", "item", "place", "state"),
    Index("holds_state", "state", "since"),
)

kit_parts = Table(
    "kit_parts",
    metadata,
    Column("backend", String(120), primary_key=True),
    Column("variant", String(400), primary_key=True),  # what is sold: a SKU, or the backend's own reference
    Column("part", String(400), primary_key=True),
    Column("quantity", String(40), nullable=False),
    Column("native", Boolean, nullable=False),  # `part` is the backend's own reference
    Index("kit_parts_part", "backend", "part"),
)

checkouts = Table(
    "checkouts",
    metadata,
    Column("run", String(40), primary_key=True),
    Column("cart", String(26), nullable=False),
    Column("cart_version", Integer, nullable=False),
    Column("subject", String(64), nullable=False),  # under whose key `buyer` and the three below are sealed
    Column("payment", LargeBinary, nullable=True),
    Column("action", LargeBinary, nullable=True),
    Column("details", LargeBinary, nullable=True),
    Column("continued", Integer, nullable=False),
    Column("language", String(40), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("quoted", String(40), nullable=False),
    Column("total", String(40), nullable=True),
    Column("state", String(12), nullable=False),
    Column("stage", String(20), nullable=False),
    Column("reason", String(40), nullable=True),
    Column("detail", String(200), nullable=True),
    Column("order_backend", String(120), nullable=True),
    Column("order_id", String(400), nullable=True),
    Column("order_number", String(120), nullable=True),
    Column("payment_backend", String(120), nullable=True),  # whom the shopper chose for what no gift card pays
    Column[float]("payment_asked", Double, nullable=True),
    Column[float]("cancel_asked", Double, nullable=True),
    Column[float]("expires", Double, nullable=True),  # until when the shopper may do what the payment asks of them
    Column[float]("created", Double, nullable=False),
    Column[float]("moved", Double, nullable=False),
    Column[float]("ended", Double, nullable=True),
    Column[float]("look_at", Double, nullable=True),  # when it is compared with its owners next; nothing: it never was
    Column("email_proven", Boolean, nullable=True),  # the buyer's: by a credential, not typed
    Column("retry_after", Integer, nullable=True),  # seconds after which pieces that others held may be free again
    Column("buyer", LargeBinary, nullable=True),
    Column("taken_later", Boolean, nullable=True),  # its money, once the order is fulfilled
    Column("another_tender", Boolean, nullable=True),  # asked for where one was approved in part
    Column("rest", String(40), nullable=True),  # what is still to be paid, while another tender is asked for
    Index("checkouts_state", "state", "moved"),
    Index("checkouts_cart", "cart"),
    Index("checkouts_look_at", "look_at"),
    Index("checkouts_order", "order_backend", "order_id"),
)

order_mirrors = Table(
    "order_mirrors",
    metadata,
    Column("run", String(40), primary_key=True),  # the checkout whose order it is
    Column("backend", String(120), primary_key=True),  # where else the order is to be known
    Column("kind", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("ordered", Text, nullable=False),  # what is written there: ids and amounts, as the order was placed
    Column("order_id", String(400), nullable=True),
    Column("order_number", String(120), nullable=True),
    Column("total", String(40), nullable=True),
    Column("reason", String(200), nullable=True),
    Column("attempt", Integer, nullable=False),  # of its run: one more each time a person has it written anew
    Column[float]("created", Double, nullable=False),
    Column[float]("since", Double, nullable=False),  # when it came into its state
    Column[float]("due", Double, nullable=False),  # by when it should be there
    Column[float]("look_at", Double, nullable=True),  # when one that somebody else writes is looked for next
    Column[float]("cancel_asked", Double, nullable=True),
    Index("order_mirrors_state", "state", "due"),
    Index("order_mirrors_look_at", "look_at"),
    Index("order_mirrors_order", "backend", "order_id"),
)

stock_commitments = Table(
    "stock_commitments",
    metadata,
    Column("run", String(40), primary_key=True),  # the checkout whose order takes the goods
    Column("backend", String(120), primary_key=True),  # whose goods they are, and who has to be told
    Column("state", String(12), nullable=False),
    Column("goods", Text, nullable=False),  # item, place and pieces of each
    Column("record", String(400), nullable=True),  # its owner's, of the commitment
    Column("attempt", Integer, nullable=False),  # of the run that gives them back
    Column[float]("created", Double, nullable=False),
    Column[float]("committed", Double, nullable=True),
    Column[float]("since", Double, nullable=False),  # when it came into its state
    Column[float]("cancel_asked", Double, nullable=True),
)

checkout_requesters = Table(
    "checkout_requesters",
    metadata,
    Column("run", String(40), primary_key=True),
    Column("requester", String(64), primary_key=True),  # a keyed hash
    Column("pieces", Text, nullable=False),  # by item
    Column[float]("since", Double, nullable=False),
    Index("checkout_requesters_open", "requester"),
)

customer_turns = Table(
    "customer_turns",
    metadata,
    Column("backend", String(120), primary_key=True),
    Column("email", String(64), primary_key=True),  # a keyed hash: whose turn it is must not be found by trying
    Column("run", String(40), nullable=False),
    Column("record", String(400), nullable=True),  # what is known; empty: nobody's in particular; nothing: under way
    Column[float]("until", Double, nullable=False),  # until when somebody is at it, or the record is believed unasked
    Index("customer_turns_until", "until"),
)

checkout_tenders = Table(
    "checkout_tenders",
    metadata,
    Column("run", String(40), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("processor", String(8), nullable=False),  # who gives it back: the gateway, or the order's owner
    Column("backend", String(120), nullable=False),
    Column("gift_card", String(26), nullable=True),  # which of its cart's
    Column("label", String(40), nullable=True),
    Column("reference", String(26), nullable=False),  # what the processor knows it by before we know its id
    Column("amount", String(40), nullable=False),  # in the checkout's currency, as are the two below
    Column("authorised", String(40), nullable=True),
    Column("captured", String(40), nullable=True),
    Column("payment_id", String(400), nullable=True),
    Column("payment_state", String(20), nullable=True),
    Column("together", Text, nullable=True),  # what the next one of the same processor must bring
    Column("asked", String(40), nullable=True),  # what was asked for, where it pays less; nothing: its amount
    Column("choice", LargeBinary, nullable=True),  # sealed, as `checkouts.payment`: of one that was not planned
    Index("checkout_tenders_payment", "backend", "payment_id"),
    Index("checkout_tenders_reference", "reference"),
)

checkout_orders = Table(
    "checkout_orders",
    metadata,
    Column("run", String(40), primary_key=True),
    Column("position", Integer, primary_key=True),  # from 1 on: the first order stands in the checkout's own row
    Column("backend", String(120), nullable=False),
    Column("place", String(400), nullable=False),  # as its owner calls it; empty: the owner was told none
    Column("reference", String(26), nullable=False),
    Column("amount", String(40), nullable=False),  # of the checkout's total, in its currency
    Column("state", String(12), nullable=False),
    Column("order_id", String(400), nullable=True),
    Column("order_number", String(120), nullable=True),
    Index("checkout_orders_order", "backend", "order_id"),
)

checkout_journal = Table(
    "checkout_journal",
    metadata,
    _serial(),
    Column("run", String(40), nullable=False),
    Column("step", String(40), nullable=False),
    Column("outcome", String(40), nullable=False),
    Column("backend", String(120), nullable=True),
    Column("facts", Text, nullable=False),
    Column[float]("at", Double, nullable=False),
    UniqueConstraint("run", "step", "outcome", name="checkout_journal_once"),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    _serial(),
    Column[float]("at", Double, nullable=False),
    Column("by", String(200), nullable=False),
    Column("action", String(80), nullable=False),
    Column("subject", String(700), nullable=False),
    Column("outcome", String(40), nullable=False),
    Column("facts", Text, nullable=False),
    Index("audit_subject", "action", "subject", "id"),
    sqlite_autoincrement=True,
)
