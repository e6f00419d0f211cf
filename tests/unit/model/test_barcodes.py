"""What a scanner reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.barcodes import LONGEST, Scanned, scanned

MUG = "09506000134352"


@pytest.mark.parametrize(
    ("text", "gtin", "more"),
    [
        ("9506000134352", MUG, {}),
        (" 9506000134352\n", MUG, {}),
        ("96385074", "00000096385074", {}),
        ("036000291452", "00036000291452", {}),
        ("(01)09506000134352", MUG, {}),
        ("(01)09506000134352(10)ABC-1(17)271231", MUG, {"10": "ABC-1", "17": "271231"}),
        ("(01)09506000134352(3103)000750", MUG, {"3103": "000750"}),
        ("0109506000134352", MUG, {}),
        ("]d2010950600013435210ABC\x1d17271231", MUG, {"10": "ABC", "17": "271231"}),
        ("]C1" + "01095060001343523103000750", MUG, {"3103": "000750"}),
        ("]Q3\x1d21SER/7\x1d0109506000134352", MUG, {"21": "SER/7"}),
        ("010950600013435217271231" + "10A1", MUG, {"17": "271231", "10": "A1"}),
        ("https://id.gs1.org/01/09506000134352", MUG, {}),
        ("https://shop.example/p/mug/01/9506000134352/10/ABC%2F1/21/7?17=271231&utm=x", MUG,
         {"10": "ABC/1", "21": "7", "17": "271231"}),
        ("HTTPS://id.gs1.org/gtin/9506000134352", MUG, {}),
    ],
)  # fmt: skip
def test_a_trade_item_is_read_in_every_way_it_is_written(text: str, gtin: str, more: dict[str, str]) -> None:
    assert scanned(text) == Scanned(gtin, more)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mug",
        "9506000134353",
        "(01)09506000134353",
        "0109506000134353",
        "(01)09506000134352 and more",
        "(10)ABC",
        "10ABC",
        "01095060001343",
        "https://id.gs1.org/01/09506000134353",
        "https://id.gs1.org/00/095060001343520000",
        "https:///01/09506000134352",
        "ftp://id.gs1.org/01/09506000134352",
        "https://[/01/09506000134352",
        "https://id.gs1.org/01/09506000134352?" + "&".join(f"{number}=1" for number in range(65)),
        "javascript://x/01/09506000134352",
        "٩٥٠٦٠٠٠١٣٤٣٥٢",
        "(01)" + "0" * LONGEST,
    ],
)
def test_what_names_no_trade_item_is_none(text: str) -> None:
    assert scanned(text) is None


LINK = "https://id.gs1.org/01/09506000134352"
WRITTEN = st.text(max_size=80) | st.text("()01]d2\x1d/:?&=9", max_size=80)


@given(WRITTEN | WRITTEN.map(LINK.__add__) | st.text("&=01", max_size=400).map(f"{LINK}?".__add__))
def test_whatever_is_read_has_a_right_gtin_or_is_none(text: str) -> None:
    found = scanned(text)
    assert found is None or scanned(found.gtin) == Scanned(found.gtin, {})
