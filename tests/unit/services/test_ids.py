"""Ids: what was issued reads back as it was written, however often; nothing else does, and one record has one id."""

from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import MalformedId
from gateway.model.catalog import Variant
from gateway.model.freshness import Freshness
from gateway.model.identity import INT32, INT64, NativeRef, record_number
from gateway.model.text import Text
from gateway.services.ids import NodeId, NodeType, decode, decode_as
from tests.unit.services.conftest import Build
from tests.unit.services.retailer import NOW, configuration, shop

PLAIN = st.characters(exclude_categories=["Cs", "Cc"])
PARTS = st.text(PLAIN, min_size=1, max_size=30)
NATIVE = [kind for kind in NodeType if kind not in (NodeType.STORE, NodeType.CUSTOMER, NodeType.VARIANT)]
NODES = st.one_of(
    st.builds(NodeId, st.sampled_from(NATIVE), st.just("native"), PARTS, PARTS),
    st.builds(NodeId, st.just(NodeType.STORE), st.just("name"), st.just(""), PARTS),
    st.builds(
        NodeId, st.just(NodeType.VARIANT), st.just("sku"), st.just(""), st.sampled_from(["MUG", "a b", "杯", "Ⅷ"])
    ),
    st.builds(
        NodeId,
        st.just(NodeType.VARIANT),
        st.just("native"),
        PARTS,
        st.tuples(PARTS, PARTS).map("\x1e".join),
    ),
)


@given(NODES)
def test_an_issued_id_reads_back_as_it_was_written(node: NodeId) -> None:
    issued = node.encode()
    assert decode(issued) == decode(issued) == node
    assert decode_as(issued, node.type) == node


@given(NODES, st.data())
def test_an_id_has_one_spelling(node: NodeId, data: st.DataObject) -> None:
    issued = node.encode()
    place = data.draw(st.integers(0, len(issued)))
    other = data.draw(st.sampled_from(["=", "==", "\n", " ", "!", "$", "²", "A"]))
    for written in (issued[:place] + other + issued[place:], issued[:-1], issued + other):
        try:
            assert decode(written) != node
        except MalformedId:
            continue


def written(*parts: str) -> str:
    return base64.urlsafe_b64encode("\x1f".join(parts).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "parts",
    [
        ("2", "Product", "native", "erp", "1"),
        ("1", "Product", "sku", "", "MUG"),
        ("1", "Product", "name", "", "1"),
        ("1", "Product", "native", "", "1"),
        ("1", "Product", "native", "erp", ""),
        ("1", "Product", "native", "erp", "1\x00"),
        ("1", "Product", "native", "erp", "1\x1e2"),
        ("1", "Product", "native", "er\np", "1"),
        ("1", "Product", "native", "erp", "1", "2"),
        ("1", "Variant", "native", "erp", "7"),
        ("1", "Variant", "native", "erp", "\x1e7"),
        ("1", "Variant", "native", "erp", "1\x1e"),
        ("1", "Variant", "native", "erp", "1\x1e2\x1e3"),
        ("1", "Variant", "sku", "erp", "MUG"),
        ("1", "Variant", "sku", "", " MUG"),
        ("1", "Variant", "sku", "", "e\u0301"),
        ("1", "Store", "native", "erp", "1"),
        ("1", "Category", "name", "", "mugs"),
        ("1", "Customer", "native", "erp", "1"),
        ("1", "Order", "number", "erp", "1"),
        ("1", "Nothing", "native", "erp", "1"),
    ],
)
def test_what_no_record_can_be_known_by_is_refused(parts: tuple[str, ...]) -> None:
    with pytest.raises(MalformedId):
        decode(written(*parts))


@pytest.mark.parametrize(
    "text", ["", "x", "!!!", "MQ", NodeId(NodeType.STORE, "name", "", "s" * 600).encode(), "A" * 9_000]
)
def test_what_was_not_issued_is_refused_each_time(text: str) -> None:
    for _ in range(2):
        with pytest.raises(MalformedId):
            decode(text)


@given(st.text(max_size=80))
def test_no_text_is_worse_than_malformed(text: str) -> None:
    with contextlib.suppress(MalformedId):
        assert decode(text).encode() == text


def test_an_id_of_another_type_is_refused_although_it_was_read_before() -> None:
    store = NodeId(NodeType.STORE, "name", "", "soho").encode()
    assert decode_as(store, NodeType.STORE).value == "soho"
    with pytest.raises(MalformedId, match="Store"):
        decode_as(store, NodeType.VARIANT)


async def test_a_variant_s_id_is_its_sku_and_without_one_its_place_in_the_catalogue(build: Build) -> None:
    ids = (await build(configuration(), {"shop": shop("MUG")})).services.ids
    ref, seen = NativeRef("shop", "7"), Freshness("shop", NOW)
    mug = Variant(ref, NativeRef("shop", "1"), "MUG", Text("Mug", "en"), seen)
    assert decode(ids.variant(mug)) == NodeId(NodeType.VARIANT, "sku", "", "MUG")
    nameless = Variant(ref, NativeRef("shop", "1"), None, Text("Mug", "en"), seen)
    assert decode(ids.variant(nameless)) == NodeId(NodeType.VARIANT, "native", "shop", "1\x1e7")


@given(st.integers(1, INT64))
def test_a_record_s_number_has_one_spelling(number: int) -> None:
    assert record_number(str(number), INT64) == number
    assert record_number(str(number), INT32) == (number if number <= INT32 else None)
    for other in (f"0{number}", f"+{number}", f"-{number}", f" {number}", f"{number} ", f"{number}.0", f"{number}_0"):
        assert record_number(other, INT64) is None


@pytest.mark.parametrize(
    "text", ["", "0", "²", "²0", "٣", "１", "1e3", "0x1", "1_0", "\u00a01", str(INT64 + 1), "9" * 5_000]
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert record_number(text, INT64) is None
