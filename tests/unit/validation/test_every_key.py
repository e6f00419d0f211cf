"""Every key of the reference with wrong values of every kind: the mistake is named by its key, whatever it is."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from enum import EnumType
from typing import Any, cast

import msgspec
import pytest
from msgspec import Struct

from adapters.hubspot.config import HubSpotConfig
from adapters.shopify.config import ShopifyConfig
from adapters.square.config import SquareConfig
from adapters.vendure.config import VendureConfig
from gateway.ports.manifest import AdapterConfig, Secret
from gateway.settings import Settings
from gateway.structure import marks_of
from gateway.testing.reference.manifest import MemoryConfig
from tests.unit.validation.reference import REFERENCE, Path_, changed, dotted, leaves, mistakes, names

KEYS = dict(leaves())
WRONG_TYPE: Mapping[type, Any] = {str: 7, int: "seven", float: "seven", bool: "yes", list: "one"}
FREE_TEXT = "a text for people: every spelling is one"
EXCEPTIONS: Mapping[tuple[str, str], str] = {
    # empty says that there is none
    ("gateway.redis", "empty"): "one gateway needs no Redis",
    ("backends.shop.ignored_places", "empty"): "no place is ignored",
    ("backends.shop.countries", "empty"): "all markets",
    ("domains.price.compare", "empty"): "nothing is compared",
    ("identity.erp.field", "empty"): "the adapter's usual field",
    ("stores.covent_garden.services", "empty"): "it has none",
    ("channels.retail.locations", "empty"): "nothing is delivered, only picked up",
    ("channels.retail.delivery_cutoff", "empty"): "orders count from the day they are placed on",
    ("channels.retail.orders.mirror", "empty"): "its owner alone knows an order",
    ("channels.retail.orders.expect", "empty"): "no connector is expected to write it elsewhere",
    ("markets.GB.timezone", "empty"): "its stores', or the country's own",
    ("markets.GB.holidays", "empty"): "every day counts",
    ("issuers.customers.jwks_file", "empty"): "the other of the two is given",
    ("issuers.customers.roles_claim", "empty"): "only staff have roles",
    **{(f"profiles.web.{key}", "empty"): "all configured ones" for key in ("channels", "countries", "currencies")},
    ("profiles.web.return_origins", "empty"): "the pages that may ask, and the gateway's own address",
    ("profiles.web.return_origins", "misspelt"): "any site may be a frontend's",
    ("profiles.web.operations", "empty"): "free documents may be sent",
    ("profiles.web.counted_by", "empty"): "each cart for itself",
    ("profiles.kiosk.stores", "empty"): "all configured ones",
    ("server.cors_origins", "empty"): "no other site's pages",
    ("server.trusted_proxies", "empty"): "nobody is believed",
    # a text that only people read, or only the system that it belongs to
    **{
        (f"stores.covent_garden.{key}", kind): FREE_TEXT
        for key in ("name", "names.ja", "address.lines", "address.city", "address.region", "address.postal_code",
                    "unparsed_hours")
        for kind in ("misspelt", "wrong case", "unknown")
        if (key, kind) != ("names.ja", "wrong case")  # it has none
    },
    **{
        (f"locations.london.refs.{backend}", kind): "only the backend knows its places: compared when it is asked"
        for backend in ("erp", "shop")
        for kind in ("misspelt", "wrong case", "unknown")
    },
    **{
        ("issuers.customers.audience", kind): "only the issuer knows its audiences"
        for kind in ("misspelt", "wrong case", "unknown")
    },
    **{
        (key, kind): "any public host is an address: what answers there is asked"
        for key in ("gateway.public_url", "issuers.customers.issuer", "issuers.customers.jwks_url", "backends.shop.url",
                    "backends.erp.url")
        for kind in ("misspelt",)
    },
    **{
        (f"backends.{backend}.alias", kind): "any word is an alias"
        for backend in ("shop", "erp")
        for kind in ("misspelt", "unknown")
    },
    ("gateway.state", "misspelt"): "any file may be new",
    ("stores.covent_garden.address.lines", "empty"): "a town and a code are an address",
    ("stores.covent_garden.services", "unknown"): "any word may be a service of the retailer's own",
    **{
        (f"stores.covent_garden.special_hours.{day}", "wrong case"): "read in any case"
        for day in ("2026-12-25",)
    },
    **{
        (f"shipping.standard.{key}", kind): FREE_TEXT
        for key in ("label", "labels.ja", "tax_class", "carrier")
        for kind in ("misspelt", "wrong case", "unknown")
        if (key, kind) != ("labels.ja", "wrong case")  # it has none
    },
    **{(f"shipping.standard.{key}", "empty"): "it is not said" for key in ("tax_class", "carrier", "cutoff")},
    ("server.host", "unknown"): "any name may be this machine's: tried when it listens",
}  # fmt: skip
"""Wrong values that cannot be told from right ones, each with the reason."""


def wrong_values(path: Path_, value: Any) -> Iterator[tuple[str, Any]]:
    """By kind."""
    kind = cast("type[Any]", type(value))
    yield "wrong type", WRONG_TYPE[kind]
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield "negative", -1_000.0 if path[-1] in ("latitude", "longitude") else -1 - abs(value)
        yield "absurd", kind(10**12)
        if isinstance(value, float):
            yield "no number", float("nan")
            yield "endless", float("inf")
    elif isinstance(value, str):
        yield "empty", ""
        yield "blank", " "
        if value:
            yield "blank at the end", f"{value} "
            if value.swapcase() != value:
                yield "wrong case", value.swapcase()
            yield "misspelt", value[:-1] if len(value) > 1 else f"{value}x"
        yield "unknown", "nonsense-of-the-keyboard"
        yield "control character", f"{value}\n"
        yield "absurd", "x" * 5_000
    else:
        yield "empty", []
        entries: list[Any] = value
        yield "wrong type inside", [[1]]
        if not entries:
            yield "unknown inside", [" "]
        elif isinstance(entries[0], str):
            yield "twice", [entries[0], entries[0]]
            for name, wrong in wrong_values(path, entries[0]):
                if name not in ("wrong type",):
                    yield name if name != "empty" else "empty inside", [wrong, *entries[1:]]
        else:
            yield "negative", [-1, *entries[1:]]
            yield "absurd", [*entries[:-1], 10**12]
            yield "wrong way round", entries[::-1]
            yield "too many", [*entries, *entries]


CASES = [
    pytest.param(path, kind, wrong, id=f"{dotted(path)}-{kind}")
    for path, value in KEYS.items()
    for kind, wrong in wrong_values(path, value)
]


@pytest.mark.parametrize(("path", "kind", "wrong"), CASES)
def test_a_wrong_value_is_named_by_its_key(path: Path_, kind: str, wrong: Any) -> None:
    found = mistakes(changed(path, wrong))
    if (dotted(path), kind) in EXCEPTIONS:
        assert not names(found, path), "no exception is needed"
    else:
        assert names(found, path), [mistake.text for mistake in found]


def test_the_reference_itself_has_no_mistake() -> None:
    assert [mistake.text for mistake in mistakes(REFERENCE)] == []


def test_every_exception_is_about_a_case_that_there_is() -> None:
    cases = {(dotted(path), kind) for path, value in KEYS.items() for kind, _ in wrong_values(path, value)}
    assert set(EXCEPTIONS) - cases == set()


@pytest.mark.parametrize("path", [path for path, _ in leaves()], ids=dotted)
def test_a_misspelt_key_is_named_with_the_right_one(path: Path_) -> None:
    if path[:1] in (("secrets",), ("domains",)) and len(path) == 2:
        pytest.skip("an operator's own name")
    wrong = (*path[:-1], f"{path[-1]}x")
    found = mistakes(changed(wrong, KEYS[path]))
    assert names(found, wrong), [mistake.text for mistake in found]


# --- every key that there is stands in the reference, and says what its values must be -----------------------------


def declared(kind: Any, place: str, marked: bool = False) -> Iterator[tuple[str, bool]]:
    """Every leaf of a section's type, and whether more is said of it than its type."""
    kind, marks = marks_of(kind)
    marked = marked or any(not mark.of_keys for mark in marks)
    keys_marked = any(mark.of_keys for mark in marks)
    arguments = [each for each in typing.get_args(kind) if each not in (type(None), Ellipsis)]
    if isinstance(kind, type) and issubclass(kind, Struct):
        for field in msgspec.structs.fields(kind):
            yield from declared(field.type, f"{place}.{field.encode_name}")
    elif typing.get_origin(kind) is typing.Literal or not arguments:
        listed = typing.get_origin(kind) is typing.Literal or isinstance(kind, EnumType)
        yield place, marked or listed or kind in (bool, Secret)
    elif typing.get_origin(kind) in (Mapping, dict):
        yield f"{place}.*", keys_marked or marked or place in OWN_NAMES
        yield from declared(arguments[1], place, marked)
    else:
        for each in arguments:
            yield from declared(each, place, marked)


