"""Ids: what was issued reads back as it was written, however often; nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import MalformedId
from gateway.model.catalog import Variant
from gateway.model.freshness import Freshness
from gateway.model.identity import NativeRef
from gateway.model.text import Text
from gateway.services.ids import NodeId, NodeType, decode, decode_as
from tests.unit.services.conftest import Build
from tests.unit.services.retailer import NOW, configuration, shop

PARTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1f"), max_size=30)
NODES = st.builds(NodeId, st.sampled_from(NodeType), st.sampled_from(["sku", "name", "native"]), PARTS, PARTS)


@given(NODES)
def test_an_issued_id_reads_back_as_it_was_written(node: NodeId) -> None:
    issued = node.encode()
    if node.value:
        assert decode(issued) == decode(issued) == node
        assert decode_as(issued, node.type) == node
    else:
        with pytest.raises(MalformedId):
            decode(issued)


@pytest.mark.parametrize("written", ["", "x", "!!!", "MQ", NodeId(NodeType.STORE, "name", "", "s" * 500).encode()])
def test_what_was_not_issued_is_refused_each_time(written: str) -> None:
    for _ in range(2):
        with pytest.raises(MalformedId):
            decode(written)


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
