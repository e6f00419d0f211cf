"""What the benchmark says of its figures, and of the Pythons they were measured on."""

from __future__ import annotations

import pytest

from tests.bench.contenders import GATEWAY, LEAN, MERCURIUS, all_of
from tests.bench.interpreters import Interpreter
from tests.bench.load import Sample
from tests.bench.report import Report

DOCKER = (
    "'--enable-loadable-sqlite-extensions' '--enable-optimizations' '--enable-shared' '--with-lto' '--with-ensurepip'"
)
PYENV = "'--prefix=/root/.pyenv/versions/3.13.0' '--enable-shared' 'LDFLAGS=-L/root/.pyenv/versions/3.13.0/lib'"
DEBIAN = "'--enable-shared' '--prefix=/usr' '--with-dtrace' '--with-wheel-pkg-dir=/usr/share/python-wheels/'"


def python(label: str = "CPython 3.13.9", arguments: str = DOCKER, flags: str = "") -> Interpreter:
    return Interpreter(path="python", label=label, compiler="GCC", arguments=arguments, flags=flags, step=1e-6)


def samples(*microseconds: float) -> list[Sample]:
    return [Sample(cpu * 1e-6, (0.001,)) for cpu in microseconds]


@pytest.mark.parametrize(
    ("arguments", "flags", "said"),
    [
        (DOCKER, "", "PGO, LTO"),
        ("'--enable-optimizations'", "-O3", "PGO, no LTO"),
        ("'--enable-shared'", "-O3 -fprofile-use -flto", "PGO, LTO"),
        (PYENV, "-O3 -Wall", "no PGO, no LTO"),
    ],
)
def test_a_build_is_called_what_it_says_of_itself(arguments: str, flags: str, said: str) -> None:
    assert python(arguments=arguments, flags=flags).build == said


def test_debian_s_build_which_says_nothing_is_not_called_plain() -> None:
    assert "no PGO" not in python(arguments=DEBIAN).build
    assert "PGO and LTO" in python(arguments=DEBIAN).build


def test_each_interpreter_is_set_beside_its_own_floor_and_every_node_contender() -> None:
    pythons = python(), python("CPython 3.11.7", PYENV)
    contenders = all_of(pythons, node=True)
    report = Report(contenders, pythons)
    report.add("Q2", {each.name: samples(100, 100, 100) for each in contenders}, {each.name: [] for each in contenders})
    newer, older = report.text().split("## CPython 3.13.9")[1].split("## CPython 3.11.7")
    for part in (newer, older):
        roles = [line.split(" | ")[0].removeprefix("| ") for line in part.splitlines() if line.startswith("| gateway")]
        assert roles == ["gateway", "gateway, lean client", "gateway, coalescing"]
        assert part.count("| mercurius with promises |") == 2  # in the summary and in the operation's table
        assert part.count("| bare ASGI |") == 1


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    one = python()
    contenders = all_of((one,), node=True)
    report = Report(contenders, (one,))
    measured = {each.name: samples(100, 100, 100) for each in contenders}
    measured[f"{GATEWAY}, {one.label}"] = samples(100, 200, 400)
    measured[f"{LEAN}, {one.label}"] = samples(50, 100, 400)
    measured[MERCURIUS.name] = samples(50, 100, 300)  # 0.5, 0.5, 0.75 and 1, 1, 0.75
    report.add("Q2", measured, {each.name: [] for each in contenders})
    assert "| mercurius + graphql-jit | 0.50 / 1.00 (0.8 / 1.0) |" in report.text()


def test_what_a_disturbed_round_cost_is_told_apart() -> None:
    one = python()
    contenders = all_of((one,), node=False)
    report = Report(contenders, (one,))
    disturbed = {each.name: samples(160, 150, 170) if each.role == GATEWAY else [] for each in contenders}
    report.add("Q2", {each.name: samples(100, 99, 101) for each in contenders}, disturbed)
    assert "| gateway | 100 | 99 to 101 | 160 (3) |" in report.text()
    assert "| gateway, lean client | 100 | 99 to 101 |  |" in report.text()


def test_a_floor_is_said_as_times_of_it() -> None:
    one = python()
    contenders = all_of((one,), node=False)
    report = Report(contenders, (one,))
    measured = {each.name: samples(60, 60, 60) for each in contenders}
    measured[f"bare ASGI, {one.label}"] = samples(40, 40, 40)
    report.add("Q1", measured, {each.name: [] for each in contenders})
    report.coalescing[one.label, "Q2"] = 1.07
    assert "- Q1: 1.50 / 1.50 (lean client) times a bare ASGI answer (at most 1.5)" in report.text()
    assert "- Q2 with coalescing, one request at a time: 1.07 times without (at most 1.1)" in report.text()
