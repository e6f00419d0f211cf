from __future__ import annotations

from gateway.model.remembered import LONGEST, remembered


def test_short_texts_are_remembered_and_long_ones_are_worked_out_each_time() -> None:
    asked: list[str | None] = []

    @remembered(2)
    def length(text: str | None) -> int:
        asked.append(text)
        return len(text or "")

    for text in ("a", "a", None, None, "a" * LONGEST, "a" * LONGEST, "a" * (LONGEST + 1), "a" * (LONGEST + 1)):
        assert length(text) == len(text or "")
    assert [len(text or "") for text in asked] == [1, 0, LONGEST, LONGEST + 1, LONGEST + 1]


def test_no_more_are_remembered_than_were_allowed() -> None:
    asked: list[str] = []

    @remembered(2)
    def same(text: str) -> str:
        asked.append(text)
        return text

    for text in "abca":
        same(text)
    assert asked == [*"abca"]
