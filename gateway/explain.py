"""`gateway explain`: the plan of an operation as a tree, run for real, with a timeline picture."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from gateway.app import Gateway
from gateway.errors import ConfigurationError
from gateway.execution import OperationRequest
from gateway.execution.explain.backend_calls import BackendSum, CallStep
from gateway.execution.explain.drawing import tree
from gateway.execution.explain.report import Explanation
from gateway.execution.explain.timeline import timeline
from gateway.model.principal import ANONYMOUS, Principal
from gateway.ownership import Ownership
from gateway.security.card_numbers import redacted
from gateway.security.profiles import RequestFacts
from gateway.settings import load

Named = TypeVar("Named", CallStep, BackendSum)


async def explain(
    config: Path,
    query: Path,
    variables: str,
    *,
    svg: Path | None,
    dry: bool,
    token: str | None,
    personal: bool = False,
) -> int:
    """Prints the plan; unless `dry`, runs the operation and prints what it fetched, called and answered. `token` asks
    as somebody; an answer that may be about a person is printed only where that is wanted (`personal`). 1 when the
    operation is not valid or answered with errors. Raises ConfigurationError."""
    gateway = await Gateway.open(load(config))
    try:
        principal = ANONYMOUS if token is None else await gateway.verifier.verify(token)
        request = OperationRequest(_text(query), _variables(variables))
        context = gateway.contexts(principal, gateway.profiles.of(principal), RequestFacts(explain=True))
        predicted = gateway.engine.predict(request, context)
        if not isinstance(predicted, Explanation):
            for error in predicted:
                print(error.message, file=sys.stderr)
            return 1
        if dry:
            print(tree(predicted))
            return 0
        return await _run(gateway, request, principal, svg, personal)
    finally:
        await gateway.close()


async def _run(
    gateway: Gateway, request: OperationRequest, principal: Principal, svg: Path | None, personal: bool
) -> int:
    context = gateway.contexts(principal, gateway.profiles.of(principal), RequestFacts(explain=True))
    context.explain = True  # an operator at a terminal needs no profile's leave
    result = await gateway.engine.execute(request, context)
    found: Any = (result.extensions or {}).get("explain")
    explanation = msgspec.convert(found, Explanation)
    if not context.is_staff:
        explanation = _by_name(explanation, gateway.ownership)
    print(tree(explanation))
    if result.private and not personal:
        print("the answer may be about a person, and is not printed without --personal")
    else:
        answer = msgspec.json.encode({"data": result.data}, enc_hook=str)
        print(redacted(msgspec.json.format(answer, indent=2).decode()))  # what a backend wrote into a text, say
    for error in result.errors or []:
        print(f"error at {'.'.join(map(str, error.path or []))}: {error.message}", file=sys.stderr)
    if svg is not None:
        await asyncio.to_thread(svg.write_text, timeline(explanation, "operation"), "utf-8")
        print(f"timeline written to {svg}")
    return 1 if result.errors else 0


def _by_name(explanation: Explanation, ownership: Ownership) -> Explanation:
    """With backends named as the configuration does, whoever the operation was asked as."""

    def named(step: Named) -> Named:
        return replace(step, backend=ownership.backend_of_alias(step.backend) or step.backend)

    return replace(
        explanation, calls=tuple(map(named, explanation.calls)), totals=tuple(map(named, explanation.totals))
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read the operation: {error}", place=str(path)) from error


def _variables(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"not a JSON object: {error}", place="--variables") from error
