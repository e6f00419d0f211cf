"""What a Dockerfile linter would say, said here: no linter and no engine are needed to keep these."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

INSTRUCTIONS = {
    "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "RUN", "USER", "VOLUME",
    "WORKDIR",
}  # fmt: skip
PINNED = re.compile(r"^[\w./-]+:\d+\.\d+[\w.-]*$|@sha256:[0-9a-f]{64}$")


def _values(instructions: Sequence[Any], name: str, stage: int | None = None) -> list[str]:
    return [each.value for each in instructions if each.name == name and stage in (None, each.stage)]


def _last(instructions: Sequence[Any]) -> int:
    return instructions[-1].stage


def test_only_known_instructions_are_used_and_nothing_is_added_from_elsewhere(instructions: Sequence[Any]) -> None:
    assert {each.name for each in instructions} <= INSTRUCTIONS  # ADD, MAINTAINER and ONBUILD are not among them


def test_every_stage_stands_on_a_named_argument_whose_default_is_pinned(instructions: Sequence[Any]) -> None:
    defaults = dict(value.split("=", 1) for value in _values(instructions, "ARG", 0))
    for value in _values(instructions, "FROM"):
        argument = re.match(r"\$\{(\w+)\}", value)
        assert argument is not None, value
        assert PINNED.match(defaults[argument.group(1)]), value
        assert "latest" not in defaults[argument.group(1)]


def test_copies_between_stages_name_an_earlier_stage(instructions: Sequence[Any]) -> None:
    names: dict[str, int] = {}
    for each in instructions:
        if each.name == "FROM" and " AS " in each.value:
            names[each.value.split(" AS ")[1]] = each.stage
        if each.name == "COPY" and (source := re.match(r"--from=(\S+)", each.value)):
            assert names[source.group(1)] < each.stage


def test_everything_copied_exists_and_is_let_into_the_build_context(instructions: Sequence[Any], root: Path) -> None:
    rules = (root / ".dockerignore").read_text("utf-8").splitlines()
    let_in = [rule[1:].rstrip("/") for rule in rules if rule.startswith("!")]
    assert "*" in rules, "everything else stays out"
    for value in _values(instructions, "COPY"):
        if not value.startswith("--from="):
            for source in value.split()[:-1]:
                assert (root / source).exists(), source
                assert any(source.rstrip("/") == part or source.startswith(f"{part}/") for part in let_in), source


def test_it_runs_as_a_number_that_is_not_root(instructions: Sequence[Any]) -> None:
    last = _last(instructions)
    user = _values(instructions, "USER", last)[-1]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user), (
        "a number, so that an orchestrator can see that it is not root"
    )
    later = instructions[[each.name for each in instructions].index("USER") :]
    assert not _values(later, "RUN"), "nothing is built after the rights were given up"


def test_one_health_check_and_commands_without_a_shell(instructions: Sequence[Any]) -> None:
    last = _last(instructions)
    (health,) = _values(instructions, "HEALTHCHECK", last)
    assert re.search(r"--timeout=\d+s", health)
    for value in (health.split("CMD ", 1)[1], *_values(instructions, "ENTRYPOINT"), *_values(instructions, "CMD")):
        assert isinstance(json.loads(value), list), "the exec form: signals reach the gateway"
    assert "/healthz" in health
    assert _values(instructions, "EXPOSE", last) == ["8000"]


def test_what_is_installed_is_pinned_and_leaves_no_cache(instructions: Sequence[Any]) -> None:
    environment = " ".join(_values(instructions, "ENV"))
    for run in _values(instructions, "RUN"):
        assert not re.search(r"\bsudo\b|\bcurl\b|\bwget\b|(^|&& )cd\b|\bapt\b", run), run
        if "pip install" in run:
            assert "-c requirements.lock" in run
            assert "PIP_NO_CACHE_DIR=1" in environment
        if "npm" in run and "npm run" not in run:
            assert "npm ci" in run, "the lock file decides"
        if "apt-get install" in run:
            assert "--no-install-recommends" in run
            assert "rm -rf /var/lib/apt/lists" in run
    for place in _values(instructions, "WORKDIR"):
        assert place.startswith("/")


def test_no_secret_is_built_in(instructions: Sequence[Any]) -> None:
    for each in instructions:
        if each.name in ("ARG", "ENV", "LABEL"):
            assert not re.search(r"(?i)password|token|secret|api_?key|credential", each.value), each.value
