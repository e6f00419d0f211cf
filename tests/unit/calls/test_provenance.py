"""What calls report of the answers an operation was made of."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from gateway.calls.operation.tags import report
from gateway.errors import Unavailable
from gateway.model.pricing import PriceKey
from gateway.model.touched import TOUCHED, Touched
from gateway.ports.price import GET_PRICES
from gateway.ports.product import LIST_PRODUCTS

FRESH = "an answer"


@pytest.fixture
def collecting() -> Generator[Touched]:
    collected = Touched()
    token = TOUCHED.set(collected)
    yield collected
    TOUCHED.reset(token)


def test_each_answer_and_each_absence_is_named(collecting: Touched) -> None:
    report(GET_PRICES, personal=False, keys=[PriceKey("a"), PriceKey("b")], answers={PriceKey("a"): FRESH})
    assert collecting.tags == {"price:a", "price:b"}
    assert collecting.shareable


def test_a_page_depends_on_its_domains_pages(collecting: Touched) -> None:
    page: Any = ("page", 1)
    report(LIST_PRODUCTS, personal=False, keys=[page], answers={page: FRESH})
    assert collecting.tags == {"product.pages"}


@pytest.mark.parametrize(("personal", "answer"), [(True, FRESH), (False, Unavailable(source="erp", domain="price"))])
def test_what_is_personal_or_failed_is_not_shareable(collecting: Touched, personal: bool, answer: object) -> None:
    report(GET_PRICES, personal=personal, keys=[PriceKey("a")], answers={PriceKey("a"): answer})
    assert not collecting.shareable


def test_where_nobody_collects_nothing_happens() -> None:
    report(GET_PRICES, personal=True, keys=[PriceKey("a")], answers={})
    assert TOUCHED.get() is None
