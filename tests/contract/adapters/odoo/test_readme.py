"""The page of the folder says what the code takes: every key, and none that is refused."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import adapters.odoo
from adapters.odoo.config import OdooConfig
from adapters.odoo.manifest import MANIFEST

COMMON = {"adapter", "url"}
PAGE = Path(adapters.odoo.__file__).with_name("README.md").read_text("utf-8")


def test_every_key_of_the_configuration_is_on_the_page() -> None:
    blocks = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]
    shown: set[str] = set()
    for block in blocks:
        shown |= set(block.get("backends", {}).get("erp", block))
    assert shown - COMMON == set(OdooConfig.__struct_fields__)


def test_every_operation_that_is_served_names_its_cost_on_the_page() -> None:
    singles = {"product.list_categories", "store.list_stores", "price.price_context", "loyalty.list_entries"}
    for name, spec in MANIFEST.operations.items():
        if name in singles:
            assert spec.requests(1, {}) == 1
        else:
            assert name.split(".")[1] in PAGE, name
