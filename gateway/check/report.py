"""A report for people, and for programs."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from gateway.check.findings import BackendReport, Call, Report


def as_json(report: Report) -> str:
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()


def as_text(report: Report) -> str:
    lines = [line for backend in report.backends for line in _backend(backend)]
    lines += [f"note     {note}" for note in report.notes]
    lines += [f"PROBLEM  {problem.text}" for problem in report.problems]
    lines.append("ok" if report.ok else f"{len(report.problems)} problem(s) in {report.file}")
    return "\n".join(lines)


def _backend(backend: BackendReport) -> Iterator[str]:
    yield f"{backend.name}  ({backend.alias}, adapter {backend.adapter}, {backend.tier})"
    said = backend.version or _silent(backend)
    yield f"  version       {said}   {backend.milliseconds:.0f} ms"
    yield f"  capabilities  {', '.join(backend.operations)}"
    yield f"  serves        {', '.join(backend.serves) or 'no domain'}"
    if backend.keys is not None:
        yield f"  keys          {backend.keys}"
    if backend.prices is not None:
        yield f"  prices        {backend.prices}"
    for key in backend.ambiguous:
        yield f"  ambiguous     {key}"
    for note in backend.notes:
        yield f"  note          {note}"
    for call in backend.calls:
        yield f"  called        {_call(call)}"


def _silent(backend: BackendReport) -> str:
    """In place of a version: what kept it from being told."""
    cause = next((problem.cause for problem in backend.problems if problem.cause), None)
    return f"not told: {cause or 'no answer'}"


def _call(call: Call) -> str:
    if call.declared == 0 and call.requests == 0 and call.milliseconds == 0:
        return f"{call.operation:26} {call.outcome}"
    made = f"{call.requests} request{'' if call.requests == 1 else 's'}, {call.declared} declared"
    return f"{call.operation:26} {call.outcome}; {made}, {call.milliseconds:.0f} ms"
