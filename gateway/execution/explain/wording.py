"""An explanation in words: what the tree and the timeline say alike."""

from __future__ import annotations

from gateway.execution.explain.backend_calls import BackendSum, CallStep
from gateway.execution.explain.report import Explanation, FetchStep


def headline(explanation: Explanation) -> str:
    by = f"answered by {explanation.executor}"
    if explanation.took is None:
        by = f"to be answered by {explanation.executor}"
    reason = f" ({explanation.reason})" if explanation.reason else ""
    took = "" if explanation.took is None else f" in {explanation.took} ms"
    made = sum(step.keys is not None for level in explanation.levels for step in level)
    counts = count(made, "fetch")
    if explanation.predicted is not None:
        counts = f"at most {count(explanation.predicted, 'fetch')}"
        if explanation.took is not None:
            counts += f" predicted, {made} made"
    return f"{by}{reason}{took}: {counts}, {count(len(explanation.levels), 'level')}"


def told(step: FetchStep) -> str:
    words = [f"{step.field}({step.arguments})" if step.arguments else step.field]
    if step.keys is not None:
        words.append(count(step.keys, "key"))
    if step.started is not None and step.took is not None:
        words.append(span(step.started, step.took))
    if step.frame is not None:
        words.append(f"in mutation {step.frame}")
    if len(step.waits_for) > 1:
        words.append(f"waits for {' and '.join(f'#{number}' for number in step.waits_for)}")
    if step.at:
        words.append(f"at {', '.join(step.at)}")
    return f"#{step.number} " + "  ".join(words)


def asked(call: CallStep) -> str:
    if call.spared:
        return f"{count(call.keys, 'key')}, no call, at {call.started:.1f} ms  {call.outcome}"
    chunk = f" (chunk {call.chunk} of {call.chunks})" if call.chunks > 1 else ""
    background = "  in the background" if call.background else ""
    return (
        f"{count(call.keys, 'key')}{chunk}, {count(call.requests, 'request')} declared, {attempts(call)}, "
        f"{span(call.started, call.took)}  {call.outcome}{background}"
    )


def attempts(call: CallStep) -> str:
    """And what they cost, unless that is the same."""
    made = f"{call.attempts} made"
    return made if call.cost_unit == "request" else f"{made}, {cost(call)}"


def cost(of: CallStep | BackendSum) -> str:
    """In the vendor's units, named: where it has no cost model these are requests."""
    unit = of.cost_unit if of.cost == 1 else f"{of.cost_unit}s"
    counted = "" if of.counted is None else f" ({of.counted:.10g} counted by the vendor)"
    return f"{of.cost:.10g} {unit}{counted}"


TITLES = ("per backend", "calls", "keys asked", "cached", "joined", "requests made", "cost", "time in all")


def cells(total: BackendSum) -> tuple[str, ...]:
    numbers = (total.calls, total.keys, total.cached, total.joined, total.attempts)
    spent = cost(total) if total.calls else "none"
    return (total.backend, *map(str, numbers), spent, f"{total.took:.1f} ms")


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}{'es' if noun.endswith('ch') else 's'}"


def span(started: float, took: float) -> str:
    return f"{started:.1f} to {started + took:.1f} ms"
