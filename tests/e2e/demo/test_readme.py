"""The front page's query has the front page's answer."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from gateway.demo.answers import ask
from gateway.demo.run import RunningDemo

pytestmark = pytest.mark.asyncio(loop_scope="package")
README = (Path(__file__).resolve().parents[3] / "README.md").read_text("utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found.group(1)


async def test_the_query_on_the_front_page_has_the_answer_on_the_front_page(demo: RunningDemo) -> None:
    answer = await ask(demo.url, block("graphql"), {}, None)
    assert answer.complete
    assert answer.body["data"]["product"]["variants"][0] == msgspec.json.decode(block("json"))
