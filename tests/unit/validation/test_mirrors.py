"""Where else orders are to be known is looked at before anything is sold: whether it can be, and whether one piece
would be taken off two shelves.
"""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from gateway.ports.manifest import Manifest
from gateway.ports.order import Amounts, OrderWriting, Placement
from gateway.settings import decode
from gateway.testing.reference.manifest import MANIFEST
from gateway.validation import validate
from tests.unit.services.retailer import configuration, domains

PLACE = "channels.web.orders"
READS = replace(MANIFEST, name="reads", writes={}, ordering=None)
DECIDES = replace(MANIFEST, name="decides", ordering=OrderWriting(placement=Placement.OWNER_DECIDES))
OWN = replace(MANIFEST, name="own", ordering=OrderWriting(amounts=Amounts.OWN, dry_run=True))
DEAF = replace(
    MANIFEST,
    name="deaf",
    operations={name: spec for name, spec in MANIFEST.operations.items() if name != "order.get_by_origin"},
)
MANIFESTS: dict[str, Manifest] = {
    "memory": MANIFEST, "reads": READS, "decides": DECIDES, "own": OWN, "deaf": DEAF,
}  # fmt: skip


def told(orders: dict[str, Any], **more: Any) -> list[str]:
    """What is said of a channel whose orders are the shop's (`memory`), beside one backend of each kind."""
    backends = {
        name: {"adapter": adapter, "url": "memory:", "alias": name}
        for name, adapter in (
            ("shop", "memory"), ("erp", "memory"), ("reads", "reads"), ("decides", "decides"), ("own", "own"),
            ("deaf", "deaf"),
        )
    }  # fmt: skip
    channel = {"countries": ["GB"], "currencies": {"GB": ["GBP"]}, "orders": orders, **more.pop("channel", {})}
    owners = domains("shop", payment=("shop",), order=("shop", "erp"))
    raw = {**configuration(domains=owners, channels={"web": channel}, **more), "backends": backends}
    mistakes = validate(decode(raw, {}), manifests=MANIFESTS)
    return [each.message for each in mistakes if each.grave and (each.place or "").startswith((PLACE, "stores."))]


def test_what_can_be_written_and_expected_is_no_mistake() -> None:
    assert told({"owner": "shop", "mirror": ["erp"], "expect": ["reads"]}) == []


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        ({"mirror": ["shop"]}, "`shop` owns this channel's orders: it has each of them already; `erp`,"),
        ({"owner": "erp", "expect": ["erp"]}, "`erp` owns this channel's orders"),
        (
            {"mirror": ["erp"], "expect": ["erp"]},
            "a connector's order would be a second one; leave it in one of the two",
        ),
        ({"mirror": ["reads"]}, "`reads` (reads) cannot take orders; `erp`, `decides`"),
        ({"mirror": ["deaf"]}, "cannot be asked for an order by the number of another system; `shop`, `erp`"),
        ({"mirror": ["own"]}, "it computes its own prices, and another system owns them here; `erp`"),
        ({"owner": "reads"}, "`reads` takes no orders; `shop`, `erp`"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_work(orders: dict[str, Any], said: str) -> None:
    (message,) = told(orders)
    assert said in message


def places(*counted: tuple[str, str, dict[str, str]]) -> dict[str, Any]:
    return {
        "locations": {name: {"refs": refs, "stock": stock} for name, stock, refs in counted},
        "channel": {"locations": [name for name, _, _ in counted]},
    }


def test_a_mirror_that_would_take_a_piece_off_a_second_shelf_is_refused() -> None:
    shelves = places(("london", "shop", {"shop": "LON"}), ("leeds", "erp", {"erp": "LDS"}))
    (message,) = told({"mirror": ["erp"]}, **shelves)
    assert message.startswith("`erp` would move stock twice: what is sold from `london` is counted by `shop`")
    assert message.endswith("say in `locations.london.refs` what `erp` calls it")


def test_one_that_is_told_where_each_piece_lies_moves_it_once() -> None:
    shelves = places(("london", "shop", {"shop": "LON", "erp": "X"}), ("leeds", "erp", {"erp": "LDS"}))
    assert told({"mirror": ["erp"]}, **shelves) == []


def test_one_that_counts_everything_is_where_the_hold_ends() -> None:
    assert told({"mirror": ["erp"]}, **places(("leeds", "erp", {"erp": "LDS"}))) == []


def test_one_that_counts_nothing_moves_nothing_that_is_counted() -> None:
    assert told({"mirror": ["decides"]}, **places(("london", "shop", {"shop": "LON"}))) == []


def test_one_that_decides_by_itself_cannot_be_told() -> None:
    shelves = places(("london", "shop", {"shop": "LON", "decides": "X"}), ("leeds", "decides", {"decides": "LDS"}))
    (message,) = told({"mirror": ["decides"]}, **shelves)
    assert "would do: " in message
    assert "`erp`" in message


def test_a_store_whose_orders_nobody_takes_is_refused() -> None:
    store: dict[str, Any] = {
        "name": "Soho",
        "locations": [],
        "country": "GB",
        "timezone": "Europe/London",
        "channel": "web",
    }
    (message,) = told({}, stores={"soho": {**store, "orders": "reads"}})
    assert message.startswith("`reads` takes no orders; `shop`")
    assert told({}, stores={"soho": {**store, "orders": "erp"}}) == []


@pytest.mark.parametrize("field", ["", "client_order_ref"])
def test_an_odoo_that_has_nowhere_to_write_whose_it_was_first_is_refused(field: str) -> None:
    backends = {
        "shop": {"adapter": "memory", "url": "memory:", "alias": "shop"},
        "erp": {"adapter": "odoo", "url": "https://erp.example", "alias": "erp", "api_key": "k", "origin_field": field},
    }
    channel = {"countries": ["GB"], "currencies": {"GB": ["GBP"]}, "orders": {"mirror": ["erp"]}}
    raw = {
        **configuration(domains=domains("shop", payment=("shop",)), channels={"web": channel}),
        "backends": backends,
        "secrets": {"k": {"env": ["K"]}},
    }
    mistakes = validate(decode(raw, {"K": "x"}), manifests=MANIFESTS)
    (message,) = [each.message for each in mistakes if each.place == f"{PLACE}.mirror[0]"]
    assert "`origin_field` of [backends.erp]" in message
    assert "`origin`, or" in message
