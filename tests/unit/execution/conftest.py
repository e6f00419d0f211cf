"""Lends the tests the shop that execution is tested on."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "schema" / "execution"))