OWN_NAMES = {"backends.options", "source_systems"}
"""Mappings whose keys are names of somebody else's."""
SECTIONS = [
    (field.encode_name, typing.get_args(field.type)[1] if typing.get_origin(field.type) is not None else field.type)
    for field in msgspec.structs.fields(Settings)
    if field.name not in ("environment", "base")
]


@pytest.mark.parametrize(("section", "kind"), SECTIONS, ids=[name for name, _ in SECTIONS])
def test_every_key_says_what_its_values_must_be(section: str, kind: Any) -> None:
    assert [place for place, says in declared(kind, section) if not says] == []


@pytest.mark.parametrize("kind", [HubSpotConfig, MemoryConfig, ShopifyConfig, SquareConfig, VendureConfig])
def test_every_key_of_an_adapter_says_what_its_values_must_be(kind: type[AdapterConfig]) -> None:
    fields = msgspec.structs.fields(kind)
    silent = [place for field in fields for place, says in declared(field.type, field.name) if not says]
    assert set(silent) <= {"origin_field"}, "which its `verify` looks at"


@pytest.mark.parametrize(("section", "kind"), SECTIONS, ids=[name for name, _ in SECTIONS])
def test_every_key_stands_in_the_reference(section: str, kind: Any) -> None:
    ours = {"backends.name", "backends.options"}
    entries = (
        [REFERENCE[section]] if isinstance(kind, type) and _is_single(section) else list(REFERENCE[section].values())
    )
    written = {key for entry in entries for key in _keys(entry, section)}
    wanted = {place for place, _ in declared(kind, section) if not place.endswith(".*")}
    assert {
        place for place in wanted - ours if not any(key == place or key.startswith(f"{place}.") for key in written)
    } == set()


def _is_single(section: str) -> bool:
    return section in ("gateway", "languages", "carts", "checkout", "limits", "server")


def _keys(entry: Any, place: str) -> Iterator[str]:
    for path, _ in leaves(entry, (place,)):
        yield dotted(path)
