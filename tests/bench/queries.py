"""The four operations, the same text for every contender."""

from __future__ import annotations

import orjson

from gateway.services.ids import NodeId, NodeType
from tests.bench.canned import STORES

STORE_IDS = [NodeId(NodeType.STORE, "name", "", name).encode() for name in STORES]

_VARIANT = """sku title { value language }
      price { current { gross { amount currencyCode } taxTreatment } }"""

QUERIES: dict[str, str] = {
    "Q1": "{ context { country } }",
    "Q2": f"""query Page($stores: [ID!]!) {{ product(by: {{slug: "mug-0"}}) {{ slug title {{ value }} variants {{
      {_VARIANT}
      availability(fulfilment: PICKUP, storeIds: $stores) {{ status quantity stores {{ status quantity }} }}
    }} }} }}""",
    "Q3": f"""{{ products(first: 24) {{ nodes {{ slug title {{ value }} variants {{
      {_VARIANT}
      availability {{ status quantity complete }}
    }} }} }} }}""",
    "Q4": """{ products(first: 100) { nodes { slug brand productType title { value language } updatedAt variants {
      sku title { value language } taxable options { name value }
    } } } }""",
}
VARIABLES: dict[str, dict[str, object]] = {"Q1": {}, "Q2": {"stores": STORE_IDS}, "Q3": {}, "Q4": {}}


def leaves(value: object) -> int:
    """Scalar values in an answer."""
    if isinstance(value, dict):
        return sum(leaves(item) for item in value.values())  # pyright: ignore
    if isinstance(value, list):
        return sum(leaves(item) for item in value)  # pyright: ignore
    return 1


def body_of(name: str) -> bytes:
    """What a client posts."""
    return orjson.dumps({"query": QUERIES[name], "variables": VARIABLES[name]})
