"""What the demo prints: one query's true answer, and which system gave each part of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import aiohttp
import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

QUERIES = Path(__file__).with_name("queries")


class Answer(Struct, frozen=True):
    """A GraphQL answer as it came over HTTP, numbers and all."""

    status: int
    body: dict[str, Any]

    @property
    def complete(self) -> bool:
        return self.status == 200 and self.body.get("data") is not None and not self.body.get("errors")


def document(name: str) -> str:
    return (QUERIES / f"{name}.graphql").read_text("utf-8")


async def ask(url: str, query: str, variables: dict[str, Any], token: str | None = None) -> Answer:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{url}/graphql", json={"query": query, "variables": variables}) as response,
    ):
        return Answer(response.status, msgspec.json.decode(await response.read()))


def sources(data: object) -> dict[str, tuple[str, ...]]:
    """Which systems gave each part of an answer: a path without list positions, to the sources named below it."""
    found: dict[str, dict[str, None]] = {}
    for path, source in _sources(data, ()):
        found.setdefault(".".join(path), {})[source] = None
    return {path: tuple(systems) for path, systems in found.items()}


def _sources(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, list):
        for entry in cast("list[object]", value):
            yield from _sources(entry, path)
    elif isinstance(value, dict):
        for key, entry in cast("dict[str, object]", value).items():
            if key == "source" and isinstance(entry, str):
                yield path[:-1] if path and path[-1] == "freshness" else path, entry
            else:
                yield from _sources(entry, (*path, key))


def show_answer(console: Console, answer: Answer, query: str) -> None:
    """The query, what came back, and who said what."""
    console.print("\n[bold]One query[/bold]")
    console.print(document(query), highlight=False, markup=False)
    console.print("[bold]its answer[/bold]")
    text = msgspec.json.format(msgspec.json.encode(answer.body), indent=2).decode()
    console.print(text, highlight=False, markup=False, soft_wrap=True)
    table = Table("part of the answer", "given by", title="Which system gave each part", title_justify="left")
    for path, systems in sources(answer.body.get("data")).items():
        table.add_row(path, ", ".join(systems))
    console.print(table)
