"""Which Pythons run the Python contenders: the one that runs the benchmark and, where `BENCH_PYTHON` names another,
that one first, in an environment of its own with the same locked dependencies."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"

_ASK = """
import json, platform, sysconfig, time

class Point:
    def __init__(self, left, right):
        self.left = left
        self.right = right

async def awaited(value):
    return value

def once(steps):
    started, seen, said = time.process_time(), {}, []
    for number in range(steps):
        point = Point(number, str(number))
        seen[point.right] = point
        try:
            seen["none"]
        except KeyError:
            said.append(f"{point.left}:{len(point.right)}")
        try:
            awaited(point).send(None)
        except StopIteration as result:
            said.append(result.value.left)
        dict(zip("abcd", (point.left, point.right, *said[-2:])))
        "".join([point.right, "q"]).partition("q")
    return (time.process_time() - started) / steps

print(json.dumps({
    "label": f"{platform.python_implementation()} {platform.python_version()}",
    "compiler": platform.python_compiler(), "arguments": sysconfig.get_config_var("CONFIG_ARGS") or "",
    "flags": sysconfig.get_config_var("PY_CORE_CFLAGS") or "",
    "step": min(once(4000) for _ in range(50)),
}))
"""


class Interpreter(Struct, frozen=True, kw_only=True):
    """`path`: a Python that has the gateway's dependencies. `step`: seconds of one step of a loop in which
    objects, coroutines, exceptions and strings come and go: by it builds are told apart that say nothing of themselves.
    """

    path: str
    label: str
    compiler: str
    arguments: str
    flags: str
    step: float

    @property
    def build(self) -> str:
        """What the build was optimised by, as far as it says so."""
        said = self.arguments + " " + self.flags
        profile = "--enable-optimizations" in said or "-fprofile-use" in said
        link = "--with-lto" in said or "-flto" in said
        if profile or link:
            return f"{'PGO' if profile else 'no PGO'}, {'LTO' if link else 'no LTO'}"
        if "/usr/share/python-wheels" in self.arguments:
            return "Debian's, by its rules PGO and LTO, though it says neither"
        return "no PGO, no LTO"

    @property
    def described(self) -> str:
        return f"{self.label} ({self.compiler}; {self.build}; a step of mixed Python takes {self.step * 1e9:.0f} ns)"


def interpreters() -> tuple[Interpreter, ...]:
    """The one whose figures count first. Raises where `BENCH_PYTHON` cannot be run or equipped."""
    running = look_at(sys.executable)
    other = os.environ.get("BENCH_PYTHON")
    if not other:
        return (running,)
    first = look_at(str(_equipped(other)))
    if first.label == running.label:
        first = msgspec.structs.replace(first, label=f"{first.label} of BENCH_PYTHON")
    return first, running


def look_at(python: str) -> Interpreter:
    said = subprocess.run([python, "-c", _ASK], check=True, capture_output=True).stdout
    return msgspec.convert({"path": python, **msgspec.json.decode(said)}, Interpreter)


def _equipped(python: str) -> Path:
    """A virtual environment under build/, with what the gateway depends on, as requirements.lock pins it."""
    lock, project = ROOT / "requirements.lock", ROOT / "pyproject.toml"
    found = look_at(python)
    wanted = "\n".join((python, found.label, found.compiler, lock.read_text("utf-8"), project.read_text("utf-8")))
    home = BUILD / f"bench-python-{found.label.split()[-1]}"
    mark, program = home / "made-for", home / "bin" / "python"
    if not mark.is_file() or mark.read_text("utf-8") != wanted:
        print(f"Making {home.relative_to(ROOT)} ...", file=sys.stderr)
        dependencies: list[str] = tomllib.loads(project.read_text("utf-8"))["project"]["dependencies"]
        subprocess.run([python, "-m", "venv", "--clear", str(home)], check=True)
        pip = [str(program), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-c", str(lock)]
        subprocess.run([*pip, *dependencies], check=True)
        mark.write_text(wanted, "utf-8")
    return program
