"""The order of a check: the file's form, its meaning, then everything it names is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from gateway.app import Gateway
from gateway.check.backends import Examination
from gateway.check.deep import Calls, call_everything
from gateway.check.findings import BackendReport, Problem, Report
from gateway.check.issuers import examine_issuers
from gateway.check.report import as_json, as_text
from gateway.check.surroundings import document_problems, misplaced_stores, redis_problems, silent_languages
from gateway.errors import ConfigurationError
from gateway.ports.domain import domains
from gateway.settings import Settings, load_draft
from gateway.validation import validate

FIRST = "the file's own mistakes come first: no backend was asked"
CLOSED = "the gateway cannot be opened: no backend was asked"


async def check(
    path: Path,
    *,
    deep: bool = False,
    json: bool = False,
    customer: str | None = None,
    skus: Sequence[str] = (),
) -> int:
    """Prints the report; 0 when everything will work, 1 with all that is wrong otherwise. `deep` calls every operation,
    personal ones as `customer` (an email) where one is given; `skus` are those whose prices are compared, in place of
    some at random. Raises Unreadable."""
    report = await examine(path, deep=deep, customer=customer, skus=skus)
    print(as_json(report) if json else as_text(report))
    return 0 if report.ok else 1


async def examine(path: Path, *, deep: bool = False, customer: str | None = None, skus: Sequence[str] = ()) -> Report:
    draft = load_draft(path)
    mistakes = validate(draft.settings, draft.mistakes)
    problems = [Problem.of(mistake) for mistake in mistakes]
    notes = _unserved(draft.settings)
    for text, needed in silent_languages(draft.settings):
        place, _, message = text.partition(": ")
        if needed:
            problems.append(Problem(message=message, place=place))
        else:
            notes.append(text)
    problems += misplaced_stores(draft.settings)
    for found in await asyncio.gather(examine_issuers(draft.settings), redis_problems(draft.settings)):
        problems += found
    backends: list[BackendReport] = []
    if any(mistake.grave for mistake in mistakes):
        notes.append(FIRST)
    else:
        try:
            backends = await _asked(draft.settings, problems, deep, customer, skus)
        except ConfigurationError as error:
            problems += [Problem.of(mistake) for mistake in error.mistakes]
            notes.append(CLOSED)
    problems += [problem for backend in backends for problem in backend.problems]
    return Report(
        file=str(path), ok=not problems, problems=tuple(problems), notes=tuple(notes), backends=tuple(backends)
    )


async def _asked(
    settings: Settings, problems: list[Problem], deep: bool, customer: str | None, skus: Sequence[str]
) -> list[BackendReport]:
    gateway = await Gateway.open(settings, validated=True)
    try:
        gateway.doors()  # what only they refuse is refused here too
        problems += document_problems(gateway)
        names = list(gateway.registry.backends)
        reports = await asyncio.gather(
            *(Examination(gateway, gateway.registry.backends[name], skus).report() for name in names)
        )
        if deep:
            answering = {report.name: report.hindered for report in reports if report.version}
            called = await call_everything(gateway, answering, customer)
            reports = [_with(report, called.get(report.name)) for report in reports]
    finally:
        await gateway.close()
    return list(reports)


def _with(report: BackendReport, called: Calls | None) -> BackendReport:
    if called is None:
        return report
    return replace(report, calls=called.calls, problems=(*report.problems, *called.problems))


def _unserved(settings: Settings) -> list[str]:
    return [
        f"domains.{name}: not served: nobody is configured for this data domain"
        for name in domains()
        if name not in settings.domains
    ]
