"""Ids, keys and positions that a stranger makes up, through the GraphQL door of a gateway before each vendor: null,
MALFORMED_ID or INVALID_CURSOR, nothing else; nobody else notices, and nothing of them is more than a value."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from gateway.security.card_numbers import MOST_TEXT
from gateway.services.ids import NodeId, NodeType
from gateway.testing.conformance.example import example_seed
from gateway.testing.conformance.hostile import NO_IDS

from .conftest import Door

pytestmark = pytest.mark.asyncio(loop_scope="package")

NO_GIDS = tuple(f"gid://shopify/{rest}" for rest in ("Product/", "Product/²0", "Product/01", "Nothing/1", "Order/+1"))
FEW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NATIVE = [NodeType.PRODUCT, NodeType.ORDER, NodeType.CATEGORY, NodeType.COLLECTION, NodeType.LOYALTY_ACCOUNT]
SOLD_UNDER = frozenset(
    key.casefold()
    for product in example_seed().products
    for key in (product.slug, *(each for variant in product.variants for each in (variant.sku, *variant.gtins)))
    if key
)
"""What names something at every door of these tests."""
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
AROUND = st.sampled_from(
    ["", "0", " ", "²", "+", "-", "_", ".0", "e0", "/..", "?a=b", "#", "\x00", "'", '"', "\\", "%00"]
)
PATHS = re.compile(
    r"/jsonrpc|/json/version|/json/2/[a-z.]+/[a-z_]+|/(admin/)?api/[0-9-]+/graphql\.json|/v2/[a-z/-]+|/crm/[a-z0-9/]+"
)
ALLOWED = {"MALFORMED_ID", "INVALID_CURSOR"}
KNOWN = """{ products(first: 3) { nodes { id slug variants { id sku } } pageInfo { endCursor } } categories { id key }
  collections { id key } }"""
ORDERS = (
    """{ customer(by: {email: "ada@example.com"}) { id orders(first: 2) { nodes { id } pageInfo { endCursor } } } }"""
)


async def known(door: Door) -> dict[str, Any]:
    """Ids that exist, asked once."""
    if not door.known:
        shown, people = await door.ask(KNOWN), await door.ask(ORDERS, staff=True)
        assert "errors" not in shown, shown
        assert "errors" not in people, people
        door.known = {**shown["data"], **people["data"]}
    return door.known


def ids_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():  # pyright: ignore[reportUnknownVariableType]
            if name == "id":
                yield str(each)  # pyright: ignore[reportUnknownArgumentType]
            else:
                yield from ids_in(each)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list):
        for each in value:  # pyright: ignore[reportUnknownVariableType]
            yield from ids_in(each)  # pyright: ignore[reportUnknownArgumentType]


def asked_with(texts: list[str]) -> tuple[str, dict[str, str]]:
    """Every way to name something by id, once for each text."""
    fields: list[str] = []
    variables: dict[str, str] = {}
    for place, text in enumerate(texts):
        name = f"v{place}"
        variables[name] = text
        fields += [
            f"a{place}: node(id: ${name}) {{ __typename id }}",
            f"b{place}: product(by: {{id: ${name}}}) {{ __typename id }}",
            f"c{place}: category(key: ${name}) {{ __typename id }}",
            f"d{place}: collection(key: ${name}) {{ __typename id }}",
            f"e{place}: products(first: 2, category: ${name}) {{ nodes {{ id }} }}",
            f"f{place}: products(first: 2, collection: ${name}) {{ nodes {{ id }} }}",
            f"g{place}: store(id: ${name}) {{ __typename id }}",
        ]
    declared = ", ".join(f"${name}: {kind}" for name, kind in ((name, "ID!") for name in variables))
    text = f"query({declared}) {{ {' '.join(fields)} }}"
    for place in range(len(texts)):  # an ID is no String: keys have variables of their own
        for letter in "cdef":
            text = re.sub(rf"({letter}{place}: [a-z]+\([^$]*)\$v{place}\b", rf"\1$k{place}", text)
    keys = {f"k{place}": each for place, each in enumerate(texts)}
    return text.replace("query(", f"query({', '.join(f'${key}: String!' for key in keys)}, "), {**variables, **keys}


def native_ids(text: str) -> list[str]:
    made = [NodeId(kind, "native", "vendor", text).encode() for kind in NATIVE]
    made += [NodeId(NodeType.VARIANT, "native", "vendor", f"{text}\x1e{text}").encode()]
    made += [NodeId(NodeType.VARIANT, "sku", "", text).encode(), NodeId(NodeType.STORE, "name", "", text).encode()]
    return [*made, NodeId(NodeType.CUSTOMER, "gateway", "", text).encode()]


async def harmless(door: Door, texts: list[str]) -> None:
    real = set(ids_in(await known(door)))
    before = len(door.requests)
    step = 2 if sum(map(len, texts)) < 6_000 else 1  # a request's texts have a limit of their own
    for start in range(0, len(texts), step):
        query, variables = asked_with(texts[start : start + step])
        for staff in (False, True):
            answer = await door.ask(query, variables, staff=staff)
            codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
            if codes == {"LIMIT_EXCEEDED"}:
                assert sum(map(len, variables.values())) > MOST_TEXT
                continue
            assert "data" in answer, answer
            assert codes <= ALLOWED, (codes, variables)
            shown: dict[str, Any] = answer["data"] or {}
            for name, found in shown.items():
                asked = variables["v" + name[1:]]
                if isinstance(found, dict) and "id" in found:
                    assert found["id"] in real, (asked, found)
                elif isinstance(found, dict):
                    assert found["nodes"] == [] or asked in real or name[0] in "ef", (asked, found)
    for request in door.requests[before:]:
        assert PATHS.fullmatch(request.path), request
        assert request.status == 200, request
    assert door.is_up


async def test_what_there_is_is_found(door: Door) -> None:
    """The rest of this file would find nothing where nothing can be found."""
    found = await known(door)
    assert len(found["products"]["nodes"]) == 3
    assert found["customer"]["orders"]["nodes"]
    for native in ids_in(found):
        answer = await door.ask("query($id: ID!) { node(id: $id) { id } }", {"id": native}, staff=True)
        assert answer == {"data": {"node": {"id": native}}}


async def test_no_made_up_id_does_harm(door: Door) -> None:
    for text in (*NO_IDS, *NO_GIDS):
        await harmless(door, native_ids(text))


@FEW
@given(text=TEXTS)
@example(text="²0")
async def test_no_text_in_an_id_does_harm(door: Door, text: str) -> None:
    await harmless(door, native_ids(text))


@FEW
@given(before=AROUND, after=AROUND, choice=st.integers(0, 50))
async def test_no_record_has_a_second_id(door: Door, before: str, after: str, choice: int) -> None:
    real = sorted(set(ids_in(await known(door))))
    native = base64.urlsafe_b64decode(real[choice % len(real)] + "==").decode().split("\x1f")
    value = native[-1]
    twisted = [
        f"{before}{value}{after}",
        value.replace("1", "１"),
        re.sub(r"(\d+)$", r"0\1", value),
        f"{value[:-1]}{before}",
    ]
    texts = ["\x1f".join([*native[:-1], each]) for each in twisted if each != value]
    await harmless(door, [base64.urlsafe_b64encode(each.encode()).rstrip(b"=").decode() for each in texts])
    await harmless(door, [f"{before}{real[choice % len(real)]}{after}" or "x"])


@FEW
@given(text=TEXTS)
@example(text="mug-1-²00")
@example(text="mug-1-99999999999999999999")
@example(text='" OR "1"="1')
@example(text="x\x00")
async def test_no_key_does_harm(door: Door, text: str) -> None:
    assume(text.casefold() not in SOLD_UNDER)  # Hypothesis makes texts of what stands in the code, too
    query = """query($t: String!) { slug: product(by: {slug: $t}) { id } sku: product(by: {sku: $t}) { id }
      barcode: product(by: {barcode: $t}) { id } }"""
    answer = await door.ask(query, {"t": text})
    codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
    assert codes <= {"BAD_USER_INPUT"}, answer
    shown: dict[str, Any] = answer["data"] or {}
    assert [found for found in shown.values() if found is not None] == []
    assert door.is_up


@FEW
@given(text=TEXTS)
@example(text="")
@example(text="x" * 3_000)
@example(
    text=base64.urlsafe_b64encode(b"\x00" * 12 + b'{"type":"p","backend":"vendor","position":"\xc2\xb2"}').decode()
)
async def test_no_position_does_harm(door: Door, text: str) -> None:
    cursor = (await known(door))["products"]["pageInfo"]["endCursor"]
    twisted = [text, f"{text}{cursor}", f"{cursor}{text}", f"{cursor[:-2]}{text}", f"{cursor[1:]}"]
    for after in [each for each in twisted if each != cursor]:
        answer = await door.ask("query($a: String!) { products(first: 2, after: $a) { nodes { id } } }", {"a": after})
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
        assert codes <= {"INVALID_CURSOR"}, (after, answer)
        people = ORDERS.replace("first: 2", "first: 2, after: $a").replace(
            "{ customer", "query($a: String!) { customer", 1
        )
        answer = await door.ask(people, {"a": after}, staff=True)
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
        assert codes <= {"INVALID_CURSOR"}, (after, answer)
    assert door.is_up


async def test_after_all_of_it_everybody_is_answered(door: Door) -> None:
    await door.gateway.changed("owner", ("product", "price", "stock"))
    answer = await door.ask(
        """{ product(by: {sku: "MUG-01-S"}) { variants { sku price { current { gross { amount } } }
          availability { quantity } } } }"""
    )
    assert "errors" not in answer, answer
    assert door.is_up
