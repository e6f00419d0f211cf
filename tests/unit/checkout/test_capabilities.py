"""The table of what owners of orders can do, on the page of the room, says what their manifests say."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from importlib.metadata import entry_points
from pathlib import Path

import gateway.checkout
from gateway.ports.customer import ENSURE_CUSTOMER
from gateway.ports.manifest import Manifest
from gateway.ports.order import (
    CANCEL_ORDER,
    CONFIRM_ORDER,
    GET_CURRENCIES,
    PLACE_ORDER,
    PREVIEW_ORDER,
    OrderWriting,
)
from gateway.ports.stock import COMMIT_STOCK, RESTOCK
from gateway.ports.writes import FindKind

PAGE = Path(gateway.checkout.__file__).with_name("README.md").read_text("utf-8")
WRITES = (PLACE_ORDER, CONFIRM_ORDER, CANCEL_ORDER, ENSURE_CUSTOMER, COMMIT_STOCK, RESTOCK)


def owners() -> Iterator[Manifest]:
    for entry in sorted(entry_points(group="commerce_gateway.adapters"), key=lambda each: each.name):
        manifest: Manifest = entry.load()
        if PLACE_ORDER.name in manifest.writes:
            yield manifest


def said() -> dict[str, dict[str, str]]:
    """Cells by capability and vendor."""
    rows = PAGE.partition("| capability |")[2].splitlines()
    vendors = [cell.strip() for cell in rows[0].split("|") if cell.strip()]
    table: dict[str, dict[str, str]] = {}
    for row in rows[2:]:
        if not row.startswith("|"):
            break
        name, *cells = [cell.strip() for cell in row.strip("|").split("|")]
        table[name] = dict(zip(vendors, cells, strict=True))
    return table


def declared() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = {}
    for manifest in owners():
        assert manifest.ordering is not None, manifest.name
        for name in OrderWriting.__struct_fields__:
            if name == "cancels":  # said by how a cancellation is found
                assert manifest.ordering.cancels is (CANCEL_ORDER.name in manifest.writes), manifest.name
                continue
            value: object = getattr(manifest.ordering, name)
            if name == "dry_run" and value:
                assert PREVIEW_ORDER.name in manifest.operations, manifest.name
            written = str(value.value) if isinstance(value, Enum) else ("no", "yes")[bool(value)]
            table.setdefault(f"`{name}`", {})[manifest.name] = written
        for write in WRITES:
            table.setdefault(f"`{write.name}`: found", {})[manifest.name] = found(manifest, write.name)
    return table


def found(manifest: Manifest, write: str) -> str:
    spec = manifest.writes.get(write)
    if spec is None:
        return "-"
    seconds = {FindKind.REPLAY: spec.by_key, FindKind.LAGGING: spec.find_after}.get(spec.find)
    return spec.find.value if seconds is None else f"{spec.find.value}, {seconds:.10g} s"


def test_the_table_says_what_the_manifests_say() -> None:
    assert said() == declared()


def test_it_has_every_owner_there_is() -> None:
    assert {manifest.name for manifest in owners()} == set(said()["`placement`"])


def test_every_owner_says_in_which_currencies_it_takes_orders() -> None:
    assert [manifest.name for manifest in owners() if GET_CURRENCIES.name not in manifest.operations] == []
