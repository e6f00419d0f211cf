"""A variant is named by its options' values: their language is theirs, whatever the title was translated to."""

from __future__ import annotations

import pytest

from adapters.odoo.product import Texts, _chosen  # pyright: ignore[reportPrivateUsage]
from gateway.model.text import Text

TEXTS = Texts("he", "en")


class Value:
    def __init__(self, name: str) -> None:
        self.name = name


class Row:
    def __init__(self, *values: str) -> None:
        self.product_template_attribute_value_ids = [Value(value) for value in values]


@pytest.mark.parametrize(
    ("asked", "own", "expected"),
    [
        (Row("Small"), Row("Small"), Text("Small", "en")),
        (Row("קטן"), Row("Small"), Text("קטן", "he")),
        (Row(), Row(), None),
    ],
)
def test_a_value_that_nobody_translated_is_in_the_records_own_language(
    asked: Row, own: Row, expected: Text | None
) -> None:
    assert TEXTS.of(_chosen(asked), _chosen(own)) == expected  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
