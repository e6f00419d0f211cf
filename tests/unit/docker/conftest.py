"""The container files as data: the Dockerfile's instructions by stage, the compose file's services."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec import Struct

ROOT = Path(__file__).parents[3]


class Instruction(Struct, frozen=True):
    """`stage` counts FROMs; 0 is what stands before the first."""

    stage: int
    name: str
    value: str


@pytest.fixture(scope="package")
def instructions() -> list[Instruction]:
    text = (ROOT / "docker" / "Dockerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found: list[Instruction] = []
    stage = 0
    for line in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        name, _, value = line.strip().partition(" ")
        stage += name == "FROM"
        found.append(Instruction(stage, name, value.strip()))
    return found


@pytest.fixture(scope="package")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text("utf-8"))


@pytest.fixture(scope="package")
def root() -> Path:
    return ROOT
