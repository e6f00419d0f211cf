"""What holds for every test: under GATEWAY_TESTS_STRICT=1 (as CI sets it) a skipped test is a failure; a busy machine
never is."""

from __future__ import annotations

import os
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

from gateway.logs.failures import FAILURES, FailureLog

pytest_plugins = ["gateway.testing.plugin"]
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # how long an example takes is no property
STRICT = os.environ.get("GATEWAY_TESTS_STRICT") == "1"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped: list[Any] = reporter.stats.get("skipped", []) if reporter is not None else []
    if STRICT and skipped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section("skipped, loudly", red=STRICT, yellow=not STRICT)
        for report in skipped:
            terminalreporter.line(f"{report.nodeid}: {report.longrepr[2] if report.longrepr else ''}")
        if STRICT:
            terminalreporter.line(f"{len(skipped)} skipped: under GATEWAY_TESTS_STRICT=1 that is a failure", red=True)


@pytest.fixture(autouse=True)
def fresh_failure_log() -> None:
    """No test finds the log silent because of what another one had written there, nor sent elsewhere by a command."""
    structlog.reset_defaults()
    FAILURES.flush()
    FailureLog.__init__(FAILURES)
