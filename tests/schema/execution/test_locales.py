"""Locales that nobody asked for before: read beside the loop, whether a document writes them or its variables do."""

from __future__ import annotations

from babel import localedata

from gateway.execution import Engine, OperationRequest
from gateway.model import written_money as ways
from gateway.model.principal import ANONYMOUS, ClientProfile, Touchpoint
from schema import build_schema


class Asking:
    """As far as the engine looks before anything is fetched."""

    principal = ANONYMOUS
    profile = ClientProfile(touchpoint=Touchpoint.WEB)
    memo: object = None
    explain = False
    deadline = None


def names(count: int) -> list[str]:
    every = (name.replace("_", "-") for name in sorted(localedata.locale_identifiers())[7::13])
    return [name for name in every if name.replace("-", "_") not in ways._manners][:count]  # pyright: ignore[reportPrivateUsage]


async def test_a_documents_locales_are_known_before_anything_is_computed() -> None:
    waited: list[int] = []

    async def read(waiting: object) -> None:
        waited.append(len(ways._asked))  # pyright: ignore[reportPrivateUsage]
        await waiting  # type: ignore[misc]

    def before() -> object:
        waiting = ways.reading()
        return None if waiting is None else read(waiting)

    engine = Engine(build_schema(), before=before)  # type: ignore[arg-type]
    literal, variable = names(6)[:3], names(6)[3:]
    fields = " ".join(f'l{index}: formatted(locale: "{name}")' for index, name in enumerate(literal))
    given = " ".join(f"v{index}: formatted(locale: $v{index})" for index in range(3))
    declared = ", ".join(f"$v{index}: Locale" for index in range(3))
    price = f"price {{ current {{ gross {{ {fields} {given} }} }} }}"
    query = f"query ({declared}) {{ products(first: 1) {{ nodes {{ variants {{ {price} }} }} }} }}"
    variables = {f"v{index}": name for index, name in enumerate(variable)}
    await engine.execute(OperationRequest(query, variables), Asking())  # type: ignore[arg-type]
    assert waited == [6]
    assert ways.reading() is None
    assert {name.replace("-", "_") for name in (*literal, *variable)} <= set(ways._manners)  # pyright: ignore[reportPrivateUsage]
    await engine.execute(OperationRequest(query, variables), Asking())  # type: ignore[arg-type]
    assert waited == [6]
